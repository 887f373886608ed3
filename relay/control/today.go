package control

import (
	"context"
	"errors"
	"sync"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// Today gathers it.
func (c *Control) Today(_ context.Context) (Today, error) {
	now, _ := c.o.Spool.Now()
	now = now.In(c.o.Zone())
	t := Today{Day: now.Format(time.DateOnly), Totals: []Total{}}
	rows, err := c.o.Spool.Days(now.AddDate(0, 0, -flowDays).Format(time.DateOnly), t.Day)
	if err != nil {
		return t, err
	}
	sums := map[string]int64{}
	var currencies []string
	flow := flowOf(rows, t.Day)
	for i := range rows {
		r := &rows[i]
		if r.Day != t.Day {
			continue
		}
		t.Accepted += r.Accepted.Count
		t.Sent += r.Sent.Count
		_, _, currency := cutTally(r.Key)
		if currency == "" {
			continue
		}
		t.Sales += r.Accepted.Count - r.Discarded.Count
		t.SalesSent += r.Sent.Count
		if _, known := sums[currency]; !known {
			currencies = append(currencies, currency)
		}
		sums[currency] += r.Accepted.Amount - r.Discarded.Amount // an edit has taken one out, and accepted another
	}
	for _, currency := range sorted(currencies) {
		t.Totals = append(t.Totals, Total{currency, sums[currency]})
	}
	last := c.guess.last(c)
	t.LastSale, t.LastAccepted, t.LastSent = last.sale, last.accepted, last.sent
	t.RoomDays = c.room(flow)
	return t, nil
}

// flowDays is over how many days before today it is counted how much comes in.
const flowDays = 7

// flowOf is how many events a day came in on the days before today, since the
// first of them with any. On a first day it is what came until now.
func flowOf(rows []spool.Row, today string) float64 {
	first, before, now := "", int64(0), int64(0)
	for i := range rows {
		switch r := &rows[i]; {
		case r.Day == today:
			now += r.Accepted.Count
		case r.Accepted.Count > 0:
			if first == "" {
				first = r.Day
			}
			before += r.Accepted.Count
		}
	}
	from, err := time.Parse(time.DateOnly, first)
	to, wrong := time.Parse(time.DateOnly, today)
	if err != nil || wrong != nil {
		return float64(now)
	}
	return float64(before) / max(1, to.Sub(from).Hours()/24)
}

// room is for about how many days of such a flow the spool has room.
func (c *Control) room(flow float64) float64 {
	size := c.guess.size(c)
	if flow <= 0 || size <= 0 {
		return 0
	}
	h := c.o.Spool.Health()
	return float64(max(0, min(h.MaxSize-h.Used, h.DiskFree))) / size / flow
}

// guess is what is found in the spool once, or now and then, as it costs a look
// into it.
type guess struct {
	mu     sync.Mutex // guards all below
	looked bool
	before last // what the spool knew at the start
	at     time.Time
	bytes  float64 // of an event in the file; 0: there is none
}

// last is when the last ones came and went.
type last struct{ sale, accepted, sent time.Time }

// last is what happened since the start, or what the spool knows of before.
func (g *guess) last(c *Control) last {
	g.mu.Lock()
	if !g.looked {
		var err error
		g.before, err = lastOf(c.o.Spool)
		g.looked = err == nil
	}
	l := g.before
	g.mu.Unlock()
	if c.o.Last != nil {
		sale, accepted := c.o.Last()
		l.sale, l.accepted = later(l.sale, sale), later(l.accepted, accepted)
	}
	for _, q := range c.o.Queues() {
		if q.State != nil {
			l.sent = later(l.sent, q.State().LastSent)
		}
	}
	return l
}

// lastOf looks into the spool. What was sent last is the newest that was sent:
// about that.
func lastOf(s *spool.Spool) (l last, err error) {
	newest := func(q spool.Query) (r spool.Record) {
		q.Limit, q.Budget = 1, searchBudget
		found, wrong := s.Find(q)
		err = errors.Join(err, wrong)
		if len(found.Records) > 0 {
			r = found.Records[0]
		}
		return r
	}
	l.accepted = newest(spool.Query{}).Accepted
	l.sale = newest(spool.Query{Terms: [][]string{{"a:" + event.CommerceAction}}}).Accepted
	l.sent = newest(spool.Query{State: spool.Sent}).Ended
	return l, err
}

const (
	guessEvery  = time.Minute
	besideBytes = 400 // what an event takes beside its body, its keys and terms included
)

// size is what an event takes in the file, by the newest ones.
func (g *guess) size(c *Control) float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.at.IsZero() && time.Since(g.at) < guessEvery {
		return g.bytes
	}
	found, err := c.o.Spool.Find(spool.Query{Limit: pageOfBodies, Budget: searchBudget})
	if err != nil {
		return 0
	}
	g.at, g.bytes = time.Now(), 0
	for i := range found.Records {
		r := &found.Records[i]
		g.bytes += float64(len(r.Body)+len(r.Facts)+besideBytes) / float64(len(found.Records))
	}
	return g.bytes
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
