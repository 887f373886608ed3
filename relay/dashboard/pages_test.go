package dashboard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// states are what a site may look like.
var states = map[string]func(s *site){
	"fresh":  func(*site) {},
	"online": func(s *site) { s.sales(3); s.sent(3) },
	"offline": func(s *site) {
		s.sales(31)
		s.state = forward.State{Mode: forward.Offline, Since: time.Now().Add(-time.Hour), Cause: "no such host", NextProbe: time.Now().Add(time.Minute), LastSent: time.Now()}
	},
	"paused": func(s *site) {
		s.sales(2)
		s.state = forward.State{Mode: forward.Paused, Since: time.Now().AddDate(0, 0, -1), Cause: "401: the key is refused"}
		s.alarms.Raise("project-paused/shop", "project shop is paused", "look at api_key")
	},
	"held": func(s *site) {
		s.sales(1)
		s.state = forward.State{Mode: forward.Held, Since: time.Now(), Cause: "stock-taking"}
	},
	"stopping": func(s *site) { s.ready = false },
	"dead": func(s *site) {
		s.sales(4)
		s.sent(1)
		s.bury("422: __currency__ is no currency")
		s.bury("422: __currency__ is no currency")
		s.put("__commerce_action__", `{"email":"x@example.com"}`, "/purchase_data: is missing")
	},
	"alarm": func(s *site) {
		s.sales(1)
		s.sent(1)
		for _, name := range []string{"silence/till", "made up"} {
			s.alarms.Raise(name, "no sale from till for 95 minutes", "look whether the till runs")
		}
		s.alarms.Raise("clock-wrong", "the clock is wrong", "set it")
		s.alarms.Clear("clock-wrong")
		s.sources = []dropfolder.State{
			{Source: "till", Project: "shop", Folders: []string{`C:\Kasse`}, Waiting: 2, Totals: dropfolder.Totals{Files: 3, Rejected: 1},
				Files:  []dropfolder.Progress{{File: "a.csv", Bytes: 62, Size: 100, Left: 42 * time.Second}},
				Recent: []dropfolder.Result{{File: "b.csv", At: time.Now()}, {File: "c.csv", At: time.Now(), Error: "no column Total"}}},
			{Source: "drop/x", Project: "shop", Trouble: "another relay holds this folder"},
		}
	},
}

func (s *site) sales(n int) {
	for i := range n {
		s.put("__commerce_action__", sale(fmt.Sprintf("R-%04d", i), fmt.Sprintf("anna.%d@example.com", i), 1000+i), "")
	}
}

func (s *site) bury(cause string) string {
	defer s.settled()
	c := s.claim()
	id := c.ID.String()
	if err := c.Bury(spool.Outcome{Status: 422, Cause: cause, Answer: []byte(`{"error":"no"}`), Began: time.Now(), Took: 80 * time.Millisecond}); err != nil {
		s.t.Fatal(err)
	}
	return id
}

var (
	inlineStyle  = regexp.MustCompile(`(?i)<style|\sstyle\s*=`)
	inlineScript = regexp.MustCompile(`(?i)<script(>|[^>]*>[^<])|<[^>]*\s(on[a-z]+|hx-on[^ =]*|hx-vals)\s*=|"javascript:`)
	values1      = regexp.MustCompile(`"[^"]*"`)
	outside      = regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//`)
	form         = regexp.MustCompile(`(?s)<form [^>]*method="post".*?</form>`)
	plainID      = regexp.MustCompile(`\sid="([^"]+)"`)
	reference    = regexp.MustCompile(`\s(?:aria-labelledby|aria-describedby|for|list)="([^"]+)"`)
)

// check holds a page to what all of them promise.
func check(t testing.TB, what, body string) {
	t.Helper()
	for name, re := range map[string]*regexp.Regexp{"an inline style": inlineStyle, "an inline script": inlineScript, "something of another host": outside} {
		in := body
		if re == inlineScript {
			in = values1.ReplaceAllString(body, `""`)
		}
		if m := re.FindString(in); m != "" {
			t.Errorf("%s: %s: %s", what, name, m)
		}
	}
	for _, wrong := range []string{"ZgotmplZ", "%!", "<no value>", "&lt;nil&gt;"} {
		if strings.Contains(body, wrong) {
			t.Errorf("%s: %s in the page", what, wrong)
		}
	}
	for _, f := range form.FindAllString(body, -1) {
		if !strings.Contains(f, `name="csrf" value="the-token"`) {
			t.Errorf("%s: a form without its token: %.200s", what, f)
		}
	}
	ids := map[string]bool{}
	for _, m := range plainID.FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("%s: two elements with the id %s", what, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range reference.FindAllStringSubmatch(body, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %s", what, id)
			}
		}
	}
	if n := strings.Count(body, "<h1"); n != 1 {
		t.Errorf("%s: %d headings of the page", what, n)
	}
	if key := regexp.MustCompile(`>(?:nav|state|event|say|light|source|days|note|col|mode|flag)\.[a-z_]+[.<]`).FindString(body); key != "" {
		t.Errorf("%s: a key instead of a text: %s", what, key)
	}
}

func TestEveryPageInEveryState(t *testing.T) {
	for name, set := range states {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			set(s)
			paths := []string{"/", "/?chart=week", "/events", "/events?q=R-0001&state=sent", "/events?from=2026-01-01&to=2026-12-31&action=x", "/dead", "/dead?cause=422", "/sources", "/days", "/days?source=till", "/health"}
			found, err := s.control.Events(t.Context(), control.Query{Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range found.Events {
				paths = append(paths, "/events/"+e.ID, "/events/"+e.ID+"/edit")
			}
			for _, path := range paths {
				for _, language := range []string{"en-US", "de-DE"} {
					w := s.get(path, "Accept-Language", language)
					if w.Code != http.StatusOK {
						t.Fatalf("%s: %d\n%s", path, w.Code, w.Body)
					}
					check(t, path, w.Body.String())
					if want := `<html lang="` + language[:2]; !strings.Contains(w.Body.String(), want) {
						t.Errorf("%s: no %s", path, want)
					}
				}
			}
		})
	}
}

// The sentence says how things stand.
func TestSentence(t *testing.T) {
	for name, want := range map[string][2]string{
		"fresh":    {"ok", "Everything is ready. No sale has come in yet."},
		"online":   {"ok", "Online. 3 sales sent today, nothing waiting."},
		"offline":  {"warn", "31 sales are safe on this PC; room for more than a year."},
		"paused":   {"bad", "401: the key is refused. 2 sales are safe on this PC"},
		"held":     {"warn", "You paused project shop at"},
		"stopping": {"bad", "The relay is stopping."},
		"dead":     {"warn", "Online. 1 sale sent today, 1 waiting. 3 are dead and need you."},
		"alarm":    {"warn", "Online. 1 sale sent today, nothing waiting. Something needs a look; see below."},
	} {
		s := newSite(t)
		states[name](s)
		body := s.get("/", "Accept-Language", "en").Body.String()
		if !strings.Contains(body, `data-color="`+want[0]+`"`) {
			t.Errorf("%s: the light is not %s", name, want[0])
		}
		_, sentence, _ := strings.Cut(body, `data-test="sentence"`)
		sentence, _, _ = strings.Cut(sentence, "</p>")
		if !strings.Contains(sentence, want[1]) {
			t.Errorf("%s: no %q in %s", name, want[1], sentence)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/events", "/nowhere", "/events/0000000000000001"} {
		h := s.get(path).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
	}
	for _, path := range []string{"/nowhere", "/events/0000000000000001", "/events/zzz", "/events/..%2f", "/static/app.css", "/static/vendor/htmx.LICENSE"} {
		if w := s.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := s.get("/events?cursor=zzz"); w.Code != http.StatusBadRequest {
		t.Errorf("a wrong cursor: %d", w.Code)
	}
}

// A page loads only files that are there, and that a browser may keep.
func TestStatic(t *testing.T) {
	s := newSite(t)
	body := s.get("/").Body.String()
	files := regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(files) < 6 {
		t.Fatalf("%d files", len(files))
	}
	for _, m := range files {
		w := s.get(m[1])
		if h := w.Header(); w.Code != http.StatusOK || h.Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Body.Len() == 0 {
			t.Errorf("%s: %d, %v", m[1], w.Code, h)
		}
	}
}

// The pages before a login, and browsers by themselves, ask by fixed names.
func TestFixedNames(t *testing.T) {
	s := newSite(t)
	for path, kind := range map[string]string{"/static/style.css": "text/css; charset=utf-8", "/favicon.ico": "image/svg+xml"} {
		w := s.get(path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d, %v", path, w.Code, w.Header())
		}
		if again := s.get(path, "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.Code)
		}
	}
}

// What came from outside is text.
func TestHostileTexts(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>` + "\u202e\U0001F600"
	s := newSite(t)
	body := fmt.Sprintf(`{"email":%q,"session":%q,"x":%q}`, evil, evil, evil)
	id := s.put("a"+evil, body, "held: "+evil)
	s.alarms.Raise("dead/"+evil, evil, evil)
	s.sources = []dropfolder.State{{Source: evil, Project: evil, Folders: []string{evil}, Trouble: evil, Recent: []dropfolder.Result{{File: evil, Error: evil}}, Files: []dropfolder.Progress{{File: evil, Size: 1}}}}
	s.checks = []Check{{Name: evil, About: evil, Verdict: "bad", Text: evil, Remedy: evil}}
	s.post("/health/doctor", nil)
	for _, path := range []string{"/", "/events", "/events?q=" + "%3Cscript%3Ealert(1)%3C/script%3E%22", "/events?cursor=%3Cscript%3E", "/events/" + id, "/events/" + id + "/edit", "/dead", "/dead?cause=%3Cscript%3Ealert(1)", "/sources", "/health"} {
		w := s.get(path)
		text := w.Body.String()
		check(t, path, text)
		for _, wrong := range []string{"<script>alert", "<img src=x", `"'>`} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s: %s stands in the page as markup", path, wrong)
			}
		}
	}
	if text := s.get("/events/" + id).Body.String(); !strings.Contains(text, `<span class="odd">U&#43;202E</span>`) || !strings.Contains(text, "\U0001F600") {
		t.Error("the event does not show what is invisible, or loses what is not")
	}
}

// A long body is cut in the page, and can be had whole.
func TestLongBody(t *testing.T) {
	s := newSite(t)
	id := s.put("x", `{"email":"a@example.com","note":"`+strings.Repeat("ä", 400_000)+`"}`, "held")
	w := s.get("/events/" + id)
	if n := w.Body.Len(); n > 300_000 || !strings.Contains(w.Body.String(), "/api/v1/events/"+id+"/body") {
		t.Errorf("a page of %d bytes", n)
	}
	if text := w.Body.String(); !strings.Contains(text, "--data-binary @"+id+".json") {
		t.Error("the command holds the long body")
	}
}

// A page that was left by a POST shows its note once.
func TestNoteShowsOnce(t *testing.T) {
	s := newSite(t)
	w := s.post("/projects/shop/pause", map[string][]string{"reason": {"stock-taking"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Fatalf("%d, %v", w.Code, w.Header())
	}
	if body := s.get("/", "HX-Request", "true").Body.String(); strings.Contains(body, "is paused. Sales are still taken") {
		t.Error("a part that was fetched by script took the note")
	}
	if body := s.get("/", "Accept-Language", "de").Body.String(); !strings.Contains(body, "Projekt shop ist angehalten.") {
		t.Error("no note in the reader's language")
	}
	if body := s.get("/").Body.String(); strings.Contains(body, `class="note ok"`) {
		t.Error("the note shows twice")
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: flashCookie, Value: "bm9uc2Vuc2U"})
	if w := s.do(r); w.Code != http.StatusOK {
		t.Errorf("a broken note: %d", w.Code)
	}
}
