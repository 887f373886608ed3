package forward

import (
	"context"
	"errors"
	"fmt"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// maxMoves is how often a stamp moves on before the record waits like one that
// failed. Each move is a durable transaction.
const maxMoves = 100

// worker claims and delivers, one record at a time.
type worker struct {
	f       *Forwarder
	courier courier
	trouble string          // the last error of a claim: logged once
	sending context.Context // of attempts: outlives Run's by the grace time
}

// run delivers until ctx ends. The error is the spool's.
func (w *worker) run(ctx context.Context) error {
	for {
		p, err := w.f.gate.enter(ctx)
		if err != nil {
			return nil //nolint:nilerr // the end of ctx is the normal end
		}
		r, err := w.turn(p)
		w.f.gate.leave(p, r)
		switch {
		case err == nil:
		case errors.Is(err, spool.ErrClosed):
			return err
		default:
			// A record that cannot be read just now. The spool looks after itself
			// and says so; trying again at once would only spin.
			if err.Error() != w.trouble {
				w.trouble = err.Error()
				w.f.target.Load().o.Log.Error("cannot claim", "project", w.f.queue, "cause", err)
			}
			if sleep(ctx, time.Second) != nil {
				return nil
			}
		}
	}
}

// turn claims one record and delivers it.
func (w *worker) turn(p pass) (report, error) {
	c, err := w.f.spool.ClaimOther(p.ctx, w.f.queue, p.but)
	if err != nil {
		if p.ctx.Err() != nil && !errors.Is(err, spool.ErrClosed) {
			err = nil
		}
		return report{}, err
	}
	facts, err := event.ParseFacts(c.Facts)
	if err != nil {
		return report{}, c.Bury(spool.Outcome{Cause: fmt.Sprintf("facts beside the body: %v", err)})
	}
	return w.deliver(p, c, facts)
}

// deliver makes an attempt and settles the claim. Only where a stamp of the
// relay's own was refused as a repeat does it make more than one.
func (w *worker) deliver(p pass, c *spool.Claim, facts event.Facts) (report, error) {
	for moves := 0; ; moves++ {
		t := w.f.target.Load()
		if !p.probe && w.f.gate.pace(p) != nil || t.limiter.Wait(p.ctx) != nil || p.ctx.Err() != nil {
			c.Release()
			return report{}, nil
		}
		j := w.attempt(t, facts.Path, c.Body)
		if context.Cause(w.sending) != nil && j.status == 0 {
			return report{}, w.stopped(c, j)
		}
		if j.verdict == Duplicate && !mayHaveArrived(c) && facts.StampAt > 0 {
			if moves < maxMoves {
				moved, err := w.f.restamp(t, c, facts, j)
				if err == nil {
					facts = moved
					continue
				}
				t.o.Log.Error("cannot move a stamp on", "project", w.f.queue, "event", c.ID, "cause", err)
			}
			j.verdict, j.cause = Retry, "refused as a repeat of another event, and no free stamp found"
		}
		return w.f.settle(t, c, j)
	}
}

// attempt makes one POST and judges it.
func (w *worker) attempt(t *target, path string, body []byte) judgement {
	f := w.f
	began := time.Now()
	f.inFlight.Add(1)
	a := w.courier.post(w.sending, t, path, body)
	f.inFlight.Add(-1)
	now := time.Now()
	j := judge(t.o.Outcomes, a, t.o.Timeout)
	j.began, j.took = began, now.Sub(began)
	f.meter.attempt(j.label, j.took)
	if a.err == nil && j.label != "portal" && j.status/100 != 3 { // else it may be anybody's answer
		f.mu.Lock()
		f.clock.heard(a.header.Get("Date"), began, now, f.spool, t.o.Alarms)
		f.mu.Unlock()
	}
	return j
}

// stopped settles a claim whose attempt the end of the grace time has cut.
func (w *worker) stopped(c *spool.Claim, j judgement) error {
	if !j.arrived {
		c.Release()
		return nil
	}
	j.cause = errStopped.Error()
	out := j.outcome()
	out.Flags = spool.Unknown
	return c.Retry(time.Now(), out)
}
