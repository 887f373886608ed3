package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"funnelrelay/relay/sandbox"
	"funnelrelay/spool"
)

// after is the power back: the picture is the disk now, and the upstream has
// what had arrived. It returns what is not as promised.
func (p *powercut) after(t *testing.T, c *cut) (findings []string) {
	ownMounts(t) // many disks, each at the path of the one
	s := newShop(t, p.dir)
	v := &aftermath{shop: s, cut: c, before: replay(t, s.box, c.upstream[:c.seen])}
	mountAt(t, s.disk, "-o", "loop,noatime", c.picture)
	v.lines, v.blank = s.journalOnDisk(), s.blankFiles()
	if v.lines < c.synced {
		t.Fatalf("the journal has %d lines, and %d were synced: the picture is wrong", v.lines, c.synced)
	}
	v.started = time.Now()
	s.up()
	v.goesOn()
	_ = s.relay.cmd.Process.Signal(syscall.SIGTERM)
	<-s.relay.exited
	v.compare()
	p.count(v)
	unmountAt(t, s.disk)
	if err := os.Remove(c.picture); err != nil {
		t.Fatal(err)
	}
	return v.findings
}

// ownMounts gives the test, and what it starts, a view of the disks of their
// own. It ends with the test's goroutine.
func ownMounts(t *testing.T) {
	runtime.LockOSThread() // and never unlocked: the thread goes with the goroutine
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
}

// aftermath is a shop after a cut.
type aftermath struct {
	*shop
	cut      *cut
	started  time.Time
	lines    int64                   // of the journal, on disk
	blank    map[string]bool         // files that the till lost
	before   map[string]int          // orders upstream, with the count
	in       map[string]spool.Record // by order: what the spool holds at the end
	arrived  map[string]int          // orders upstream at the end
	findings []string
}

func (v *aftermath) find(format string, args ...any) {
	v.findings = append(v.findings, fmt.Sprintf(format, args...))
}

// compare holds what is in the spool and upstream to what must be.
func (v *aftermath) compare() {
	v.readSpool()
	v.arrived = orders(v.t, v.box.Deliveries(0, 0))
	for order := range orders(v.t, v.cut.upstream[v.cut.seen:]) { // arrived while the picture was taken
		if r, there := v.in[order]; there && r.Ended.Before(v.started) {
			v.arrived[order]++
		}
	}
	for n, acked := range v.cut.acked {
		for i := range acked + 2 { // two more were sold now
			v.once(fmt.Sprintf("S%d-%d", n, i), "was acknowledged")
		}
	}
	for order := range v.before {
		v.once(order, "had arrived upstream")
	}
	for i := range v.lines {
		v.once(fmt.Sprintf("J%d", i), "is in the journal")
	}
	v.files()
	for order := range v.in {
		v.once(order, "is in the spool")
	}
}

// count adds up what states the cuts left.
func (p *powercut) count(v *aftermath) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blank += len(v.blank)
	for order, r := range v.in {
		switch {
		case r.Ended.Before(v.started):
			p.sent++
		case v.before[order] > 0:
			p.doubtful++
		default:
			p.waited++
		}
	}
}

// replay gives a new upstream what arrived at the old one.
func replay(t testing.TB, box *sandbox.Sandbox, list []sandbox.Delivery) map[string]int {
	handler := box.Handler()
	for _, d := range list {
		req := httptest.NewRequest(http.MethodPost, d.Path, strings.NewReader(d.Body))
		req.Header = d.Headers.Clone()
		req.Header.Set("X-API-KEY", "key-1")
		res := httptest.NewRecorder()
		if handler.ServeHTTP(res, req); res.Code != http.StatusOK {
			t.Fatalf("replay of %s: %d %s", d.Body, res.Code, res.Body)
		}
	}
	return orders(t, list)
}

// orders counts the orders in what arrived.
func orders(t testing.TB, list []sandbox.Delivery) map[string]int {
	times := map[string]int{}
	for _, d := range list {
		times[orderOf(t, d)]++
	}
	return times
}

func orderOf(t testing.TB, d sandbox.Delivery) string { return orderIn(t, []byte(d.Body)) }

func orderIn(t testing.TB, body []byte) string {
	var sale struct {
		Items []struct {
			Order string `json:"__order__"`
		} `json:"purchase_data"`
	}
	if err := json.Unmarshal(body, &sale); err != nil || len(sale.Items) == 0 {
		t.Fatalf("%v: %s", err, body)
	}
	return sale.Items[0].Order
}

// journalOnDisk is how many lines of the journal the cut has left whole; what
// is behind them the till takes off, as it cannot go on in the middle of a line.
func (p *shop) journalOnDisk() int64 {
	path := filepath.Join(p.till, "journal.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if err := os.Truncate(path, int64(whole)); err != nil {
		p.t.Fatal(err)
	}
	return max(0, int64(bytes.Count(text, []byte("\n")))-1)
}

// blankFiles are those that the till dropped without a sync, and lost.
func (p *shop) blankFiles() map[string]bool {
	blank := map[string]bool{}
	paths, _ := filepath.Glob(filepath.Join(p.data, "drop", "*", "day *.csv"))
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Size() == 0 {
			blank[filepath.Base(path)] = true
		}
	}
	return blank
}

// goesOn is the shop after the cut: senders ask again for their last event and
// sell two more, the till writes a line and a file; all of it arrives.
func (v *aftermath) goesOn() {
	if s, err := v.status(); err != nil || s.Spool.Salvage != nil || s.Spool.Unavailable != "" || s.Spool.Doubt != nil {
		v.find("after the start: %v, %+v, taken for a copy: %+v", err, s.Spool, s.Spool.Doubt)
	}
	for n, acked := range v.cut.acked {
		if acked > 0 {
			if status, answer := v.sell(n, acked-1); status != http.StatusOK {
				v.find("event %d of sender %d was acknowledged, and is new to the relay: %d %s", acked-1, n, status, answer)
			}
		}
		for i := range int64(2) { // the first of them may have come before, without an answer
			if status, answer := v.sell(n, acked+i); status/100 != 2 {
				v.find("event %d of sender %d: %d %s", acked+i, n, status, answer)
			}
		}
	}
	const later = 1_000_000 // a number that none had before
	f, err := os.OpenFile(filepath.Join(v.till, "journal.csv"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	text := journalLine(later)
	if info, err := f.Stat(); err == nil && info.Size() == 0 {
		text = journalHead + text
	}
	if _, err := f.WriteString(text); err != nil {
		v.t.Fatal(err)
	}
	if err := v.dropFile(later, true); err != nil {
		v.t.Fatal(err)
	}
	v.await(fmt.Sprintf("J%d", later), fmt.Sprintf("F%d-%d", later, powercutOrders-1))
}

// await waits until these orders are upstream, every file is taken, and nothing
// waits.
func (v *aftermath) await(wanted ...string) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(time.Minute); ; <-ticker.C {
		arrived := orders(v.t, v.box.Deliveries(v.cut.seen, 0))
		missing := slices.DeleteFunc(slices.Clone(wanted), func(order string) bool { return arrived[order] > 0 })
		left, _ := filepath.Glob(filepath.Join(v.data, "drop", "*", "day *.csv"))
		left = slices.DeleteFunc(left, func(path string) bool { return v.blank[filepath.Base(path)] })
		s, err := v.status()
		switch {
		case err == nil && s.Total.Pending == 0 && len(missing) == 0 && len(left) == 0:
			if !s.Balanced || s.Total.Dead != 0 || s.Total.Unreadable != 0 {
				v.find("counts: %+v", s.Total)
			}
			return
		case time.Now().After(end):
			v.find("does not go on: %v, %+v, %q did not arrive, %q are not taken\n%s", err, s.Total, missing, left, v.relay.output())
			return
		}
	}
}

// readSpool reads what the relay left, all of it sent.
func (v *aftermath) readSpool() {
	v.in = map[string]spool.Record{}
	s, err := spool.Open(filepath.Join(v.data, "spool.db"), spool.Options{})
	if err != nil {
		v.t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(); err != nil {
		v.find("check: %v", err)
	}
	if h := s.Health(); h.Salvage != nil {
		v.find("salvaged: %+v", h.Salvage)
	}
	for after := spool.ID(0); ; {
		list, err := s.List("", spool.Sent, after, 1000)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, r := range list {
			order := orderIn(v.t, r.Body)
			if _, twice := v.in[order]; twice {
				v.find("%s is in the spool twice", order)
			}
			v.in[order] = r
			after = r.ID
		}
		if len(list) == 0 {
			return
		}
	}
}

// once is what everything must be: in the spool, and upstream exactly once.
func (v *aftermath) once(order, why string) {
	if _, there := v.in[order]; !there {
		v.find("%s %s, and is not in the spool", order, why)
	}
	if n := v.arrived[order]; n != 1 {
		v.find("%s %s, and is upstream %d times", order, why, n)
	}
}

// files: what the till had synced is in done/ now, and all of what lies there
// was taken.
func (v *aftermath) files() {
	done := map[string]int{}
	paths, err := filepath.Glob(filepath.Join(v.data, "drop", "*", "done", "*", "*"))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, path := range paths {
		done[filepath.Base(path)]++
	}
	for i := range v.cut.dropped {
		if i%3 != 0 && done[dropName(i)] != 1 {
			v.find("file %q was on disk, and lies %d times in done/: %q", dropName(i), done[dropName(i)], paths)
		}
	}
	for name := range done {
		var i int64
		if _, err := fmt.Sscanf(name, "day %d.csv", &i); err != nil || v.blank[name] {
			continue
		}
		for k := range powercutOrders {
			v.once(fmt.Sprintf("F%d-%d", i, k), "is of a file in done/")
		}
	}
}
