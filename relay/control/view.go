package control

import (
	"strings"
	"unicode/utf8"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// flagNames are the words for a record's flags, in the order in which they are
// told.
var flagNames = []struct {
	flag spool.Flags
	name string
}{
	{spool.Confirmed, "confirmed"},
	{spool.Unproven, "unproven"},
	{spool.MayDouble, "may-double"},
	{spool.MayArrived, "may-have-arrived"},
	{spool.Unknown, "unknown"},
	{spool.Salvaged, "salvaged"},
	{spool.ClockWrong, "clock-wrong"},
}

// listed makes of a record what is shown of it in a list.
func (c *Control) listed(r *spool.Record) Event {
	e := shown(r)
	e.BeingSent = r.State == spool.Pending && c.o.Spool.BeingSent(r.Queue, r.ID)
	return e
}

// shown is listed, but for what only the spool knows: it does not ask that, and
// keeps none of the record's bytes.
func shown(r *spool.Record) Event {
	name, id, _ := strings.Cut(r.Queue, "/")
	e := Event{
		ID: r.ID.String(), Project: name, ProjectID: id, State: r.State.String(), Accepted: r.Accepted, Day: r.Day,
		Attempts: r.Attempts, Due: r.Due, Ended: r.Ended, Status: r.Status, Cause: legible(r.Cause), Size: len(r.Body),
	}
	for _, f := range flagNames {
		if r.Flags&f.flag != 0 {
			e.Flags = append(e.Flags, f.name)
		}
	}
	if r.Replaces != 0 {
		e.Replaces = r.Replaces.String()
	}
	facts, err := event.ParseFacts(r.Facts)
	switch {
	case unreadable(r):
		e.Unreadable, e.Cause = e.Cause, ""
		return e
	case err != nil:
		e.Unreadable = err.Error()
	default:
		e.Action, e.Source = legible(facts.Action), facts.Source
		if facts.ClockWrong && r.Flags&spool.ClockWrong == 0 {
			e.Flags = append(e.Flags, "clock-wrong")
		}
	}
	w := peek(r.Body)
	e.Email, e.Session, e.Order = legible(w.email), legible(w.session), legible(w.order())
	e.Totals = totalsOf(r.Tallies)
	return e
}

// unreadable says that the bytes of a record that a search found could not be
// read. The cause says why.
func unreadable(r *spool.Record) bool { return r.Body == nil && r.Facts == nil }

// totalsOf are the amounts of a record's tallies.
func totalsOf(tallies []spool.Tally) (totals []Total) {
	for _, t := range tallies {
		if _, _, currency := cutTally(t.Key); currency != "" {
			totals = append(totals, Total{currency, t.Amount})
		}
	}
	return totals
}

// cutTally takes the key of a row of the days apart.
func cutTally(key string) (source, project, currency string) {
	source, rest, _ := strings.Cut(key, "\x00")
	project, currency, _ = strings.Cut(rest, "\x00")
	return source, project, currency
}

// legible is a text that can stand in JSON and on a page.
func legible(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// detail makes of a record all that is shown of it.
func (c *Control) detail(r *spool.Record) (EventDetail, error) {
	d := EventDetail{Event: c.listed(r), Body: legible(string(r.Body)), Answer: legible(string(r.Answer)), Attempts: []Attempt{}}
	tries, err := c.o.Spool.Attempts(r.ID)
	if err != nil {
		return d, err
	}
	for _, t := range tries {
		d.Attempts = append(d.Attempts, Attempt{
			At: t.Began, Millis: float64(t.Took.Microseconds()) / 1000, Status: t.Status,
			Cause: legible(t.Cause), Answer: legible(string(t.Answer)),
		})
	}
	if q := c.queue(r.Queue); q != nil && q.URL != nil {
		if facts, err := event.ParseFacts(r.Facts); err == nil {
			d.URL = q.URL(facts.Path)
		}
	}
	d.MayRetry, d.MayDiscard, d.MayEdit = c.may(r)
	return d, nil
}

// queue is the queue of that name; nil where there is none.
func (c *Control) queue(name string) *Queue {
	for _, q := range c.o.Queues() {
		if q.Name == name {
			return &q
		}
	}
	return nil
}

// may says what a person may do with a record now: "" or why not.
func (c *Control) may(r *spool.Record) (retry, discard, edit string) {
	switch r.State {
	case spool.Sent:
		return whySent, whySent, whySent
	case spool.Pending:
		if c.o.Spool.BeingSent(r.Queue, r.ID) {
			return whyClaimed, whyClaimed, whyClaimed
		}
		return whyPending, "", whyNotDead
	case spool.Dead:
		if refusal := c.unsendable(r); refusal != nil {
			return refusal.Why, "", ""
		}
		return "", "", ""
	}
	return whyNoState, whyNoState, whyNoState
}

// Why a person may not do something with an event.
const (
	whySent    = "it is sent already: sending it again would double it"
	whyPending = "it waits already, and goes out by itself"
	whyClaimed = "it is being sent now; look again in a moment"
	whyNotDead = "only a dead event can be edited; this one waits to be sent"
	whyNoState = "its state in the spool cannot be read; run `funnelrelay spool check`"
	whyDouble  = "an attempt for it had no answer, so that it may have arrived: look for it in the project first, and force the edit where it is not there"
)

// unsendable says why a dead record cannot be sent as it is; nil: it can.
func (c *Control) unsendable(r *spool.Record) *Refused {
	q := c.queue(r.Queue)
	if q == nil || !q.Configured {
		name, id, _ := strings.Cut(r.Queue, "/")
		return &Refused{Why: "project " + name + " with project_id " + id + " is not in the config: put it back, or edit the event and name another project"}
	}
	facts, err := event.ParseFacts(r.Facts)
	if err != nil {
		return &Refused{Why: "what stands beside its body cannot be read (" + err.Error() + "): edit it and name its action"}
	}
	if _, faults := event.Normalize(facts.Path, r.Body, c.o.Rules(q.Project, facts.Source)); faults != nil {
		return &Refused{Why: "it breaks the webhook's contract and would be refused again: edit it", Faults: faults}
	}
	return nil
}
