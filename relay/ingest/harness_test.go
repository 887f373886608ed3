package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"funnelrelay/relay/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a sink that keeps events in memory, and knows keys again.
type store struct {
	mu    sync.Mutex
	taken []taken
	keys  map[string]taken
	fail  error
	block chan struct{} // not nil: Accept waits for it
	asked chan struct{} // not nil: gets one for each Accept
}

type taken struct {
	id, project, action, path, body, held string
	content                               uint64
}

func (s *store) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	if s.asked != nil {
		s.asked <- struct{}{}
	}
	if s.block != nil {
		select {
		case <-s.block:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	for _, o := range b.Offers { // all or none: look first
		if o.Key != nil {
			if was, ok := s.keys[o.Key.Name]; ok && o.Key.Strict && was.content != o.Key.Content {
				return nil, fmt.Errorf("store: %w", &event.ErrKeyReused{First: was.id})
			}
		}
	}
	var receipts []event.Receipt
	for _, o := range b.Offers {
		if o.Key != nil {
			if was, ok := s.keys[o.Key.Name]; ok {
				receipts = append(receipts, event.Receipt{ID: was.id, Duplicate: true})
				continue
			}
		}
		t := taken{id: fmt.Sprintf("%08x", len(s.taken)+1), project: b.Project, action: o.Event.Action,
			path: o.Event.Path, body: string(o.Event.Body), held: o.Held}
		if o.Key != nil {
			t.content = o.Key.Content
			if s.keys == nil {
				s.keys = map[string]taken{}
			}
			s.keys[strings.Clone(o.Key.Name)] = t
		}
		s.taken = append(s.taken, t)
		receipts = append(receipts, event.Receipt{ID: t.id, Dead: o.Held != ""})
	}
	return receipts, nil
}

func (s *store) all() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]taken(nil), s.taken...)
}

func (s *store) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// port is a relay's port on a real listener.
type port struct {
	t       *testing.T
	h       *Handler
	sink    *store
	options Options
	addr    string
	client  *http.Client
	rest    *http.ServeMux // the paths besides the webhook's; a test may add some
}

// listen serves a shop with two projects on loopback; change alters the options.
func listen(t *testing.T, change func(*Options)) *port {
	t.Helper()
	p := &port{t: t, sink: &store{}}
	p.options = Options{
		Sink: p.sink,
		Projects: []Project{
			{Name: "shop", ProjectID: "id-shop", APIKey: "key of shop", Rules: &event.Rules{}},
			{Name: "cafe", ProjectID: "id-cafe", APIKey: "key-cafe", Rules: &event.Rules{}},
		},
		Loopback: true,
		Metrics:  metrics.NewSet(),
	}
	if change != nil {
		change(&p.options)
	}
	p.h = New(p.options)
	rest := http.NewServeMux()
	p.rest = rest
	rest.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	rest.HandleFunc("/broken", func(http.ResponseWriter, *http.Request) { panic("a fault of ours") })
	rest.Handle("/api/v1/status", p.h.AdminOnly("admin-token", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "all") })))
	rest.Handle("/metrics", p.h.OpenOnLoopback("admin-token", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { p.options.Metrics.WritePrometheus(w) })))
	srv, err := Open(ServerOptions{Listen: "127.0.0.1:0", Handler: p.h.Port(rest), Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	p.addr = srv.Addr().String()
	p.client = &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 20 * time.Second}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return p
}

// reply is an answer, decoded as far as it can be.
type reply struct {
	code   int
	header http.Header
	text   string

	ID, Status, Title, Detail, First, Type string
	Events                                 []struct{ ID, Status string }
	Errors                                 []event.Fault
}

// ask sends a request; headers are "Name: value".
func (p *port) ask(method, path, body string, headers ...string) reply {
	p.t.Helper()
	req, err := http.NewRequest(method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body == "" {
		req.Body = http.NoBody
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	return decode(p.t, resp)
}

func decode(t *testing.T, resp *http.Response) reply {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{code: resp.StatusCode, header: resp.Header, text: string(text)}
	if len(text) == 0 {
		return r // HEAD
	}
	switch resp.Header.Get("Content-Type") {
	case "application/json", "application/problem+json":
		var fields struct {
			ID, Title, Detail, First, Type string
			Status                         any
			Events                         []struct{ ID, Status string }
			Errors                         []event.Fault
		}
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatalf("answer %q: %v", text, err)
		}
		r.ID, r.Title, r.Detail, r.First, r.Type = fields.ID, fields.Title, fields.Detail, fields.First, fields.Type
		r.Events, r.Errors, r.Status = fields.Events, fields.Errors, fmt.Sprint(fields.Status)
	}
	return r
}

const asJSON = "Content-Type: application/json"

// post sends JSON to the action Demo.
func (p *port) post(body string, headers ...string) reply {
	p.t.Helper()
	return p.ask("POST", "/api/v1/webhook/Demo", body, append([]string{asJSON}, headers...)...)
}

// refused checks a problem: its status, that it is RFC 9457's, and its words.
func (r reply) refused(t *testing.T, code int, words ...string) {
	t.Helper()
	if r.code != code {
		t.Fatalf("status %d, want %d: %s", r.code, code, r.text)
	}
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("Content-Type %q", ct)
	}
	if r.Status != fmt.Sprint(code) || r.Title != http.StatusText(code) || r.Detail == "" || r.Type == "" {
		t.Errorf("not a whole problem: %s", r.text)
	}
	for _, w := range words {
		if !strings.Contains(r.text, w) {
			t.Errorf("%q is missing in %s", w, r.text)
		}
	}
	if strings.Contains(r.text, "goroutine") || strings.Contains(r.text, "key of shop") {
		t.Errorf("the answer says too much: %s", r.text)
	}
}

// raw writes bytes to the port and returns the connection.
func (p *port) raw(text string) net.Conn {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		p.t.Fatal(err)
	}
	return conn
}

// metricsText is what a scrape would see.
func (p *port) metricsText() string {
	var b bytes.Buffer
	p.options.Metrics.WritePrometheus(&b)
	return b.String()
}
