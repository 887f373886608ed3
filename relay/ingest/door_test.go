package ingest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"funnelrelay/relay/session"
)

// page asks as a browser does, and does not follow redirects.
func (p *port) page(method, path, body string, headers ...string) reply {
	p.t.Helper()
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	headers = append(headers, "Accept: text/html,application/xhtml+xml")
	if body != "" {
		headers = append(headers, "Content-Type: application/x-www-form-urlencoded", "Origin: http://"+p.addr, "Sec-Fetch-Site: same-origin")
	}
	return p.ask(method, path, body, headers...)
}

// cookie is the session's of an answer, as a browser sends it back.
func (r reply) cookie() string {
	name, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	return "Cookie: " + name
}

// doors serves a port whose /write tells the CSRF token of its session.
func doors(t *testing.T, change func(*Options)) *port {
	p := listen(t, change)
	mux := p.rest
	d := p.h.Door("admin-token")
	d.Mount(mux)
	mux.Handle("/", d.AdminOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "csrf="+session.CSRF(r)+" field="+r.PostFormValue("field"))
	})))
	return p
}

const bearer = "Authorization: Bearer admin-token"

// link asks for a one-time link, as the command line does, and gives its path.
func (p *port) link() string {
	p.t.Helper()
	r := p.ask("POST", "/api/v1/login", `{"next":"/dead"}`, bearer)
	_, rest, ok := strings.Cut(r.text, `"url":"http://`+p.addr)
	path, _, _ := strings.Cut(rest, `"`)
	if r.code != 200 || !ok {
		p.t.Fatalf("%d %s", r.code, r.text)
	}
	return strings.ReplaceAll(path, `\u0026`, "&")
}

func TestOneTimeLink(t *testing.T) {
	p := doors(t, nil)
	path := p.link()
	if r := p.page("HEAD", path, ""); r.code != 204 || r.header.Get("Set-Cookie") != "" {
		t.Errorf("HEAD: %d %v", r.code, r.header)
	}
	if r := p.page("GET", path, "", "Sec-Purpose: prefetch;prerender"); r.code != 503 || r.header.Get("Set-Cookie") != "" {
		t.Errorf("prefetch: %d %v", r.code, r.header)
	}
	in := p.page("GET", path, "")
	if in.code != 303 || in.header.Get("Location") != "/dead" || in.header.Get("Referrer-Policy") == "no-referrer" {
		t.Fatalf("%d %v", in.code, in.header)
	}
	again := p.page("GET", path, "")
	if again.code != 403 || !strings.Contains(again.text, "was used already") || again.header.Get("Set-Cookie") != "" {
		t.Errorf("again: %d %s", again.code, again.text)
	}
	if r := p.page("GET", path, "", in.cookie()); r.code != 303 {
		t.Errorf("loaded again by who is in: %d", r.code)
	}
	p.ask("GET", path, "").refused(t, 403, "makes a new one")
	// Followed from a page of another site, a redirect would lose the cookie.
	if r := p.page("GET", p.link(), "", "Sec-Fetch-Site: cross-site"); r.code != 200 || !strings.Contains(r.text, `url=/dead`) {
		t.Errorf("from another site: %d %s", r.code, r.text)
	}
	// Only the admin token lets others in.
	read := p.page("GET", "/", "", in.cookie())
	csrf := strings.TrimSuffix(strings.TrimPrefix(read.text, "csrf="), " field=")
	p.ask("POST", "/api/v1/login", "", in.cookie(), "X-CSRF-Token: "+csrf).refused(t, 403, "admin token")
	p.ask("POST", "/api/v1/login", "").refused(t, 401)
	p.ask("POST", "/api/v1/login", "{", bearer).refused(t, 422)
	if r := p.ask("POST", "/api/v1/login", `{"next":"//evil.example"}`, bearer); strings.Contains(r.text, "evil") {
		t.Errorf("a link to elsewhere: %s", r.text)
	}
}

func TestSessionWrites(t *testing.T) {
	p := doors(t, nil)
	in := p.page("GET", p.link(), "")
	read := p.page("GET", "/", "", in.cookie())
	csrf, ok := strings.CutPrefix(strings.TrimSuffix(read.text, " field="), "csrf=")
	if read.code != 200 || !ok || csrf == "" {
		t.Fatalf("%d %s", read.code, read.text)
	}
	form := url.Values{"csrf": {csrf}, "field": {"a b"}}.Encode()
	if r := p.page("POST", "/write", form, in.cookie()); r.code != 200 || !strings.HasSuffix(r.text, "field=a b") {
		t.Errorf("a form: %d %s", r.code, r.text)
	}
	if r := p.ask("POST", "/write", "{}", asJSON, "X-CSRF-Token: "+csrf, in.cookie()); r.code != 200 {
		t.Errorf("a script: %d %s", r.code, r.text)
	}
	part := "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + csrf + "\r\n--x--\r\n"
	if r := p.ask("POST", "/write", part, "Content-Type: multipart/form-data; boundary=x", in.cookie()); r.code != 200 {
		t.Errorf("a form with files: %d %s", r.code, r.text)
	}
	for name, r := range map[string]reply{
		"none":      p.ask("POST", "/write", "{}", asJSON, in.cookie()),
		"wrong":     p.ask("POST", "/write", "{}", asJSON, "X-CSRF-Token: "+csrf[1:], in.cookie()),
		"in a URL":  p.ask("DELETE", "/write?csrf="+csrf, "", in.cookie()),
		"elsewhere": p.ask("PUT", "/write", "{}", asJSON, "X-CSRF-Token: "+csrf, in.cookie(), "Origin: http://evil.example"),
	} {
		if r.code != 403 {
			t.Errorf("CSRF token %s: %d %s", name, r.code, r.text)
		}
	}
	if r := p.page("POST", "/write", "field=a", in.cookie()); r.code != 403 || !strings.Contains(r.text, "Nothing was changed") {
		t.Errorf("a page of an old session: %d %s", r.code, r.text)
	}
	// Logged out, the cookie is worth nothing, wherever it is.
	p.page("POST", "/logout", "a=b", in.cookie())
	if r := p.page("GET", "/", "", in.cookie()); r.code != 200 {
		t.Errorf("logged out without the CSRF token: %d", r.code)
	}
	out := p.page("POST", "/logout", form, in.cookie())
	if out.code != 200 || !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") || !strings.Contains(out.text, "logged out") {
		t.Errorf("log out: %d %v", out.code, out.header)
	}
	if r := p.page("GET", "/", "", in.cookie()); r.code != 401 {
		t.Errorf("after logging out: %d", r.code)
	}
}

func TestLoginForm(t *testing.T) {
	p := doors(t, nil)
	ask := p.page("GET", "/days?from=2026-11-01", "")
	if ask.code != 401 || !strings.Contains(ask.text, `value="/days?from=2026-11-01"`) || !strings.Contains(ask.text, "funnelrelay dashboard") {
		t.Errorf("%d %s", ask.code, ask.text)
	}
	if csp := ask.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	p.ask("GET", "/days", "").refused(t, 401, "Authorization: Bearer")
	if r := p.page("GET", "/login", ""); r.code != 200 || !strings.Contains(r.text, "<form") {
		t.Errorf("%d %s", r.code, r.text)
	}
	in := p.page("POST", "/login", url.Values{"token": {" admin-token\r\n"}, "next": {"/days?from=2026-11-01"}}.Encode())
	if in.code != 303 || in.header.Get("Location") != "/days?from=2026-11-01" {
		t.Fatalf("%d %v %s", in.code, in.header, in.text)
	}
	if r := p.page("GET", "/login?next=/days", "", in.cookie()); r.code != 303 || r.header.Get("Location") != "/days" {
		t.Errorf("who is in: %d", r.code)
	}
	if r := p.page("POST", "/login", "token=admin-token&next=//evil.example"); r.header.Get("Location") != "/" {
		t.Errorf("an open redirect: %v", r.header)
	}
	p.ask("POST", "/login", "token=admin-token", "Content-Type: application/x-www-form-urlencoded", "Origin: http://evil.example").refused(t, 403)
	codes := ""
	for range 7 {
		r := p.page("POST", "/login", "token=guess")
		codes += " " + r.Status + http.StatusText(r.code)
		if r.code == 429 && (r.header.Get("Retry-After") != "1" || !strings.Contains(r.text, "too many")) {
			t.Errorf("%v %s", r.header, r.text)
		}
		if strings.Contains(r.text, "guess") || r.header.Get("Set-Cookie") != "" {
			t.Errorf("%s", r.text)
		}
	}
	if want := strings.Repeat(" Unauthorized", 5) + strings.Repeat(" Too Many Requests", 2); codes != want {
		t.Errorf("guesses get%s", codes)
	}
	// On this machine, neither a link nor the command line waits for that.
	if r := p.page("GET", p.link(), ""); r.code != 303 {
		t.Errorf("the owner is locked out: %d", r.code)
	}
	p.ask("GET", "/", "", "Authorization: Bearer guess").refused(t, 429)
}

func TestTokenInURL(t *testing.T) {
	p := doors(t, nil)
	for _, path := range []string{"/?token=admin-token", "/api/v1/status?a=b&access_token=x", "/healthz?%74oken=x", "/login?Api-Key=x"} {
		p.ask("GET", path, "", bearer).refused(t, 400, "does not belong into an address")
		if r := p.page("GET", path, ""); r.code != 400 || !strings.Contains(r.text, "histories") || strings.Contains(r.text, "<form") {
			t.Errorf("%s: %d %s", path, r.code, r.text)
		}
	}
	if r := p.ask("GET", "/?tokens=3&q=token", "", bearer); r.code != 200 {
		t.Errorf("%d %s", r.code, r.text)
	}
	if r := p.post(`{"email":"a@example.com"}`); r.code != 202 { // the webhook's query is not looked at
		t.Errorf("%d", r.code)
	}
}

func TestLoginFromElsewhere(t *testing.T) {
	for _, on := range []bool{false, true} {
		p := doors(t, func(o *Options) { o.RemoteReading, o.Hosts = on, []string{"relay.example"} })
		r := p.page("POST", "/login", "token=admin-token", "X-Forwarded-For: 192.0.2.1")
		if want := map[bool]int{false: 403, true: 303}[on]; r.code != want {
			t.Errorf("remote reading is %v: %d %s", on, r.code, r.text)
		}
		r = p.page("GET", "/login", "", "Host: relay.example")
		if want := map[bool]int{false: 403, true: 200}[on]; r.code != want {
			t.Errorf("remote reading is %v: %d %s", on, r.code, r.text)
		}
	}
}
