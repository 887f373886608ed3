package relay_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

// TestBulk: one decision about many, first without doing it.
func TestBulk(t *testing.T) {
	d := newDesk(t, false, holding)
	must[struct{}](t, d, "POST", "projects/shop/pause", nil)
	var ids []string
	for i := range 5 {
		ids = append(ids, d.put(t, commerce, strings.Replace(sale("a@example.com", fmt.Sprint(i), 100), "100", `"x"`, 1)))
	}
	waits := d.put(t, "Lead", `{"email":"z@example.com"}`)
	dry := must[control.BulkResult](t, d, "POST", "events/bulk", control.Bulk{Do: "discard", Query: control.Query{State: "dead"}, DryRun: true})
	if dry.Matched != 5 || dry.Done != 5 || len(dry.Sample) != 5 || dry.Sample[0].ID != ids[0] || d.relay.Status().Total.Dead != 5 {
		t.Errorf("%+v", dry)
	}
	retried := must[control.BulkResult](t, d, "POST", "events/bulk", control.Bulk{Do: "retry", Query: control.Query{Email: "A@example.com"}})
	if retried.Matched != 5 || retried.Done != 0 || len(retried.Refused) != 5 || !strings.Contains(retried.Refused[0].Why, "refused again") {
		t.Errorf("%+v", retried)
	}
	named := must[control.BulkResult](t, d, "POST", "events/bulk", control.Bulk{Do: "discard", IDs: []string{ids[0], ids[0], "what", "ffff", waits}})
	if named.Matched != 4 || named.Done != 2 || len(named.Refused) != 2 {
		t.Errorf("%+v", named)
	}
	if gone := must[control.BulkResult](t, d, "POST", "events/bulk", control.Bulk{Do: "discard", Query: control.Query{Source: "http"}, Reason: "tests"}); gone.Done != 4 {
		t.Errorf("%+v", gone)
	}
	for _, b := range []control.Bulk{
		{Do: "retry"}, {Do: "explode", Query: control.Query{State: "dead"}}, {Do: "discard", Query: control.Query{State: "sent"}},
		{Do: "retry", Query: control.Query{State: "pending"}}, {Do: "discard", IDs: ids, Query: control.Query{State: "dead"}}, {Do: "discard", Query: control.Query{Limit: 5}},
	} {
		d.refusedWith(t, 400, "the query is wrong", "POST", "events/bulk", b)
	}
	if c := d.relay.Status().Total; !c.Balanced() || c.Discarded != 6 || c.Dead+c.Pending != 0 {
		t.Errorf("%+v", c)
	}
	d.refusedWith(t, 410, "tests", "GET", "events/"+ids[1], nil)
}

// TestMove: the backlog of a project that is gone goes to another one, in order,
// and once.
func TestMove(t *testing.T) {
	d := newDesk(t, false, nil)
	for i := range 60 {
		d.put(t, commerce, sale("a@example.com", fmt.Sprint(i), i))
	}
	other := *d.cfg
	store := d.cfg.Projects[0]
	store.Name, store.ProjectID, store.URL = "store", "Other", d.upstream
	other.Projects = config.Projects{store}
	queue := "shop/Webhook Account ID"
	d.refusedWith(t, 409, "in the config", "POST", "backlog/move", control.Backlog{Queue: queue, To: "shop"})
	d.refusedWith(t, 404, "queue", "POST", "backlog/move", control.Backlog{Queue: "x/y", To: "shop"})
	if err := d.relay.Reload(&other); err != nil {
		t.Fatal(err)
	}
	d.refusedWith(t, 404, "project", "POST", "backlog/move", control.Backlog{Queue: queue, To: "nobody"})
	if dry := must[control.Moved](t, d, "POST", "backlog/move", control.Backlog{Queue: queue, To: "store", DryRun: true}); dry.Moved != 60 {
		t.Errorf("%+v", dry)
	}
	must[struct{}](t, d, "POST", "projects/store/pause", nil)
	moved := must[control.Moved](t, d, "POST", "backlog/move", control.Backlog{Queue: queue, To: "store"})
	if moved.Moved != 60 || moved.Error != "" {
		t.Errorf("%+v", moved)
	}
	page := must[control.EventPage](t, d, "GET", "events?project=store&limit=100", nil)
	if len(page.Events) != 60 {
		t.Fatalf("%d events", len(page.Events))
	}
	for i, e := range page.Events {
		if e.Order != fmt.Sprint(59-i) || e.State != "pending" || e.Replaces == "" {
			t.Errorf("%d: %+v", i, e)
		}
	}
	for _, p := range d.relay.Status().Projects {
		if !p.Counts.Balanced() || p.Name == "shop" && (p.Counts.Pending != 0 || p.Counts.Discarded != 60) {
			t.Errorf("%+v", p)
		}
	}
}

// TestExportAndImport: what one relay exports another takes, once.
func TestExportAndImport(t *testing.T) {
	from := newDesk(t, false, holding)
	var want []string
	for i := range 3 {
		want = append(want, fmt.Sprintf(`{"email":"a@example.com","dateTime":"2026-01-02T03:04:0%d+00:00","v":"<&>𝄞 שלום"}`, i))
		from.put(t, "Caf%C3%A9%20%2f", want[i])
	}
	from.put(t, commerce, `{"email":"a@example.com","purchase_data":7}`)
	_, lines := from.do(t, "GET", "spool/export", nil)
	if n := bytes.Count(lines, []byte("\n")); n != 4 {
		t.Fatalf("%d lines: %s", n, lines)
	}
	if _, pending := from.do(t, "GET", "spool/export?states=pending", nil); bytes.Count(pending, []byte("\n")) != 3 {
		t.Errorf("%s", pending)
	}
	from.refusedWith(t, 400, "none of pending", "GET", "spool/export?states=lost", nil)

	to := newDesk(t, false, nil)
	done := must[control.Imported](t, to, "POST", "spool/import", bytes.NewReader(lines))
	if done.Lines != 4 || done.Accepted != 3 || done.Skipped != 1 || done.Refused != 0 {
		t.Errorf("%+v", done)
	}
	done = must[control.Imported](t, to, "POST", "spool/import?states=pending,dead", bytes.NewReader(lines))
	if done.Duplicates != 3 || done.Accepted != 1 || done.Skipped != 0 {
		t.Errorf("%+v", done)
	}
	done = must[control.Imported](t, to, "POST", "spool/import?states=pending,dead,sent", bytes.NewReader(lines))
	if done.Duplicates != 4 || done.Accepted != 0 {
		t.Errorf("%+v", done)
	}
	page := must[control.EventPage](t, to, "GET", "events?state=pending", nil)
	if len(page.Events) != 3 || page.Events[0].Source != "http" || page.Events[0].Action != "Café /" {
		t.Fatalf("%+v", page)
	}
	for i, e := range page.Events {
		if _, body := to.do(t, "GET", "events/"+e.ID+"/body", nil); string(body) != want[2-i] {
			t.Errorf("%s, want %s", body, want[2-i])
		}
	}
	dead := must[control.EventPage](t, to, "GET", "events?state=dead", nil)
	if len(dead.Events) != 1 || dead.Events[0].Cause == "" {
		t.Errorf("%+v", dead)
	}
	bad := "{\n\n[]\n" + strings.Replace(string(lines[:bytes.IndexByte(lines, '\n')]), `"project":"shop"`, `"project":"nobody"`, 1) + "\n"
	if done = must[control.Imported](t, to, "POST", "spool/import", strings.NewReader(bad)); done.Refused != 3 || len(done.Rejected) != 3 || done.Rejected[2].Line != 4 {
		t.Errorf("%+v", done)
	}
	// Into the spool that they come from.
	if done = must[control.Imported](t, from, "POST", "spool/import", bytes.NewReader(lines)); done.Duplicates != 3 || done.Accepted != 0 {
		t.Errorf("%+v", done)
	}
}

// TestSpoolWork: stats, check and compact, over the port and without a relay.
func TestSpoolWork(t *testing.T) {
	d := newDesk(t, false, nil)
	id := d.put(t, "Lead", `{"email":"a@example.com"}`)
	check := func(ask func(method, path string) []byte) {
		var stats control.SpoolStats
		if err := json.Unmarshal(ask("GET", "spool"), &stats); err != nil || stats.Total.Pending != 1 || stats.Health.Size == 0 {
			t.Errorf("%+v %v", stats, err)
		}
		if text := ask("POST", "spool/check"); !bytes.Contains(text, []byte(`"ok": true`)) {
			t.Errorf("%s", text)
		}
		var sizes control.SpoolCompact
		if err := json.Unmarshal(ask("POST", "spool/compact"), &sizes); err != nil || sizes.After == 0 {
			t.Errorf("%+v %v", sizes, err)
		}
	}
	check(func(method, path string) []byte { _, text := d.do(t, method, path, nil); return text })
	if _, err := relay.Offline(d.cfg, relay.Options{}); !errors.Is(err, spool.ErrLocked) {
		t.Errorf("while it runs: %v", err)
	}
	d.stopRelay(t)
	offline, err := relay.Offline(d.cfg, relay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer offline.Close()
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		req := httptest.NewRequest(method, "/api/v1/"+path, strings.NewReader(body))
		offline.Handler().ServeHTTP(w, req)
		document(t).exchange(t, req, []byte(body), w.Result(), w.Body.Bytes())
		return w
	}
	check(func(method, path string) []byte { return ask(method, path, "").Body.Bytes() })
	for _, path := range []string{"POST projects/shop/probe", "GET changes", "POST login", "GET doctor"} {
		method, path, _ := strings.Cut(path, " ")
		if w := ask(method, path, ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "the relay is not running") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var s control.Status
	if err := json.Unmarshal(ask("GET", "status", "").Body.Bytes(), &s); err != nil || s.Running || !strings.HasPrefix(s.Summary, "The relay is not running; 1 event is safe") || !s.Projects[0].Configured {
		t.Errorf("%+v %v", s, err)
	}
	for _, path := range []string{"events", "events/" + id, "events/" + id + "/body", "sources", "rejects", "days", "flow", "alarms", "config", "openapi.yaml"} {
		if w := ask("GET", path, ""); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := ask("POST", "projects/shop/pause", `{"reason":"moving"}`); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask("POST", "events/"+id+"/discard", ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := errors.Join(offline.Close(), offline.Close()); err != nil {
		t.Error(err)
	}
	again, err := relay.Open(d.cfg, relay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if s := again.Status(); s.Projects[0].Upstream.Mode != "held" || s.Projects[0].Upstream.Cause != "moving" || s.Spool.Doubt != nil || s.Total.Discarded != 1 {
		t.Errorf("%+v", s)
	}
	fresh := *d.cfg
	fresh.Data = t.TempDir()
	if _, err := relay.Offline(&fresh, relay.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where none has run: %v", err)
	}
}

// TestPurge: one person is gone, from bodies, answers and reasons; nobody else
// is, and what waits is only with force.
func TestPurge(t *testing.T) {
	d := newDesk(t, true, holding)
	sent := d.put(t, "Lead", `{"email":"jane@shop.example","v":1}`)
	d.put(t, "Lead", `{"email":"joe@shop.example","v":2}`)
	d.put(t, "Lead", `{"email":"joe@shop.example","friend":"JANE@shop.example"}`)
	dead := d.put(t, commerce, `{"email":" Jane@SHOP.example","purchase_data":3}`)
	d.arrived(t, 3)
	must[struct{}](t, d, "POST", "projects/shop/pause", nil)
	waits := d.put(t, "Lead", `{"session":"jane@shop.example"}`)
	ask := control.Purge{Email: "jane@shop.example ", DryRun: true}
	dry := must[control.Purged](t, d, "POST", "purge", ask)
	if dry.Sent != 2 || dry.Dead != 1 || dry.Kept != 1 || dry.Pending != 0 || len(dry.KeptIDs) != 1 || dry.KeptIDs[0] != waits || len(dry.IDs) != 3 {
		t.Errorf("%+v", dry)
	}
	ask.DryRun = false
	if done := must[control.Purged](t, d, "POST", "purge", ask); done.Sent != 2 || done.Dead != 1 || done.Kept != 1 || done.DryRun {
		t.Errorf("%+v", done)
	}
	d.refusedWith(t, 404, "not found", "GET", "events/"+sent, nil)
	if status, _ := d.do(t, "GET", "events/"+dead, nil); status != 404 && status != 410 {
		t.Errorf("dead: %d", status)
	}
	if page := must[control.EventPage](t, d, "GET", "events", nil); len(page.Events) != 2 {
		t.Errorf("%+v", page)
	}
	ask.Force = true
	if done := must[control.Purged](t, d, "POST", "purge", ask); done.Pending != 1 || done.Kept != 0 {
		t.Errorf("%+v", done)
	}
	if c := d.relay.Status().Total; !c.Balanced() {
		t.Errorf("%+v", c)
	}
	for _, p := range []control.Purge{{}, {Email: " "}, {Email: "a"}} {
		d.refusedWith(t, 400, "the query is wrong", "POST", "purge", p)
	}
	if check := must[control.SpoolCheck](t, d, "POST", "spool/check", nil); !check.OK {
		t.Errorf("%+v", check)
	}
}

// TestPurgeOfWhatPeopleWrote: the person is gone from reasons, names of files,
// actions and alarms, too, and from the bytes of what was discarded long ago.
func TestPurgeOfWhatPeopleWrote(t *testing.T) {
	const jane = "jane@shop.example"
	d := newDesk(t, true, holding)
	dead := d.put(t, commerce, `{"email":"`+jane+`","purchase_data":3}`)
	must[control.Decided](t, d, "POST", "events/"+dead+"/discard", control.Reason{Reason: "for " + jane})
	d.put(t, "Hello%20"+jane, `{"v":1}`)
	d.arrived(t, 1)
	total := control.TillTotal{Day: "2026-11-23", Project: "shop", Currency: "EUR", Cents: 5, By: jane + ".csv"}
	must[struct{}](t, d, "PUT", "days/till-totals", []control.TillTotal{total})
	must[struct{}](t, d, "POST", "projects/shop/pause", control.Reason{Reason: jane + " asked"})
	ask := control.Purge{Email: jane, DryRun: true}
	for range 2 {
		if done := must[control.Purged](t, d, "POST", "purge", ask); done.Sent != 1 || done.Reasons != 3 {
			t.Errorf("%+v", done)
		}
		ask.DryRun = false
	}
	if done := must[control.Purged](t, d, "POST", "purge", ask); done.Sent != 0 || done.Reasons != 0 {
		t.Errorf("%+v", done)
	}
	for _, path := range []string{"status", "alarms", "days?from=2026-11-23&to=2026-11-23"} {
		if _, text := d.do(t, "GET", path, nil); strings.Contains(string(text), jane) {
			t.Errorf("%s: %s", path, text)
		}
	}
	d.stopRelay(t)
	raw, err := os.ReadFile(relay.SpoolPath(d.cfg))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(raw, []byte(jane)); n > 0 {
		t.Errorf("the person is still there, %d times", n)
	}
}

// TestPurgeTellsAllTheSame: what is removed is told though its bytes could not be
// taken out of the file, and the next purge does that.
func TestPurgeTellsAllTheSame(t *testing.T) {
	d := newDesk(t, true, nil)
	d.put(t, "Lead", `{"email":"jane@shop.example"}`)
	d.arrived(t, 1)
	inTheWay := relay.SpoolPath(d.cfg) + ".new"
	if err := os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	ask := control.Purge{Email: "jane@shop.example"}
	if done := must[control.Purged](t, d, "POST", "purge", ask); done.Sent != 1 || len(done.IDs) != 1 || !strings.Contains(done.Error, "compact") {
		t.Errorf("%+v", done)
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	if done := must[control.Purged](t, d, "POST", "purge", ask); done.Sent != 0 || done.Error != "" {
		t.Errorf("%+v", done)
	}
}

// TestChanges: a page that follows the relay is told of what changes, and does
// not hold up its end.
func TestChanges(t *testing.T) {
	d := newDesk(t, true, nil)
	open := func() (*http.Response, *bufio.Reader) {
		req, err := http.NewRequest("GET", d.base+"/api/v1/changes", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+d.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res, bufio.NewReader(res.Body)
	}
	next := func(in *bufio.Reader) (c control.Change) {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := strings.CutPrefix(line, "data: "); ok {
				if err := document(t).holds("#/components/schemas/Change", []byte(text)); err != nil {
					t.Error(err)
				}
				if err := json.Unmarshal([]byte(text), &c); err != nil {
					t.Fatal(err)
				}
				return c
			}
		}
	}
	res, in := open()
	if c := next(in); res.Header.Get("Content-Type") != "text/event-stream" || c.Total.Accepted != 0 || c.Modes["shop"] != "online" {
		t.Errorf("%+v", c)
	}
	d.put(t, "Lead", `{"email":"a@example.com"}`)
	for next(in).Total.Sent != 1 {
	}
	for range 31 {
		open()
	}
	d.refusedWith(t, 503, "close some of them", "GET", "changes", nil)
	document(t).seen["GET /api/v1/changes"] = true
	begun := time.Now()
	d.stopRelay(t)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the end took %s", took)
	}
}

// TestOutcomesOfReading: what else is read.
func TestReading(t *testing.T) {
	d := newDesk(t, true, nil)
	if status, text := d.do(t, "GET", "config", nil); status != 200 || strings.Contains(string(text), "Webhook Secret Key") || !strings.Contains(string(text), "project_id: Webhook Account ID") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := d.do(t, "GET", "openapi.yaml", nil); status != 200 || !bytes.HasPrefix(text, []byte("openapi: 3.1.0")) {
		t.Errorf("%d %.100s", status, text)
	}
	if status, text := d.do(t, "GET", "alarms", nil); status != 200 || strings.TrimSpace(string(text)) != "[]" {
		t.Errorf("%d %s", status, text)
	}
	d.put(t, "Lead", `{"email":"a@example.com"}`)
	d.put(t, "Lead", `{"email":"b@example.com"}`)
	d.arrived(t, 2)
	status, lines := d.do(t, "GET", "events/export?email=b@example.com", nil)
	if status != 200 || bytes.Count(lines, []byte("\n")) != 1 || !bytes.Contains(lines, []byte(`"timeline":[{`)) {
		t.Errorf("%d %s", status, lines)
	}
	d.refusedWith(t, 400, "not known", "GET", "events/export?nonsense=1", nil)
	d.refusedWith(t, 422, "pending", "POST", "spool/adopt", strings.NewReader(`{"pending":"eat"}`))
	if a := must[control.Adopted](t, d, "POST", "spool/adopt", control.Decision{Pending: "send"}); a.Decided {
		t.Errorf("%+v", a)
	}
	must[struct{}](t, d, "POST", "salvage/seen", nil)
	must[struct{}](t, d, "POST", "projects/shop/probe", nil)
	if days, err := d.relay.Control().Days(context.Background(), control.DayQuery{}); err != nil || len(days.Rows) != 1 {
		t.Errorf("%+v %v", days, err)
	}
}
