package sandbox

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
)

//go:embed page.html
var pageHTML string

// pageRows is how many deliveries the page lists.
const pageRows = 50

// page writes what arrived, the newest first. It is parsed anew each time: it
// is looked at, not served.
func (s *Sandbox) page(w http.ResponseWriter) {
	faults, err := json.Marshal(s.Faults())
	view := struct {
		Faults     string
		Stats      Stats
		Deliveries []Delivery
		Refusals   []Refusal
	}{string(faults), s.Stats(), s.ledger.after(-1, pageRows), s.Refusals()}
	slices.Reverse(view.Deliveries)
	slices.Reverse(view.Refusals)

	var out bytes.Buffer
	if err == nil {
		var t *template.Template
		if t, err = template.New("page").Parse(pageHTML); err == nil {
			err = t.Execute(&out, view)
		}
	}
	if err != nil {
		write(w, refuse(http.StatusInternalServerError, "page", "", "%v", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Cache-Control", "no-store")
	writeBody(w, http.StatusOK, out.String())
}
