package forward

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func table(t *testing.T, verdicts map[string]string, duplicate string) Table {
	t.Helper()
	tb, err := NewTable(verdicts, duplicate)
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

func TestTable(t *testing.T) {
	own := table(t, map[string]string{"4xx": "retry", "422": "pause", "409": "dead", "200": "retry"}, `(?i)\balready\b`)
	for _, c := range []struct {
		table  Table
		status int
		body   string
		want   Verdict
	}{
		{Table{}, 200, "", Sent}, {Table{}, 202, "{}", Sent}, {Table{}, 204, "", Sent},
		{Table{}, 409, "", Duplicate}, {Table{}, 400, "DUPLICATED request", Duplicate}, {Table{}, 422, `{"e":"duplicate"}`, Duplicate},
		{Table{}, 400, "duplica", Dead}, {Table{}, 422, "no", Dead}, {Table{}, 418, "", Dead},
		{Table{}, 500, "duplicate key value", Retry}, {Table{}, 503, "", Retry}, {Table{}, 999, "", Retry}, {Table{}, 101, "", Retry},
		{Table{}, 408, "", Retry}, {Table{}, 425, "", Retry}, {Table{}, 429, "", Retry},
		{Table{}, 301, "", Pause}, {Table{}, 307, "", Pause}, {Table{}, 401, "", Pause}, {Table{}, 402, "", Pause},
		{Table{}, 403, "", Pause}, {Table{}, 404, "", Pause}, {Table{}, 405, "", Pause}, {Table{}, 407, "", Pause},
		{Table{}, 410, "", Pause}, {Table{}, 411, "", Pause}, {Table{}, 415, "", Pause}, {Table{}, 426, "", Pause},
		{own, 400, "", Retry}, {own, 401, "", Pause}, {own, 422, "already here", Pause}, {own, 409, "already here", Dead},
		{own, 400, "Already here", Duplicate}, {own, 400, "duplicate", Retry}, {own, 200, "", Retry}, {own, 201, "", Sent},
	} {
		if got := c.table.verdict(c.status, []byte(c.body)); got != c.want {
			t.Errorf("%d %q: %s, want %s", c.status, c.body, got, c.want)
		}
	}
}

func TestTableErrors(t *testing.T) {
	for key, verdict := range map[string]string{"404": "ignore", "4x": "dead", "1xx": "dead", "99": "dead", "600": "dead", "": "sent", "+404": "dead"} {
		if _, err := NewTable(map[string]string{key: verdict}, ""); err == nil {
			t.Errorf("%q: %q is taken", key, verdict)
		}
	}
	if _, err := NewTable(nil, "("); err == nil {
		t.Error("a broken pattern is taken")
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name    string
		a       answer
		verdict Verdict
		effect  effect
		arrived bool
		label   string
	}{
		{"sent", answer{status: 200}, Sent, answered, false, "sent"},
		{"page", answer{status: 200, head: []byte("\xef\xbb\xbf \r\n<HTML>")}, Retry, down, true, "portal"},
		{"not a page", answer{status: 200, head: []byte("<ok/>")}, Sent, answered, false, "sent"},
		{"page of an error", answer{status: 502, head: []byte("<html>")}, Retry, failing, true, "retry"},
		{"timeout of a gateway", answer{status: 504}, Retry, failing, true, "retry"},
		{"too many", answer{status: 429}, Retry, down, false, "retry"},
		{"redirect", answer{status: 302}, Pause, refused, true, "pause"},
		{"wrong key", answer{status: 401}, Pause, refused, false, "pause"},
		{"refused", answer{status: 422}, Dead, answered, false, "dead"},
		{"refused, cut", answer{status: 422, cut: true}, Retry, failing, true, "retry"},
		{"repeat", answer{status: 409}, Duplicate, answered, false, "duplicate"},
		{"no connection", answer{err: errDown}, Retry, down, false, "network"},
		{"broken on the way", answer{err: errDown, begun: true}, Retry, failing, false, "network"},
		{"no answer", answer{err: errDown, begun: true, whole: true}, Retry, failing, true, "unknown"},
		{"proxy wants a login", answer{err: fmt.Errorf("x: %w", &proxyRefusal{407, "no"})}, Pause, refused, false, "pause"},
		{"proxy cannot reach it", answer{err: &proxyRefusal{502, "bad gateway"}}, Retry, down, false, "network"},
		{"handshake timeout", answer{err: errors.New("net/http: TLS handshake timeout")}, Retry, down, false, "network"},
		{"alert", answer{err: errors.New("remote error: tls: unknown certificate authority")}, Pause, refused, false, "pause"},
	} {
		if c.a.header == nil {
			c.a.header = http.Header{}
		}
		j := judge(Table{}, c.a, time.Second)
		if j.verdict != c.verdict || j.effect != c.effect || j.arrived != c.arrived || j.label != c.label {
			t.Errorf("%s: %+v", c.name, j)
		}
		if (j.cause == "") != (j.verdict == Sent) {
			t.Errorf("%s: cause %q", c.name, j.cause)
		}
		if j.verdict == Pause && advice("shop", j) == "" {
			t.Errorf("%s: no advice", c.name)
		}
	}
	own := table(t, map[string]string{"200": "sent"}, "")
	if j := judge(own, answer{status: 200, head: []byte("<html>")}, 0); j.verdict != Sent {
		t.Errorf("an upstream that answers with pages: %+v", j)
	}
}

func TestRetryAfter(t *testing.T) {
	answered := time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "-5": 0, "soon": 0,
		"86400": afterCap, "99999999999999999999999": afterCap, "18446744073709551615": afterCap,
		"Sun, 05 Nov 2023 21:19:04 GMT": time.Minute, "Sun, 05 Nov 2023 21:10:04 GMT": 0, "Mon, 05 Nov 2035 21:10:04 GMT": afterCap,
	} {
		if got := parseRetryAfter(header, answered); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestDelays(t *testing.T) {
	for n := range 40 {
		for range 50 {
			edge := min(2*time.Second<<min(n, 20), retryCap)
			if d := retryDelay(n, retryCap); d < retryFloor || d > edge {
				t.Fatalf("retry %d after %s", n, d)
			}
			if d := probeDelay(n); d < 750*time.Millisecond || d > probeCap || n > 5 && d < probeCap*3/4 {
				t.Fatalf("probe %d after %s", n, d)
			}
			if d := pauseDelay(n); n == 0 && d > time.Second || n > 0 && (d < 4*time.Minute || d > 5*time.Minute) {
				t.Fatalf("paused: probe %d after %s", n, d)
			}
		}
	}
	if d := afterDelay(afterCap); d < afterCap || d > time.Hour {
		t.Errorf("the longest Retry-After gives %s", d) // the spool bounds a delay by an hour
	}
}

func TestWebhookPath(t *testing.T) {
	base, _ := url.Parse("https://user:pass@events.example/base/?x=1")
	target := newTarget(Options{URL: base}.withDefaults())
	for path, want := range map[string]string{
		"Demo": "Demo", "__commerce_action__": "__commerce_action__", "a%2Fb": "a%2Fb", "a%2fb": "a%2fb",
		"caf%C3%A9": "caf%C3%A9", "café": "caf%C3%A9", "a b": "a%20b", "a%20b+c": "a%20b+c", "50%": "50%25", "%zz": "%25zz",
		"a?b#c": "a%3Fb%23c", "a/b": "a%2Fb", "..": "..", "%2e%2E": "%2e%2E", "(a)!'*;:@&=$,~": "(a)!'*;:@&=$,~", "a\r\nX: y": "a%0D%0AX:%20y",
	} {
		if got := Address(target.o.URL, path).String(); got != "https://events.example/base"+webhookPath+want {
			t.Errorf("%q: %s", path, got)
		}
	}
}

func FuzzWebhookPath(f *testing.F) {
	f.Add("a%2Fb")
	f.Add("caf\xc3\xa9 50%")
	target := newTarget(Options{}.withDefaults())
	f.Fuzz(func(t *testing.T, path string) {
		u := Address(target.o.URL, path)
		uri := u.RequestURI()
		if uri != u.RawPath || !strings.HasPrefix(uri, webhookPath) || strings.ContainsAny(uri[len(webhookPath):], "/?# \r\n") {
			t.Fatalf("%q: %q", path, uri)
		}
		if parsed, err := url.ParseRequestURI(uri); err != nil || parsed.EscapedPath() != uri {
			t.Fatalf("%q: %q: %v", path, uri, err)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(429, "120", []byte("slow down"))
	f.Add(200, "", []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, after string, head []byte) {
		a := answer{status: status, header: http.Header{"Retry-After": {after}}, head: head}
		j := judge(Table{}, a, time.Second)
		if j.verdict == "" || j.effect == nothing || j.after < 0 || j.after > afterCap {
			t.Fatalf("%+v", j)
		}
		if j.verdict == Sent && status/100 != 2 || j.verdict == Duplicate && status != 409 && !bytes.Contains(bytes.ToLower(head), []byte("duplicat")) {
			t.Fatalf("%+v", j)
		}
	})
}

func TestSecret(t *testing.T) {
	o := Options{APIKey: testKey}
	j, _ := json.Marshal(struct{ K Secret }{testKey})
	for _, got := range []string{
		fmt.Sprint(o.APIKey), fmt.Sprintf("%q %x %d %#v %s", o.APIKey, o.APIKey, o.APIKey, o.APIKey, o.APIKey),
		fmt.Sprintf("%+v", o), fmt.Sprintf("%#v", o), string(j), o.APIKey.String(), o.APIKey.LogValue().String(),
	} {
		if strings.Contains(got, testKey) || strings.Contains(got, fmt.Sprintf("%x", testKey)) {
			t.Errorf("shows the key: %s", got)
		}
	}
}
