package dashboard

import (
	"bytes"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// note sends a form, follows where it leads, and gives the note that shows there.
func (s *site) note(path string, fields ...string) (at, note string) {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	w := s.post(path, form)
	if w.Code != http.StatusSeeOther {
		s.t.Fatalf("POST %s: %d\n%s", path, w.Code, w.Body)
	}
	at = w.Header().Get("Location")
	page := s.get(at, "Accept-Language", "en")
	if page.Code != http.StatusOK {
		s.t.Fatalf("%s: %d", at, page.Code)
	}
	check(s.t, at, page.Body.String())
	_, rest, ok := strings.Cut(page.Body.String(), `<div class="note `)
	if !ok || !strings.HasPrefix(rest, "ok") && !strings.HasPrefix(rest, "bad") {
		s.t.Fatalf("POST %s: no note at %s", path, at)
	}
	rest, _, _ = strings.Cut(rest, "</div>")
	_, note, _ = strings.Cut(rest, "<p>")
	note, _, _ = strings.Cut(note, "</p>")
	note, _, _ = strings.Cut(note, " <a")
	return at, note
}

// want holds what a form led to to what it should.
func (s *site) want(at, note string, wantAt, wantNote string) {
	s.t.Helper()
	if at != wantAt || !strings.HasPrefix(note, wantNote) {
		s.t.Errorf("at %s: %q, want %q at %s", at, note, wantNote, wantAt)
	}
}

// A dead event is seen, corrected and sent; the old one says what became of it.
func TestCorrect(t *testing.T) {
	s := newSite(t)
	id := s.put("__commerce_action__", `{"email":"x@example.com","purchase_data":[{"__sku__":"A","__label__":"B","__order__":"R-9","__currency__":"EUR"}]}`, "a total is missing")
	edit := s.get("/events/" + id + "/edit").Body.String()
	if !strings.Contains(edit, "/purchase_data/0/__total_in_cents__") {
		t.Error("the page does not say at once what is wrong")
	}
	bad := url.Values{"body": {`{"email":"x@example.com","purchase_data":[]}`}, "action": {"__commerce_action__"}}
	for _, path := range []string{"/check", "/edit"} {
		w := s.post("/events/"+id+path, bad)
		check(t, path, w.Body.String())
		if !strings.Contains(w.Body.String(), `name="back" value="/events/`+id+`/edit"`) {
			t.Errorf("%s: a change of the language leads to no page", path)
		}
		if text := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(text, "<h1") || !strings.Contains(text, `class="faults"`) || !strings.Contains(text, "&#34;purchase_data&#34;:[]") {
			t.Errorf("%s: %d: no faults, or what was typed is lost", path, w.Code)
		}
	}
	part := s.post("/events/"+id+"/check", bad, "HX-Request", "true").Body.String()
	if strings.Contains(part, "<h1") || !strings.Contains(part, `class="faults"`) {
		t.Error("script gets more than the faults, or none")
	}
	good := sale("R-9", "x@example.com", 100)
	at, note := s.note("/events/"+id+"/edit", "body", good)
	if !strings.HasPrefix(note, "The corrected event was accepted") || at == "/events/"+id {
		t.Errorf("at %s: %s", at, note)
	}
	// Another browser still has the form open.
	if at, note := s.note("/events/"+id+"/check", "body", good); at != "/events/"+id || !strings.HasPrefix(note, "Not done: somebody else") {
		t.Errorf("a check of what is gone: at %s: %s", at, note)
	}
	if w := s.post("/events/"+id+"/check", bad, "HX-Request", "true"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "somebody else") {
		t.Errorf("the same by script: %d %s", w.Code, w.Body)
	}
	if old := s.get("/events/" + id); !strings.Contains(old.Body.String(), `href="`+at+`"`) {
		t.Error("the old event does not lead to the new one")
	}
	if text := s.get(at).Body.String(); !strings.Contains(text, `href="/events/`+id+`"`) {
		t.Error("the new event does not lead to the old one")
	}
	at, note = s.note("/events/"+id+"/edit", "body", good)
	s.want(at, note, "/events/"+id, "Not done: somebody else took that event out before.")
	if w := s.get("/events/" + id + "/edit"); w.Code != http.StatusSeeOther {
		t.Errorf("an edit of a gone event: %d", w.Code)
	}
}

// An event that may have arrived is not doubled without a word from the person.
func TestCorrectWhatMayHaveArrived(t *testing.T) {
	s := newSite(t)
	s.sales(1)
	c := s.claim()
	if err := c.Bury(spool.Outcome{Cause: "no answer", Flags: spool.MayArrived}); err != nil {
		t.Fatal(err)
	}
	s.settled()
	id := c.ID.String()
	if text := s.get("/events/" + id + "/edit").Body.String(); !strings.Contains(text, `name="force"`) {
		t.Fatal("the page does not ask")
	}
	body := sale("R-1", "b@example.com", 5)
	if w := s.post("/events/"+id+"/edit", url.Values{"body": {body}}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "may have arrived") {
		t.Errorf("without force: %d", w.Code)
	}
	if at, note := s.note("/events/"+id+"/edit", "body", body, "force", "1"); !strings.HasPrefix(note, "The corrected event") {
		t.Errorf("with force, at %s: %s", at, note)
	}
}

func TestDecide(t *testing.T) {
	s := newSite(t)
	s.sales(3)
	dead, other := s.bury("422: no"), s.bury("422: no")
	at, note := s.note("/events/"+dead+"/retry", "back", "/dead?cause=422")
	s.want(at, note, "/dead?cause=422", "It waits to be sent again.")
	at, note = s.note("/events/" + dead + "/retry")
	s.want(at, note, "/events/"+dead, "Not done: it waits already")
	at, note = s.note("/events/"+other+"/discard", "reason", "a test sale")
	s.want(at, note, "/events/"+other, "The event was discarded.")
	if text := s.get("/events/" + other).Body.String(); !strings.Contains(text, "a test sale") {
		t.Error("the reason is lost")
	}
	at, note = s.note("/events/" + other + "/discard")
	s.want(at, note, "/events/"+other, "Not done: somebody else took that event out before.")
	sent := s.claim()
	at, note = s.note("/events/" + sent.ID.String() + "/discard")
	s.want(at, note, "/events/"+sent.ID.String(), "Not done: it is being sent now")
	if err := sent.MarkSent(spool.Outcome{Status: 200}); err != nil {
		t.Fatal(err)
	}
	s.settled()
	at, note = s.note("/events/" + sent.ID.String() + "/retry")
	s.want(at, note, "/events/"+sent.ID.String(), "Not done: it is sent already")
	if text := s.get("/events/" + sent.ID.String()).Body.String(); strings.Contains(text, "/retry") || strings.Contains(text, "/edit") {
		t.Error("a sent event offers to be sent again")
	}
}

func TestBulk(t *testing.T) {
	s := newSite(t)
	s.sales(4)
	var ids []string
	for range 3 {
		ids = append(ids, s.bury("422: first"))
	}
	s.bury("422: second")
	at, note := s.note("/dead/bulk", "do", "retry")
	s.want(at, note, "/dead", "Choose at least one event.")
	form := url.Values{"do": {"retry"}, "id": ids[:2]}
	w := s.post("/dead/bulk", form)
	check(t, "dry run", w.Body.String())
	if text := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(text, "2 events would be tried again") || strings.Count(text, `name="id"`) != 2 {
		t.Errorf("a dry run: %d\n%s", w.Code, text)
	}
	if n := s.spool.Counts()[queue].Dead; n != 4 {
		t.Fatalf("a dry run left %d dead", n)
	}
	at, note = s.note("/dead/bulk", "do", "retry", "id", ids[0], "id", ids[1], "confirmed", "1")
	s.want(at, note, "/dead", "2 of 2 events wait to be sent again.")
	w = s.post("/dead/bulk", url.Values{"do": {"discard"}, "all": {"1"}, "cause": {"422: first"}, "reason": {"tests"}})
	if text := w.Body.String(); !strings.Contains(text, "1 event would be discarded for good.") || !strings.Contains(text, `name="reason" value="tests"`) {
		t.Errorf("a dry run by reason:\n%s", text)
	}
	at, note = s.note("/dead/bulk", "do", "discard", "all", "1", "cause", "422: first", "confirmed", "1")
	s.want(at, note, "/dead", "1 of 1 events were discarded.")
	if n := s.spool.Counts()[queue].Dead; n != 1 {
		t.Errorf("%d dead are left, want 1", n)
	}
	if w := s.post("/dead/bulk", url.Values{"do": {"eat"}}); w.Code != http.StatusNotFound {
		t.Errorf("an unknown decision: %d", w.Code)
	}
}

func TestSteer(t *testing.T) {
	s := newSite(t)
	for _, c := range [][2]string{{"pause", "Project shop is paused."}, {"resume", "Project shop goes on."}, {"probe", "Project shop tries now."}} {
		at, note := s.note("/projects/shop/" + c[0])
		s.want(at, note, "/", c[1])
	}
	at, note := s.note("/projects/nobody/pause")
	s.want(at, note, "/", "Not done: there is nothing of that name any more.")
	if w := s.post("/projects/shop/eat", nil); w.Code != http.StatusNotFound {
		t.Errorf("an unknown decision: %d", w.Code)
	}
	s.alarms.Raise("silence/till", "no sale", "look")
	at, note = s.note("/alarms/seen", "name", "silence/till")
	s.want(at, note, "/", "Marked as seen.")
	if list := s.alarms.Open(); list[0].Seen.IsZero() {
		t.Error("the alarm was not seen")
	}
	at, note = s.note("/alarms/seen", "name", "made up")
	s.want(at, note, "/", "That did not work: no such alarm is open")
	s.state = forward.State{Mode: forward.Offline, Since: time.Now()}
	if text := s.get("/").Body.String(); !strings.Contains(text, "/projects/shop/probe") {
		t.Error("an offline project cannot be tried")
	}
}

// A form leads nowhere but to a page of ours.
func TestBack(t *testing.T) {
	s := newSite(t)
	for given, want := range map[string]string{
		"/dead?cause=x": "/dead?cause=x", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "": "/", "/a\r\nX: y": "/",
	} {
		if got := s.post("/prefs", url.Values{"theme": {"dark"}, "back": {given}}).Header().Get("Location"); got != want {
			t.Errorf("%q leads to %q", given, got)
		}
	}
	if text := s.get("/").Body.String(); !strings.Contains(text, `data-theme="dark"`) {
		t.Error("the theme was not kept")
	}
	s.post("/prefs", url.Values{"theme": {"auto"}, "lang": {"de"}})
	if text := s.get("/", "Accept-Language", "en").Body.String(); !strings.Contains(text, `<html lang="de">`) {
		t.Error("the language was not kept")
	}
	s.post("/prefs", url.Values{"lang": {"\x00<"}})
	if text := s.get("/").Body.String(); !strings.Contains(text, `<html lang="de">`) {
		t.Error("nonsense took the language away")
	}
}

func TestTillTotals(t *testing.T) {
	s := newSite(t)
	s.put("__commerce_action__", sale("R-1", "a@example.com", 123456), "")
	day := today()
	field := day + "/EUR/shop"
	text := s.get("/days").Body.String()
	if !strings.Contains(text, `name="till/`+field+`"`) {
		t.Fatalf("no box for the till's total:\n%s", text)
	}
	at, note := s.note("/days/totals", "till/"+field, "1.234,56", "back", "/days?from="+day)
	s.want(at, note, "/days?from="+day, "Totals saved: 1.")
	if text := s.get("/days", "Accept-Language", "en").Body.String(); !strings.Contains(text, `class="diff even"`) || !strings.Contains(text, `value="1234.56"`) {
		t.Error("no even difference")
	}
	at, note = s.note("/days/totals", "till/"+field, "1.200,00", "was/"+field, "1234.56")
	s.want(at, note, "/days", "Totals saved: 1.")
	if text := s.get("/days", "Accept-Language", "en").Body.String(); !strings.Contains(html.UnescapeString(text), "+€34.56") {
		t.Error("no difference")
	}
	at, note = s.note("/days/totals", "till/"+field, "twelve", "was/"+field, "1200.00")
	s.want(at, note, "/days", "“twelve” for "+day+" is no amount.")
	at, note = s.note("/days/totals", "till/"+field, "1200.00", "was/"+field, "1200.00")
	s.want(at, note, "/days", "Nothing was changed.")
	s.note("/days/totals", "till/"+field, "", "was/"+field, "1200.00")
	if text := s.get("/days").Body.String(); strings.Contains(text, `class="diff`) {
		t.Error("an empty box does not take the total away")
	}
	at, note = s.note("/days/totals", "till/yesterday/EUR/shop", "5")
	s.want(at, note, "/days", "That did not work")
	w := s.upload("/days/upload", "z.csv", "day;total\n", "project", "shop")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/days?from=") {
		t.Errorf("an uploaded file: %d to %s", w.Code, w.Header().Get("Location"))
	}
	if text := s.get("/days", "Accept-Language", "en").Body.String(); !strings.Contains(html.UnescapeString(text), "+€1,233.56") {
		t.Error("the totals of the file are not shown")
	}
}

// TestTillTotalsAfterDiscard: what was taken out shows, and is no difference to
// the till's total: where it was edited, it was accepted once more.
func TestTillTotalsAfterDiscard(t *testing.T) {
	s := newSite(t)
	s.put("__commerce_action__", sale("R-1", "a@example.com", 1000), "")
	if strings.Contains(s.get("/days").Body.String(), "Discarded</th>") {
		t.Error("a column for nothing")
	}
	id := s.put("__commerce_action__", sale("R-1b", "a@example.com", 1000), "wrong")
	s.note("/events/"+id+"/discard", "reason", "corrected")
	s.note("/days/totals", "till/"+today()+"/EUR/shop", "10,00")
	text := s.get("/days", "Accept-Language", "en").Body.String()
	if !strings.Contains(text, `class="diff even"`) || !strings.Contains(text, "Discarded</th>") {
		t.Errorf("what was taken out is missing, or counts:\n%s", text)
	}
}

// upload sends a form with a file.
func (s *site) upload(path, name, content string, fields ...string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		form.WriteField(fields[i], fields[i+1])
	}
	if name != "" {
		file, err := form.CreateFormFile("file", name)
		if err != nil {
			s.t.Fatal(err)
		}
		file.Write([]byte(content))
	}
	form.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return s.do(r)
}

func TestPreview(t *testing.T) {
	s := newSite(t)
	w := s.upload("/sources/preview", "<b>.csv", "a;b\n", "source", "till")
	check(t, "preview", w.Body.String())
	for _, want := range []string{"<h1", "&lt;b&gt;.csv", "1 event would be taken.", "2 rows would be left out", "Line 7:", "a;b", `<option selected>till</option>`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
	w = s.upload("/sources/preview", "", "", "source", "till")
	if !strings.Contains(w.Body.String(), "Choose a file first.") {
		t.Error("no word about the missing file")
	}
	at, note := s.note("/sources/again", "source", "till", "file", "nothing.csv")
	s.want(at, note, "/sources", "Not done: there is nothing of that name any more.")
}

func TestDoctor(t *testing.T) {
	s := newSite(t)
	if text := s.get("/health").Body.String(); strings.Contains(text, `data-test="checks"`) {
		t.Error("the doctor looked unasked")
	}
	s.checks = []Check{{"dns", "", "ok", "fine", ""}, {"clock", "", "warn", "3 minutes ahead", "set it"}, {"key", "shop", "bad", "401", "look"}, {"drives", "", "skipped", "no Windows", ""}}
	if w := s.post("/health/doctor", nil); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	text := s.get("/health", "Accept-Language", "de").Body.String()
	if bad, warn, fine := strings.Index(text, "401"), strings.Index(text, "3 minutes ahead"), strings.Index(text, "<bdi>dns"); bad > warn || warn > fine {
		t.Error("what needs a person does not come first")
	}
	for _, want := range []string{"3 minutes ahead", "Was zu tun ist:", `class="warn"`, `class="bad"`, `class="skipped"`, "(hidden)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}
