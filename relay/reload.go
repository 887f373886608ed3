package relay

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"funnelrelay/relay/config"
)

// Reload takes up a changed config that was checked already. What it cannot
// change while running it leaves as it is, and says so in the log. Changed or
// not, projects that are offline or paused probe at once.
func (r *Relay) Reload(cfg *config.Config) error {
	r.reloads <- struct{}{}
	defer func() { <-r.reloads }()
	r.mu.Lock()
	old, projects := r.cfg, r.projects
	r.mu.Unlock()
	changed := config.Changed(old, cfg)
	if len(changed) == 0 {
		r.o.Log.Info("config read again, nothing changed")
		for _, p := range projects { // what was put right may be elsewhere: at the upstream, or on the way
			p.forward.Probe()
		}
		return nil
	}
	sources, err := compileSources(cfg)
	if err != nil {
		return err
	}
	r.setProjects(cfg) // from here on nothing can fail, so that all is taken up or nothing
	r.setSources(sources)
	r.ingest.Update(r.ingestOptions(cfg))
	r.heard.follow(cfg)
	if slices.ContainsFunc(changed, tellsOthers) {
		r.notify.Update(r.notifySettings(cfg))
	}
	for _, key := range changed {
		if needsRestart(key) {
			r.o.Log.Warn("config changed, but this key needs a restart", "key", key)
		} else {
			r.o.Log.Info("config changed", "key", key)
		}
	}
	return nil
}

// needsRestart says that a key is only read when the daemon starts.
func needsRestart(key string) bool {
	return len(config.NeedRestart([]string{key})) > 0 || strings.HasPrefix(key, "spool.") || strings.HasPrefix(key, "log.")
}

// ReloadFile reads the config file anew and takes it up; with a mistake in it
// the old config stays.
func (r *Relay) ReloadFile() error {
	if r.o.Load == nil {
		return errors.New("this config did not come from a file")
	}
	cfg, err := r.o.Load()
	if err != nil {
		return err
	}
	return r.Reload(cfg)
}

// Reloaded is what a reload answers.
type Reloaded struct {
	// Restart are the keys that were changed since the daemon started, and that
	// it only takes up when it starts again.
	Restart []string `json:"restart"`
}

// serveReload answers POST /api/v1/reload: 200 with a Reloaded as JSON, or 422
// with the mistakes.
func (r *Relay) serveReload(w http.ResponseWriter, _ *http.Request) {
	if err := r.ReloadFile(); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	r.mu.Lock()
	cfg := r.cfg
	r.mu.Unlock()
	answer := Reloaded{Restart: []string{}}
	for _, key := range config.Changed(r.opened, cfg) {
		if needsRestart(key) {
			answer.Restart = append(answer.Restart, key)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the reader went away: nothing to do
}
