package relay_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/sandbox"
	"funnelrelay/relay/source"
)

// alarmed waits until the alarm is open, or is not.
func (r *rig) alarmed(t *testing.T, name string, want bool) {
	t.Helper()
	r.alarmedWithin(t, name, want, 20*time.Second)
}

// alarmedWithin is alarmed for one that takes its time.
func (r *rig) alarmedWithin(t *testing.T, name string, want bool, patience time.Duration) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-ticker.C {
		open := false
		for _, a := range r.relay.Status().Alarms {
			open = open || a.Name == name
		}
		if open == want {
			return
		}
	}
	t.Fatalf("alarm %s: want %v, have %+v", name, want, r.relay.Status().Alarms)
}

// TestReloadUnchanged: what was wrong was put right elsewhere, and a reload of
// the same config is how a person says so.
func TestReloadUnchanged(t *testing.T) {
	var cfg config.Config
	r := newRig(t, func(c *config.Config) { cfg = *c })
	if err := r.sandbox.SetFaults(sandbox.Faults{Status: http.StatusForbidden}); err != nil {
		t.Fatal(err)
	}
	r.post(t, "Lead", `{"email":"a@example.com"}`)
	r.alarmed(t, "project-paused/shop", true)
	if err := r.sandbox.SetFaults(sandbox.Faults{}); err != nil {
		t.Fatal(err)
	}
	if err := r.relay.Reload(&cfg); err != nil {
		t.Fatal(err)
	}
	r.arrived(t, 1)
	r.alarmed(t, "project-paused/shop", false)
}

// TestProjectGoesWhilePaused takes a paused project out of the config, another
// one in its place, and puts it back with the right key.
func TestProjectGoesWhilePaused(t *testing.T) {
	var cfg config.Config
	r := newRig(t, func(c *config.Config) {
		c.Projects[0].APIKey = config.NewSecret("wrong")
		cfg = *c
	})
	take := func(change func(p *config.Project)) {
		t.Helper()
		changed, p := cfg, cfg.Projects[0]
		change(&p)
		changed.Projects = config.Projects{p}
		if err := r.relay.Reload(&changed); err != nil {
			t.Fatal(err)
		}
	}
	if status, answer := r.post(t, "Lead", `{"email":"a@example.com"}`, "X-Api-Key", "wrong"); status != http.StatusAccepted {
		t.Fatal(status, answer)
	}
	r.alarmed(t, "project-paused/shop", true)
	take(func(p *config.Project) { p.Name = "store" })
	r.alarmed(t, "project-paused/shop", false)
	take(func(p *config.Project) { p.ProjectID = "another account" })
	if s := r.relay.Status(); s.Total.Pending != 1 || len(s.Projects) != 2 || s.Projects[1].Configured {
		t.Errorf("%+v", s)
	}
	take(func(p *config.Project) { p.APIKey = config.NewSecret("Webhook Secret Key") })
	r.arrived(t, 1)
	r.alarmed(t, "project-paused/shop", false)
}

// TestReloadWhole: a config whose sources are not in order is said to be wrong
// by check, and nothing of it is taken up.
func TestReloadWhole(t *testing.T) {
	var cfg config.Config
	r := newRig(t, func(c *config.Config) { cfg = *c })
	wrong := cfg
	wrong.Projects = append(config.Projects{}, cfg.Projects...)
	wrong.Projects[0].APIKey = config.NewSecret("another")
	till := source.Default()
	till.Name, till.Watch = "till", []string{"drop/till/{day:foo}.csv"}
	wrong.Sources = config.Sources{till}
	if err := wrong.Check(); err != nil {
		t.Fatal(err)
	}
	if _, err := relay.CheckSources(&wrong); err == nil || !strings.Contains(err.Error(), "{day:foo}") {
		t.Errorf("check: %v", err)
	}
	if err := r.relay.Reload(&wrong); err == nil || !strings.Contains(err.Error(), "sources.till.watch") {
		t.Errorf("reload: %v", err)
	}
	if status, answer := r.post(t, "Lead", `{"email":"a@example.com"}`); status != http.StatusAccepted {
		t.Errorf("the old config does not stay: %d %s", status, answer)
	}
}
