package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/sandbox"
)

// process is a run of the real program.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended

	mu  sync.Mutex // guards log
	log bytes.Buffer
}

// start runs the program, under the wrapper command if there is one, and waits
// for a line on stderr that matches ready; its first group is returned.
func start(t testing.TB, wrapper []string, ready string, args ...string) (*process, string) {
	t.Helper()
	line := append(append([]string{}, wrapper...), append([]string{os.Args[0]}, args...)...)
	p := &process{cmd: exec.Command(line[0], line[1:]...), exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	ownGroup(p.cmd)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go p.read(stderr, regexp.MustCompile(ready), found)
	t.Cleanup(p.kill)
	select {
	case match := <-found:
		return p, match
	case <-p.exited:
	case <-time.After(30 * time.Second):
		p.kill()
	}
	t.Fatalf("%v: not ready:\n%s", args, p.output())
	return nil, ""
}

// read takes in what the program logs until it ends.
func (p *process) read(stderr io.Reader, ready *regexp.Regexp, found chan<- string) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.log.Write(append(lines.Bytes(), '\n'))
		p.mu.Unlock()
		if m := ready.FindStringSubmatch(lines.Text()); m != nil {
			select {
			case found <- m[len(m)-1]:
			default:
			}
		}
	}
	_ = p.cmd.Wait()
	close(p.exited)
}

// kill is SIGKILL; it waits for the end.
func (p *process) kill() {
	killGroup(p.cmd)
	<-p.exited
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// rig is a relay before a sandbox, both real processes.
type rig struct {
	t        testing.TB
	dir      string
	config   string
	upstream string // base URL of the sandbox
	relay    *process
	base     string // base URL of the relay
	http     *http.Client
}

func newRig(t testing.TB, extra string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	_, r.upstream = start(t, nil, `sandbox on (http://\S+)`, "sandbox", "--listen", "127.0.0.1:0", "--keep", "1000000")
	r.config = filepath.Join(r.dir, "config.yaml")
	address := freeAddress(t)
	r.base = "http://" + address
	text := fmt.Sprintf("listen: %s\ndata: %s\nprojects:\n  shop:\n    project_id: account-1\n    api_key: key-1\n    url: %s\n    connections: 8\n%s",
		address, filepath.Join(r.dir, "data"), r.upstream, extra)
	if err := os.WriteFile(r.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// freeAddress is one on which the relay can listen again after each kill.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// up starts the relay, under a wrapper command if there is one.
func (r *rig) up(wrapper ...string) {
	r.t.Helper()
	r.relay, _ = start(r.t, wrapper, `"msg":"ready"`, "run", "--config", r.config)
}

// faults sets the sandbox's faults, as JSON; "{}" clears them.
func (r *rig) faults(text string) {
	r.t.Helper()
	res, err := http.Post(r.upstream+"/faults", "application/json", bytes.NewReader([]byte(text)))
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode/100 != 2 {
		r.t.Fatalf("faults %s: %s", text, body)
	}
}

// post sends one event; a status of 0 means that no answer came.
func (r *rig) post(ctx context.Context, action, key, body string) (status int, answer string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/api/v1/webhook/"+action, bytes.NewReader([]byte(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := r.http.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}

// status asks the relay as the command line does.
func (r *rig) status() (control.Status, error) {
	var s control.Status
	cfg, err := config.Load(r.config)
	if err != nil {
		return s, err
	}
	c, err := newClient(cfg)
	if err != nil {
		return s, err
	}
	defer c.http.CloseIdleConnections()
	err = c.ask(context.Background(), http.MethodGet, "/api/v1/status", &s)
	return s, err
}

// settled waits until nothing is pending.
func (r *rig) settled(limit time.Duration) control.Status {
	r.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	var s control.Status
	var err error
	for end := time.Now().Add(limit); time.Now().Before(end); <-ticker.C {
		if s, err = r.status(); err == nil && s.Total.Pending == 0 {
			return s
		}
	}
	r.t.Fatalf("after %s there is still something pending: %+v, %v\n%s", limit, s, err, r.relay.output())
	return s
}

// arrived is what the sandbox has taken, and its counts.
func (r *rig) arrived() (list []sandbox.Delivery, stats sandbox.Stats) {
	r.t.Helper()
	var page struct {
		Stats      sandbox.Stats      `json:"totals"`
		Deliveries []sandbox.Delivery `json:"deliveries"`
	}
	for {
		after := int64(0)
		if len(list) > 0 {
			after = list[len(list)-1].Number
		}
		res, err := http.Get(fmt.Sprintf("%s/deliveries?limit=1000&after=%d", r.upstream, after))
		if err != nil {
			r.t.Fatal(err)
		}
		page.Deliveries = nil
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err != nil {
			r.t.Fatal(err)
		}
		if len(page.Deliveries) == 0 {
			return list, page.Stats
		}
		list = append(list, page.Deliveries...)
	}
}
