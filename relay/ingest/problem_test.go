package ingest

import (
	"net/http"
	"strings"
	"testing"
)

// A tool that asks for JSON gets a problem under that name; all others under
// its own.
func TestTypeOfProblems(t *testing.T) {
	p := listen(t, nil)
	for accept, want := range map[string]string{
		"":    "application/problem+json",
		"*/*": "application/problem+json",
		"application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9, image/*;q=0.8, */*;q=0.7": "application/json",
		"application/json, application/problem+json":                                                              "application/problem+json",
	} {
		for _, c := range []struct {
			method, path string
			code         int
		}{{"POST", "/api/v1/webhook/Demo", 400}, {"PUT", "/api/v1/webhook/Demo", 405}, {"POST", "/api/v1/webhook/", 404}, {"POST", "/elsewhere", 404}} {
			r := p.ask(c.method, c.path, `{"a":`, asJSON, "Accept: "+accept)
			if got := r.header.Get("Content-Type"); r.code != c.code || got != want || r.Detail == "" || r.Title != http.StatusText(c.code) {
				t.Errorf("%s %s, Accept %q: %d %s %s", c.method, c.path, accept, r.code, got, strings.TrimSpace(r.text))
			}
		}
	}
}
