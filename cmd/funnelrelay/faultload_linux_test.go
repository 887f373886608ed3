package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const faultNeeds = "FUNNELRELAY_NEED_FAULTS"

// faultLoad is senders who ask until they have a yes.
type faultLoad struct {
	*rig
	data string
	stop func() // ends the senders; waits for them

	mu       sync.Mutex // guards all below
	acked    map[string]bool
	open     map[string]bool // asked for and without a yes: it may have arrived, or not
	statuses map[int]int     // answers
}

const faultSources = `sources:
  elsewhere:
    watch: %q
    settle: 100ms
    const: { currency: EUR }
    order: { id: order }
    items: { sku: sku, label: label, total: total }
`

// newFaultLoad is a relay, not yet started, whose data folder is an empty mount
// point, and which reads the files of a folder on another disk, too.
func newFaultLoad(t *testing.T) *faultLoad {
	l := &faultLoad{rig: newRig(t, ""), acked: map[string]bool{}, open: map[string]bool{}, statuses: map[int]int{}, stop: func() {}}
	l.data = filepath.Join(l.dir, "data")
	config, err := os.OpenFile(l.config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer config.Close()
	if _, err := fmt.Fprintf(config, faultSources, filepath.Join(l.elsewhere(), "*.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(l.elsewhere(), 0o700); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *faultLoad) elsewhere() string { return filepath.Join(l.dir, "elsewhere") }

// send lets 8 senders post events with so many bytes of padding.
func (l *faultLoad) send(padding int) {
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	l.mu.Lock()
	round := len(l.acked)
	l.mu.Unlock()
	for n := range 8 {
		working.Go(func() { l.sender(ctx, fmt.Sprintf("S%d-%d", round, n), strings.Repeat("x", padding)) })
	}
	l.stop = func() { cancel(); working.Wait(); l.stop = func() {} }
	l.t.Cleanup(func() { cancel(); working.Wait() })
}

func (l *faultLoad) sender(ctx context.Context, name, padding string) {
	for i := 0; ctx.Err() == nil; i++ {
		order := fmt.Sprintf("%s-%d", name, i)
		l.mu.Lock()
		l.open[order] = true
		l.mu.Unlock()
		body := fmt.Sprintf(`{"name":%q,"email":"%s-%d@example.com","padding":%q}`, order, name, i%3, padding)
		for ctx.Err() == nil && !l.offer(order, body) {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

// offer posts an event once and notes the answer.
func (l *faultLoad) offer(name, body string) bool {
	status, answer := l.post(context.Background(), "A", name, body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statuses[status]++
	switch status {
	case 200, 202:
		l.acked[name] = true
		delete(l.open, name)
		return true
	case 0, 503, 507:
	default:
		l.t.Errorf("%s: %d %s", name, status, answer)
	}
	return false
}

// count is how many answers had one of these statuses.
func (l *faultLoad) count(statuses ...int) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range statuses {
		n += l.statuses[s]
	}
	return n
}

// until waits for a condition.
func until(t testing.TB, limit time.Duration, what string, holds func() bool, log func() string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(limit); !holds(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("after %s still not so: %s\n%s", limit, what, log())
		}
	}
}

func (l *faultLoad) until(what string, holds func() bool) {
	l.t.Helper()
	until(l.t, 30*time.Second, what, holds, l.relay.output)
}

// more waits for so many more answers of a status.
func (l *faultLoad) more(n, status int) {
	l.t.Helper()
	before := l.count(status)
	l.until(fmt.Sprintf("%d more answers of %d", n, status), func() bool { return l.count(status) >= before+n })
}

// healthz is the answer to GET /healthz.
func (l *faultLoad) healthz() (status int, text string) {
	l.t.Helper()
	res, err := l.http.Get(l.base + "/healthz")
	if err != nil {
		l.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// unwell expects /healthz, the status and an alarm to say why nothing is taken.
func (l *faultLoad) unwell(alarm string, words ...string) {
	l.t.Helper()
	status, text := l.healthz()
	if status != http.StatusServiceUnavailable || !containsAll(text, words) {
		l.t.Errorf("/healthz: %d %s; want 503 and %q", status, text, words)
	}
	l.until("the alarm "+alarm, func() bool {
		s, err := l.status()
		if err != nil {
			l.t.Fatal(err)
		}
		if !strings.HasPrefix(s.Summary, "No events are taken") {
			l.t.Errorf("summary: %s", s.Summary)
		}
		for _, a := range s.Alarms {
			if a.Name == alarm {
				return containsAll(a.Text, words)
			}
		}
		return false
	})
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// file drops a file of three orders into a folder.
func (l *faultLoad) file(dir, name string) {
	l.t.Helper()
	head, line := "__order__,__sku__,__label__,__total_in_cents__,__currency__\n", "%s-%d,A,Tea,250,EUR\n"
	if dir == l.elsewhere() {
		head, line = "order,sku,label,total\n", "%s-%d,A,Tea,2.50\n"
	}
	for i := range 3 {
		head += fmt.Sprintf(line, name, i)
		l.mu.Lock()
		l.acked[fmt.Sprintf("%s-%d", name, i)] = true // to arrive once, as what was acknowledged
		l.mu.Unlock()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		l.t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".tmp", []byte(head), 0o600); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path+".csv"); err != nil {
		l.t.Fatal(err)
	}
}

// lies says whether the file is where it was dropped.
func (l *faultLoad) lies(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name+".csv"))
	return err == nil
}

// balance ends the senders, waits until all is sent, and holds what is upstream
// to what was acknowledged.
func (l *faultLoad) balance() {
	l.t.Helper()
	l.stop()
	s := l.settled(time.Minute)
	if !s.Balanced || s.Total.Dead != 0 || s.Total.Unreadable != 0 || s.Spool.Salvage != nil {
		l.t.Errorf("counts %+v, salvage %+v", s.Total, s.Spool.Salvage)
	}
	list, stats := l.arrived()
	times := map[string]int{}
	for _, d := range list {
		times[faultName(l.t, d.Body)]++
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.acked {
		if times[name] != 1 {
			l.t.Errorf("%s was acknowledged and arrived %d times", name, times[name])
		}
	}
	for name, n := range times {
		if n != 1 || !l.acked[name] && !l.open[name] {
			l.t.Errorf("%s arrived %d times; acknowledged: %t", name, n, l.acked[name])
		}
	}
	if int64(len(list)) != s.Total.Sent {
		l.t.Errorf("%d arrived, %d sent by the counts", len(list), s.Total.Sent)
	}
	l.t.Logf("%d acknowledged, %d arrived, %d repeats refused upstream, answers %v", len(l.acked), len(list), stats.Duplicates, l.statuses)
}

// faultName is what an event is called: the sender's name for it, or a file's
// order.
func faultName(t testing.TB, body string) string {
	var e struct {
		Name  string `json:"name"`
		Items []struct {
			Order string `json:"__order__"`
		} `json:"purchase_data"`
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(e.Items) > 0 {
		return e.Items[0].Order
	}
	return e.Name
}
