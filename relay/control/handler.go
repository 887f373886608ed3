package control

import (
	"encoding/json"
	"net/http"

	"github.com/VictoriaMetrics/metrics"
)

// Health answers GET /healthz: 200 while the daemon takes events, whatever the
// upstream does; 503 with the reason when it does not.
func (c *Control) Health(w http.ResponseWriter, _ *http.Request) {
	h := c.o.Spool.Health()
	switch {
	case h.Unavailable != "":
		plain(w, http.StatusServiceUnavailable, "the spool cannot be written: "+h.Unavailable)
	case h.Full != "":
		plain(w, http.StatusServiceUnavailable, h.Full)
	case !c.o.Ready():
		plain(w, http.StatusServiceUnavailable, "stopping")
	default:
		plain(w, http.StatusOK, "ok")
	}
}

// Readiness answers GET /readyz: 200 once events are taken, until the stop.
func (c *Control) Readiness(w http.ResponseWriter, _ *http.Request) {
	if !c.o.Ready() {
		plain(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	plain(w, http.StatusOK, "ready")
}

// Metrics answers GET /metrics in the Prometheus text format, with what the
// packages count in set.
func (c *Control) Metrics(set *metrics.Set) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		c.WriteMetrics(w)
		set.WritePrometheus(w)
		metrics.WriteProcessMetrics(w)
	}
}

// ServeStatus answers GET /api/v1/status with a Status as JSON.
func (c *Control) ServeStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(c.Status()) // the reader went away: nothing to do
}

// SalvageSeen answers POST /api/v1/salvage/seen: somebody knows of the salvage,
// and its alarm ends.
func (c *Control) SalvageSeen(w http.ResponseWriter, _ *http.Request) {
	if err := c.o.Spool.SalvageSeen(); err != nil {
		plain(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
