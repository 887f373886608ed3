package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// loggedAnswer is how much of the answer that killed an event the log shows; the
// record has more.
const loggedAnswer = 256

// mayHaveArrived says whether an attempt for c, other than those that certainly
// failed, may have been made before: its answer was lost, or the process was. A
// duplicate refusal is then our own event come back (promise P3).
func mayHaveArrived(c *spool.Claim) bool {
	return c.Restarted || c.Flags&(spool.Unknown|spool.Salvaged) != 0
}

// settle settles c as j says, and reports what that means for the gate.
func (f *Forwarder) settle(t *target, c *spool.Claim, j judgement) (report, error) {
	r := report{id: c.ID, effect: j.effect, cause: j.cause, stale: t != f.target.Load()}
	out := j.outcome()
	switch j.verdict {
	case Sent, Duplicate:
		out.Flags = f.proof(t, c, j.verdict)
		f.passed(c)
		return r, c.MarkSent(out)
	case Dead:
		return r, f.bury(t, c, j, j.cause)
	case Pause:
		return f.settleRefused(t, c, j, r)
	}
	if j.arrived {
		out.Flags = spool.Unknown
	}
	limit := proofCap
	switch j.effect {
	case answered: // the upstream is up, and the record the only one that waits
		limit = retryCap
	case failing:
		f.mu.Lock()
		n := f.suspects.fail(c.ID)
		f.mu.Unlock()
		r.suspect = n > 0
		if n >= stuckAfter {
			return r, f.bury(t, c, j, fmt.Sprintf("stuck: failed %d times while others passed, now: %s", n, j.cause))
		}
		if n > 0 {
			limit = retryCap
		}
	}
	wait := retryDelay(c.Attempts, limit)
	if j.after > 0 {
		wait = afterDelay(j.after)
		r.after = wait
	}
	t.o.Log.Debug("not sent", "project", f.queue, "event", c.ID, "attempt", c.Attempts+1, "cause", j.cause, "again", wait)
	return r, c.Retry(time.Now().Add(wait), out)
}

// settleRefused is settle for an answer that refuses the project. The record is
// due again as soon as the gate lets it through: it is the gate that waits.
func (f *Forwarder) settleRefused(t *target, c *spool.Claim, j judgement, r report) (report, error) {
	out := j.outcome()
	if j.arrived && j.status != 0 {
		out.Flags = spool.Unknown
	}
	if r.stale { // the options were replaced meanwhile: it proves nothing
		return r, c.Retry(time.Now(), out)
	}
	r.advice = advice(t.o.Project, j)
	f.mu.Lock()
	n := f.suspects.refuse(c.ID)
	f.mu.Unlock()
	if n >= refusedAfter {
		r.effect = nothing
		return r, f.bury(t, c, j, fmt.Sprintf("refused %d times while others passed: %s", n, j.cause))
	}
	var wait time.Duration
	if n > 1 {
		wait = retryDelay(n, proofCap)
	}
	return r, c.Retry(time.Now().Add(wait), out)
}

// proof is what the flags of a sent record say about how sure it is, and that
// it is there once.
func (f *Forwarder) proof(t *target, c *spool.Claim, v Verdict) spool.Flags {
	var flags spool.Flags
	switch {
	case v == Duplicate && !mayHaveArrived(c):
		return spool.Unproven
	case v == Duplicate:
		flags = spool.Confirmed
	case c.Flags&(spool.Unknown|spool.Salvaged) == 0:
		// A clean backlog of yesterday, sent after a restart, is no double: only
		// an attempt that is known of counts here.
		return 0
	}
	if now, _ := f.spool.Now(); now.Sub(c.Accepted) > t.o.TrustDuplicates {
		flags |= spool.MayDouble
	}
	return flags
}

// passed notes that the upstream took c.
func (f *Forwarder) passed(c *spool.Claim) {
	now := time.Now()
	f.lastSent.Store(now.UnixNano())
	f.meter.delivery.Update(max(0, now.Sub(c.Accepted).Seconds()))
	f.mu.Lock()
	f.suspects.pass(c.ID)
	died := f.deaths
	f.deaths = 0
	f.mu.Unlock()
	if died > 1 {
		f.target.Load().o.Log.Warn("events have died in a row", "project", f.queue, "dead", died)
	}
}

// bury settles c as dead. The log has the first of those that die in a row, and
// their number when one passes again.
func (f *Forwarder) bury(t *target, c *spool.Claim, j judgement, cause string) error {
	f.mu.Lock()
	f.suspects.forget(c.ID)
	f.deaths++
	level := slog.LevelWarn
	if f.deaths > 1 {
		level = slog.LevelDebug
	}
	f.mu.Unlock()
	out := j.outcome()
	out.Cause = cause
	if j.arrived || c.Flags&(spool.Unknown|spool.Salvaged) != 0 {
		out.Flags = spool.MayArrived
	}
	t.o.Log.Log(context.Background(), level, "event is dead", "project", f.queue, "event", c.ID, "cause", cause,
		"answer", string(clip(j.answer, loggedAnswer)))
	return c.Bury(out)
}

// restamp moves the relay's own stamp of c on, durably, to a time at which the
// spool has seen no equal body. j is why.
func (f *Forwarder) restamp(t *target, c *spool.Claim, facts event.Facts, j judgement) (event.Facts, error) {
	was, moved := c.Body, facts
	err := c.Rewrite(j.outcome(), func(m *spool.Memory) spool.Composed {
		var body []byte
		body, moved = event.Restamp(memory{m}, was, &facts, t.o.Project, c.Accepted, t.o.Rules)
		return spool.Composed{Body: body, Facts: moved.Append(nil)}
	})
	if err == nil && bytes.Equal(was, c.Body) {
		err = errors.New("no stamp where the facts say")
	}
	return moved, err
}

// memory is the spool's memory of bodies in the event package's words.
type memory struct{ m *spool.Memory }

func (m memory) Seen(at int64, body [16]byte) (id uint64, link int64, ok bool) {
	return m.m.Seen(at, body)
}

func (m memory) Remember(at int64, body [16]byte, link int64) {
	m.m.Remember(at, body, link)
}
