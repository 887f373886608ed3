package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// A Claim is a record taken for sending. It must be settled exactly once, by
// MarkSent, Retry, Bury or Release; until then its lanes are held. Claims live
// in memory: a crash makes every unsettled record due again.
//
// MarkSent, Retry and Bury hand the outcome to the writer and return. It is on
// disk with the next group commit; a crash before that makes the record due
// again. An I/O error is the spool's own to overcome.
type Claim struct {
	ID        ID
	Queue     string
	Body      []byte // the caller's to read, not to change
	Facts     []byte
	Accepted  time.Time
	Attempts  int   // made before this one, over restarts
	Flags     Flags // of the record so far
	Restarted bool  // accepted before this process opened the spool: it may have been sent before a crash

	s       *Spool
	day     string
	tallies []Tally
	lanes   []Lane
	size    int // of the record
	settled atomic.Bool
}

// Claim waits for a record of the queue that is due and is the oldest
// unsettled one of each of its lanes, and takes it. Records of unknown outcome
// come first, then the oldest. It fails with ErrClosed or ctx's error, and waits
// while the file is being mended.
func (s *Spool) Claim(ctx context.Context, queue string) (*Claim, error) {
	return s.ClaimOther(ctx, queue, 0)
}

// ClaimOther is Claim, but takes another record than but if one is due.
func (s *Spool) ClaimOther(ctx context.Context, queue string, but ID) (*Claim, error) {
	q := s.queue(queue)
	pause := mendFirst
	for {
		id, err := q.take(ctx, but)
		if errors.Is(err, errWindow) {
			if err := s.rest(ctx, &pause); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := s.readClaim(queue, id)
		switch {
		case errors.Is(err, errDamaged):
			if err := s.burySpoiled(queue, id, err); err != nil {
				return nil, err
			}
		case err != nil:
			q.release(id)
			if err := s.rest(ctx, &pause); err != nil {
				return nil, err
			}
		case c != nil:
			return c, nil
		default:
			q.remove(id) // discarded in between
		}
	}
}

// rest waits while the file cannot be read; the writer is mending it.
func (s *Spool) rest(ctx context.Context, pause *time.Duration) error {
	timer := time.NewTimer(*pause)
	defer timer.Stop()
	*pause = min(2**pause, mendLast)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return ErrClosed
	}
}

// burySpoiled makes dead what cannot be read: it must not hold up its lanes,
// and a person should know.
func (s *Spool) burySpoiled(queue string, id ID, cause error) error {
	c := &Claim{ID: id, Queue: queue, s: s}
	return c.Bury(Outcome{Cause: cause.Error()})
}

// readClaim reads what a claim of id holds; nil when it is not pending.
func (s *Spool) readClaim(queue string, id ID) (*Claim, error) {
	var c *Claim
	err := s.view(func(tx *bbolt.Tx) error {
		q := tx.Bucket(bucketPending).Bucket([]byte(queue))
		if q == nil {
			return nil
		}
		key := id.key()
		pv := q.Get(key)
		if pv == nil {
			return nil
		}
		p, err := parsePending(pv)
		if err != nil {
			return fmt.Errorf("record %s: %w", id, err)
		}
		v := tx.Bucket(bucketRecords).Get(key)
		if v == nil {
			return fmt.Errorf("record %s: no body: %w", id, errDamaged)
		}
		v = bytes.Clone(v)
		r, err := parseRecord(v)
		if err != nil {
			return fmt.Errorf("record %s: %w", id, err)
		}
		c = &Claim{
			ID: id, Queue: queue, Body: r.body, Facts: r.facts, Accepted: fromMilli(r.accepted),
			Attempts: p.attempts, Flags: r.flags | s.known(id, p.flags), Restarted: id < s.firstOwn,
			s: s, day: r.day, tallies: r.tallies, lanes: r.lanes, size: len(v),
		}
		return nil
	})
	return c, err
}

func (c *Claim) settle(o *settleOp) error {
	if !c.settled.CompareAndSwap(false, true) {
		return fmt.Errorf("record %s: %w", c.ID, ErrSettled)
	}
	o.s, o.claim = c.s, c
	most := maxAnswer
	if o.to == Sent {
		most = maxTaken
	}
	o.outcome.Answer = slices.Clone(o.outcome.Answer[:min(len(o.outcome.Answer), most)])
	return c.s.submit(context.Background(), o)
}

// MarkSent settles the claim: the record arrived.
func (c *Claim) MarkSent(o Outcome) error { return c.settle(&settleOp{to: Sent, outcome: o}) }

// Retry settles the claim: the record is due again at the given time, after at
// most Options.MaxDelay, and holds its lanes until then.
func (c *Claim) Retry(at time.Time, o Outcome) error {
	return c.settle(&settleOp{to: Pending, due: at, outcome: o})
}

// Bury settles the claim: the record is dead until a person decides.
func (c *Claim) Bury(o Outcome) error {
	return c.settle(&settleOp{to: Dead, outcome: o})
}

// Release settles the claim as if it had not been made; nothing is written.
func (c *Claim) Release() {
	if c.settled.CompareAndSwap(false, true) {
		c.s.queue(c.Queue).release(c.ID)
	}
}

// Rewrite gives the record a new body, on disk when it returns nil, and keeps
// the claim. It is the one exception to "a body is written once": a stamp of
// the relay's own that the upstream refused (compose gets the memory of bodies
// to find a free one). Facts that are nil stay. because is the attempt that
// called for it.
func (c *Claim) Rewrite(because Outcome, compose func(m *Memory) Composed) error {
	if c.settled.Load() {
		return fmt.Errorf("record %s: %w", c.ID, ErrSettled)
	}
	var value []byte
	if err := c.s.do(len(c.Body)+len(c.Facts)+200, func(tx *writeTx) error {
		old := tx.records.Get(c.ID.key())
		if old == nil {
			value = nil
			return nil
		}
		r, err := parseRecord(old)
		if err != nil {
			return err
		}
		composed, err := tx.compose(compose, c.ID)
		if err != nil {
			return err
		}
		if composed.Duplicate != 0 {
			return fmt.Errorf("composed as a duplicate of %s: %w", composed.Duplicate, ErrInvalid)
		}
		r.body = composed.Body
		if composed.Facts != nil {
			r.facts = composed.Facts
		}
		value = r.append(nil)
		return errors.Join(tx.records.Put(c.ID.key(), value), tx.tried(c.ID, &because))
	}); err != nil {
		return fmt.Errorf("rewrite record %s: %w", c.ID, err)
	}
	r, err := parseRecord(value)
	if err != nil { // a salvage came between and did not find it
		return fmt.Errorf("rewrite record %s: %w", c.ID, ErrNotFound)
	}
	c.Body, c.Facts, c.size = r.body, r.facts, len(value)
	return nil
}
