package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRepeatsAreRefused(t *testing.T) {
	s := quick(Options{})
	wantAnswer(t, answer(s, post("Demo", lead)), 200)
	w := answer(s, post("%44emo", lead)) // the same name, spelt otherwise
	wantAnswer(t, w, http.StatusConflict)
	var got refusal
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Reason != "duplicate" || got.Rule != ruleDuplicate {
		t.Errorf("answer %s (%v)", w.Body, err)
	}
	wantAnswer(t, answer(s, post("Other", lead)), 200)
	wantAnswer(t, answer(s, post("Demo", lead+" ")), 200) // other bytes
	elsewhere := post("Demo", lead)
	elsewhere.Header.Set("X-PROJECT-ID", "other")
	wantAnswer(t, answer(s, elsewhere), 200)
	if got := s.Stats(); got.Requests != 5 || got.Taken != 4 || got.Duplicates != 1 || len(got.Refused) != 0 {
		t.Errorf("stats %+v", got)
	}
	s.Reset()
	wantAnswer(t, answer(s, post("Demo", lead)), 200)
}

func TestOfEqualRequestsAtOnceOneIsTaken(t *testing.T) {
	s := quick(Options{})
	bodies := make([]string, 64)
	for i := range bodies {
		bodies[i] = `{"same":true}`
	}
	together(t, s, bodies...)
	if got := s.Stats(); got.Taken != 1 || got.Duplicates != 63 {
		t.Errorf("stats %+v", got)
	}
}

func TestRefusalOfRepeatsIsConfigurable(t *testing.T) {
	s := quick(Options{DuplicateStatus: 422, DuplicateBody: "Duplicate event"})
	answer(s, post("Demo", lead))
	w := answer(s, post("Demo", lead))
	if w.Code != 422 || w.Body.String() != "Duplicate event" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("answer %d %s %s", w.Code, w.Header(), w.Body)
	}
	if got := s.Refusals(); len(got) != 1 || got[0].Status != 422 {
		t.Errorf("refusals %+v", got)
	}
}

func TestReportPages(t *testing.T) {
	s := quick(Options{Keep: 50})
	for i := range 120 {
		answer(s, post("Demo", fmt.Sprintf(`{"n":%d}`, i)))
	}
	answer(s, post("Demo", `{"a":{}}`))
	for _, c := range []struct {
		query       string
		first, last int64
	}{
		{"", 71, 120}, {"?limit=10", 111, 120}, {"?after=0", 71, 120}, {"?after=0&limit=3", 71, 73},
		{"?after=100&limit=3", 101, 103}, {"?after=119", 120, 120}, {"?after=120", 0, 0}, {"?after=999", 0, 0}, {"?limit=0", 0, 0},
	} {
		w := answer(s, httptest.NewRequest("GET", "/deliveries"+c.query, nil))
		wantAnswer(t, w, 200)
		var got Report
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
		var first, last int64
		if n := len(got.Deliveries); n > 0 {
			first, last = got.Deliveries[0].Number, got.Deliveries[n-1].Number
			if int64(n) != last-first+1 || got.Deliveries[0].Body != fmt.Sprintf(`{"n":%d}`, first-1) {
				t.Errorf("%s: %d deliveries, the first %+v", c.query, n, got.Deliveries[0])
			}
		}
		if first != c.first || last != c.last {
			t.Errorf("%s: %d to %d, want %d to %d", c.query, first, last, c.first, c.last)
		}
		if got.Totals.Taken != 120 || got.Totals.Refused["not_flat"] != 1 || len(got.Refusals) != 1 {
			t.Errorf("%s: totals %+v", c.query, got.Totals)
		}
	}
	if got := s.Deliveries(100, 2); len(got) != 2 || got[0].Number != 101 || len(s.Deliveries(-1, 0)) != 50 {
		t.Errorf("deliveries after 100: %+v", got)
	}
	for _, query := range []string{"?after=x", "?limit=-1", "?ids=1", "?after=%zz"} {
		wantRefusal(t, answer(s, httptest.NewRequest("GET", "/deliveries"+query, nil)), 400, "query", "")
	}
	wantAnswer(t, answer(s, httptest.NewRequest("DELETE", "/deliveries", nil)), 204)
	if got := s.Stats(); got.Requests != 0 || got.Taken != 0 || len(s.Deliveries(0, 0)) != 0 || len(s.Refusals()) != 0 {
		t.Errorf("after DELETE: %+v", got)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	h := history[int]{most: 10}
	for i := range 10_000 {
		h.add(i, 1)
		live := h.live()
		if len(live) != min(i+1, 10) || live[len(live)-1] != i || h.bytes != len(live) {
			t.Fatalf("after %d: %v, %d bytes", i, live, h.bytes)
		}
	}
	if cap(h.entries) > 100 {
		t.Errorf("room for %d entries", cap(h.entries))
	}
	h.add(-1, keepBytes)
	if len(h.live()) != 1 {
		t.Errorf("bytes do not bound it: %v", h.live())
	}
	var none history[int]
	none.add(1, 1)
	if len(none.live()) != 0 {
		t.Error("none kept something")
	}
}

func TestKeepNone(t *testing.T) {
	s := quick(Options{Keep: -1})
	wantAnswer(t, answer(s, post("Demo", lead)), 200)
	wantAnswer(t, answer(s, post("Demo", lead)), 409)
	if s.Stats().Taken != 1 || len(s.Deliveries(0, 0)) != 0 {
		t.Errorf("stats %+v, deliveries %v", s.Stats(), s.Deliveries(0, 0))
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	s := quick(Options{})
	r := post("Demo", lead)
	r.Header.Set("Authorization", "Bearer "+testKey)
	r.Header.Set("User-Agent", "till/1")
	answer(s, r)
	short := post("Demo", `{}`)
	short.Header.Set("X-API-KEY", "abcde")
	answer(s, short)
	bad := post("Demo", `{"a":{}}`)
	answer(s, bad)
	for _, path := range []string{"/", "/deliveries"} {
		w := answer(s, httptest.NewRequest("GET", path, nil))
		if strings.Contains(w.Body.String(), testKey) || strings.Contains(w.Body.String(), "abcde") {
			t.Errorf("%s tells a key", path)
		}
	}
	got := s.Deliveries(0, 0)
	if h := got[0].Headers; h.Get("X-API-KEY") != "…77" || h.Get("User-Agent") != "till/1" || h.Get("X-PROJECT-ID") != testProject {
		t.Errorf("headers %v", h)
	}
	if h := got[1].Headers; h.Get("X-API-KEY") != "…" {
		t.Errorf("headers %v", h)
	}
	if r.Header.Get("X-API-KEY") != testKey {
		t.Error("the request itself was changed")
	}
}

func TestPageEscapes(t *testing.T) {
	s := quick(Options{})
	evil := `<script>alert(1)</script>`
	answer(s, post(`%3Cscript%3Ealert(1)%3C%2Fscript%3E`, `{"a":"`+evil+`"}`))
	answer(s, post("Demo", `{"`+evil+`":{}}`))
	if err := s.SetFaults(Faults{HTML: evil, Probability: 0.5}); err != nil {
		t.Fatal(err)
	}
	w := answer(s, httptest.NewRequest("GET", "/", nil))
	wantAnswer(t, w, 200)
	page := w.Body.String()
	if strings.Contains(page, "<script") {
		t.Errorf("a script got into the page: %s", page)
	}
	for _, want := range []string{"&lt;script&gt;", "color-scheme: light dark", `http-equiv="refresh"`, "not_flat", "probability"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers %v", w.Header())
	}
}

func TestPageListsDoubledUsers(t *testing.T) {
	s := quick(Options{})
	if page := answer(s, httptest.NewRequest("GET", "/", nil)).Body.String(); !strings.Contains(page, "Nothing has arrived yet") {
		t.Errorf("the empty page: %s", page)
	}
	s.users.mu.Lock()
	s.users.double(fingerprint{}, DoubledUser{Project: "p", Key: "email", Value: "twin@b.example", Users: 1})
	s.users.mu.Unlock()
	if page := answer(s, httptest.NewRequest("GET", "/", nil)).Body.String(); !strings.Contains(page, "twin@b.example") {
		t.Errorf("the page: %s", page)
	}
}
