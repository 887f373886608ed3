package main

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

// queryFlags are the flags that select events.
type queryFlags struct {
	control.Query
	from, to string
}

// add defines the flags. State is one only where events of several states are
// meant.
func (f *queryFlags) add(cmd *cobra.Command, state bool) {
	flags := cmd.Flags()
	flags.StringVar(&f.Order, "order", "", "only with this order number")
	flags.StringVar(&f.Email, "email", "", "only of this person")
	flags.StringVar(&f.Session, "session", "", "only of this session")
	flags.StringVar(&f.SKU, "sku", "", "only with this article")
	flags.StringVar(&f.Action, "action", "", "only of this action")
	flags.StringVar(&f.Source, "source", "", "only of this source (http: the port)")
	flags.StringVar(&f.Project, "project", "", "only of this project")
	flags.StringVar(&f.Cause, "cause", "", "only where the reason holds this text")
	flags.StringVar(&f.from, "from", "", "accepted since: 2026-11-23, \"2026-11-23 14:00\", 14:00, yesterday, 2h")
	flags.StringVar(&f.to, "to", "", "accepted until then, a day included")
	if state {
		flags.StringVar(&f.State, "state", "", "only pending, sent or dead")
	}
}

// given says whether a flag selects something.
func (f *queryFlags) given() bool {
	return f.Query != (control.Query{State: f.State}) || f.from != "" || f.to != ""
}

// query is what the flags select, in the site's zone.
func (f *queryFlags) query(zone *time.Location) (control.Query, error) {
	q, now := f.Query, time.Now().In(zone)
	switch q.State {
	case "", "pending", "sent", "dead":
	default:
		return q, usagef("--state %s: write pending, sent or dead", q.State)
	}
	var err error
	if f.from != "" {
		if q.From, err = when(f.from, now, false); err != nil {
			return q, err
		}
	}
	if f.to != "" {
		if q.To, err = when(f.to, now, true); err != nil {
			return q, err
		}
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, usagef("--from %s is not before --to %s", f.from, f.to)
	}
	return q, nil
}

// parameters is the query as the API wants it in an address.
func parameters(q control.Query) url.Values {
	values := url.Values{}
	for name, text := range map[string]string{
		"q": q.Any, "order": q.Order, "email": q.Email, "session": q.Session, "sku": q.SKU, "action": q.Action,
		"source": q.Source, "project": q.Project, "state": q.State, "cause": q.Cause, "cursor": q.Cursor,
	} {
		if text != "" {
			values.Set(name, text)
		}
	}
	for name, t := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !t.IsZero() {
			values.Set(name, t.Format(time.RFC3339))
		}
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return values
}

// idDigits is how long an id is.
const idDigits = 16

// eventID reads an id as it is typed: its zeros at the front may be left out.
func eventID(text string) (string, error) {
	id := strings.ToLower(strings.TrimSpace(text))
	if _, err := strconv.ParseUint(id, 16, 64); err != nil || len(id) > idDigits {
		return "", usagef("%q is no id of an event, which has %d digits from 0 to f; `funnelrelay events find %s` looks for an order number, an email, a session or an article", text, idDigits, text)
	}
	return strings.Repeat("0", idDigits-len(id)) + id, nil
}

func eventIDs(texts []string) ([]string, error) {
	var ids []string
	for _, text := range texts {
		id, err := eventID(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
