package control

import (
	"context"
	"errors"
	"slices"
	"strings"

	"funnelrelay/spool"
)

const (
	mostBulk     = 1_000_000 // events at one time: their ids are in memory
	listedFirst  = 10
	listedMost   = 100
	doRetry      = "retry"
	doDiscard    = "discard"
	stateDead    = "dead"
	statePending = "pending"
)

// Bulk decides about many, the oldest first, so that the events of one person
// stay in their order. The query must select something, and is about dead events
// where it names no state. It stops at the first error of the spool, or when ctx
// ends, and tells what was done until then.
func (c *Control) Bulk(ctx context.Context, b Bulk) (BulkResult, error) {
	result := BulkResult{DryRun: b.DryRun}
	if b.Do != doRetry && b.Do != doDiscard {
		return result, queryError("do %s is neither retry nor discard", quote(b.Do))
	}
	m := &many{control: c, bulk: &b, result: &result, sums: map[string]int64{}}
	if err := m.collect(ctx); err != nil {
		return result, err
	}
	slices.Sort(m.ids)
	err := m.decide(ctx)
	for currency, cents := range m.sums {
		result.Totals = append(result.Totals, Total{currency, cents})
	}
	slices.SortFunc(result.Totals, func(a, b Total) int { return strings.Compare(a.Currency, b.Currency) })
	return result, err
}

// many is a Bulk under way.
type many struct {
	control *Control
	bulk    *Bulk
	result  *BulkResult
	ids     []spool.ID
	sums    map[string]int64 // by currency
}

// collect finds what is to be decided on.
func (m *many) collect(ctx context.Context) error {
	q := m.bulk.Query
	q.Limit, q.Cursor = 0, ""
	if len(m.bulk.IDs) > 0 {
		if q != (Query{}) {
			return queryError("name ids or a query, not both")
		}
		return m.named()
	}
	if q == (Query{}) {
		return queryError("name what to %s: a query with at least one of its fields, as state, or ids", m.bulk.Do)
	}
	switch q.State {
	case "":
		q.State = stateDead
	case stateDead:
	case statePending:
		if m.bulk.Do == doRetry {
			return queryError("what is pending waits already; retry what is dead")
		}
	default:
		return queryError("state %s: only dead events are retried, and only dead and pending ones are discarded", quote(q.State))
	}
	s, err := m.control.selects(&q)
	if err != nil {
		return err
	}
	if err := m.control.each(ctx, s, m.found); err != nil {
		return err
	}
	for _, id := range s.ids { // an id that is searched for like any other text
		r, err := m.control.o.Spool.Record(id)
		if err == nil && s.fitsAll(&q, &r) && !slices.Contains(m.ids, id) {
			if err := m.add(id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *many) named() error {
	seen := map[spool.ID]bool{}
	for _, text := range m.bulk.IDs {
		id, err := idOf(text)
		if err != nil {
			m.result.Matched++
			m.refuse(text, err)
			continue
		}
		if !seen[id] {
			seen[id] = true
			if err := m.add(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// found takes what the query found. Nobody can decide on what cannot be read.
func (m *many) found(r *spool.Record) error {
	if unreadable(r) {
		m.result.Matched++
		m.refuse(r.ID.String(), errors.New(r.Cause))
		return nil
	}
	return m.add(r.ID)
}

func (m *many) add(id spool.ID) error {
	if len(m.ids) == mostBulk {
		return queryError("it selects more than %d events; narrow it, as by from and to", mostBulk)
	}
	m.ids = append(m.ids, id)
	return nil
}

// refuse notes why one is left as it was.
func (m *many) refuse(id string, why error) {
	if len(m.result.Refused) < listedMost {
		m.result.Refused = append(m.result.Refused, Refusal{id, why.Error()})
	}
}

// decide goes through what was found.
func (m *many) decide(ctx context.Context) error {
	for _, id := range m.ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.result.Matched++
		r, err := m.control.record(id.String())
		if err == nil {
			if len(m.result.Sample) < listedFirst {
				m.result.Sample = append(m.result.Sample, m.control.listed(&r))
			}
			err = m.one(ctx, &r)
		}
		switch {
		case err == nil:
			m.result.Done++
			for _, t := range totalsOf(r.Tallies) {
				m.sums[t.Currency] += t.Cents
			}
		case ofOne(err):
			m.refuse(id.String(), err)
		default:
			return err
		}
	}
	return nil
}

// one decides on one, or with a dry run says whether it could.
func (m *many) one(ctx context.Context, r *spool.Record) (err error) {
	retry, discard, _ := m.control.may(r)
	switch {
	case m.bulk.Do == doRetry && m.bulk.DryRun:
		if retry != "" {
			err = refused("%s", retry)
		}
	case m.bulk.Do == doRetry:
		_, err = m.control.retry(ctx, r)
	case m.bulk.DryRun:
		if discard != "" {
			err = refused("%s", discard)
		}
	default:
		_, err = m.control.discard(r, m.bulk.Reason)
	}
	return err
}

// ofOne says that an error is about one event, so that the next one may pass.
func ofOne(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.As(err, new(*Gone)) || errors.As(err, new(*Refused))
}
