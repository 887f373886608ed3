package dashboard

import (
	"net/http"
	"strconv"
	"time"

	"funnelrelay/relay/control"
)

// eventsView is a list of events with its search.
type eventsView struct {
	*page
	Query   control.Query
	From    string // as typed
	To      string
	Page    control.EventPage
	Wrong   string // what is wrong with the query
	Next    string // the link to older ones
	Newest  string // the link to the newest; "": these are they
	Narrow  bool   // a filter is set besides the search box
	Sources []string
}

// perPage is how many events a page lists.
const perPage = 50

// queryOf reads a query as it stands in a form or a link. Days are days at the
// site, the last of them inclusive.
func queryOf(r *http.Request, zone *time.Location) control.Query {
	q := control.Query{
		Any: r.FormValue("q"), Order: r.FormValue("order"), Email: r.FormValue("email"), Session: r.FormValue("session"),
		SKU: r.FormValue("sku"), Action: r.FormValue("action"), Source: r.FormValue("source"), Project: r.FormValue("project"),
		State: r.FormValue("state"), Cause: r.FormValue("cause"), Cursor: r.FormValue("cursor"), Limit: perPage,
	}
	if t, err := time.ParseInLocation(time.DateOnly, r.FormValue("from"), zone); err == nil {
		q.From = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, r.FormValue("to"), zone); err == nil {
		q.To = t.AddDate(0, 0, 1)
	}
	return q
}

// link is the address of the list that q selects, after cursor.
func (v *eventsView) link(cursor string) string {
	q := &v.Query
	return "/events" + v.page.Query("q", q.Any, "order", q.Order, "email", q.Email, "session", q.Session, "sku", q.SKU,
		"action", q.Action, "source", q.Source, "project", q.Project, "state", q.State, "cause", q.Cause,
		"from", v.From, "to", v.To, "cursor", cursor)
}

func (d *Dashboard) events(p *page, w http.ResponseWriter, r *http.Request) error {
	p.Name = "events"
	v := eventsView{page: p, Query: queryOf(r, p.zone), From: r.FormValue("from"), To: r.FormValue("to")}
	q := &v.Query
	v.Narrow = q.Action != "" || q.Source != "" || q.Project != "" || v.From != "" || v.To != "" || q.Cause != ""
	for _, s := range p.Status.Sources {
		v.Sources = append(v.Sources, s.Source)
	}
	status := http.StatusOK
	var err error
	if v.Page, err = d.o.Control.Events(r.Context(), *q); err != nil {
		if !isQuery(err) {
			return err
		}
		v.Wrong, status = err.Error(), http.StatusBadRequest
	}
	if v.Page.Next != "" {
		v.Next = v.link(v.Page.Next)
	}
	if q.Cursor != "" {
		v.Newest = v.link("")
	}
	return d.render(w, status, "events", &v)
}

// Found says that something was looked for.
func (v *eventsView) Found() bool {
	q := v.Query
	q.Cursor, q.Limit = "", 0
	return q != control.Query{}
}

// eventView is one event with its story.
type eventView struct {
	*page
	E      control.EventDetail
	Pretty string // the body with line breaks; "": it is no JSON
	Raw    []run
	Cut    bool // the body is longer than what is shown
	Curl   string
	Gone   *control.Gone // it was taken out
}

func (d *Dashboard) event(p *page, w http.ResponseWriter, r *http.Request) error {
	p.Name = "event"
	id := r.PathValue("id")
	v := eventView{page: p}
	var err error
	v.E, err = d.o.Control.Event(r.Context(), id)
	if gone := goneOf(err); gone != nil {
		// The page has an answer; a status of 410 would be an error in the
		// browser's console.
		v.E.ID, v.Gone = id, gone
		return d.render(w, http.StatusOK, "event", &v)
	}
	if err != nil {
		return err
	}
	v.Raw, v.Cut = Visible(v.E.Body)
	if !v.Cut {
		v.Pretty = pretty(v.E.Body)
	}
	v.Curl = curl(&v.E)
	return d.render(w, http.StatusOK, "event", &v)
}

// MayAct says that there is something that a person may do.
func (v *eventView) MayAct() bool {
	return v.E.MayRetry == "" || v.E.MayDiscard == "" || v.E.MayEdit == ""
}

// MayForce says that an edit needs the person's word that it may double.
func (v *eventView) MayForce() bool { return mayHaveArrived(&v.E.Event) }

func (d *Dashboard) retry(_ *page, w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	_, err := d.o.Control.Retry(r.Context(), id)
	return d.settle(w, r, back(r, "/events/"+id), flash{Key: "note.retried", Link: id}, err)
}

func (d *Dashboard) discard(_ *page, w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	_, err := d.o.Control.Discard(r.Context(), id, r.PostFormValue("reason"))
	return d.settle(w, r, back(r, "/events/"+id), flash{Key: "note.discarded", Link: id}, err)
}

// Attempt is the number of an attempt in the timeline, of which the last 20 are
// kept.
func (v *eventView) Attempt(i int) string {
	return strconv.Itoa(max(v.E.Event.Attempts, len(v.E.Attempts)) - len(v.E.Attempts) + i + 1)
}
