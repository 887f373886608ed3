package relay_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
)

// get asks the port, with the admin token if there is one.
func (r *rig) get(t *testing.T, path, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
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

// TestWatching looks at all that a monitor and a person may ask.
func TestWatching(t *testing.T) {
	var data string
	r := newRig(t, func(c *config.Config) { data = c.Data })
	for _, body := range []string{`{"email":"a@example.com"}`, `{"email":"b@example.com","session":7}`} {
		r.post(t, "Lead", body, "Idempotency-Key", body)
		r.post(t, "Lead", body, "Idempotency-Key", body)
	}
	r.arrived(t, 2)
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if status, text := r.get(t, path, ""); status != 200 || strings.TrimSpace(text) != want {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	_, metrics := r.get(t, "/metrics", "")
	for _, want := range []string{
		`funnelrelay_accepted_total{project="shop",project_id="Webhook Account ID"} 2`,
		`funnelrelay_duplicates_total{project="shop",project_id="Webhook Account ID"} 2`,
		`funnelrelay_sent_total{project="shop",project_id="Webhook Account ID"} 2`,
		`funnelrelay_pending{project="shop",project_id="Webhook Account ID"} 0`,
		`funnelrelay_dead{project="shop",project_id="Webhook Account ID"} 0`,
		`funnelrelay_oldest_pending_seconds{`, `funnelrelay_online{`, `funnelrelay_spool_bytes `, `funnelrelay_spool_quota_bytes `,
		`funnelrelay_attempts_total{project="shop",outcome="sent"} 2`,
		`funnelrelay_accept_seconds_count 4`, `funnelrelay_delivery_seconds_count{project="shop"} 2`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	for line := range strings.Lines(metrics) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "funnelrelay_") && !strings.HasPrefix(line, "process_") && !strings.HasPrefix(line, "go_") {
			t.Errorf("odd line of metrics: %s", line)
		}
	}

	if status, _ := r.get(t, "/api/v1/status", ""); status != http.StatusUnauthorized {
		t.Errorf("status without the token: %d", status)
	}
	token, err := os.ReadFile(filepath.Join(data, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	status, text := r.get(t, "/api/v1/status", strings.TrimSpace(string(token)))
	var s control.Status
	if err := json.Unmarshal([]byte(text), &s); status != 200 || err != nil {
		t.Fatalf("%d %v %s", status, err, text)
	}
	if !s.Balanced || s.Total.Accepted != 2 || s.Total.Duplicates != 2 || s.Total.Sent != 2 || !s.Ready || len(s.Projects) != 1 {
		t.Errorf("%+v", s)
	}
	for _, shown := range []string{metrics, text} {
		if strings.Contains(shown, "Webhook Secret Key") {
			t.Error("the key shows")
		}
	}
}

// TestReload takes up a changed config while events come in.
func TestReload(t *testing.T) {
	var cfg config.Config
	r := newRig(t, func(c *config.Config) {
		c.Projects[0].APIKey = config.NewSecret("wrong")
		cfg = *c
	})
	if status, _ := r.post(t, "Lead", `{"email":"a@example.com"}`); status != http.StatusUnauthorized {
		t.Fatalf("the sender's key is not the configured one: %d", status)
	}
	if status, answer := r.post(t, "Lead", `{"email":"a@example.com"}`, "X-Api-Key", "wrong"); status != http.StatusAccepted {
		t.Fatal(status, answer)
	}
	changed := cfg
	changed.Projects = append(config.Projects{}, cfg.Projects...)
	changed.Projects[0].APIKey = config.NewSecret("Webhook Secret Key")
	if err := r.relay.Reload(&changed); err != nil {
		t.Fatal(err)
	}
	if status, answer := r.post(t, "Lead", `{"email":"b@example.com"}`); status != http.StatusAccepted {
		t.Fatal(status, answer)
	}
	r.arrived(t, 2)
}
