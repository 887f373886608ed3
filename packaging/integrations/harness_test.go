package integrations

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/packaging/integrations/wire"
	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/sandbox"
)

// record writes what the clients send into their wire folders.
var record = flag.Bool("record", false, "write the requests of the clients as fixtures")

// What stands in the guides for a reader's own values, and what it is here.
const (
	accountID = "Webhook Account ID" // as the contract calls them
	secretKey = "Webhook Secret Key"
	public    = "relay.shop.example"
	token     = "a-token-of-the-relay-0123456789"
)

// rig is a relay before a sandbox, in this process, on real ports. It is set up
// as the guides say it is for a sender that comes through a tunnel.
type rig struct {
	t       *testing.T
	relay   *relay.Relay
	sandbox *sandbox.Sandbox
	addr    string
}

func newRig(t *testing.T, change func(*config.Config)) *rig {
	t.Helper()
	l := listen(t)
	r := &rig{t: t, sandbox: sandbox.New(sandbox.Options{})}
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.Timezone = "127.0.0.1:0", t.TempDir(), "UTC"
	cfg.HTTP.Hosts, cfg.HTTP.Auth.APIKey = []string{public}, true
	cfg.Projects = config.Projects{project("shop", accountID, secretKey, l), project("cafe", "Account of the café", "Key of the café", l)}
	if change != nil {
		change(cfg)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.relay, err = relay.Open(cfg, relay.Options{Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}); err != nil {
		t.Fatal(err)
	}
	r.addr = r.relay.Addr().String()
	during(t, func(ctx context.Context) error { return r.sandbox.Serve(ctx, l) })
	during(t, r.relay.Run)
	return r
}

func project(name, id, key string, upstream net.Listener) config.Project {
	p := config.DefaultProject()
	p.Name, p.ProjectID, p.APIKey, p.URL = name, id, config.NewSecret(key), "http://"+upstream.Addr().String()
	return p
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// during runs f until the test ends.
func during(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// through puts a proxy before the relay and returns its address.
func (r *rig) through(p *wire.Proxy) string {
	r.t.Helper()
	p.To = r.addr
	l := listen(r.t)
	during(r.t, func(ctx context.Context) error { return p.Run(ctx, l) })
	return l.Addr().String()
}

// arrived waits until n events are upstream and nothing is pending, and fails
// when there are more.
func (r *rig) arrived(n int) []sandbox.Delivery {
	r.t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-ticker.C {
		if s := r.relay.Status().Total; s.Pending > 0 || len(r.sandbox.Deliveries(0, 0)) < n {
			continue
		}
		list := r.sandbox.Deliveries(0, 0)
		if stats := r.sandbox.Stats(); len(list) != n || len(stats.Refused) > 0 || stats.Duplicates > 0 {
			r.t.Fatalf("%d arrived, want %d: %+v", len(list), n, stats)
		}
		return list
	}
	r.t.Fatalf("%d of %d arrived; refused: %+v", len(r.sandbox.Deliveries(0, 0)), n, r.sandbox.Refusals())
	return nil
}

// answer is what a sender got.
type answer struct {
	status int
	header http.Header
	text   string

	ID, Detail string
	Status     any
	Errors     []struct{ Pointer, Detail string }
}

// send writes a request as it is and reads the answer, which must be JSON.
func (r *rig) send(request []byte) answer {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	return r.over(conn, request)
}

// over is send on a connection that is there.
func (r *rig) over(conn net.Conn, request []byte) answer {
	r.t.Helper()
	_ = conn.SetDeadline(time.Now().Add(40 * time.Second)) // a sender's patience
	if _, err := conn.Write(request); err != nil {
		r.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		r.t.Fatalf("no answer to\n%s\n%v", request, err)
	}
	return read(r.t, res)
}

// read takes an answer in as a tool does that parses it.
func read(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	if kind := res.Header.Get("Content-Type"); kind != "application/json" && kind != "application/problem+json" {
		t.Errorf("%d is answered as %q: %s", a.status, kind, text)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Errorf("%d is no JSON: %v: %s", a.status, err, text)
	}
	return a
}

// is checks an answer against a fixture's line: the status, and words in it.
func (a answer) is(want string) bool {
	code, words, _ := strings.Cut(want, " ")
	return fmt.Sprint(a.status) == code && strings.Contains(a.text, words)
}

// The contract's two examples. The second has the comment of the contract left
// out, and the comma put in that is missing there.
const (
	exampleLead = `{"email":"[email protected]","session":12345678,"carBrand":"Lamborghini","carModel":"Urus","productionYear":"2021"}`

	examplePurchase = `{"email":"[email protected]","dateTime":"2023-11-05T21:18:04+00:00","purchase_data":[` +
		`{"__sku__":"LAMBO007","__label__":"LAMBO Urus","__total_in_cents__":30000000,"__order__":"Order 123456","__currency__":"USD","quantity":3},` +
		`{"__sku__":"LAMBO008","__label__":"LAMBO Urus1","__total_in_cents__":60000000,"__order__":"Order 654321","__currency__":"USD"}]}`
)

// example is the example for an action.
func example(action string) string {
	if action == "__commerce_action__" {
		return examplePurchase
	}
	return exampleLead
}

// holds checks that a delivery is the event, whatever the order of its members,
// and whether a number is one or the text of it, as tools differ in both. The
// stamp of the relay may be in it besides.
func holds(t *testing.T, d sandbox.Delivery, action, event string) {
	t.Helper()
	want, got := decoded(t, event), decoded(t, d.Body)
	if _, given := want["dateTime"]; !given {
		if text, _ := got["dateTime"].(string); text == "" {
			t.Errorf("no dateTime in %s", d.Body)
		}
		delete(got, "dateTime")
	}
	if w, g := text(want), text(got); w != g || d.Action != action {
		t.Errorf("%s arrived as\n%s, want %s as\n%s", d.Action, g, action, w)
	}
}

func decoded(t *testing.T, event string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(event))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	return m
}

// text writes a decoded value with every scalar as text, and names in order.
func text(v any) string {
	b, _ := json.Marshal(flat(v)) // what was decoded encodes
	return string(b)
}

func flat(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, value := range v {
			m[name] = flat(value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = flat(v[i])
		}
		return list
	}
	return fmt.Sprint(v)
}

// need skips the test where a command is missing, and fails it where all that
// can be had has to be there.
func need(t *testing.T, commands ...string) {
	t.Helper()
	for _, c := range commands {
		if _, err := exec.LookPath(c); err != nil {
			if os.Getenv("FUNNELRELAY_NEED_RUNTIMES") != "" {
				t.Fatalf("%s is not here", c)
			}
			t.Skipf("%s is not here", c)
		}
	}
}

// build makes a program of this module and returns its path.
func build(t *testing.T, name, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if filepath.Separator == '\\' {
		path += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", path, dir).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", dir, err, out)
	}
	return path
}

// file reads one of the files beside the tests.
func file(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
}
