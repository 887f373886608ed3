package ingest

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"

	"funnelrelay/relay/event"
)

func TestOneEvent(t *testing.T) {
	p := listen(t, nil)
	r := p.post(`{"email":"a@b.example","n":1}`)
	if r.code != 202 || r.Status != "queued" || r.ID == "" {
		t.Fatalf("got %d %s", r.code, r.text)
	}
	got := p.sink.all()
	if len(got) != 1 || got[0].project != "shop" || got[0].action != "Demo" || got[0].path != "Demo" {
		t.Fatalf("stored %+v", got)
	}
	if got[0].body != `{"email":"a@b.example","n":1}` {
		t.Errorf("body %s", got[0].body)
	}
	if !strings.Contains(p.metricsText(), `funnelrelay_accept_seconds_count 1`) {
		t.Errorf("metrics:\n%s", p.metricsText())
	}
}

// What a body is by its type and encoding, and what comes of it.
func TestActions(t *testing.T) {
	p := listen(t, nil)
	long := strings.Repeat("a", 1<<10)
	for _, c := range []struct {
		path   string
		code   int
		action string // escaped, as it is to go upstream
		name   string
	}{
		{"Demo", 202, "Demo", "Demo"},
		{"__commerce_action__", 422, "", ""}, // without purchase_data
		{"a%2Fb", 202, "a%2Fb", "a/b"},
		{"%41", 202, "%41", "A"},
		{"a%20b", 202, "a%20b", "a b"},
		{"a+b", 202, "a+b", "a+b"},
		{"K%C3%A4ufe", 202, "K%C3%A4ufe", "Käufe"},
		{"Käufe%2Fx", 202, "K%C3%A4ufe%2Fx", "Käufe/x"},
		{"a:b;c,d=e@f!g", 202, "a:b;c,d=e@f!g", "a:b;c,d=e@f!g"},
		{"x?query=1", 202, "x", "x"},
		{long, 202, long, long},
		{long + "b", 422, "", ""},
		{strings.Repeat("a", 10_000), 422, "", ""},
		{"%FF", 422, "", ""},
		{"..", 422, "", ""},
		{"%2e%2e", 422, "", ""},
		{"", 404, "", ""},
		{"a/b", 404, "", ""},
		{"/", 404, "", ""},
		{"Demo/", 404, "", ""},
	} {
		before := len(p.sink.all())
		conn := p.raw("POST /api/v1/webhook/" + c.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n" + `{"email":"a"}`)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", shorten(c.path), err)
		}
		r := decode(t, resp)
		_ = resp.Body.Close()
		if r.code != c.code {
			t.Errorf("%s: %d %s, want %d", shorten(c.path), r.code, r.text, c.code)
			continue
		}
		if c.code != 202 {
			r.refused(t, c.code)
			continue
		}
		if got := p.sink.all()[before]; got.path != c.action || got.action != c.name {
			t.Errorf("%s: path %s, name %s", shorten(c.path), shorten(got.path), shorten(got.action))
		}
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	p := listen(t, nil)
	p.ask("POST", "/api/v1/webhook", "{}", asJSON).refused(t, 404, "/api/v1/webhook/{action}")
	if r := p.ask("GET", "/healthz", ""); r.code != 200 || r.text != "ok" {
		t.Errorf("healthz: %d %s", r.code, r.text)
	}
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
		r := p.ask(method, "/api/v1/webhook/Demo", "")
		r.refused(t, 405, "POST")
		if r.header.Get("Allow") != "OPTIONS, POST" {
			t.Errorf("Allow %q", r.header.Get("Allow"))
		}
	}
	if r := p.ask("HEAD", "/api/v1/webhook/Demo", ""); r.code != 405 || r.text != "" {
		t.Errorf("HEAD: %d %q", r.code, r.text)
	}
	if r := p.ask("OPTIONS", "/api/v1/webhook/Demo", ""); r.code != 204 || r.header.Get("Allow") == "" {
		t.Errorf("OPTIONS: %d", r.code)
	}
	p.ask("GET", "/broken", "").refused(t, 500, "an error in the relay")
}

func TestIdempotencyKey(t *testing.T) {
	p := listen(t, nil)
	first := p.post(`{"email":"a"}`, "Idempotency-Key: k1")
	if again := p.post(`{"email":"a"}`, "Idempotency-Key: k1"); again.code != 200 || again.Status != "duplicate" || again.ID != first.ID {
		t.Errorf("repeat: %d %s", again.code, again.text)
	}
	r := p.post(`{"email":"b"}`, "Idempotency-Key: k1")
	r.refused(t, 422, first.ID, "Idempotency-Key")
	if r.First != first.ID {
		t.Errorf("first %q, want %q", r.First, first.ID)
	}
	if r := p.ask("POST", "/api/v1/webhook/Other", `{"email":"b"}`, asJSON, "Idempotency-Key: k1"); r.code != 202 {
		t.Errorf("another action: %d", r.code)
	}
	if r := p.post(`{"email":"b"}`, "Idempotency-Key: k1", "X-PROJECT-ID: id-cafe"); r.code != 202 {
		t.Errorf("another project: %d", r.code)
	}
	for range 2 { // an empty key is none
		if r := p.post(`{"email":"b"}`, "Idempotency-Key: "); r.code != 202 {
			t.Errorf("empty key: %d", r.code)
		}
	}
	if r := p.post(`{}`, "Idempotency-Key: "+strings.Repeat("k", 255)); r.code != 202 {
		t.Errorf("long key: %d", r.code)
	}
	p.post(`{}`, "Idempotency-Key: "+strings.Repeat("k", 256)).refused(t, 422, "255")
	p.post(`{}`, "Idempotency-Key: a", "Idempotency-Key: b").refused(t, 422, "several")
}

func TestBatchKey(t *testing.T) {
	p := listen(t, nil)
	const batch = `[{"email":"a"},{"email":"a"}]`
	first := p.post(batch, "Idempotency-Key: k")
	if first.code != 202 || len(first.Events) != 2 || first.Events[0].ID == first.Events[1].ID {
		t.Fatalf("got %d %s", first.code, first.text)
	}
	again := p.post(batch, "Idempotency-Key: k")
	if again.code != 200 || len(again.Events) != 2 || again.Events[1].Status != "duplicate" || again.Events[1].ID != first.Events[1].ID {
		t.Errorf("repeat: %d %s", again.code, again.text)
	}
	p.post(`[{"email":"a"},{"email":"b"}]`, "Idempotency-Key: k").refused(t, 422, first.Events[0].ID)
	p.post(`{"email":"a"}`, "Idempotency-Key: k").refused(t, 422, first.Events[0].ID)
	if n := len(p.sink.all()); n != 2 {
		t.Errorf("%d events stored", n)
	}
}

func TestProjects(t *testing.T) {
	p := listen(t, nil)
	for _, c := range []struct {
		headers []string
		code    int
		project string
	}{
		{nil, 202, "shop"},
		{[]string{"X-PROJECT-ID: "}, 202, "shop"},
		{[]string{"X-PROJECT-ID: id-cafe"}, 202, "cafe"},
		{[]string{"X-PROJECT-ID: id-shop", "X-API-KEY: key of shop"}, 202, "shop"},
		{[]string{"X-API-KEY: key of shop"}, 202, "shop"},
		{[]string{"X-API-KEY: "}, 202, "shop"},
		{[]string{"X-PROJECT-ID: id-cafe", "X-API-KEY: key of shop"}, 401, ""},
		{[]string{"X-API-KEY: wrong"}, 401, ""},
		{[]string{"X-API-KEY: key of shop", "X-API-KEY: key of shop"}, 401, ""},
		{[]string{"X-PROJECT-ID: id-none"}, 404, ""},
		{[]string{"X-PROJECT-ID: shop"}, 404, ""},
	} {
		r := p.post(`{"email":"a"}`, c.headers...)
		if r.code != c.code {
			t.Errorf("%v: %d %s", c.headers, r.code, r.text)
			continue
		}
		if c.code == 401 && r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%v: no WWW-Authenticate", c.headers)
		}
		if c.code == 202 {
			all := p.sink.all()
			if got := all[len(all)-1].project; got != c.project {
				t.Errorf("%v: project %s", c.headers, got)
			}
		}
	}
}

func TestSinkRefuses(t *testing.T) {
	p := listen(t, nil)
	for _, c := range []struct {
		err   error
		code  int
		after bool
	}{
		{event.ErrFull, 507, true},
		{event.ErrUnavailable, 503, true},
		{event.ErrProject, 503, true},
		{errors.New("input/output error"), 503, true}, // an I/O error is never a 2xx
	} {
		p.sink.failWith(c.err)
		r := p.post(`{"email":"a"}`)
		r.refused(t, c.code)
		if got := r.header.Get("Retry-After") != ""; got != c.after {
			t.Errorf("%v: Retry-After %v", c.err, got)
		}
		if strings.Contains(r.text, "input/output") {
			t.Errorf("the answer shows our insides: %s", r.text)
		}
	}
	p.sink.failWith(nil)
	if r := p.post(`{"email":"a"}`); r.code != 202 {
		t.Errorf("afterwards: %d %s", r.code, r.text)
	}
	if !strings.Contains(p.metricsText(), `funnelrelay_refused_total{status="503"} 3`) {
		t.Errorf("metrics:\n%s", p.metricsText())
	}
}

func TestStopping(t *testing.T) {
	p := listen(t, func(o *Options) { o.Stopping = func() bool { return true } })
	r := p.post(`{}`)
	r.refused(t, 503, "stopping")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if r := p.ask("GET", "/healthz", ""); r.code != 200 {
		t.Errorf("healthz: %d", r.code)
	}
}

func TestUpdate(t *testing.T) {
	p := listen(t, nil)
	o := p.options
	o.Projects = []Project{{Name: "new", ProjectID: "id-new", Rules: &event.Rules{}}}
	o.Limits.Event = 100
	p.h.Update(o)
	if r := p.post(`{"email":"a"}`); r.code != 202 || p.sink.all()[0].project != "new" {
		t.Errorf("got %d %+v", r.code, p.sink.all())
	}
	p.post(`{}`, "X-PROJECT-ID: id-shop").refused(t, 404, "X-PROJECT-ID")
	p.post(`{"email":"`+strings.Repeat("a", 100)+`"}`).refused(t, 413)
	p.post(`{}`, "X-API-KEY: any").refused(t, 401) // a project without a key has no right one
	o.Projects = nil
	p.h.Update(o)
	p.post(`{}`).refused(t, 404, "no project is configured")
}

func TestAnonymous(t *testing.T) {
	p := listen(t, nil)
	p.post(`{"a":1}`)
	p.post(`{"email":"a"}`)
	if !strings.Contains(p.metricsText(), `funnelrelay_anonymous_total{project="shop",source="http"} 1`) {
		t.Errorf("metrics:\n%s", p.metricsText())
	}
}
