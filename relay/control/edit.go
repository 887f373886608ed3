package control

import (
	"bytes"
	"cmp"
	"context"
	"strings"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// byHand is the source of an event whose own cannot be read any more.
const byHand = "edit"

// Edit checks the body like a new event's, accepts it as one, linked to the old,
// and discards the old, in one transaction. Errors: ErrNotFound, *Gone,
// *Refused, and *event.Faults for an illegal body.
//
// The new event keeps the source of the old one, and no key of its own: that of
// an order from a file stays with the old id, so that an export that comes again
// is the duplicate that it was. Its dateTime is the one in the body; without
// one it is stamped anew.
func (c *Control) Edit(ctx context.Context, id string, e Edit) (Decided, error) {
	r, err := c.record(id)
	if err != nil {
		return Decided{}, err
	}
	if _, _, why := c.may(&r); why != "" {
		return Decided{}, refused("%s", why)
	}
	if r.Flags&(spool.MayArrived|spool.Unknown) != 0 && !e.Force {
		return Decided{}, refused("%s", whyDouble)
	}
	facts, err := event.ParseFacts(r.Facts)
	if err != nil {
		if e.Action == "" {
			return Decided{}, refused("its action cannot be read any more: name one")
		}
		facts = event.Facts{Source: byHand}
	}
	same := e.Action == "" || e.Action == facts.Action
	if !same {
		facts.Path = event.EscapeAction(e.Action)
	}
	project := e.Project
	if project == "" {
		q := c.queue(r.Queue)
		if q == nil || !q.Configured {
			return Decided{}, refused("the project of this event is not in the config any more: name another one")
		}
		project = q.Project
	}
	if !c.configured(project) {
		return Decided{}, notFound("project %s", quote(project))
	}
	if _, faults := event.Normalize(facts.Path, e.Body, c.o.Rules(project, facts.Source)); faults != nil {
		return Decided{}, faults
	}
	if same && bytes.Equal(bytes.TrimSpace(e.Body), r.Body) && queueProject(r.Queue) == project {
		return Decided{}, refused("nothing is changed in it: retry it, or change what the upstream refused")
	}
	decided, err := c.replace(ctx, &r, project, facts.Path, facts.Source, bytes.Clone(e.Body))
	return decided, c.whyNot(r.ID, err)
}

// queueProject is the project in the name of a queue.
func queueProject(queue string) string {
	name, _, _ := strings.Cut(queue, "/")
	return name
}

// configured says that a project is in the config.
func (c *Control) configured(project string) bool {
	for _, q := range c.o.Queues() {
		if q.Configured && q.Project == project {
			return true
		}
	}
	return false
}

// firstProject is the one that is meant where none is named.
func (c *Control) firstProject() string {
	for _, q := range c.o.Queues() {
		if q.Configured {
			return q.Project
		}
	}
	return ""
}

// Check says whether a body would be taken as this action of this project (""
// are __commerce_action__ and the first project), and takes nothing.
func (c *Control) Check(_ context.Context, project, action string, body []byte) (Checked, error) {
	project = cmp.Or(project, c.firstProject())
	if !c.configured(project) {
		return Checked{}, notFound("project %s", quote(project))
	}
	path := event.EscapeAction(cmp.Or(action, event.CommerceAction))
	ev, faults := event.Normalize(path, body, c.o.Rules(project, ""))
	if faults != nil {
		return Checked{Errors: faults.List}, nil
	}
	return Checked{OK: true, Body: string(ev.Body)}, nil
}
