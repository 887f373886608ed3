package ingest

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestOrigins(t *testing.T) {
	p := listen(t, func(o *Options) { o.Origins = []string{"https://Till.example", "null"} })
	const listed = "Origin: https://till.example"
	for _, c := range []struct {
		name    string
		headers []string
		code    int
	}{
		{"no browser", nil, 202},
		{"our own page", []string{"Origin: http://" + p.addr, "Sec-Fetch-Site: same-origin"}, 202},
		{"our own page, older browser", []string{"Origin: http://" + p.addr}, 202},
		{"typed in", []string{"Sec-Fetch-Site: none"}, 202},
		{"listed", []string{listed, "Sec-Fetch-Site: cross-site"}, 202},
		{"another", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403},
		{"another, older browser", []string{"Origin: https://evil.example"}, 403},
		{"another port of this machine", []string{"Origin: http://127.0.0.1:3000", "Sec-Fetch-Site: same-site"}, 403},
		{"without Origin", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"null, though listed", []string{"Origin: null"}, 403},
		{"two origins", []string{listed, "Origin: https://evil.example"}, 403},
		{"a lying fetch site", []string{"Origin: https://evil.example", "Sec-Fetch-Site: same-origin"}, 403},
	} {
		if r := p.post(`{"email":"a"}`, c.headers...); r.code != c.code {
			t.Errorf("%s: %d %s", c.name, r.code, r.text)
		}
	}
	// A page may read what it was answered, a refusal too, when it is listed.
	r := p.post(`{`, listed)
	r.refused(t, 400)
	if r.header.Get("Access-Control-Allow-Origin") != "https://till.example" || r.header.Get("Vary") != "Origin" {
		t.Errorf("headers %v", r.header)
	}
	if r := p.post(`{`, "Origin: https://evil.example"); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("headers %v", r.header)
	}
	// Being listed is for posting events; nothing else on the port is open to it.
	for _, path := range []string{"/healthz", "/metrics", "/api/v1/status"} {
		p.ask("GET", path, "", listed, "Authorization: Bearer admin-token").refused(t, 403, "origin")
	}
}

func TestPreflight(t *testing.T) {
	p := listen(t, func(o *Options) { o.Origins = []string{"https://till.example"} })
	const asks = "Access-Control-Request-Method: POST"
	const private = "Access-Control-Request-Private-Network: true"
	r := p.ask("OPTIONS", "/api/v1/webhook/Demo", "", "Origin: https://till.example", asks, private)
	if r.code != 204 {
		t.Fatalf("got %d %s", r.code, r.text)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":          "https://till.example",
		"Access-Control-Allow-Methods":         "POST",
		"Access-Control-Allow-Headers":         "Authorization, Content-Encoding, Content-Type, Idempotency-Key, X-API-KEY, X-PROJECT-ID",
		"Access-Control-Allow-Private-Network": "true",
		"Access-Control-Max-Age":               "600",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	r = p.ask("OPTIONS", "/api/v1/webhook/Demo", "", "Origin: https://evil.example", asks, private)
	r.refused(t, 403)
	if r.header.Get("Access-Control-Allow-Private-Network") != "" {
		t.Error("a stranger's page was let in")
	}
}

// A form that a page of another origin posts is refused before its body came.
func TestFormOfAnotherOriginIsUnread(t *testing.T) {
	for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"} {
		p := listen(t, nil)
		conn := p.raw("POST /api/v1/webhook/Demo HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Type: " + kind +
			"\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n")
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 403 || len(p.sink.all()) != 0 {
			t.Errorf("%s: %d", kind, resp.StatusCode)
		}
	}
}
