package control

import (
	"context"
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// Exported is a line of an export of the spool: all that another relay needs to
// take the event over.
type Exported struct {
	ID        string    `json:"id"`
	Project   string    `json:"project"`
	ProjectID string    `json:"project_id,omitempty"`
	Action    string    `json:"action"`
	Path      string    `json:"path,omitempty"` // the action as the sender escaped it; "": as it is escaped by us
	Source    string    `json:"source"`
	State     string    `json:"state"`
	Accepted  time.Time `json:"accepted"`
	Day       string    `json:"day,omitempty"`
	Ended     time.Time `json:"ended,omitzero"`
	Status    int       `json:"status,omitempty"`
	Cause     string    `json:"cause,omitempty"`
	Flags     []string  `json:"flags,omitempty"`
	Body      string    `json:"body"`            // the exact bytes
	Raw       []byte    `json:"raw,omitempty"`   // the exact bytes in base64, where they are no UTF-8; Body is "" then
	Error     string    `json:"error,omitempty"` // why nothing more can be read of it
}

// ExportSpool writes all events of the states, or with none of all three, as a
// line of JSON each: those of one state after the other, the oldest first, so
// that an import keeps the order of a person's events.
func (c *Control) ExportSpool(ctx context.Context, states []string, w io.Writer) error {
	wanted, err := statesOf(states)
	if err != nil {
		return err
	}
	if wanted == nil {
		wanted = []spool.State{spool.Pending, spool.Dead, spool.Sent}
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, state := range wanted {
		for after := spool.ID(0); ; {
			if err := ctx.Err(); err != nil {
				return err
			}
			list, err := c.o.Spool.List("", state, after, pageOfBodies)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				break
			}
			for i := range list {
				if err := out.Encode(c.exported(&list[i])); err != nil {
					return err
				}
			}
			after = list[len(list)-1].ID
		}
	}
	return nil
}

func (c *Control) exported(r *spool.Record) Exported {
	e := c.listed(r)
	x := Exported{
		ID: e.ID, Project: e.Project, ProjectID: e.ProjectID, Action: e.Action, Source: e.Source, State: e.State,
		Accepted: e.Accepted, Day: e.Day, Ended: e.Ended, Status: e.Status, Cause: e.Cause, Flags: e.Flags, Error: e.Unreadable,
	}
	if facts, err := event.ParseFacts(r.Facts); err == nil && event.EscapeAction(facts.Action) != facts.Path {
		x.Path = facts.Path
	}
	if utf8.Valid(r.Body) {
		x.Body = string(r.Body)
	} else {
		x.Raw = r.Body
	}
	return x
}

// statesOf reads the names of states; all three are none.
func statesOf(names []string) (states []spool.State, err error) {
	seen := map[spool.State]bool{}
	for _, name := range names {
		var state spool.State
		switch name {
		case statePending:
			state = spool.Pending
		case "sent":
			state = spool.Sent
		case stateDead:
			state = spool.Dead
		default:
			return nil, queryError("state %s is none of pending, sent and dead", quote(name))
		}
		if !seen[state] {
			seen[state] = true
			states = append(states, state)
		}
	}
	if len(states) == 3 {
		states = nil
	}
	return states, nil
}

// ExportEvents writes an EventDetail as a line of JSON for each event that q
// selects, newest first.
func (c *Control) ExportEvents(ctx context.Context, q Query, w io.Writer) error {
	q.Limit, q.Cursor = 0, ""
	s, err := c.selects(&q)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	return c.each(ctx, s, func(r *spool.Record) error {
		d, err := c.detail(r)
		if err != nil {
			return err
		}
		return out.Encode(d)
	})
}
