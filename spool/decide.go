package spool

import (
	"errors"
	"fmt"
)

// Discard is DiscardFor without a reason.
func (s *Spool) Discard(id ID) error { return s.DiscardFor(id, "") }

// DiscardFor takes a pending or dead record out of the spool for good: a person
// decided so. Gone tells of it then, with the reason. It fails with ErrNotFound
// or ErrClaimed.
func (s *Spool) DiscardFor(id ID, reason string) error {
	var from Record
	return s.decide(id, &from, func(tx *writeTx) error {
		return tx.discard(&from, Gone{Cause: reason})
	}, func(q *queue) { q.remove(id) })
}

// Revive makes a dead record pending again, with the same bytes: a person
// decided so. It fails with ErrNotFound for one that is not dead.
func (s *Spool) Revive(id ID) error {
	var from Record
	it := &item{id: id}
	return s.decide(id, &from, func(tx *writeTx) error {
		if from.State != Dead {
			return fmt.Errorf("record %s is %s: %w", id, from.State, ErrNotFound)
		}
		counts := tx.delta(from.Queue)
		counts.Dead--
		counts.Pending++
		tx.tally(from.Day, from.Tallies, func(r *Row, amount int64) { r.Dead.add(amount, -1) })
		q, err := tx.queue(from.Queue)
		if err != nil {
			return err
		}
		p := pendingValue{flags: from.Flags &^ MayArrived}
		if from.Flags&MayArrived != 0 {
			p.flags |= Unknown
		}
		it.unknown, it.lanes = p.flags.unsure(), recordLanes(tx.records.Get(id.key()))
		return errors.Join(tx.dead.Delete(id.key()), q.Put(id.key(), p.append(nil)))
	}, func(q *queue) { q.revived(it) })
}

// decide changes the state of a record that nobody is sending, and then its
// queue's window. A refusal must come before the first change.
func (s *Spool) decide(id ID, from *Record, change func(tx *writeTx) error, window func(q *queue)) error {
	var refusal error
	held := false // by us, so that no claim comes between
	err := s.do(1000, func(tx *writeTx) error {
		if refusal = s.holdFor(tx, id, from, &held); refusal != nil {
			return nil
		}
		if err := change(tx); errors.Is(err, ErrNotFound) {
			refusal = err
			return nil
		} else if err != nil {
			return err
		}
		return nil
	})
	if err = errors.Join(err, refusal); err == nil {
		window(s.queue(from.Queue))
	} else if held {
		s.queue(from.Queue).letGo(id)
	}
	return err
}

// holdFor reads a record and keeps it from being claimed, unless held says that
// it is kept already. The error is a refusal; nothing has changed then.
func (s *Spool) holdFor(tx *writeTx, id ID, from *Record, held *bool) error {
	v := tx.records.Get(id.key())
	if v == nil {
		return fmt.Errorf("record %s: %w", id, ErrNotFound)
	}
	r, err := describe(tx.bolt, id, v)
	switch {
	case err != nil: // no reason to salvage everything; claims bury such a record
		return err
	case r.State != Pending && r.State != Dead:
		return fmt.Errorf("record %s is %s: %w", id, r.State, ErrNotFound)
	case !*held && !s.queue(r.Queue).hold(id):
		return fmt.Errorf("record %s: %w", id, ErrClaimed)
	}
	*from, *held = r, true
	return nil
}
