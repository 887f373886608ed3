package control

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// Retry makes a dead event pending again, with the same bytes. It fails with
// ErrNotFound, *Gone, or a *Refused (sent: it would double; pending: it waits
// already; a body that breaks the contract: it would be refused again).
//
// One that was held from the start, and is legal now, was never given a stamp
// or a place behind the other events of its person: it is accepted anew, and
// Decided.NewID names what took its place.
func (c *Control) Retry(ctx context.Context, id string) (Decided, error) {
	r, err := c.record(id)
	if err != nil {
		return Decided{}, err
	}
	return c.retry(ctx, &r)
}

func (c *Control) retry(ctx context.Context, r *spool.Record) (Decided, error) {
	if retry, _, _ := c.may(r); r.State != spool.Dead {
		return Decided{}, refused("%s", retry)
	}
	if refusal := c.unsendable(r); refusal != nil {
		return Decided{}, refusal
	}
	facts, _ := event.ParseFacts(r.Facts) // unsendable read them
	if r.Attempts == 0 && r.Status == 0 && facts.StampAt == 0 && r.Flags&(spool.MayArrived|spool.Unknown|spool.Salvaged) == 0 {
		decided, err := c.replace(ctx, r, c.queue(r.Queue).Project, facts.Path, facts.Source, bytes.Clone(r.Body))
		return decided, c.whyNot(r.ID, err)
	}
	if err := c.o.Spool.Revive(r.ID); err != nil {
		return Decided{}, c.whyNot(r.ID, err)
	}
	return Decided{ID: r.ID.String(), State: spool.Pending.String()}, nil
}

// Discard takes a pending or dead event out of the spool for good. A *Refused
// for one that is being sent now, or is sent.
func (c *Control) Discard(_ context.Context, id, reason string) (Decided, error) {
	r, err := c.record(id)
	if err != nil {
		return Decided{}, err
	}
	return c.discard(&r, reason)
}

// discarded is the state of what Discard took out.
const discarded = "discarded"

func (c *Control) discard(r *spool.Record, reason string) (Decided, error) {
	if _, why, _ := c.may(r); why != "" {
		return Decided{}, refused("%s", why)
	}
	if err := c.o.Spool.DiscardFor(r.ID, cmp.Or(reason, "discarded by hand")); err != nil {
		return Decided{}, c.whyNot(r.ID, err)
	}
	return Decided{ID: r.ID.String(), State: discarded}, nil
}

// whyNot says in plain words why the spool did not do what a person decided.
// Somebody else may have decided meanwhile.
func (c *Control) whyNot(id spool.ID, err error) error {
	var not *event.ErrNotReplaced
	replaced := errors.As(err, &not)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, spool.ErrClaimed), replaced && not.BeingSent:
		return refused("%s", whyClaimed)
	case replaced && not.First != "":
		return refused("event %s is the same already: discard this one", not.First)
	case errors.Is(err, spool.ErrNotFound), replaced:
		now, again := c.o.Spool.Record(id)
		if errors.Is(again, spool.ErrNotFound) {
			return c.gone(id)
		}
		if again != nil {
			return again
		}
		retry, _, _ := c.may(&now)
		return refused("%s", cmp.Or(retry, err.Error()))
	}
	return err
}

// replace has a body accepted as a new event of the project, in the place of r.
func (c *Control) replace(ctx context.Context, r *spool.Record, project, path, source string, body []byte) (Decided, error) {
	rules := c.o.Rules(project, source)
	ev, faults := event.Normalize(path, body, rules)
	if faults != nil {
		return Decided{}, faults
	}
	receipts, err := c.o.Sink.Accept(ctx, event.Batch{
		Project: project, Source: source, Rules: rules,
		Offers: []event.Offer{{Event: ev, Replaces: r.ID.String()}},
	})
	if err != nil {
		return Decided{}, err
	}
	if len(receipts) != 1 {
		return Decided{}, fmt.Errorf("event %s: %d receipts for one", r.ID, len(receipts))
	}
	return Decided{ID: r.ID.String(), NewID: receipts[0].ID, State: spool.Pending.String()}, nil
}
