package integrations

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"funnelrelay/relay/config"
)

// tunnelled makes a request as a tunnel brings it, with these header lines.
func tunnelled(method, path, body string, lines ...string) []byte {
	head := method + " " + path + " HTTP/1.1\r\nHost: " + public + "\r\nX-Forwarded-For: 198.51.100.7\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

const asJSON = "Content-Type: application/json"

// X-PROJECT-ID and X-API-KEY, in whatever case and order, decide where an event
// goes and whether it may; a sender with a token of the relay says only where.
func TestProjectsAndRights(t *testing.T) {
	r := newRig(t, func(c *config.Config) { c.HTTP.Auth.Tokens = []config.Secret{config.NewSecret(token)} })
	const shop, cafe = "X-PROJECT-ID: " + accountID, "X-PROJECT-ID: Account of the café"
	const shopKey, cafeKey, bearer = "X-API-KEY: " + secretKey, "X-API-KEY: Key of the café", "Authorization: Bearer " + token
	sent := 0
	for _, c := range []struct {
		name    string
		lines   []string
		answer  string
		project string
	}{
		{"its own key", []string{asJSON, shop, shopKey}, "202 queued", accountID},
		{"the other project", []string{asJSON, cafe, cafeKey}, "202 queued", "Account of the café"},
		{"small letters, another order", []string{strings.ToLower("X-API-KEY") + ": " + secretKey, strings.ToLower("X-PROJECT-ID") + ":" + accountID, "content-type: application/json"}, "202 queued", accountID},
		{"no project: the first", []string{asJSON, shopKey}, "202 queued", accountID},
		{"an empty project: the first", []string{asJSON, "X-PROJECT-ID: ", shopKey}, "202 queued", accountID},
		{"a token", []string{asJSON, bearer}, "202 queued", accountID},
		{"a token, for the other project", []string{asJSON, cafe, bearer}, "202 queued", "Account of the café"},
		{"a token and the project's key", []string{asJSON, cafe, cafeKey, bearer}, "202 queued", "Account of the café"},
		{"a token and a wrong key", []string{asJSON, shop, "X-API-KEY: wrong", bearer}, "401 X-API-KEY", ""},
		{"a token and an unknown project", []string{asJSON, "X-PROJECT-ID: none", bearer}, "404 X-PROJECT-ID", ""},
		{"a wrong token", []string{asJSON, shop, "Authorization: Bearer " + token + "x"}, "401 http.auth", ""},
		{"a key of the other project", []string{asJSON, shop, cafeKey}, "401 http.auth", ""},
		{"a wrong key", []string{asJSON, shop, "X-API-KEY: wrong"}, "401 http.auth", ""},
		{"an unknown project tells a stranger nothing", []string{asJSON, "X-PROJECT-ID: none", shopKey}, "401 http.auth", ""},
		{"nothing", []string{asJSON}, "401 http.auth", ""},
	} {
		a := r.send(tunnelled("POST", "/api/v1/webhook/Lead", fmt.Sprintf(`{"email":"%d@shop.example"}`, sent), c.lines...))
		if !a.is(c.answer) {
			t.Errorf("%s: %d %s", c.name, a.status, a.text)
		}
		if c.project == "" {
			continue
		}
		sent++
		if list := r.arrived(sent); list[sent-1].Project != c.project {
			t.Errorf("%s: arrived in %q", c.name, list[sent-1].Project)
		}
	}
}

// Whatever is refused, by whichever part of the relay, is answered in JSON, with
// what is wrong.
func TestRefusalsAreJSON(t *testing.T) {
	r := newRig(t, func(c *config.Config) { c.HTTP.Limits.Event, c.HTTP.Limits.Body = 1<<10, 2<<10 })
	const hook, key = "/api/v1/webhook/Lead", "X-API-KEY: " + secretKey
	for _, c := range []struct {
		answer  string
		request []byte
	}{
		{"400 not JSON", tunnelled("POST", hook, `{"email":`, asJSON, key)},
		{"400 empty", tunnelled("POST", hook, ``, asJSON, key)},
		{"401 http.auth", tunnelled("POST", hook, `{}`, asJSON)},
		{"403 reading", tunnelled("GET", "/api/v1/status", ``, key)},
		{"403 http.origins", tunnelled("POST", hook, `{}`, asJSON, key, "Origin: https://elsewhere.example", "Sec-Fetch-Site: cross-site")},
		{"404 action", tunnelled("POST", "/api/v1/webhook/", `{}`, asJSON, key)},
		{"404 %2F", tunnelled("POST", hook+"/more", `{}`, asJSON, key)},
		{"404 events are posted to", tunnelled("POST", "/webhook/Lead", `{}`, asJSON, key)},
		{"404 source", tunnelled("POST", "/api/v1/sources/none", `{}`, asJSON, key)},
		{"405 POST", tunnelled("GET", hook, ``, key)},
		{"405 POST", tunnelled("PUT", hook, `{}`, asJSON, key)},
		{"405 GET", tunnelled("POST", "/healthz", `{}`, asJSON, key)},
		{"413 larger", tunnelled("POST", hook, `{"a":"`+strings.Repeat("x", 1<<10)+`"}`, asJSON, key)},
		{"413 larger", tunnelled("POST", hook, `{"a":"`+strings.Repeat("x", 1<<16)+`"}`, asJSON, key)},
		{"415 application/json", tunnelled("POST", hook, `{}`, key)},
		{"415 gzip", tunnelled("POST", hook, `{}`, asJSON, key, "Content-Encoding: br")},
		{"421 http.hosts", []byte("POST " + hook + " HTTP/1.1\r\nHost: other.example\r\n" + asJSON + "\r\nContent-Length: 2\r\n\r\n{}")},
		{"422 Idempotency-Key", tunnelled("POST", hook, `{}`, asJSON, key, "Idempotency-Key: "+strings.Repeat("k", 300))},
	} {
		a := r.send(c.request)
		if !a.is(c.answer) || a.Detail == "" || fmt.Sprint(a.Status) != fmt.Sprint(a.status) {
			t.Errorf("want %s: %d %s", c.answer, a.status, a.text)
		}
	}
	r.arrived(0)
}

// What people get wrong first. Each answer says what to change.
func TestBadInput(t *testing.T) {
	const item = `{"__sku__":"A","__label__":"Tea","__total_in_cents__":250,"__order__":"1","__currency__":"EUR"}`
	const hook, key = "/api/v1/webhook/Lead", "X-API-KEY: " + secretKey
	closed := func(c *config.Config) { c.HTTP.Hosts, c.HTTP.Auth.APIKey = nil, false }
	loop := func(host, kind, path, body string) []byte {
		return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, host, kind, len(body), body)
	}
	for _, c := range []struct {
		name    string
		change  func(*config.Config)
		request []byte
		answer  string
		words   []string
	}{
		{"a tunnel to a relay that was not prepared", closed, []byte(strings.Replace(string(tunnelled("POST", hook, `{"email":"a"}`, asJSON, key)), public, "localhost", 1)), "401", []string{"X-Forwarded-For", "http.auth.api_key: true"}},
		{"a tunnel under a name that is not listed", closed, tunnelled("POST", hook, `{"email":"a"}`, asJSON, key), "421", []string{public, "http.hosts"}},
		{"Postman's raw body without JSON", nil, loop("127.0.0.1", "text/plain", hook, `{"email":"a"}`), "415", []string{"Postman", "JSON in the place of Text"}},
		{"a form, for a purchase", nil, loop("127.0.0.1", "application/x-www-form-urlencoded", "/api/v1/webhook/__commerce_action__", "email=a&purchase_data=%5B"+strings.ReplaceAll(item, "\"", "%22")+"%5D"), "202", []string{"queued"}},
		{"form-data", nil, loop("127.0.0.1", "multipart/form-data; boundary=x", hook, "--x--"), "415", []string{"x-www-form-urlencoded"}},
		{"a nested customer", nil, loop("127.0.0.1", "application/json", hook, `{"customer":{"name":"Jane"}}`), "202", []string{"queued"}},
		{"an amount as it is printed", nil, loop("127.0.0.1", "application/json", "/api/v1/webhook/__commerce_action__", `{"purchase_data":[`+strings.Replace(item, "250", `"1,234.50"`, 1)+`]}`), "422", []string{"/purchase_data/0/__total_in_cents__", "whole number"}},
		{"a purchase for another action", nil, loop("127.0.0.1", "application/json", hook, `{"purchase_data":[`+item+`]}`), "422", []string{"/api/v1/webhook/__commerce_action__"}},
		{"the upstream's name left in place", nil, loop("events.funnelytics.io", "application/json", hook, `{"email":"a"}`), "421", []string{"upstream's name", "relay's address"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.change)
			a := r.send(c.request)
			t.Logf("%d %s", a.status, a.text)
			if !a.is(c.answer) {
				t.Errorf("want %s", c.answer)
			}
			for _, w := range c.words {
				if !strings.Contains(a.text, w) {
					t.Errorf("%q is missing", w)
				}
			}
			if a.status == http.StatusAccepted {
				r.arrived(1)
			} else {
				r.arrived(0)
			}
		})
	}
}

// A sender that keeps its connection is answered on it for as long as it likes.
func TestOneConnection(t *testing.T) {
	r := newRig(t, nil)
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const many = 5
	for i := range many {
		body := fmt.Sprintf(`{"email":"%d@shop.example"}`, i)
		if a := r.over(conn, tunnelled("POST", "/api/v1/webhook/Lead", body, asJSON, "X-API-KEY: "+secretKey)); !a.is("202 queued") {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
	r.arrived(many)
}
