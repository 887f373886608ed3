package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/control"
	"funnelrelay/relay/sandbox"
)

const (
	memoryLimit   = 64 << 20 // bytes
	memoryBacklog = 100_000  // events
	memoryFile    = 200_000_000
	memoryRows    = 20 // of an order
)

// TestMemoryLimit holds the relay to 64 MB by a control group: under full load,
// with a backlog of 100,000 events, while that drains, and with a file of
// 200 MB. It is not killed, and answers all the while. That the limit bites is
// shown by one that takes more, which is killed.
func TestMemoryLimit(t *testing.T) {
	needRoot(t, faultNeeds)
	hog := newGroup(t, "hog")
	// tail keeps a line that does not end, and would stop by itself at 400 MB.
	if err := exec.Command("sh", "-c", hog.enter+"; ulimit -v 400000; exec tail /dev/zero").Run(); err == nil || hog.kills() == 0 {
		t.Fatalf("a process that takes ever more memory ended with %v, and the group counts %d kills: the limit does not hold", err, hog.kills())
	}

	group := newGroup(t, "relay")
	l := newFaultLoad(t)
	l.quickUpstream()
	l.up("sh", "-c", group.enter+`; exec "$@"`, "sh")
	l.faults(`{"down":true}`)
	l.answersAllTheWhile()
	l.send(300)
	l.backlog(memoryBacklog)
	l.stop()
	t.Logf("backlog: %s", group.usage())

	l.faults(`{}`)
	orders := l.export()
	t.Logf("backlog gone and file taken: %s", group.usage())
	s := l.settledAfter(3*time.Minute, int64(memoryBacklog+orders+l.count(202)))
	if !s.Balanced || s.Total.Dead != 0 {
		t.Errorf("counts: %+v", s.Total)
	}
	if taken := l.taken(); taken != s.Total.Sent {
		t.Errorf("%d arrived, %d sent by the counts", taken, s.Total.Sent)
	}
	t.Logf("all sent: %s", group.usage())
	if n := group.kills(); n != 0 {
		t.Errorf("%d kills", n)
	}
}

// quickUpstream takes the place of a sandbox that makes users slowly and keeps
// what it was sent.
func (l *faultLoad) quickUpstream() {
	_, upstream := start(l.t, nil, `sandbox on (http://\S+)`, "sandbox", "--listen", "127.0.0.1:0", "--user-delay=-1ns", "--keep", "10")
	text, err := os.ReadFile(l.config)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(l.config, bytes.ReplaceAll(text, []byte(l.upstream), []byte(upstream)), 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.upstream = upstream
}

// group is a control group of 64 MB.
type group struct {
	dir    string
	enter  string // the shell command by which a process moves into it
	events string // the file that counts kills, its line begins with oom_kill
	most   string // the file that tells the most that was used, in bytes
}

// newGroup makes one of the host's kind; that there is none is a failure.
func newGroup(t *testing.T, name string) *group {
	t.Helper()
	name = fmt.Sprintf("funnelrelay-%s-%d", name, os.Getpid())
	for _, kind := range []struct{ root, limit, events, most string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control", "memory.max_usage_in_bytes"},
		{"/sys/fs/cgroup", "memory.max", "memory.events", "memory.peak"},
	} {
		g := &group{dir: filepath.Join(kind.root, name)}
		if os.Mkdir(g.dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(g.dir) }) // it is empty when its processes are gone
		if os.WriteFile(filepath.Join(g.dir, kind.limit), []byte(strconv.Itoa(memoryLimit)), 0) != nil {
			continue
		}
		_ = os.WriteFile(filepath.Join(g.dir, "memory.swap.max"), []byte("0"), 0) // is not there everywhere
		g.enter = "echo $$ > " + filepath.Join(g.dir, "cgroup.procs")
		g.events, g.most = filepath.Join(g.dir, kind.events), filepath.Join(g.dir, kind.most)
		return g
	}
	t.Fatal("no control group can limit memory on this machine")
	return nil
}

func (g *group) kills() (n int) {
	text, _ := os.ReadFile(g.events)
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, _ = strconv.Atoi(strings.TrimSpace(count))
		}
	}
	return n
}

// usage tells how near the limit it came.
func (g *group) usage() string {
	most, _ := os.ReadFile(g.most)
	own := ""
	text, _ := os.ReadFile(filepath.Join(g.dir, "memory.stat"))
	for line := range strings.Lines(string(text)) {
		name, bytes, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "rss" || name == "anon" { // the first in the kernel's old control groups, the second in the new ones
			own = bytes
		}
	}
	return fmt.Sprintf("most %s bytes with the system's cache, %s bytes of its own now, %d kills", bytes.TrimSpace(most), own, g.kills())
}

// answersAllTheWhile asks the relay how it is until the test ends.
func (l *faultLoad) answersAllTheWhile() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	slowest := time.Duration(0)
	go func() {
		defer close(done)
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			begun := time.Now()
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/healthz", nil)
			res, err := l.http.Do(req)
			if ctx.Err() != nil {
				return
			}
			if err != nil || res.StatusCode != http.StatusOK {
				l.t.Errorf("/healthz: %v %v", res, err)
				return
			}
			res.Body.Close()
			slowest = max(slowest, time.Since(begun))
			<-ticker.C
		}
	}()
	l.t.Cleanup(func() { cancel(); <-done; l.t.Logf("the slowest answer of /healthz took %s", slowest) })
}

// backlog posts so many events in bodies of a thousand.
func (l *faultLoad) backlog(events int) {
	for n := 0; n < events; n += 1000 {
		var body bytes.Buffer
		for i := n; i < n+1000; i++ {
			fmt.Fprintf(&body, `{"name":"B%d","email":"b%d@example.com","padding":"%0300d"}`+"\n", i, i, i)
		}
		res, err := l.http.Post(l.base+"/api/v1/webhook/A", "application/x-ndjson", &body)
		if err != nil {
			l.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusAccepted {
			l.t.Fatalf("batch: %s\n%s", res.Status, l.relay.output())
		}
	}
}

// export drops a file of 200 MB, waits until it is taken, and returns how many
// orders are in it.
func (l *faultLoad) export() (orders int) {
	path := filepath.Join(l.elsewhere(), "export")
	f, err := os.Create(path)
	if err != nil {
		l.t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "order,sku,label,total")
	for written := 0; written < memoryFile; orders++ {
		for i := range memoryRows {
			n, _ := fmt.Fprintf(w, "E%d,SKU-%d,\"Thing, %0180d\",%d.50\n", orders, i, orders, i+1)
			written += n
		}
	}
	if err := w.Flush(); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(path, path+".csv"); err != nil {
		l.t.Fatal(err)
	}
	until(l.t, 3*time.Minute, "the large file is taken", func() bool { return !l.lies(l.elsewhere(), "export") }, l.relay.output)
	return orders
}

// settledAfter waits until so many were accepted and nothing waits.
func (l *faultLoad) settledAfter(limit time.Duration, accepted int64) (s control.Status) {
	until(l.t, limit, fmt.Sprintf("%d accepted, and sent", accepted), func() bool {
		var err error
		s, err = l.status()
		if err != nil {
			l.t.Fatal(err)
		}
		return s.Total.Accepted >= accepted && s.Total.Pending == 0
	}, func() string { return fmt.Sprintf("%+v\n%s", s.Total, l.relay.output()) })
	return s
}

// taken is how many events the sandbox has, each once.
func (l *faultLoad) taken() int64 {
	res, err := http.Get(l.upstream + "/deliveries?limit=1")
	if err != nil {
		l.t.Fatal(err)
	}
	defer res.Body.Close()
	var page struct {
		Stats sandbox.Stats `json:"totals"`
	}
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil {
		l.t.Fatal(err)
	}
	return page.Stats.Taken
}
