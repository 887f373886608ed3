package relay_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
)

// withUpstream runs a relay before a handler.
func withUpstream(t *testing.T, answer http.HandlerFunc) *desk {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return newDesk(t, false, func(c *config.Config) { c.Projects[0].URL = s.URL })
}

// TestBeingSent: nobody decides about an event while it is on its way.
func TestBeingSent(t *testing.T) {
	begun, go1 := make(chan struct{}), make(chan struct{})
	d := withUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-go1
	})
	id := d.put(t, "Lead", `{"email":"a@example.com"}`)
	<-begun
	d.refusedWith(t, 409, "being sent now", "POST", "events/"+id+"/discard", nil)
	d.refusedWith(t, 409, "being sent now", "POST", "events/"+id+"/retry", nil)
	d.refusedWith(t, 409, "being sent now", "POST", "events/"+id+"/edit", control.Edit{Body: json.RawMessage(`{"email":"a@example.com"}`)})
	if e := must[control.EventPage](t, d, "GET", "events", nil).Events[0]; !e.BeingSent {
		t.Errorf("%+v", e)
	}
	close(go1)
	soon(t, "sent", func() bool { return d.relay.Status().Total.Sent == 1 })
}

// TestMayHaveArrived: an edit of what may have arrived is forced, or not done; a
// retry sends the same bytes.
func TestMayHaveArrived(t *testing.T) {
	var n atomic.Int32
	var last atomic.Value
	d := withUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 1000)
		size, _ := r.Body.Read(body)
		last.Store(string(body[:size]))
		switch n.Add(1) {
		case 1:
			panic(http.ErrAbortHandler) // no answer
		case 2:
			http.Error(w, "<b>what is this?</b>", http.StatusUnprocessableEntity)
		}
	})
	id := d.put(t, "Lead", `{"email":"a@example.com"}`)
	soon(t, "dead", func() bool { return d.relay.Status().Total.Dead == 1 })
	dead := must[control.EventDetail](t, d, "GET", "events/"+id, nil)
	if fmt.Sprint(dead.Flags) != "[may-have-arrived]" || len(dead.Attempts) != 2 || dead.Attempts[0].Status != 0 || dead.Attempts[1].Status != 422 ||
		!strings.Contains(dead.Attempts[1].Answer, "what is this?") || dead.MayRetry != "" || dead.Status != 422 {
		t.Errorf("%+v", dead)
	}
	edit := control.Edit{Body: json.RawMessage(`{"email":"b@example.com"}`)}
	d.refusedWith(t, 409, "may have arrived", "POST", "events/"+id+"/edit", edit)
	if decided := must[control.Decided](t, d, "POST", "events/"+id+"/retry", nil); decided.ID != id || decided.NewID != "" {
		t.Errorf("%+v", decided)
	}
	soon(t, "sent", func() bool { return d.relay.Status().Total.Sent == 1 })
	if last.Load() != dead.Body {
		t.Errorf("sent %s, want %s", last.Load(), dead.Body)
	}

	n.Store(0)
	other := d.put(t, "Lead", `{"email":"a@example.com","n":2}`)
	soon(t, "dead", func() bool { return d.relay.Status().Total.Dead == 1 })
	unchanged := must[control.EventDetail](t, d, "GET", "events/"+other, nil).Body
	d.refusedWith(t, 409, "nothing is changed", "POST", "events/"+other+"/edit", control.Edit{Body: json.RawMessage(unchanged), Force: true})
	edit.Force, edit.Action = true, "Café / Bar"
	decided := must[control.Decided](t, d, "POST", "events/"+other+"/edit", edit)
	soon(t, "sent", func() bool { return d.relay.Status().Total.Sent == 2 })
	if now := must[control.EventDetail](t, d, "GET", "events/"+decided.NewID, nil); now.Action != "Café / Bar" || !strings.HasSuffix(now.URL, "/Caf%C3%A9%20%2F%20Bar") || now.Email != "b@example.com" {
		t.Errorf("%+v", now)
	}
}

// TestRetryOfHeld: what was held from the start, and is legal, is accepted anew,
// with a stamp.
func TestRetryOfHeld(t *testing.T) {
	d := newDesk(t, true, nil)
	line := `{"id":"0000000000000007","project":"shop","action":"Lead","source":"till","state":"dead","accepted":"2026-01-01T00:00:00Z","cause":"older than memory","body":"{\"email\":\"a@example.com\"}"}`
	if done := must[control.Imported](t, d, "POST", "spool/import?states=dead", strings.NewReader(line)); done.Accepted != 1 {
		t.Fatalf("%+v", done)
	}
	dead := must[control.EventPage](t, d, "GET", "events?state=dead&source=till", nil).Events[0]
	if dead.Cause != "older than memory" {
		t.Errorf("%+v", dead)
	}
	done := must[control.BulkResult](t, d, "POST", "events/bulk", control.Bulk{Do: "retry", Query: control.Query{Cause: "OLDER"}})
	if done.Done != 1 {
		t.Errorf("%+v", done)
	}
	arrived := d.arrived(t, 1)
	if !strings.Contains(arrived[0].Body, `"dateTime"`) {
		t.Errorf("%s", arrived[0].Body)
	}
	d.refusedWith(t, 410, "was replaced by", "GET", "events/"+dead.ID, nil)
}
