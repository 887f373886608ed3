package ingest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"funnelrelay/relay/event"
)

func TestHost(t *testing.T) {
	p := listen(t, func(o *Options) { o.Hosts = []string{"Relay.Shop.example", "192.0.2.7:8787"} })
	for host, ok := range map[string]bool{
		"localhost": true, "LOCALHOST:8787": true, "localhost.": true, "till.localhost": true,
		"127.0.0.1": true, "127.0.0.1:1": true, "127.1.2.3": true, "[::1]": true, "[::1]:8787": true,
		"[::ffff:127.0.0.1]": true, "relay.shop.example": true, "relay.shop.EXAMPLE:99": true, "192.0.2.7": true,
		"evil.example": false, "evil.example:8787": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"192.0.2.8": false, "10.0.0.1": false, "xlocalhost": false, "0.0.0.0": false, "[::]": false,
	} {
		r := p.ask("GET", "/healthz", "", "Host: "+host)
		if ok {
			if r.code != 200 {
				t.Errorf("%s: %d %s", host, r.code, r.text)
			}
			continue
		}
		r.refused(t, 421, "http.hosts")
		p.post(`{}`, "Host: "+host).refused(t, 421, "http.hosts")
	}
	p.post(`{}`, "Host: Events.Funnelytics.io").refused(t, 421, "the upstream's name", "the relay's address")
	conn := p.raw("POST /api/v1/webhook/Demo HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
	line := make([]byte, len("HTTP/1.0 421"))
	if _, err := conn.Read(line); err != nil || string(line) != "HTTP/1.0 421" {
		t.Errorf("no Host: %q %v", line, err)
	}
}

// from makes a request as one end of the connection and the other see it.
func from(remote, local, host string, headers ...string) *http.Request {
	r := httptest.NewRequest("POST", "http://"+host+"/api/v1/webhook/Demo", strings.NewReader(`{"email":"a"}`))
	r.RemoteAddr = remote
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, addr))
}

func TestWhoMayPost(t *testing.T) {
	const here, there, lan = "127.0.0.1:4444", "192.0.2.9:4444", "192.0.2.1:8787"
	const loop = "127.0.0.1:8787"
	key := Auth{APIKey: true}
	tokens := Auth{Tokens: []Secret{"", "token-1", "token-2"}}
	both := Auth{APIKey: true, Tokens: []Secret{"token-1"}}
	bound, open := Options{Loopback: true}, Options{}
	with := func(o Options, a Auth) Options { o.Auth = a; return o }
	for _, c := range []struct {
		name string
		o    Options
		r    *http.Request
		code int
	}{
		{"direct", bound, from(here, loop, "localhost"), 202},
		{"direct over IPv6", bound, from("[::1]:4444", "[::1]:8787", "[::1]:8787"), 202},
		{"direct with tokens configured", with(bound, tokens), from(here, loop, "localhost"), 202},
		{"direct, wrong key", bound, from(here, loop, "localhost", "X-API-KEY: wrong"), 401},
		{"direct, wrong bearer", with(bound, tokens), from(here, loop, "localhost", "Authorization: Bearer nope"), 202},
		{"tunnel", bound, from(here, loop, "localhost", "X-Forwarded-For: 198.51.100.1"), 401},
		{"tunnel, Forwarded", bound, from(here, loop, "localhost", "Forwarded: for=198.51.100.1"), 401},
		{"tunnel, X-Forwarded-Proto", bound, from(here, loop, "localhost", "X-Forwarded-Proto: https"), 401},
		{"tunnel, empty header", bound, from(here, loop, "localhost", "X-Forwarded-For: "), 401},
		{"tunnel, Via", bound, from(here, loop, "localhost", "Via: 1.1 proxy"), 401},
		{"tunnel, X-Real-IP", bound, from(here, loop, "localhost", "X-Real-IP: 198.51.100.1"), 401},
		{"tunnel, Cf-Connecting-IP", bound, from(here, loop, "localhost", "CF-Connecting-IP: 198.51.100.1"), 401},
		{"tunnel, right key but no auth", bound, from(here, loop, "localhost", "X-Forwarded-For: a", "X-API-KEY: key of shop"), 401},
		{"tunnel, right key", with(bound, key), from(here, loop, "localhost", "X-Forwarded-For: a", "X-API-KEY: key of shop"), 202},
		{"tunnel, key of the other project", with(bound, key), from(here, loop, "localhost", "X-Forwarded-For: a", "X-API-KEY: key-cafe"), 401},
		{"tunnel, the other project", with(bound, key), from(here, loop, "localhost", "X-Forwarded-For: a", "X-API-KEY: key-cafe", "X-PROJECT-ID: id-cafe"), 202},
		{"tunnel, token", with(bound, tokens), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: bearer token-2"), 202},
		{"tunnel, empty token", with(bound, tokens), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: Bearer "), 401},
		{"tunnel, wrong token", with(bound, tokens), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: Bearer token-3"), 401},
		{"tunnel, two tokens", with(bound, tokens), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: Bearer token-1", "Authorization: Bearer token-1"), 401},
		{"tunnel, basic", with(bound, tokens), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: Basic token-1"), 401},
		{"tunnel, key where tokens are asked", with(bound, tokens), from(here, loop, "localhost", "X-Forwarded-For: a", "X-API-KEY: key of shop"), 401},
		{"token and wrong key", with(bound, both), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: Bearer token-1", "X-API-KEY: wrong"), 401},
		{"token and unknown project", with(bound, both), from(here, loop, "localhost", "X-Forwarded-For: a", "Authorization: Bearer token-1", "X-PROJECT-ID: none"), 404},
		{"a stranger does not learn the projects", with(bound, key), from(here, loop, "localhost", "X-Forwarded-For: a", "X-PROJECT-ID: none"), 401},
		{"bound to all, from here", open, from(here, loop, "localhost"), 401},
		{"bound to all, from there", open, from(there, lan, "192.0.2.1:8787"), 401},
		{"bound to all, from there, key", with(open, key), from(there, lan, "192.0.2.1:8787", "X-API-KEY: key of shop"), 202},
		{"bound to all, insecure", Options{Insecure: true}, from(there, lan, "192.0.2.1:8787"), 202},
		{"insecure does not waive auth", with(Options{Insecure: true}, key), from(there, lan, "192.0.2.1:8787"), 401},
		{"insecure, wrong key", Options{Insecure: true}, from(there, lan, "192.0.2.1:8787", "X-API-KEY: wrong"), 401},
		{"another address as Host", Options{Insecure: true}, from(there, lan, "192.0.2.2:8787"), 421},
		{"loopback options, yet from there", bound, from(there, lan, "192.0.2.1:8787"), 401},
		{"loopback options, a lying Host", bound, from(there, lan, "localhost"), 401},
		{"listed name on loopback", Options{Loopback: true, Hosts: []string{"shop.example"}}, from(here, loop, "shop.example"), 401},
		{"allowed", Options{Loopback: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, from(here, loop, "localhost"), 202},
		{"allowed, mapped", Options{Loopback: true, Allow: []netip.Prefix{netip.MustParsePrefix("::ffff:127.0.0.0/104")}}, from("[::ffff:127.0.0.1]:4", loop, "localhost"), 202},
		{"not allowed", Options{Loopback: true, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, from(here, loop, "localhost"), 403},
		{"no address", Options{Loopback: true, Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}, from("pipe", loop, "localhost"), 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Sink = &store{}
			c.o.Projects = []Project{
				{Name: "shop", ProjectID: "id-shop", APIKey: "key of shop ", Rules: &event.Rules{}},
				{Name: "cafe", ProjectID: "id-cafe", APIKey: "key-cafe", Rules: &event.Rules{}},
			}
			w := httptest.NewRecorder()
			New(c.o).ServeHTTP(w, c.r)
			if w.Code != c.code {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, c.code)
			}
		})
	}
}

func TestReading(t *testing.T) {
	const token = "Authorization: Bearer admin-token"
	p := listen(t, func(o *Options) { o.Hosts = []string{"shop.example"} })
	code := func(path string, want int, headers ...string) {
		t.Helper()
		if r := p.ask("GET", path, "", headers...); r.code != want {
			t.Errorf("%s %v: %d %s", path, headers, r.code, r.text)
		}
	}
	const tunnel, public = "X-Forwarded-For: a", "Host: shop.example"
	code("/api/v1/status", 401)
	code("/api/v1/status", 401, "Authorization: Bearer wrong")
	code("/api/v1/status", 200, token)
	code("/api/v1/status", 403, token, tunnel)
	code("/api/v1/status", 403, token, public)
	code("/metrics", 200)
	code("/metrics", 403, tunnel)
	o := p.options
	o.RemoteReading = true
	p.h.Update(o)
	code("/api/v1/status", 200, token, tunnel)
	code("/api/v1/status", 200, token, public)
	code("/api/v1/status", 401, public)
	code("/metrics", 401, public)
	code("/metrics", 200, public, token)

	w := httptest.NewRecorder()
	p.h.AdminOnly("", http.NotFoundHandler()).ServeHTTP(w, from("127.0.0.1:1", "127.0.0.1:2", "localhost", "Authorization: Bearer "))
	if w.Code != 401 {
		t.Errorf("no admin token: %d", w.Code)
	}
}

// TestReadingOnAnOpenPort: a port that other machines can reach is read from
// its own machine as any other is, and from nowhere else.
func TestReadingOnAnOpenPort(t *testing.T) {
	h := New(Options{Sink: &store{}, Projects: []Project{{Name: "shop", ProjectID: "id-shop", Rules: &event.Rules{}}}})
	done := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	const token = "Authorization: Bearer admin-token"
	for _, c := range []struct {
		remote, local, host string
		header              []string
		open, admin         int
	}{
		{"127.0.0.1:4444", "127.0.0.1:8787", "127.0.0.1:8787", nil, 200, 401},
		{"127.0.0.1:4444", "127.0.0.1:8787", "localhost", []string{token}, 200, 200},
		{"192.0.2.1:4444", "192.0.2.1:8787", "192.0.2.1:8787", []string{token}, 200, 200},
		{"192.0.2.1:4444", "192.0.2.1:8787", "192.0.2.1:8787", []string{token, "X-Forwarded-For: a"}, 403, 403},
		{"192.0.2.1:4444", "192.0.2.1:8787", "localhost", []string{token}, 403, 403},
		{"127.0.0.1:4444", "127.0.0.1:8787", "shop.example", []string{token}, 403, 403},
		{"192.0.2.9:4444", "192.0.2.1:8787", "192.0.2.1:8787", []string{token}, 403, 403},
		{"192.0.2.9:4444", "192.0.2.1:8787", "localhost", []string{token}, 403, 403},
		{"pipe", "192.0.2.1:8787", "192.0.2.1:8787", []string{token}, 403, 403},
	} {
		open, admin := httptest.NewRecorder(), httptest.NewRecorder()
		h.OpenOnLoopback("admin-token", done).ServeHTTP(open, from(c.remote, c.local, c.host, c.header...))
		h.AdminOnly("admin-token", done).ServeHTTP(admin, from(c.remote, c.local, c.host, c.header...))
		if open.Code != c.open || admin.Code != c.admin {
			t.Errorf("%+v: %d and %d", c, open.Code, admin.Code)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8787": true, "localhost:0": true, "[::1]:1": true, "127.9.9.9:1": true,
		":8787": false, "0.0.0.0:8787": false, "[::]:1": false, "192.0.2.1:1": false, "shop.example:1": false, "127.0.0.1": false,
	} {
		if got := IsLoopback(addr); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

// A tunnel that nobody has prepared the relay for is told which header gave it
// away, and what to set.
func TestTunnelWithoutAuth(t *testing.T) {
	p := listen(t, nil)
	for _, header := range []string{"X-Forwarded-For: 198.51.100.1", "CF-Connecting-IP: 198.51.100.1", "Via: 2 caddy"} {
		name, _, _ := strings.Cut(header, ":")
		p.post(`{"email":"a"}`, header, "X-API-KEY: key of shop").refused(t, 401, http.CanonicalHeaderKey(name), "http.auth.api_key: true")
	}
	if n := len(p.sink.all()); n != 0 {
		t.Errorf("%d were stored", n)
	}
}
