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

// Adopt answers POST /api/v1/spool/adopt: 200 with an Adopted, once it is on
// disk; 422 where the body is no Decision.
func (c *Control) Adopt(w http.ResponseWriter, req *http.Request) {
	var d Decision
	body := json.NewDecoder(http.MaxBytesReader(w, req.Body, 1<<10))
	body.DisallowUnknownFields()
	if err := body.Decode(&d); err != nil || d.Pending != SendPending && d.Pending != BuryPending {
		plain(w, http.StatusUnprocessableEntity, `write {"pending":"send"} or {"pending":"bury"}`)
		return
	}
	a := Adopted{Decided: c.o.Spool.Doubt() != nil}
	var err error
	if a.Events, err = c.o.Spool.Adopt(req.Context(), d.Pending == BuryPending); err != nil {
		plain(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // the reader went away: nothing to do
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
