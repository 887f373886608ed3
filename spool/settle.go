package spool

import (
	"errors"
	"strings"
	"time"
)

// settleOp takes a record out of pending, or notes in pending how an attempt
// for it ended. It is one transaction of small keys; the body stays.
type settleOp struct {
	s       *Spool
	claim   *Claim
	to      State     // Sent, Dead, or Pending for a retry
	due     time.Time // Pending: when the next attempt is
	outcome Outcome
	applied bool
}

func (o *settleOp) weight() int   { return 200 + len(o.outcome.Answer) }
func (o *settleOp) lasting() bool { return true }

func (o *settleOp) apply(tx *writeTx) error {
	c := o.claim
	o.applied = false
	q, err := tx.queue(c.Queue)
	if err != nil {
		return err
	}
	key := c.ID.key()
	if q.Get(key) == nil {
		return nil // a salvage came between and did not find it
	}
	o.applied, tx.changed = true, true
	flags := c.Flags | o.outcome.Flags
	if o.to == Pending {
		p := pendingValue{
			attempts: c.Attempts + 1, flags: flags, cause: clip(o.outcome.Cause, maxCause),
		}
		if !o.due.IsZero() {
			p.due = o.due.UnixMilli()
		}
		return errors.Join(q.Put(key, p.append(nil)), tx.tried(c.ID, &o.outcome))
	}
	if err := q.Delete(key); err != nil {
		return err
	}
	end := ending{
		at: tx.now.UnixMilli(), status: o.outcome.Status, flags: flags &^ Unknown,
		attempts: c.Attempts + 1, size: c.size, cause: clip(o.outcome.Cause, maxCause),
	}
	counts := tx.delta(c.Queue)
	counts.Pending--
	if o.to == Sent {
		counts.Sent++
		if a, ok := o.outcome.attempt(maxTaken); ok {
			end.timed, end.ago, end.took, end.answer = true, end.at-a.Began.UnixMilli(), a.Took, a.Answer
		}
		tx.tally(c.day, c.tallies, func(r *Row, amount int64) { r.Sent.add(amount, 1) })
		return tx.sent.Put(key, end.append(nil, tagSent))
	}
	if flags&Unknown != 0 {
		end.flags |= MayArrived
	}
	end.answer = o.outcome.Answer[:min(len(o.outcome.Answer), maxAnswer)]
	counts.Dead++
	counts.died++
	tx.tally(c.day, c.tallies, func(r *Row, amount int64) { r.Dead.add(amount, 1) })
	return errors.Join(tx.dead.Put(key, end.append(nil, tagDead)), tx.tried(c.ID, &o.outcome))
}

func (o *settleOp) done(err error) {
	c := o.claim
	q := o.s.queue(c.Queue)
	switch {
	case err != nil: // the spool closes: the next start finds the record due
	case o.to == Pending && o.applied:
		q.retry(c.ID, o.due, c.Flags|o.outcome.Flags)
	default:
		q.remove(c.ID)
		if o.to == Sent {
			o.s.janitor.sentOne()
		}
	}
}

// clip cuts s to n bytes, and to whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
