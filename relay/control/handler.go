package control

import (
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

// Decision is what a person decides on a spool that was copied or put back: it is
// the body of POST /api/v1/spool/adopt.
type Decision struct {
	Pending string `json:"pending"` // SendPending or BuryPending
}

// What may become of events that are held.
const (
	SendPending = "send" // they go out; the upstream's refusal of a duplicate counts as a delivery
	BuryPending = "bury" // they are dead, until a person revives them one by one
)

// Adopted is what a Decision answers.
type Adopted struct {
	Decided bool  `json:"decided"` // false: nothing was undecided
	Events  int64 `json:"events"`  // that were held
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
