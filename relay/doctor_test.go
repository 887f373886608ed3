package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/config"
	"funnelrelay/relay/doctor"
	"funnelrelay/relay/ingest"
)

// TestDoctorOfARunningRelay asks over the port, and looks into the answer for
// what must not be in it.
func TestDoctorOfARunningRelay(t *testing.T) {
	dir := t.TempDir()
	text := fmt.Sprintf(`
listen: 127.0.0.1:0
data: %q
timezone: Europe/Berlin
projects: {shop: {project_id: account, api_key: k3y-of-the-shop, url: "http://127.0.0.1:1", proxy: "http://till:pr0xy-pass@127.0.0.1:1"}}
sources: {till: {watch: [%q], event: {action: Sale, email: A}}}
`, filepath.Join(dir, "data"), filepath.Join(dir, "till", "*.csv"))
	cfg, err := config.Parse("c.yaml", []byte(text), config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(cfg, Options{Version: "1.2.3", ConfigPath: "c.yaml", ServiceState: func() (string, error) { return "running", nil }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	token, err := ingest.ReadAdminToken(cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (string, []doctor.Check) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Addr().String()+"/api/v1/doctor", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+string(token))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s %v", res.Status, body, err)
		}
		var list []doctor.Check
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatal(err)
		}
		return string(body), list
	}
	body, list := ask()
	verdicts := map[string]doctor.Verdict{}
	for _, c := range list {
		verdicts[c.Name] = c.Verdict
	}
	for name, want := range map[string]doctor.Verdict{
		"config": doctor.OK, "proxy": doctor.Bad, "answer": doctor.Bad, "key": doctor.OK, "port": doctor.OK, "service": doctor.OK,
		"spool": doctor.OK, "rights": doctor.OK, "token": doctor.OK, "folder": doctor.Bad,
	} {
		if verdicts[name] != want {
			t.Errorf("%s is %q, want %q", name, verdicts[name], want)
		}
	}
	for _, secret := range []string{"k3y", "pr0xy", string(token)} {
		if strings.Contains(body, secret) {
			t.Errorf("%s shows: %s", secret, body)
		}
	}
	if again, _ := ask(); again != body {
		t.Error("asked again at once, it looked again")
	}
	left, err := filepath.Glob(filepath.Join(cfg.Data, ".funnelrelay-doctor*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "till")); err == nil {
		t.Error("the doctor made a folder that was to be looked at")
	}
}
