package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/secret"
	"funnelrelay/relay/service"
	"funnelrelay/spool"
)

// needService says that the test may install a service on this machine.
const needService = "FUNNELRELAY_NEED_SERVICE"

// shop is a machine of a shop, with an upstream.
type shop struct {
	*testing.T
	folder, program, config, address string

	mu   sync.Mutex      // guards all below
	seen map[string]int  // requests by body
	keys map[string]bool // X-API-KEYs that came with them
	held chan struct{}   // answers wait until it is closed
	came chan string     // bodies, as they come in
}

const storedKey = "stored key"

// openShop copies the test binary to where a service may be: called funnelrelay
// it behaves as the program (see TestMain).
func openShop(t *testing.T) *shop {
	t.Helper()
	folder, err := os.MkdirTemp(os.Getenv("ProgramData"), "funnelrelay-test-")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{
		T: t, folder: folder, program: filepath.Join(folder, "program", "funnelrelay.exe"),
		config: filepath.Join(folder, "funnelrelay", "config.yaml"), address: freeAddress(t),
		seen: map[string]int{}, keys: map[string]bool{}, came: make(chan string, 100),
	}
	t.Cleanup(func() {
		s.run("service", "uninstall")
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("left behind: %v", err)
		}
	})
	own, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.program, s.config} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(s.program, own, 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

// ServeHTTP is the upstream.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.seen[string(body)]++
	s.keys[r.Header.Get("X-API-KEY")] = true
	held := s.held
	s.mu.Unlock()
	s.came <- string(body)
	if held != nil {
		<-held
	}
	fmt.Fprint(w, "{}")
}

// writeConfig writes a config with a stored key, as init does.
func (s *shop) writeConfig(upstream string) {
	s.Helper()
	text := fmt.Sprintf("listen: %s\ndata: %s\nprojects:\n  shop: {project_id: account-1, api_key: '${cred:shop_key}', url: %s, connections: 1}\n",
		s.address, s.data(), upstream)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) data() string { return filepath.Join(s.folder, "data") }

// run runs the program as a person would, and returns all it printed.
func (s *shop) run(args ...string) (string, error) {
	cmd := exec.Command(s.program, append(args, "--config", s.config)...)
	cmd.Stdin = strings.NewReader(storedKey + "\n")
	out, err := cmd.CombinedOutput()
	s.Logf("funnelrelay %s: %v\n%s", strings.Join(args, " "), err, out)
	return string(out), err
}

// ok wants a command to succeed, and to print a text.
func (s *shop) ok(want string, args ...string) {
	s.Helper()
	if out, err := s.run(args...); err != nil || !strings.Contains(out, want) {
		s.Fatalf("funnelrelay %s: %v: does not say %q:\n%s", strings.Join(args, " "), err, want, out)
	}
}

// fails wants a command to fail, and to say why.
func (s *shop) fails(want string, args ...string) {
	s.Helper()
	if out, err := s.run(args...); err == nil || !strings.Contains(out, want) {
		s.Fatalf("funnelrelay %s: %v: does not say %q:\n%s", strings.Join(args, " "), err, want, out)
	}
}

// unheard wants a command to succeed where there is nowhere to print to, as the
// installer runs it.
func (s *shop) unheard(args ...string) {
	s.Helper()
	args = append([]string{s.program}, append(args, "--config", s.config)...)
	child, err := os.StartProcess(s.program, args, &os.ProcAttr{Files: []*os.File{nil, nil, nil}})
	if err != nil {
		s.Fatal(err)
	}
	if state, err := child.Wait(); err != nil || !state.Success() {
		s.Fatalf("without output: %q: %v, %v", args, state, err)
	}
}

// send posts an event to the relay; it must be taken.
func (s *shop) send(name string) {
	s.Helper()
	res, err := http.Post("http://"+s.address+"/api/v1/webhook/Visit", "application/json",
		bytes.NewReader([]byte(`{"email":"a@example.org","name":"`+name+`"}`)))
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusAccepted {
		s.Fatalf("%s: %s", res.Status, text)
	}
}

// arrives waits until the upstream has an event, and returns its body.
func (s *shop) arrives(name string) string {
	s.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case body := <-s.came:
			if strings.Contains(body, `"`+name+`"`) {
				return body
			}
		case <-limit:
			s.Fatalf("%s did not arrive", name)
		}
	}
}

// answers says whether the relay takes events.
func (s *shop) answers() bool {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get("http://" + s.address + "/healthz")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// eventually asks until it is so.
func (s *shop) eventually(what string, so func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 60*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !so() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.Fatalf("never: %s", what)
		}
	}
}

// manager is the service, asked without the command line.
func (s *shop) manager() *service.Service {
	s.Helper()
	m, err := service.New(service.Options{Executable: s.program, Config: s.config, Data: s.data()})
	if err != nil {
		s.Fatal(err)
	}
	return m
}

func (s *shop) state() service.State {
	s.Helper()
	state, err := s.manager().State()
	if err != nil {
		s.Fatal(err)
	}
	return state
}

// TestService lives through a service's life with the service manager of this
// machine.
func TestService(t *testing.T) {
	if os.Getenv(needService) == "" {
		t.Skipf("it would install a service on this machine; set %s=1 on one that is for tests", needService)
	}
	s := openShop(t)
	upstream := httptest.NewServer(s)
	defer upstream.Close()

	s.fails("not installed", "service", "status")
	s.fails("run `funnelrelay service install`", "service", "stop")
	s.ok("uninstalled", "service", "uninstall") // nothing to do is no error
	s.writeConfig(upstream.URL)
	s.fails("there is no secret shop_key", "service", "install")
	s.ok("stored shop_key", "secret", "set", "shop_key")
	for range 2 {
		s.ok("the service is installed", "service", "install")
	}
	s.fails("stopped", "service", "status")
	for range 2 {
		s.ok("the relay is running", "service", "start")
	}
	s.ok("running", "service", "status")
	s.send("first")
	s.arrives("first")
	s.mu.Lock()
	if !s.keys[storedKey] || len(s.keys) != 1 {
		t.Errorf("the upstream got the keys %v", s.keys)
	}
	s.mu.Unlock()
	s.ok("the relay is running", "service", "install", "--start") // while it runs
	s.drains()
	s.restarts()
	s.startsAtOnce()
	s.waitsForItsConfig(upstream.URL)

	for _, verb := range []string{"stop", "restart", "uninstall"} {
		s.unheard("service", verb)
		s.unheard("service", "install", "--start")
	}
	s.ok("kept", "service", "uninstall")
	s.ok("uninstalled", "service", "uninstall")
	s.fails("not installed", "service", "status")
	if _, err := os.Stat(filepath.Join(s.data(), "spool.db")); err != nil {
		t.Errorf("uninstalling took the data: %v", err)
	}
	log, err := os.ReadFile(filepath.Join(s.data(), "log", "funnelrelay.log"))
	if err != nil || !bytes.Contains(log, []byte(`"msg":"ready"`)) || bytes.Contains(log, []byte(storedKey)) {
		t.Errorf("the log: %v, %s", err, log)
	}
}

// drains stops the service while an event is being sent.
func (s *shop) drains() {
	s.Helper()
	held := make(chan struct{})
	s.mu.Lock()
	s.held = held
	s.mu.Unlock()
	s.send("slow")
	body := s.arrives("slow")
	stopped := make(chan error, 1)
	go func() { stopped <- s.manager().Stop() }()
	s.eventually("a stopping service refuses events", func() bool { return !s.answers() })
	if state := s.state(); state != service.Running {
		s.Errorf("while an event is being sent the service is %s", state)
	}
	s.mu.Lock()
	s.held = nil
	s.mu.Unlock()
	close(held)
	if err := <-stopped; err != nil {
		s.Fatal(err)
	}
	if state := s.state(); state != service.Stopped {
		s.Errorf("a service that was stopped is %s", state)
	}
	s.ok("the service is stopped", "service", "stop")
	s.ok("the relay is running", "service", "start")
	s.send("after slow") // the same person: would wait behind it
	s.arrives("after slow")
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.seen[body]; n != 1 {
		s.Errorf("what was being sent at the stop was sent %d times", n)
	}
}

func (s *shop) restarts() {
	s.Helper()
	s.ok("the relay is running", "service", "restart")
	s.send("restarted")
	s.arrives("restarted")
}

// startsAtOnce starts a service whose spool does not open: somebody holds it.
// The service manager hears of the start first, and of the failure then.
func (s *shop) startsAtOnce() {
	s.Helper()
	if err := s.manager().Stop(); err != nil {
		s.Fatal(err)
	}
	cfg, err := config.Load(s.config)
	if err != nil {
		s.Fatal(err)
	}
	held, err := spool.Open(relay.SpoolPath(cfg), relay.SpoolOptions(cfg, relay.Options{BuildDate: thisBuild().date()}))
	if err != nil {
		s.Fatal(err)
	}
	if err := s.manager().Start(); err != nil {
		s.Fatal(err)
	}
	if state := s.state(); state != service.Running || s.answers() {
		s.Errorf("before its spool is open the service is %s, and answers: %v", state, s.answers())
	}
	s.eventually("the service fails", func() bool { return s.state() == service.Failed })
	s.fails("failed", "service", "status")
	if err := held.Close(); err != nil {
		s.Fatal(err)
	}
	s.ok("the relay is running", "service", "start")
}

// waitsForItsConfig starts the service before its config was written.
func (s *shop) waitsForItsConfig(upstream string) {
	s.Helper()
	if err := s.manager().Stop(); err != nil {
		s.Fatal(err)
	}
	if err := os.Remove(s.config); err != nil {
		s.Fatal(err)
	}
	if err := s.manager().Start(); err != nil {
		s.Fatal(err)
	}
	if names, err := secret.Beside(s.config).List(); err != nil || len(names) != 1 {
		s.Errorf("stored are %v, %v", names, err)
	}
	if state := s.state(); state != service.Running || s.answers() {
		s.Errorf("without a config the service is %s, and answers: %v", state, s.answers())
	}
	s.writeConfig(upstream)
	s.eventually("the service takes its config up", s.answers)
	s.send("configured")
	s.arrives("configured")
}
