package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"funnelrelay/spool"
)

// searchBudget is how long one page may be searched for.
const searchBudget = 60 * time.Millisecond

// walkBudget is how long one part of all that a query selects is searched for: a
// read keeps the file from growing, and intake with it.
const walkBudget = 200 * time.Millisecond

// pageOfBodies is how many bodies are in memory at one time where all that a
// query selects is gone through: each may be a megabyte.
const pageOfBodies = 25

// Events lists what q selects. It fails with ErrQuery for a query that is wrong.
func (c *Control) Events(ctx context.Context, q Query) (EventPage, error) {
	page := EventPage{Events: []Event{}}
	s, err := c.selects(&q)
	if err != nil {
		return page, err
	}
	s.Budget = searchBudget
	var named []spool.ID
	if s.Before == 0 { // what is called by its id stands first, on the first page
		for _, id := range s.ids {
			r, err := c.o.Spool.Record(id)
			switch {
			case errors.Is(err, spool.ErrNotFound):
			case err != nil:
				return page, err
			case s.fitsAll(&q, &r):
				named = append(named, id)
				page.Events = append(page.Events, c.listed(&r))
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return page, err
	}
	type waiting struct {
		queue string
		id    spool.ID
		at    int // in the page
	}
	var wait []waiting
	s.Look = func(r *spool.Record) {
		if slices.Contains(named, r.ID) {
			return
		}
		if r.State == spool.Pending { // the spool must not be asked here
			wait = append(wait, waiting{r.Queue, r.ID, len(page.Events)})
		}
		page.Events = append(page.Events, shown(r))
	}
	found, err := c.o.Spool.Find(s.Query)
	if err != nil {
		return page, fmt.Errorf("search: %w", err)
	}
	for _, w := range wait {
		page.Events[w.at].BeingSent = c.o.Spool.BeingSent(w.queue, w.id)
	}
	if found.Next != 0 {
		page.Next = found.Next.String()
	}
	page.SearchedTo = found.To
	return page, nil
}

// Event tells all of one event. It fails with ErrNotFound, or with a *Gone for
// one that was discarded.
func (c *Control) Event(_ context.Context, id string) (EventDetail, error) {
	r, err := c.record(id)
	if err != nil {
		return EventDetail{}, err
	}
	return c.detail(&r)
}

// Body is the exact body of an event.
func (c *Control) Body(_ context.Context, id string) ([]byte, error) {
	r, err := c.record(id)
	return r.Body, err
}

// record reads the record that text names. It fails as Event does.
func (c *Control) record(text string) (spool.Record, error) {
	id, err := idOf(text)
	if err != nil {
		return spool.Record{}, err
	}
	r, err := c.o.Spool.Record(id)
	if errors.Is(err, spool.ErrNotFound) {
		return r, c.gone(id)
	}
	return r, err
}

// gone says what became of a record that is not there.
func (c *Control) gone(id spool.ID) error {
	g, ok, err := c.o.Spool.Gone(id)
	switch {
	case err != nil:
		return err
	case !ok:
		return notFound("event %s: it was never there, or was sent longer ago than spool.keep_sent", id)
	}
	gone := &Gone{ID: id.String(), At: g.At.In(c.o.Zone()), Cause: g.Cause}
	if g.By != 0 {
		gone.By = g.By.String()
	}
	return gone
}

// each calls visit with all that s selects, newest first, until it fails or ctx
// ends. What is accepted meanwhile is not among it.
func (c *Control) each(ctx context.Context, s *selection, visit func(r *spool.Record) error) error {
	q := s.Query
	q.Limit, q.Budget = pageOfBodies, walkBudget
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := c.o.Spool.Find(q)
		if err != nil {
			return err
		}
		for i := range found.Records {
			if err := visit(&found.Records[i]); err != nil {
				return err
			}
		}
		if found.Next == 0 {
			return nil
		}
		q.Before = found.Next
	}
}
