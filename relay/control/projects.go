package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"funnelrelay/relay/event"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// PauseProject stops sending for a project, over restarts, until ResumeProject.
// ErrNotFound for one that is not configured.
func (c *Control) PauseProject(_ context.Context, project, reason string) error {
	return c.steer(project, c.o.Pause != nil, func() error { return c.o.Pause(project, cmp.Or(reason, "paused by hand")) })
}

// ResumeProject ends PauseProject.
func (c *Control) ResumeProject(_ context.Context, project string) error {
	return c.steer(project, c.o.Resume != nil, func() error { return c.o.Resume(project) })
}

// ProbeProject makes a project that is offline or paused by itself try now.
func (c *Control) ProbeProject(_ context.Context, project string) error {
	return c.steer(project, c.o.Probe != nil, func() error {
		for _, q := range c.o.Queues() {
			if q.Project == project && q.State != nil && q.State().Mode == forward.Held {
				return refused("project %s is paused by hand, and tries nothing: resume it", project)
			}
		}
		return c.o.Probe(project)
	})
}

func (c *Control) steer(project string, can bool, do func() error) error {
	switch {
	case !can:
		return ErrNotRunning
	case !c.configured(project):
		return notFound("project %s is not in the config", quote(project))
	}
	return do()
}

// moveGroup is how many events are moved in one transaction.
const moveGroup = 25

// Move gives the backlog of a queue ("shop/ID", of a project that is gone) to a
// configured project: each event that waits is accepted there and discarded
// here, in order. What is dead stays, and can be edited for another project.
// moved says how many, also with an error.
func (c *Control) Move(ctx context.Context, queue, project string, dryRun bool) (moved int64, err error) {
	q := c.queue(queue)
	switch {
	case q == nil:
		return 0, notFound("queue %s", quote(queue))
	case q.Configured:
		return 0, refused("queue %s is that of a project in the config, which sends it: only the backlog of one that is gone can be moved", queue)
	case !c.configured(project):
		return 0, notFound("project %s is not in the config", quote(project))
	case dryRun:
		return c.o.Spool.Counts()[queue].Pending, nil
	}
	m := &move{control: c, project: project}
	for after := spool.ID(0); ; {
		if err := ctx.Err(); err != nil {
			return m.moved, err
		}
		list, err := c.o.Spool.List(queue, spool.Pending, after, moveGroup)
		if err != nil {
			return m.moved, err
		}
		if len(list) == 0 {
			break
		}
		if err := m.group(ctx, list); err != nil {
			return m.moved, err
		}
		after = list[len(list)-1].ID
	}
	if m.left > 0 {
		return m.moved, refused("%d events stay where they are; the first of them, %s", m.left, m.why)
	}
	return m.moved, nil
}

// move is a Move under way.
type move struct {
	control *Control
	project string
	moved   int64
	left    int64  // that cannot be moved
	why     string // the first of them
}

// group moves some events, in their order. Those of one source in a row go
// together, as a batch has one.
func (m *move) group(ctx context.Context, list []spool.Record) error {
	b := event.Batch{Project: m.project}
	for i := range list {
		offer, source, err := m.offer(&list[i])
		if err != nil {
			m.leave(list[i].ID, err)
			continue
		}
		if source != b.Source && len(b.Offers) > 0 {
			if err := m.hand(ctx, b); err != nil {
				return err
			}
			b.Offers = nil
		}
		b.Source, b.Rules = source, m.control.o.Rules(m.project, source)
		b.Offers = append(b.Offers, offer)
	}
	return m.hand(ctx, b)
}

// offer makes a record one for the other project.
func (m *move) offer(r *spool.Record) (event.Offer, string, error) {
	facts, err := event.ParseFacts(r.Facts)
	if err != nil {
		return event.Offer{}, "", err
	}
	ev, faults := event.Normalize(facts.Path, r.Body, m.control.o.Rules(m.project, facts.Source))
	if faults != nil {
		return event.Offer{}, "", faults
	}
	return event.Offer{Event: ev, Replaces: r.ID.String()}, facts.Source, nil
}

// hand has a batch accepted. Where one of it cannot be replaced, each is tried
// by itself.
func (m *move) hand(ctx context.Context, b event.Batch) error {
	if len(b.Offers) == 0 {
		return nil
	}
	_, err := m.control.o.Sink.Accept(ctx, b)
	var not *event.ErrNotReplaced
	switch {
	case err == nil:
		m.moved += int64(len(b.Offers))
		return nil
	case !errors.As(err, &not):
		return err
	case len(b.Offers) == 1:
		id, _ := spool.ParseID(not.ID)
		m.leave(id, m.control.whyNot(id, err))
		return nil
	}
	for _, offer := range b.Offers {
		one := b
		one.Offers = []event.Offer{offer}
		if err := m.hand(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (m *move) leave(id spool.ID, why error) {
	if m.left++; m.left == 1 {
		m.why = fmt.Sprintf("event %s: %s", id, strings.TrimSpace(why.Error()))
	}
}
