package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// accepter is the Sink of every way in: it turns events into entries of the
// spool. It may be used concurrently.
type accepter struct {
	spool   *spool.Spool
	targets atomic.Pointer[map[string]*target] // by project name; replaced as a whole
}

// target is what accepting needs of a project.
type target struct {
	name  string
	queue string
	rules *event.Rules
	zone  *time.Location // the site's, in which a day begins
}

// Accept stores the batch; see event.Sink.
func (a *accepter) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	t := (*a.targets.Load())[b.Project]
	if t == nil {
		return nil, fmt.Errorf("project %s: %w", b.Project, event.ErrProject)
	}
	now, believed := a.spool.Now()
	stamp := stamping{
		oldest: time.Date(1990, 1, 1, 0, 0, 0, 0, t.zone), newest: now.Add(24 * time.Hour),
		target: t, rules: cmp.Or(b.Rules, t.rules), source: b.Source, now: now, wrong: !believed,
		day: now.In(t.zone).Format(time.DateOnly), room: newRoom(len(b.Offers)),
	}
	entries := make([]spool.Entry, len(b.Offers))
	for i := range b.Offers {
		stamp.entry(&entries[i], &b.Offers[i])
		if err := replaces(&entries[i], &b.Offers[i]); err != nil {
			return nil, err
		}
	}
	stored, err := a.spool.Put(ctx, spool.Batch{Entries: entries, Notes: b.Notes})
	if err != nil {
		return nil, refusal(err)
	}
	receipts := make([]event.Receipt, len(stored))
	for i, r := range stored {
		receipts[i] = event.Receipt{
			ID: r.ID.String(), Duplicate: r.Duplicate, Changed: r.Changed,
			Dead: dead(&b.Offers[i], r),
		}
	}
	return receipts, nil
}

// dead says that the offer was kept as dead.
func dead(o *event.Offer, r spool.Receipt) bool {
	if r.Duplicate {
		return false
	}
	return o.Held != "" || r.Changed && o.Changed == event.ChangedHold
}

// replaces says in e whose place the offer takes.
func replaces(e *spool.Entry, o *event.Offer) (err error) {
	if o.Replaces == "" {
		return nil
	}
	if e.Replaces, err = spool.ParseID(o.Replaces); err != nil {
		return &event.ErrNotReplaced{ID: o.Replaces}
	}
	return nil
}

// refusal says in the words of the event package why the spool took nothing.
func refusal(err error) error {
	var reused *spool.ErrKeyReused
	var not *spool.ErrNotReplaced
	switch {
	case errors.As(err, &not):
		refused := &event.ErrNotReplaced{ID: not.ID.String(), BeingSent: errors.Is(err, spool.ErrClaimed)}
		if not.First != 0 {
			refused.First = not.First.String()
		}
		return refused
	case errors.As(err, &reused):
		return &event.ErrKeyReused{First: reused.First.String()}
	case errors.Is(err, spool.ErrFull):
		return fmt.Errorf("%w: %w", event.ErrFull, err)
	case errors.Is(err, spool.ErrUnavailable), errors.Is(err, spool.ErrClosed):
		return fmt.Errorf("%w: %w", event.ErrUnavailable, err)
	}
	return err
}

// stamping is what all entries of a batch share.
type stamping struct {
	*target
	rules  *event.Rules // the source's, or the project's
	source string
	now    time.Time
	wrong  bool   // the clock cannot be right, and now is the spool's high-water mark
	day    string // of now, at the site
	oldest time.Time
	newest time.Time // between which a dateTime of the sender's own is to be believed

	room
	currency, key string // of the last tally
}

// entry fills e for the event of an offer.
func (s *stamping) entry(e *spool.Entry, o *event.Offer) {
	ev := o.Event
	facts := event.Facts{Action: ev.Action, Path: ev.Path, Source: s.source}
	e.Queue = s.queue
	e.Day = s.dayOf(ev)
	e.Terms = ev.Terms(s.source)
	e.Tallies = s.tallies(ev)
	e.Bury = o.Held
	e.Keys, e.Lanes = cut(&s.keys, 2), cut(&s.lanes, 2)
	if o.Key != nil {
		e.Keys = append(e.Keys, spool.Key{Name: []byte(o.Key.Name), Content: o.Key.Content, Strict: o.Key.Strict})
	}
	if o.Changed != "" && o.Changed != event.ChangedIgnore {
		e.Instead = func() *spool.Entry { return s.instead(o) }
	}
	if o.Held != "" {
		e.Body, e.Facts = ev.Body, facts.Append(nil)
		return
	}
	lanes, n := ev.Lanes(s.name)
	for _, lane := range lanes[:n] {
		e.Lanes = append(e.Lanes, spool.Lane(lane))
	}
	if s.rules.RepeatWindow > 0 {
		if name, ok := ev.RepeatKey(s.name); ok {
			e.Keys = append(e.Keys, spool.Key{Name: name, Within: s.rules.RepeatWindow})
		}
	}
	e.Compose = func(m *spool.Memory) spool.Composed {
		settled := ev.Settle(m, s.name, s.now, s.rules)
		if settled.Duplicate != 0 {
			return spool.Composed{Duplicate: spool.ID(settled.Duplicate)}
		}
		f := facts
		f.StampAt = settled.StampAt
		f.ClockWrong = s.wrong && settled.StampAt > 0
		return spool.Composed{Body: settled.Body, Facts: f.Append(nil)}
	}
}

// dayOf is the day that an event counts for: that of the sale, as the till's own
// total counts it, also where a file with it comes days later. One without a
// time, or with one that cannot be, counts for the day of its acceptance.
func (s *stamping) dayOf(ev *event.Event) string {
	if ev.Time.IsZero() || ev.Time.Before(s.oldest) || ev.Time.After(s.newest) {
		return s.day
	}
	return ev.Time.In(s.zone).Format(time.DateOnly)
}

// instead is the entry for an offer that came before with other content.
func (s *stamping) instead(o *event.Offer) *spool.Entry {
	second := o.Instead()
	if second == nil {
		return nil
	}
	e := new(spool.Entry)
	s.entry(e, second)
	return e
}

// tallies are what the days' counts add up: an event counts once for each
// currency that it is paid in, or once without one.
func (s *stamping) tallies(ev *event.Event) []spool.Tally {
	if len(ev.Totals) == 0 {
		return append(cut(&s.counts, 1), spool.Tally{Key: s.tallyKey("")})
	}
	tallies := cut(&s.counts, len(ev.Totals))
	for _, t := range ev.Totals {
		tallies = append(tallies, spool.Tally{Key: s.tallyKey(t.Currency), Amount: t.Cents})
	}
	return tallies
}

// room is what the entries of a batch take, asked for at once.
type room struct {
	keys   []spool.Key
	lanes  []spool.Lane
	counts []spool.Tally
}

func newRoom(n int) room {
	return room{make([]spool.Key, 2*n), make([]spool.Lane, 2*n), make([]spool.Tally, n)}
}

// cut takes an empty slice with room for n off from, or a new one where from
// is used up.
func cut[T any](from *[]T, n int) []T {
	if len(*from) < n {
		return make([]T, 0, n)
	}
	taken := (*from)[:0:n]
	*from = (*from)[n:]
	return taken
}

// tallyKey is the key of a row of the days: source, project and currency.
func (s *stamping) tallyKey(currency string) string {
	if s.key == "" || s.currency != currency {
		s.currency, s.key = currency, s.source+"\x00"+s.name+"\x00"+currency
	}
	return s.key
}
