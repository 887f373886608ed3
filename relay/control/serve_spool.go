package control

import (
	_ "embed"
	"net/http"
	"strings"
)

// The handlers of days and of the spool as a whole.

//go:embed openapi.yaml
var document []byte

func (c *Control) serveDocument(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/yaml; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(document) // the reader went away: nothing to do
	return nil
}

// days are the Days that the URL asks for.
func (c *Control) days(r *http.Request) (Days, error) {
	given, err := params(r, "from", "to", "project", "source")
	if err != nil {
		return Days{}, err
	}
	return c.Days(r.Context(), DayQuery{From: given["from"], To: given["to"], Project: given["project"], Source: given["source"]})
}

func (c *Control) serveDays(w http.ResponseWriter, r *http.Request) error {
	days, err := c.days(r)
	return result(w, days, err)
}

func (c *Control) serveDaysCSV(w http.ResponseWriter, r *http.Request) error {
	days, err := c.days(r)
	if err != nil {
		return err
	}
	download(w, "text/csv; charset=utf-8", "days-"+days.From+"-"+days.To+".csv")
	_ = WriteDays(w, &days) // the reader went away: nothing to do
	return nil
}

func (c *Control) serveTotals(w http.ResponseWriter, r *http.Request) error {
	var list []TillTotal
	if err := decode(w, r, &list, false); err != nil {
		return err
	}
	if err := c.SetTillTotals(r.Context(), list); err != nil {
		return err
	}
	return nothing(w)
}

func (c *Control) serveReadTotals(w http.ResponseWriter, r *http.Request) error {
	given, err := params(r, "project", "name")
	if err != nil {
		return err
	}
	text, err := body(w, r, mostCSV)
	if err != nil {
		return err
	}
	list, err := c.ReadTillTotals(r.Context(), given["project"], given["name"], text)
	return result(w, list, err)
}

func (c *Control) serveFlow(w http.ResponseWriter, r *http.Request) error {
	given, err := params(r, "from", "to")
	if err != nil {
		return err
	}
	from, err := timeParam(given, "from")
	if err != nil {
		return err
	}
	to, err := timeParam(given, "to")
	if err != nil {
		return err
	}
	flow, err := c.Flow(r.Context(), from, to)
	return result(w, flow, err)
}

func (c *Control) serveSpool(w http.ResponseWriter, r *http.Request) error {
	stats, err := c.SpoolStats(r.Context())
	return result(w, stats, err)
}

func (c *Control) serveSpoolCheck(w http.ResponseWriter, r *http.Request) error {
	unhurried(w)
	check, err := c.CheckSpool(r.Context())
	return result(w, check, err)
}

func (c *Control) serveCompact(w http.ResponseWriter, r *http.Request) error {
	unhurried(w)
	sizes, err := c.CompactSpool(r.Context())
	return result(w, sizes, err)
}

// states are those that the URL names: ?states=pending,dead
func states(r *http.Request) ([]string, error) {
	given, err := params(r, "states")
	if err != nil || given["states"] == "" {
		return nil, err
	}
	list := strings.Split(given["states"], ",")
	_, err = statesOf(list)
	return list, err
}

func (c *Control) serveSpoolExport(w http.ResponseWriter, r *http.Request) error {
	list, err := states(r)
	if err != nil {
		return err
	}
	return stream(w, r, "spool.ndjson", func(out http.ResponseWriter) error { return c.ExportSpool(r.Context(), list, out) })
}

// serveImport answers 200 with what became of the lines. Where the spool failed
// on the way, it is a problem, and what was taken until then stays taken: the
// same file can be sent again.
func (c *Control) serveImport(w http.ResponseWriter, r *http.Request) error {
	list, err := states(r)
	if err != nil {
		return err
	}
	unhurried(w)
	done, err := c.ImportSpool(r.Context(), list, r.Body)
	return result(w, done, err)
}

// serveAdopt answers 200 with an Adopted, once it is on disk; 422 where the body
// is no Decision.
func (c *Control) serveAdopt(w http.ResponseWriter, r *http.Request) error {
	var d Decision
	if err := decode(w, r, &d, false); err != nil || d.Pending != SendPending && d.Pending != BuryPending {
		return &problem{status: http.StatusUnprocessableEntity, detail: `write {"pending":"send"} or {"pending":"bury"}`}
	}
	unhurried(w)
	a := Adopted{Decided: c.o.Spool.Doubt() != nil}
	var err error
	a.Events, err = c.o.Spool.Adopt(r.Context(), d.Pending == BuryPending)
	return result(w, a, err)
}

// serveSalvageSeen answers that somebody knows of the salvage, and its alarm ends.
func (c *Control) serveSalvageSeen(w http.ResponseWriter, _ *http.Request) error {
	if err := c.o.Spool.SalvageSeen(); err != nil {
		return err
	}
	return nothing(w)
}

func (c *Control) servePurge(w http.ResponseWriter, r *http.Request) error {
	var p Purge
	if err := decode(w, r, &p, false); err != nil {
		return err
	}
	unhurried(w)
	purged, err := c.Purge(r.Context(), p)
	return result(w, purged, err)
}
