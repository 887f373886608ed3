package relay_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/alarm"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/doctor"
	"funnelrelay/relay/ingest"
)

// desk is a relay whose upstream cannot be reached, so that what waits stays, and
// the token to ask it with.
type desk struct {
	*rig
	cfg   *config.Config
	token string
}

// newDesk runs a relay; with up, before a sandbox.
func newDesk(t *testing.T, up bool, change func(*config.Config)) *desk {
	t.Helper()
	d := &desk{}
	d.rig = newRig(t, func(c *config.Config) {
		d.cfg = c
		if !up {
			c.Projects[0].URL = "http://127.0.0.1:1"
		}
		if change != nil {
			change(c)
		}
	})
	token, err := ingest.ReadAdminToken(d.cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	d.token = string(token)
	return d
}

// do makes a request of the API. A body that is no reader is sent as JSON.
func (d *desk) do(t *testing.T, method, path string, body any) (int, []byte) {
	t.Helper()
	res, text := d.ask(t, method, path, body)
	return res.StatusCode, text
}

func (d *desk) ask(t *testing.T, method, path string, body any) (*http.Response, []byte) {
	t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		in = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, d.base+"/api/v1/"+path, in)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	sent := drained(t, req)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	document(t).exchange(t, req, sent, res, text)
	return res, text
}

// must makes a request that is to be answered with 2xx, and decodes the answer.
func must[T any](t *testing.T, d *desk, method, path string, body any) (answer T) {
	t.Helper()
	status, text := d.do(t, method, path, body)
	if status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return answer
}

// refusedWith makes a request that is to be refused with this status, in words.
func (d *desk) refusedWith(t *testing.T, status int, words, method, path string, body any) control.Problem {
	t.Helper()
	res, text := d.ask(t, method, path, body)
	var p control.Problem
	if res.StatusCode != status || !strings.Contains(string(text), words) {
		t.Errorf("%s %s: %d %s, want %d and %q", method, path, res.StatusCode, text, status, words)
	}
	if kind := res.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s %s: Content-Type %s", method, path, kind)
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Status != res.StatusCode || p.Detail == "" {
		t.Errorf("%s %s: %s: %v", method, path, text, err)
	}
	return p
}

// put posts an event and is its id.
func (d *desk) put(t *testing.T, action, body string) string {
	t.Helper()
	status, text := d.post(t, action, body)
	var a struct{ ID string }
	if err := json.Unmarshal([]byte(text), &a); err != nil || status/100 != 2 {
		t.Fatalf("%d %s %v", status, text, err)
	}
	return a.ID
}

func sale(email, order string, cents int) string {
	return `{"email":"` + email + `","purchase_data":[{"__sku__":"SKU-` + order + `","__label__":"Tea","__total_in_cents__":` +
		jsonText(cents) + `,"__order__":"` + order + `","__currency__":"EUR"}]}`
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const commerce = "__commerce_action__"

// TestSearch: every way to find an event, and only that one.
func TestSearch(t *testing.T) {
	d := newDesk(t, false, nil)
	id := d.put(t, commerce, sale("Jane@Shop.example", "A-4711", 1250))
	other := d.put(t, commerce, sale("joe@shop.example", "A-4712", 99))
	lead := d.put(t, "Lead", `{"email":"jane@shop.example","session":"s-77"}`)
	for query, want := range map[string][]string{
		"q=A-4711":                               {id},
		"q=%20A-4711%20":                         {id},
		"q=" + id:                                {id},
		"q=" + strings.ToUpper(id):               {id},
		"q=" + strings.TrimLeft(id, "0"):         {id},
		"q=JANE@shop.example":                    {lead, id},
		"q=s-77":                                 {lead},
		"q=SKU-A-4712":                           {other},
		"order=A-4712":                           {other},
		"email=Jane@shop.example&action=Lead":    {lead},
		"session=s-77":                           {lead},
		"sku=SKU-A-4711":                         {id},
		"action=Lead":                            {lead},
		"source=http":                            {lead, other, id},
		"project=shop&state=pending":             {lead, other, id},
		"state=dead":                             {},
		"project=nobody":                         {},
		"q=nothing-like-it":                      {},
		"limit=1":                                {lead},
		"from=2020-01-01T00:00:00Z&order=A-4711": {id},
		"to=2020-01-01T00:00:00Z":                {},
		"cause=no+such+cause":                    {},
	} {
		page := must[control.EventPage](t, d, "GET", "events?"+query, nil)
		got := []string{}
		for _, e := range page.Events {
			got = append(got, e.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	var all []string
	for cursor := ""; ; {
		page := must[control.EventPage](t, d, "GET", "events?limit=2&cursor="+cursor, nil)
		for _, e := range page.Events {
			all = append(all, e.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if strings.Join(all, " ") != strings.Join([]string{lead, other, id}, " ") {
		t.Errorf("pages: %v", all)
	}
	for query, words := range map[string]string{
		"nonsense=1": "is not known", "limit=0x": "is no number", "limit=501": "not from 1 to 500", "state=lost": "none of pending",
		"cursor=xyz": "cursor", "from=yesterday": "is no time", "q=a&q=b": "stands 2 times", "limit=-1": "not from 1",
		"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "is not before",
	} {
		d.refusedWith(t, 400, words, "GET", "events?"+query, nil)
	}
	e := must[control.EventPage](t, d, "GET", "events?q=A-4711", nil).Events[0]
	if e.Email != "jane@shop.example" || e.Order != "A-4711" || e.Project != "shop" || e.Action != commerce || e.State != "pending" ||
		len(e.Totals) != 1 || e.Totals[0] != (control.Total{Currency: "EUR", Cents: 1250}) {
		t.Errorf("listed as %+v", e)
	}
	detail := must[control.EventDetail](t, d, "GET", "events/"+strings.TrimLeft(id, "0"), nil)
	if detail.URL != "http://127.0.0.1:1/api/v1/webhook/__commerce_action__" || !strings.Contains(detail.MayRetry, "waits already") && !strings.Contains(detail.MayRetry, "being sent") {
		t.Errorf("detail: %+v", detail)
	}
	d.refusedWith(t, 404, "not found", "GET", "events/ffffff", nil)
	d.refusedWith(t, 404, "hexadecimal", "GET", "events/what", nil)
}

// TestBodiesByteForByte: what is stored is given back as it is, whatever is in
// it.
func TestBodiesByteForByte(t *testing.T) {
	d := newDesk(t, false, nil)
	for _, value := range []string{
		`<script>alert(1)</script>&\u003c`, "שלום \u202eevil", "𝄞😀\U0010FFFF", strings.Repeat("x", 1<<20-200), `\"\\\/\b\f\n`,
	} {
		body := `{"email":"a@example.com","dateTime":"2026-01-02T03:04:05+01:00","v":"` + value + `"}`
		id := d.put(t, "Lead", body)
		if status, text := d.do(t, "GET", "events/"+id+"/body", nil); status != 200 || string(text) != body {
			t.Errorf("%.80s: %d %.80s", body, status, text)
		}
		if detail := must[control.EventDetail](t, d, "GET", "events/"+id, nil); detail.Body != body {
			t.Errorf("%.80s: as text %.80s", body, detail.Body)
		}
	}
}

// TestTokens: who may not, and a token in a URL.
func TestTokens(t *testing.T) {
	d := newDesk(t, false, nil)
	good := d.token
	for _, token := range []string{"", "wrong", good + "x"} {
		d.token = token
		if status, text := d.do(t, "GET", "events", nil); status != 401 {
			t.Errorf("token %q: %d %s", token, status, text)
		}
		if status, _ := d.do(t, "POST", "purge", control.Purge{Email: "a@example.com"}); status != 401 {
			t.Errorf("token %q: purge %d", token, status)
		}
	}
	d.token = good
	d.refusedWith(t, 400, "a token does not belong into an address", "GET", "events?token="+good, nil)
	d.refusedWith(t, 400, "a token does not belong into an address", "GET", "status?access_token=x", nil)
	d.refusedWith(t, 404, "there is nothing here", "GET", "nothing", nil)
	d.refusedWith(t, 405, "takes POST", "GET", "purge", nil)
	d.refusedWith(t, 400, `unknown field \"reasons\"`, "POST", "events/1/discard", strings.NewReader(`{"reasons":"x"}`))
	d.refusedWith(t, 400, "not what is expected", "POST", "purge", strings.NewReader(`[]`))
	d.refusedWith(t, 413, "larger than", "POST", "purge", strings.NewReader(strings.Repeat(" ", 5<<20)))
}

// TestAlarmsAndDoctor: an alarm is seen, and those who are told of alarms are
// tried; the doctor looks; a browser is let in.
func TestAlarmsAndDoctor(t *testing.T) {
	d := newDesk(t, true, nil)
	d.do(t, "POST", "projects/shop/pause", nil)
	const held = "project-held/shop"
	d.refusedWith(t, 404, "no such alarm", "POST", "alarms/seen", control.AlarmName{Name: "dead/none"})
	if status, text := d.do(t, "POST", "alarms/seen", control.AlarmName{Name: held}); status != 204 {
		t.Fatalf("%d %s", status, text)
	}
	alarms := must[[]alarm.Alarm](t, d, "GET", "alarms", nil)
	if len(alarms) != 1 || alarms[0].Name != held || alarms[0].Seen.IsZero() {
		t.Errorf("%+v", alarms)
	}
	if tried := must[relay.AlarmTest](t, d, "POST", "alarms/test", nil); len(tried.Targets) != 0 {
		t.Errorf("%+v", tried)
	}
	if checks := must[[]doctor.Check](t, d, "GET", "doctor", nil); len(checks) < 10 {
		t.Errorf("%+v", checks)
	}
	if link := must[ingest.Link](t, d, "POST", "login", nil); !strings.Contains(link.URL, "/login?code=") {
		t.Errorf("%+v", link)
	}
}

// holding has bodies that break the contract kept as dead.
func holding(c *config.Config) { c.Projects[0].Invalid = config.InvalidHold }

// TestDeadAndBack: a dead event is seen, edited and sent; what would double is
// refused, and a second browser is told of the first.
func TestDeadAndBack(t *testing.T) {
	d := newDesk(t, true, holding)
	broken := `{"email":"jane@shop.example","purchase_data":[{"__sku__":"1","__label__":"Tea","__total_in_cents__":"abc","__order__":"77","__currency__":"EUR"}]}`
	id := d.put(t, commerce, broken)
	detail := must[control.EventDetail](t, d, "GET", "events/"+id, nil)
	if detail.State != "dead" || detail.Body != broken || detail.MayRetry == "" || detail.MayEdit != "" || detail.MayDiscard != "" || detail.Email != "jane@shop.example" || detail.Order != "77" {
		t.Errorf("%+v", detail)
	}
	p := d.refusedWith(t, 409, "refused again: edit it", "POST", "events/"+id+"/retry", nil)
	if len(p.Errors) != 1 || p.Errors[0].Pointer != "/purchase_data/0/__total_in_cents__" {
		t.Errorf("faults: %+v", p.Errors)
	}
	d.refusedWith(t, 422, "/purchase_data/0/__total_in_cents__", "POST", "events/"+id+"/edit", control.Edit{Body: json.RawMessage(broken)})
	d.refusedWith(t, 404, "project", "POST", "events/"+id+"/edit", control.Edit{Body: json.RawMessage(broken), Project: "nobody"})
	d.refusedWith(t, 400, "no \\\"body\\\"", "POST", "events/"+id+"/edit", strings.NewReader(`{"action":"x"}`))
	fixed := strings.Replace(broken, `"abc"`, "199", 1)
	checked := must[control.Checked](t, d, "POST", "events/check?project=shop&action="+commerce, strings.NewReader(broken))
	if checked.OK || len(checked.Errors) != 1 {
		t.Errorf("checked: %+v", checked)
	}
	if checked = must[control.Checked](t, d, "POST", "events/check", strings.NewReader(fixed)); !checked.OK || checked.Body != fixed {
		t.Errorf("checked: %+v", checked)
	}
	decided := must[control.Decided](t, d, "POST", "events/"+id+"/edit", control.Edit{Body: json.RawMessage(fixed)})
	if decided.ID != id || decided.NewID == "" || decided.State != "pending" {
		t.Errorf("%+v", decided)
	}
	if p := d.refusedWith(t, 410, "was replaced by "+decided.NewID, "POST", "events/"+id+"/edit", control.Edit{Body: json.RawMessage(fixed)}); p.ReplacedBy != decided.NewID {
		t.Errorf("%+v", p)
	}
	d.refusedWith(t, 410, decided.NewID, "GET", "events/"+id, nil)
	d.refusedWith(t, 410, decided.NewID, "POST", "events/"+id+"/discard", nil)
	d.arrived(t, 1)
	if now := must[control.EventDetail](t, d, "GET", "events/"+decided.NewID, nil); now.State != "sent" || now.Replaces != id || len(now.Attempts) != 1 || now.Attempts[0].Status/100 != 2 {
		t.Errorf("%+v", now)
	}
	d.refusedWith(t, 409, "would double", "POST", "events/"+decided.NewID+"/retry", nil)
	d.refusedWith(t, 409, "sent already", "POST", "events/"+decided.NewID+"/discard", nil)
	d.refusedWith(t, 409, "sent already", "POST", "events/"+decided.NewID+"/edit", control.Edit{Body: json.RawMessage(fixed)})
	total := d.relay.Status().Total
	if !total.Balanced() || total.Accepted != 2 || total.Discarded != 1 || total.Sent != 1 {
		t.Errorf("%+v", total)
	}
}

// TestPauseStays: a pause by hand holds over a restart, shows, and ends.
func TestPauseStays(t *testing.T) {
	d := newDesk(t, true, nil)
	d.refusedWith(t, 404, "not in the config", "POST", "projects/nobody/pause", nil)
	must[struct{}](t, d, "POST", "projects/shop/pause", control.Reason{Reason: "stock-taking"})
	d.refusedWith(t, 409, "resume it", "POST", "projects/shop/probe", nil)
	d.put(t, "Lead", `{"email":"a@example.com"}`)
	s := must[control.Status](t, d, "GET", "status", nil)
	if up := s.Projects[0].Upstream; up == nil || up.Mode != "held" || up.Cause != "stock-taking" || s.Total.Pending != 1 {
		t.Errorf("%+v", s.Projects[0])
	}
	if len(s.Alarms) != 1 || s.Alarms[0].Name != "project-held/shop" || !strings.Contains(s.Alarms[0].Text, "stock-taking") {
		t.Errorf("%+v", s.Alarms)
	}
	must[struct{}](t, d, "POST", "projects/shop/resume", nil)
	d.arrived(t, 1)
	if s = must[control.Status](t, d, "GET", "status", nil); len(s.Alarms) != 0 {
		t.Errorf("%+v", s.Alarms)
	}
	must[struct{}](t, d, "POST", "projects/shop/pause", nil)
	again := reopened(t, d.rig, d.cfg)
	if up := again.Status().Projects[0].Upstream; up.Mode != "held" || up.Cause != "paused by hand" || time.Since(up.Since) > time.Minute {
		t.Errorf("after a restart: %+v", up)
	}
}

// reopened stops the relay of a rig and opens it anew, without running it.
func reopened(t *testing.T, r *rig, cfg *config.Config) *relay.Relay {
	t.Helper()
	r.stopRelay(t)
	again, err := relay.Open(cfg, relay.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
	return again
}
