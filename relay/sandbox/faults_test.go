package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// caller posts to a sandbox over a real socket, a connection a request.
type caller struct {
	t      *testing.T
	url    string
	client *http.Client
}

func dial(t *testing.T, s *Sandbox) caller {
	t.Helper()
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return caller{t: t, url: server.URL, client: &http.Client{Transport: transport}}
}

func (c caller) post(body string) (int, error) {
	r := post("Demo", body)
	r.RequestURI = ""
	var err error
	if r.URL, err = r.URL.Parse(c.url + r.URL.EscapedPath()); err != nil {
		c.t.Fatal(err)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, errors.Join(err, answer.Body.Close())
}

func wantReset(t *testing.T, code int, err error) {
	t.Helper()
	if err == nil || errors.Is(err, io.EOF) || runtime.GOOS == "linux" && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("status %d, error %v: want a reset", code, err)
	}
}

func mustSet(t *testing.T, s *Sandbox, f Faults) {
	t.Helper()
	if err := s.SetFaults(f); err != nil {
		t.Fatal(err)
	}
}

func TestResetTakesNothing(t *testing.T) {
	s := quick(Options{Faults: Faults{Reset: 1}})
	c := dial(t, s)
	code, err := c.post(lead)
	wantReset(t, code, err)
	if got := s.Stats(); got.Taken != 0 || got.Struck["reset"] != 1 || got.Requests != 1 {
		t.Errorf("stats %+v", got)
	}
	mustSet(t, s, Faults{})
	if code, err := c.post(lead); code != 200 {
		t.Errorf("status %d, error %v", code, err)
	}
}

func TestLostAnswerToAnEventThatWasTaken(t *testing.T) {
	s := quick(Options{Faults: Faults{Lost: 1}})
	c := dial(t, s)
	if code, err := c.post(lead); !errors.Is(err, io.EOF) {
		t.Errorf("status %d, error %v: want EOF", code, err)
	}
	if got := s.Stats(); got.Taken != 1 || got.Lost != 1 || got.Users != 1 {
		t.Errorf("stats %+v", got)
	}
	// The repeat is told, even while answers to new events are lost.
	if code, err := c.post(lead); code != 409 {
		t.Errorf("status %d, error %v", code, err)
	}
	mustSet(t, s, Faults{Lost: 1, LostStatus: 504})
	if code, err := c.post(`{}`); code != 504 || s.Stats().Taken != 2 || s.Stats().Lost != 2 {
		t.Errorf("status %d, error %v, stats %+v", code, err, s.Stats())
	}
}

func TestDownStrikesTheWebhookOnly(t *testing.T) {
	s := quick(Options{Faults: Faults{Down: true}})
	c := dial(t, s)
	for range 3 {
		code, err := c.post(lead)
		wantReset(t, code, err)
	}
	for _, path := range []string{"/", "/deliveries", "/faults"} {
		answer, err := c.client.Get(c.url + path)
		if err != nil || answer.StatusCode != 200 {
			t.Fatalf("%s: %v, %v", path, answer, err)
		}
		answer.Body.Close()
	}
	clear, err := http.NewRequest("DELETE", c.url+"/faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := c.client.Do(clear); err != nil || answer.StatusCode != 204 {
		t.Fatalf("%v, %v", answer, err)
	}
	if code, err := c.post(lead); code != 200 {
		t.Errorf("status %d, error %v", code, err)
	}
	if got := s.Stats(); got.Struck["down"] != 3 || got.Requests != 4 {
		t.Errorf("stats %+v", got)
	}
}

func TestDownForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quick(Options{Faults: Faults{DownFor: 5 * time.Second}})
		if met, _ := s.faults.before(); met != strikeDown {
			t.Errorf("met %v", met)
		}
		time.Sleep(4 * time.Second)
		if got := s.Faults().DownFor; got != time.Second {
			t.Errorf("%v left", got)
		}
		// A recorder cannot be taken over, and is told so.
		wantRefusal(t, answer(s, post("Demo", lead)), 503, "fault", "")
		time.Sleep(time.Second)
		wantAnswer(t, answer(s, post("Demo", lead)), 200)
		if got := s.Faults(); got != (Faults{}) {
			t.Errorf("faults %+v", got)
		}
	})
}

func TestLatencyPassesAfterTheEventIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quick(Options{Faults: Faults{Latency: 20 * time.Second}})
		start := time.Now()
		go func() {
			time.Sleep(time.Second)
			if got := s.Stats().Taken; got != 1 {
				t.Errorf("%d taken after a second", got)
			}
		}()
		wantAnswer(t, answer(s, post("Demo", lead)), 200)
		wantAnswer(t, answer(s, post("Demo", lead)), 409)
		wantAnswer(t, answer(s, post("Demo", `[]`)), 400)
		mustSet(t, s, Faults{Latency: 20 * time.Second, Status: 503})
		wantAnswer(t, answer(s, post("Demo", lead)), 503)
		if took := time.Since(start); took != 80*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestStatusFaults(t *testing.T) {
	date := "Fri, 31 Dec 1999 23:59:59 GMT"
	for _, c := range []struct {
		faults  Faults
		status  int
		headers map[string]string
		body    string
	}{
		{Faults{Status: 503}, 503, map[string]string{"Content-Type": "application/json", "Retry-After": ""}, `{"error":"fault","message":"503 Service Unavailable, as it was told to"}` + "\n"},
		{Faults{Status: 429, RetryAfter: "3", Body: "slow down"}, 429, map[string]string{"Retry-After": "3"}, "slow down"},
		{Faults{Status: 503, RetryAfter: date, HTML: "<html>gateway"}, 503, map[string]string{"Retry-After": date, "Content-Type": "text/html; charset=utf-8"}, "<html>gateway"},
		{Faults{HTML: "<!doctype html>log in"}, 200, map[string]string{"Content-Type": "text/html; charset=utf-8"}, "<!doctype html>log in"},
		{Faults{Status: 307, Location: "http://elsewhere.example/", Body: "gone"}, 307, map[string]string{"Location": "http://elsewhere.example/"}, "gone"},
	} {
		s := quick(Options{Faults: c.faults})
		w := answer(s, post("Demo", lead))
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%+v: %d %s", c.faults, w.Code, w.Body)
		}
		for name, want := range c.headers {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%+v: %s is %q, want %q", c.faults, name, got, want)
			}
		}
		if got := s.Stats(); got.Taken != 0 || got.Struck["status"] != 1 {
			t.Errorf("%+v: stats %+v", c.faults, got)
		}
	}
}

func TestDiceAreRepeatable(t *testing.T) {
	struck := func(seed uint64) string {
		s := quick(Options{Seed: seed, Faults: Faults{Status: 503, Probability: 0.3, Lost: 0.1, LostStatus: 504}})
		var codes strings.Builder
		for i := range 1000 {
			fmt.Fprint(&codes, answer(s, post("Demo", fmt.Sprintf(`{"n":%d}`, i))).Code, " ")
		}
		got := s.Stats()
		if n := got.Struck["status"]; n < 240 || n > 360 {
			t.Errorf("%d of 1000 struck, at 0.3", n)
		}
		if got.Lost < 40 || got.Lost > 110 || got.Taken != 1000-got.Struck["status"] {
			t.Errorf("%d of %d lost, at 0.1", got.Lost, got.Taken)
		}
		return codes.String()
	}
	first := struck(0)
	if struck(0) != first || struck(1) != first {
		t.Error("the same seed struck others")
	}
	if struck(2) == first {
		t.Error("another seed struck the same")
	}
}

func TestTimesEndsTheFaults(t *testing.T) {
	s := quick(Options{Faults: Faults{Status: 500, Times: 2, Latency: time.Nanosecond}})
	wantAnswer(t, answer(s, post("Demo", lead)), 500)
	if got := s.Faults().Times; got != 1 {
		t.Errorf("%d times left", got)
	}
	wantAnswer(t, answer(s, post("Demo", lead)), 500)
	if got := s.Faults(); got != (Faults{}) {
		t.Errorf("faults %+v", got)
	}
	wantAnswer(t, answer(s, post("Demo", lead)), 200)
	mustSet(t, s, Faults{Lost: 1, LostStatus: 502, Times: 1})
	wantAnswer(t, answer(s, post("Demo", `{"n":1}`)), 502)
	wantAnswer(t, answer(s, post("Demo", `{"n":2}`)), 200)
}

func TestFaultsOverHTTP(t *testing.T) {
	s := quick(Options{})
	set := func(body string) *httptest.ResponseRecorder {
		return answer(s, httptest.NewRequest("POST", "/faults", strings.NewReader(body)))
	}
	get := func() string {
		var compact map[string]any
		w := answer(s, httptest.NewRequest("GET", "/faults", nil))
		if err := json.Unmarshal(w.Body.Bytes(), &compact); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(compact)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := get(); got != `{}` {
		t.Errorf("at first: %s", got)
	}
	wantAnswer(t, set(`{"status":503,"probability":0.3,"latency":"200ms","lost":0.1,"reset":0.1,"retry_after":"3","body":"x","down":false}`), 200)
	want := `{"body":"x","latency":"200ms","lost":0.1,"probability":0.3,"reset":0.1,"retry_after":"3","status":503}`
	if got := get(); got != want {
		t.Errorf("got %s", got)
	}
	wantRefusal(t, set(`{"status":99}`), 400, "faults", "")
	if got := get(); got != want {
		t.Errorf("a refused change took hold: %s", got)
	}
	wantAnswer(t, set(`{"down":true}`), 200) // replaces all
	if got := get(); got != `{"down":true}` {
		t.Errorf("got %s", got)
	}
	wantAnswer(t, answer(s, httptest.NewRequest("DELETE", "/faults", nil)), 204)
	if got := get(); got != `{}` {
		t.Errorf("after DELETE: %s", got)
	}
}

func TestParseFaultsRefusesInWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, "not JSON"},
		{`{"status":503`, "not JSON"},
		{`[]`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`{} {}`, "more follows"},
		{`{"latencey":"1s"}`, `"latencey": no such fault; there are body, down, down_for`},
		{`{"Status":503}`, `"Status": no such fault`},
		{`{"status":503,"status":504}`, "status: stands twice"},
		{`{"status":"503"}`, "status: is a string: give a whole number"},
		{`{"status":503.5}`, "status: is a number 503.5: give a whole number"},
		{`{"status":null}`, "status: is null"},
		{`{"latency":200}`, `latency: is a number: give a text such as "200ms"`},
		{`{"latency":"fast"}`, `latency: "fast" is no duration`},
		{`{"latency":"-1s"}`, "cannot be negative"},
		{`{"status":503,"retry_after":3}`, "retry_after: is a number: give a text in quotes"},
		{`{"down":1}`, "down: is a number: give true or false"},
		{`{"lost":"often"}`, "lost: is a string: give a number"},
		{`{"status":503,"probability":0}`, "probability: 0 strikes never"},
		{`{"status":503,"probability":1.5}`, "probability: 1.5 is no probability"},
		{`{"lost":-1}`, "lost: -1 is no probability"},
		{`{"probability":0.5}`, "probability: belongs to status or html"},
		{`{"status":200}`, "a captive portal needs html"},
		{`{"status":600}`, "no final HTTP status"},
		{`{"status":100}`, "no final HTTP status"},
		{`{"body":"x"}`, "body: belongs to status"},
		{`{"retry_after":"3"}`, "retry_after: belongs to status"},
		{`{"status":503,"retry_after":"soon"}`, `retry_after: "soon" is neither`},
		{`{"status":503,"location":"/x"}`, "location: belongs to a status of 3xx"},
		{`{"status":302,"location":"/x\r\ny: z"}`, "location: holds a line break"},
		{`{"lost_status":504}`, "lost_status: belongs to lost"},
		{`{"lost":1,"lost_status":404}`, "lost_status: 404 is not from 500 to 599"},
		{`{"down":true,"down_for":"5s"}`, "down, down_for: set one of them"},
		{`{"times":-1}`, "cannot be negative"},
	} {
		if f, err := ParseFaults([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want %q", c.in, f, err, c.want)
		}
	}
	_, err := ParseFaults([]byte(`{"one":1,"status":"x","latency":"y"}`))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all faults at once: %v", err)
	}
}

func TestFaultsReadWhatTheyWrite(t *testing.T) {
	for _, f := range []Faults{
		{},
		{Status: 429, Probability: 0.25, Body: "<&>\u2028", RetryAfter: "7", Latency: 1500 * time.Millisecond, Lost: 0.5, LostStatus: 504, Reset: 1, Times: 9},
		{Status: 302, Location: "http://x.example/", DownFor: time.Hour},
		{HTML: "<html>\n", Down: true},
	} {
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseFaults(b)
		if diff := cmp.Diff(f, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", b, err, diff)
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add([]byte(`{"status":503,"probability":0.3,"latency":"200ms","lost":0.1,"reset":0.1,"down_for":"5s","retry_after":"3","body":"b"}`))
	f.Add([]byte(`{"html":"<html>","times":3,"down":true,"location":"","lost_status":500}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := ParseFaults(data)
		if err != nil {
			return
		}
		b, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseFaults(b); err != nil || again != read {
			t.Fatalf("%q was read as %+v, written as %s, and read as %+v: %v", data, read, b, again, err)
		}
	})
}
