package sandbox

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	testKey     = "secret-key-77"
	testProject = "shop-1"
	lead        = `{"email":"a@b.example","session":12345678,"carBrand":"Lamborghini","productionYear":"2021"}`
	lambo       = `{"__sku__":"LAMBO007","__label__":"LAMBO Urus","__total_in_cents__":"30000000","__order__":"123456","__currency__":"USD"}`
)

// sale is a commerce body with the given purchase_data.
func sale(purchase string) string { return `{"email":"a@b.example","purchase_data":` + purchase + `}` }

// post makes a request that the contract allows.
func post(action, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/webhook/"+action, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-PROJECT-ID", testProject)
	r.Header.Set("X-API-KEY", testKey)
	return r
}

// answer is what a handler says to r, without a connection.
func answer(s *Sandbox, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// quick makes a sandbox whose users take no time.
func quick(o Options) *Sandbox {
	if o.UserDelay == 0 {
		o.UserDelay = NoDelay
	}
	return New(o)
}

func wantAnswer(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
}

func wantRefusal(t *testing.T, w *httptest.ResponseRecorder, status int, reason, rule string) {
	t.Helper()
	wantAnswer(t, w, status)
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	var got struct{ Error, Message, Rule string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("answer %q: %v", w.Body, err)
	}
	if got.Error != reason || got.Rule != rule || got.Message == "" {
		t.Errorf("answer %+v, want error %q, rule %q", got, reason, rule)
	}
	// A sender takes this word for the refusal of a repeat.
	if strings.Contains(strings.ToLower(w.Body.String()), "duplicat") {
		t.Errorf("the answer speaks of a duplicate: %s", w.Body)
	}
}

func TestExamplesOfTheContractAreTaken(t *testing.T) {
	several := `{
"email": "[email protected]",
"dateTime": "2023-11-05T21:18:04+00:00",
"purchase_data": [
{
"__sku__": "LAMBO007",
"__label__": "LAMBO Urus",
"__total_in_cents__": 30000000,
"__order__": "Order 123456",
"__currency__": "USD",
"quantity": 3
},
` + lambo + `
]
}`
	s := quick(Options{ProjectID: testProject, APIKey: testKey})
	for _, e := range []struct{ action, body string }{
		{"Demo", lead},
		{"__commerce_action__", sale("[" + lambo + "]")},
		{"__commerce_action__", several},
	} {
		wantAnswer(t, answer(s, post(e.action, e.body)), 200)
	}
	got := s.Deliveries(0, 0)
	if len(got) != 3 || got[2].Body != several || got[2].Action != "__commerce_action__" || got[0].Session != "12345678" {
		t.Errorf("deliveries %+v", got)
	}
}

func TestHeadRules(t *testing.T) {
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	for _, c := range []struct {
		name   string
		change func(r *http.Request)
		status int
		reason string
		rule   string
	}{
		{"get", func(r *http.Request) { r.Method = "GET" }, 405, "method", ruleEndpoint},
		{"put", func(r *http.Request) { r.Method = "PUT" }, 405, "method", ruleEndpoint},
		{"no content type", header("Content-Type"), 415, "content_type", ruleType},
		{"a charset", header("Content-Type", "application/json; charset=utf-8"), 415, "content_type", ruleType},
		{"upper case", header("Content-Type", "Application/JSON"), 415, "content_type", ruleType},
		{"a form", header("Content-Type", "application/x-www-form-urlencoded"), 415, "content_type", ruleType},
		{"two content types", header("Content-Type", "application/json", "application/json"), 415, "content_type", ruleType},
		{"no project", header("X-PROJECT-ID"), 401, "credentials", ruleHeaders},
		{"empty project", header("X-PROJECT-ID", ""), 401, "credentials", ruleHeaders},
		{"other project", header("X-PROJECT-ID", "other"), 401, "credentials", ruleHeaders},
		{"no key", header("X-API-KEY"), 401, "credentials", ruleHeaders},
		{"empty key", header("X-API-KEY", ""), 401, "credentials", ruleHeaders},
		{"wrong key", header("X-API-KEY", testKey+"x"), 401, "credentials", ruleHeaders},
		{"two keys", header("X-API-KEY", testKey, testKey), 401, "credentials", ruleHeaders},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := quick(Options{ProjectID: testProject, APIKey: testKey})
			r := post("Demo", lead)
			c.change(r)
			w := answer(s, r)
			wantRefusal(t, w, c.status, c.reason, c.rule)
			if strings.Contains(w.Body.String(), testKey) {
				t.Errorf("the answer tells the key: %s", w.Body)
			}
			if got := s.Stats(); got.Taken != 0 || got.Refused[c.reason] != 1 || got.Users != 0 {
				t.Errorf("stats %+v", got)
			}
		})
	}
	t.Run("any project and key by default", func(t *testing.T) {
		s := quick(Options{})
		r := post("Demo", lead)
		r.Header.Set("X-PROJECT-ID", "whatever")
		r.Header.Set("X-API-KEY", "whatever else")
		wantAnswer(t, answer(s, r), 200)
	})
}

// TestActionRules speaks HTTP by hand: a client library would tidy the path.
func TestActionRules(t *testing.T) {
	s := quick(Options{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	for _, c := range []struct {
		target string
		status int
		action string
	}{
		{"/api/v1/webhook/Demo", 200, "Demo"},
		{"/api/v1/webhook/a%2Fb", 200, "a/b"},
		{"/api/v1/webhook/two%20words", 200, "two words"},
		{"/api/v1/webhook/caf%C3%A9", 200, "café"},
		{"/api/v1/webhook/why%3F", 200, "why?"},
		{"/api/v1/webhook/%25", 200, "%"},
		{"/api/v1/webhook/...", 200, "..."},
		{"/api/v1/webhook/" + strings.Repeat("x", 10_000), 200, strings.Repeat("x", 10_000)},
		{"/api/v1/webhook/", 404, ""},
		{"/api/v1/webhook", 404, ""},
		{"/api/v1/webhook/a/b", 404, ""},
		{"/api/v1/webhook//a", 404, ""},
		{"/api/v1/webhook/a/", 404, ""},
		{"/api/v1/webhook/why?", 404, ""},
		{"/api/v1/webhook/..", 404, ""},
		{"/api/v1/webhook/%2e", 404, ""},
		{"/api/v1/webhook/a?b=c", 404, ""},
		{"/api/v2/webhook/a", 404, ""},
		{"/api/v1/webhook/%zz", 400, ""}, // not even a request
	} {
		before := s.Stats().Taken
		if got := raw(t, server, c.target); got != c.status {
			t.Errorf("%.60s: status %d, want %d", c.target, got, c.status)
		}
		if took := s.Stats().Taken - before; took != 0 != (c.status == 200) {
			t.Errorf("%.60s: took %d", c.target, took)
		}
		if all := s.Deliveries(0, 0); c.status == 200 {
			if last := all[len(all)-1]; last.Action != c.action || last.Path != c.target {
				t.Errorf("%.60s: action %.60q, path %.60q", c.target, last.Action, last.Path)
			}
		}
	}
}

func raw(t *testing.T, server *httptest.Server, target string) int {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte("POST " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n" +
		"X-PROJECT-ID: p\r\nX-API-KEY: k\r\nContent-Length: 2\r\n\r\n{}"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func TestBodySize(t *testing.T) {
	s := quick(Options{MaxBody: 20})
	wantAnswer(t, answer(s, post("Demo", `{"a":"01234567890"}`)), 200)
	wantRefusal(t, answer(s, post("Demo", `{"a":"012345678901234"}`)), 413, "size", "")
	unknown := post("Demo", `{"a":"012345678901234"}`)
	unknown.ContentLength = -1
	wantRefusal(t, answer(s, unknown), 413, "size", "")
	short := post("Demo", `{"a":1}`)
	short.ContentLength = 20
	wantRefusal(t, answer(s, short), 400, "incomplete", "")
	chunked := post("Demo", `{"a":2}`)
	chunked.ContentLength = -1
	wantAnswer(t, answer(s, chunked), 200)
}
