package relay_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/sandbox"
)

// rig is a relay before a sandbox, in this process, over real ports.
type rig struct {
	relay    *relay.Relay
	sandbox  *sandbox.Sandbox
	base     string
	upstream string

	stop  func()        // the relay
	ended chan struct{} // closed when it has
}

// stopRelay ends the relay before the test does.
func (r *rig) stopRelay(t *testing.T) {
	t.Helper()
	r.stop()
	<-r.ended
}

// newRig runs both until the test ends; change may alter the config first.
func newRig(t *testing.T, change func(*config.Config)) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		sandbox:  sandbox.New(sandbox.Options{ProjectID: "Webhook Account ID", APIKey: "Webhook Secret Key"}),
		upstream: "http://" + l.Addr().String(),
	}
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.Timezone = "127.0.0.1:0", t.TempDir(), "UTC"
	shop := config.DefaultProject()
	shop.Name, shop.ProjectID, shop.APIKey = "shop", "Webhook Account ID", config.NewSecret("Webhook Secret Key")
	shop.URL = r.upstream
	cfg.Projects = config.Projects{shop}
	if change != nil {
		change(cfg)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	if r.relay, err = relay.Open(cfg, relay.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))}); err != nil {
		t.Fatal(err)
	}
	r.base = "http://" + r.relay.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	running, end := context.WithCancel(ctx)
	r.stop, r.ended = end, make(chan struct{})
	ended := make(chan error, 2)
	go func() { ended <- r.sandbox.Serve(ctx, l) }()
	go func() {
		defer close(r.ended)
		ended <- r.relay.Run(running)
	}()
	t.Cleanup(func() {
		end()
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return r
}

// post sends a request with the contract's headers, and more.
func (r *rig) post(t *testing.T, action, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.base+"/api/v1/webhook/"+action, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-PROJECT-ID", "Webhook Account ID")
	req.Header.Set("X-API-KEY", "Webhook Secret Key")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// arrived waits until n events are upstream, and nothing is pending.
func (r *rig) arrived(t *testing.T, n int) []sandbox.Delivery {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-ticker.C {
		if list := r.sandbox.Deliveries(0, 0); len(list) >= n && r.relay.Status().Total.Pending == 0 {
			return list
		}
	}
	t.Fatalf("%d of %d events arrived; refused: %+v", len(r.sandbox.Deliveries(0, 0)), n, r.sandbox.Refusals())
	return nil
}

// The contract's three example payloads; the third with its comment removed
// and its missing comma restored.
const (
	exampleLead = `{
"email": "[email protected]",
"session": 12345678,
"carBrand": "Lamborghini",
"carModel": "Urus",
"productionYear": "2021"
}`
	exampleSingle = `{
"email": "[email protected]",
"session": 12345678,
"carBrand": "Lamborghini",
"carModel": "Urus",
"productionYear": "2021",
"purchase_data": [
{
"__sku__": "LAMBO007",
"__label__": "LAMBO Urus",
"__total_in_cents__": "30000000",
"__order__": "123456",
"__currency__": "USD"
}
]
}`
	exampleMultiple = `{
"email": "[email protected]",
"dateTime": "2023-11-05T21:18:04+00:00",
"purchase_data": [
{
"__sku__": "LAMBO007",
"__label__": "LAMBO Urus",
"__total_in_cents__": 30000000,
"__order__": "Order 123456",
"__currency__": "USD",
"quantity": 3
},
{
"__sku__": "LAMBO008",
"__label__": "LAMBO Urus1",
"__total_in_cents__": 60000000,
"__order__": "Order 654321",
"__currency__": "USD"
}
]
}`
)

// TestDropIn is the drop-in proof: a sender that changes nothing but the
// hostname gets the same bytes to the upstream, but for the stamp of those
// that had no dateTime, and the upstream's own headers.
func TestDropIn(t *testing.T) {
	r := newRig(t, nil)
	for _, e := range []struct{ action, body string }{
		{"Lead", exampleLead}, {"__commerce_action__", exampleSingle}, {"__commerce_action__", exampleMultiple},
	} {
		if status, answer := r.post(t, e.action, e.body); status != http.StatusAccepted {
			t.Fatalf("%s: %d %s", e.action, status, answer)
		}
	}
	list := r.arrived(t, 3)
	for i, body := range []string{exampleLead, exampleSingle} {
		head, tail := body[:len(body)-2], "\n}"
		got := list[i].Body
		stamp := got[len(head) : len(got)-len(tail)]
		at, err := time.Parse(`,"dateTime":"2006-01-02T15:04:05-07:00"`, stamp)
		if got != head+stamp+tail || err != nil || time.Since(at).Abs() > time.Minute || stamp[len(stamp)-7:] != `+00:00"` {
			t.Errorf("example %d arrived as\n%s\n%v", i+1, got, err)
		}
	}
	if list[2].Body != exampleMultiple {
		t.Errorf("example 3 arrived as\n%s", list[2].Body)
	}
	for _, d := range list {
		if got := d.Headers.Get("Content-Type"); got != "application/json" {
			t.Errorf("Content-Type %q", got)
		}
		if got := d.Headers.Get("X-Project-Id"); got != "Webhook Account ID" {
			t.Errorf("X-PROJECT-ID %q", got)
		}
	}
	if refused := r.sandbox.Refusals(); len(refused) > 0 {
		t.Errorf("refused: %+v", refused)
	}
}

// TestSixtyFour: 64 equal events that arrive at once are 64 events.
func TestSixtyFour(t *testing.T) {
	r := newRig(t, nil)
	statuses := make(chan int, 64)
	for range 64 {
		go func() {
			status, _ := r.post(t, "Visit", `{"page":"home"}`)
			statuses <- status
		}()
	}
	for range 64 {
		if status := <-statuses; status != http.StatusAccepted {
			t.Errorf("status %d", status)
		}
	}
	seen := map[string]bool{}
	for _, d := range r.arrived(t, 64) {
		if seen[d.Body] {
			t.Errorf("twice: %s", d.Body)
		}
		seen[d.Body] = true
	}
}

// TestActionsArriveAsTheyCame: unicode, spaces and an escaped slash.
func TestActionsArriveAsTheyCame(t *testing.T) {
	r := newRig(t, nil)
	paths := []string{"Caf%C3%A9%20%2F%20Bar", "a+b", "%24x", "A%2fB"}
	for i, path := range paths {
		if status, answer := r.post(t, path, `{"email":"a@example.com","n":`+string(rune('0'+i))+`}`); status != http.StatusAccepted {
			t.Fatalf("%s: %d %s", path, status, answer)
		}
	}
	for i, d := range r.arrived(t, len(paths)) {
		if want := "/api/v1/webhook/" + paths[i]; d.Path != want {
			t.Errorf("%s arrived as %s", want, d.Path)
		}
	}
}
