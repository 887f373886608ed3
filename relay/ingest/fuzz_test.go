package ingest

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"funnelrelay/relay/event"
)

// Whatever a sender posts, the answer is a yes with everything stored or a
// whole problem with nothing stored; never a 5xx.
func FuzzBody(f *testing.F) {
	for _, c := range [][3]string{
		{"application/json", "", `{"email":"a","dateTime":"2023-11-05T21:18:04+00:00"}`},
		{"application/json; charset=utf-8", "", `[{"a":1},{"b":{"c":[1,{"d":2}]}}]`},
		{"application/x-ndjson", "", "{}\n{\"a\":1}\r\n\n"},
		{"application/x-www-form-urlencoded", "", "a=1&purchase_data[0][__sku__]=x&b=%FF"},
		{"application/json", "gzip", zip(f, `{"a":1}`)},
		{"application/json", "", `{"purchase_data":[{"__sku__":"a","__label__":"b","__total_in_cents__":"12.5","__order__":1,"__currency__":"eur"}]}`},
		{"application/json", "", "\ufeff{\"a\":\"\xff\"}"},
		{"text/plain; charset=\"x", "br", ""},
		{"application/json", "", "[" + strings.Repeat("[", 500)},
	} {
		for _, action := range []string{"Demo", event.CommerceAction} {
			f.Add(action, c[0], c[1], "key", []byte(c[2]))
		}
	}
	limits := Limits{Event: 4 << 10, Body: 64 << 10, Batch: 100}
	f.Fuzz(func(t *testing.T, action, kind, encoding, key string, body []byte) {
		for _, hold := range []bool{false, true} {
			sink := &store{}
			h := New(Options{Sink: sink, Loopback: true, Limits: limits, Projects: []Project{{Name: "p", Hold: hold}}})
			r := httptest.NewRequest("POST", "http://localhost/", strings.NewReader(string(body)))
			r.URL = &url.URL{Path: prefix + action}
			if unescaped, err := url.PathUnescape(action); err == nil {
				r.URL = &url.URL{Path: prefix + unescaped, RawPath: prefix + action}
			}
			r.RemoteAddr = "127.0.0.1:1"
			r.Header["Content-Type"], r.Header["Content-Encoding"], r.Header["Idempotency-Key"] = []string{kind}, []string{encoding}, []string{key}
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := sink.all()
			switch {
			case w.Code == 202:
				if len(got) == 0 {
					t.Fatal("202, and nothing is stored")
				}
			case w.Code == 200 || w.Code >= 500 || w.Code < 400:
				t.Fatalf("status %d: %s", w.Code, w.Body)
			case len(got) > 0:
				t.Fatalf("status %d, and %d events are stored", w.Code, len(got))
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("the answer is not JSON: %q", w.Body)
			}
			for _, e := range got {
				if e.held == "" && !json.Valid([]byte(e.body)) {
					t.Fatalf("stored %q", e.body)
				}
			}
		}
	})
}
