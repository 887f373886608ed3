package relay_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
)

// adminToken reads the admin token of a relay's data folder.
func adminToken(t *testing.T, data string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestAlarmTest: a person tries whether what is told arrives, after a reload too,
// and no secret of where it goes is in the answer.
func TestAlarmTest(t *testing.T) {
	var mu sync.Mutex
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.URL.Path+" "+r.Header.Get("X-Token")+" "+string(body))
		if r.URL.Path == "/s3cret/broken" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer hook.Close()
	target := func(path string) config.Target {
		url, err := config.NewHookURL(hook.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return config.Target{Webhook: url, Headers: config.Headers{{Name: "X-Token", Value: config.NewSecret("t0ken")}}}
	}
	var cfg config.Config
	r := newRig(t, func(c *config.Config) {
		c.Alarm.Site = "Main Street"
		c.Alarm.To = []config.Target{target("/s3cret/fine")}
		cfg = *c
	})
	try := func() (answer relay.AlarmTest, text string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/api/v1/alarms/test", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+adminToken(t, cfg.Data))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, string(body), err)
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
		return answer, string(body)
	}
	if answer, text := try(); len(answer.Targets) != 1 || answer.Targets[0].Error != "" {
		t.Errorf("%s", text)
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], `/s3cret/fine t0ken {"state":"test"`) || !strings.Contains(got[0], `"site":"Main Street"`) {
		t.Errorf("%q", got)
	}
	changed := cfg
	changed.Alarm.To = []config.Target{target("/s3cret/broken"), target("/s3cret/fine")}
	if err := r.relay.Reload(&changed); err != nil {
		t.Fatal(err)
	}
	answer, text := try()
	if len(answer.Targets) != 2 || answer.Targets[0].Error != "it answered 410 Gone" || answer.Targets[1].Error != "" {
		t.Errorf("%s", text)
	}
	if strings.Contains(text, "s3cret") || strings.Contains(text, "t0ken") {
		t.Errorf("a secret is in %s", text)
	}
}

// TestRejectsAlarm: what was refused raises an alarm, which ends when the folder
// is empty.
func TestRejectsAlarm(t *testing.T) {
	if testing.Short() {
		t.Skip("looks are some seconds apart")
	}
	var data string
	r := newRig(t, func(c *config.Config) { data = c.Data })
	folder := filepath.Join(data, "drop", "__commerce_action__")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "sales.csv"), []byte("__order__,__sku__\n1,tea\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	name := "rejects/drop/__commerce_action__"
	r.alarmedWithin(t, name, true, time.Minute)
	for _, a := range r.relay.Status().Alarms {
		if a.Name == name && (!strings.Contains(a.Text, "rejected") || !strings.Contains(a.Text, "sales.csv")) {
			t.Errorf("%+v", a)
		}
	}
	if err := os.RemoveAll(filepath.Join(folder, "rejected")); err != nil {
		t.Fatal(err)
	}
	r.alarmedWithin(t, name, false, time.Minute)
}

// TestAlarmKinds: who writes `only` finds every kind of alarm that the code
// raises in the config's list, and no other.
func TestAlarmKinds(t *testing.T) {
	raises := regexp.MustCompile(`(?:[rR]aise\w*\(|[aA]larm\w* *= |[nN]ame(?:, \w+)? *:?= |return )\s*"([a-z][a-z-]+)/?"`)
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "config") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range raises.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range config.AlarmKinds {
		if !found[kind] && kind != "project-held" {
			t.Errorf("%s: nothing in the code looks as if it raised this", kind)
		}
	}
	for _, kind := range []string{"project-paused", "dead", "silence", "rejects", "disk-low", "offline", "salvage", "source-folder"} {
		if !slices.Contains(config.AlarmKinds, kind) {
			t.Errorf("%s is not known to the config", kind)
		}
	}
}
