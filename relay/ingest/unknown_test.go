package ingest

import "testing"

// Also what no path takes is refused in JSON: a tool that has the path wrong
// reads the answer as it reads any other.
func TestUnknownPaths(t *testing.T) {
	p := listen(t, nil)
	for _, path := range []string{"/", "/api/v1/webhok/Lead", "/api/v2/webhook/Lead", "/healthz/", "/api/v1//webhook/Lead", "/favicon.ico"} {
		p.ask("POST", path, `{"email":"a"}`, asJSON).refused(t, 404, "/api/v1/webhook/{action}")
	}
	r := p.ask("POST", "/healthz", `{"email":"a"}`, asJSON)
	r.refused(t, 405, "this path takes GET, HEAD")
	if allow := r.header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow: %q", allow)
	}
	p.ask("GET", "/nothing", "", "Host: evil.example").refused(t, 421, "http.hosts")
	if r := p.ask("GET", "/healthz", ""); r.code != 200 {
		t.Errorf("a path that is there: %d %s", r.code, r.text)
	}
	if n := len(p.sink.all()); n != 0 {
		t.Errorf("%d were stored", n)
	}
}
