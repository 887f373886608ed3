package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"funnelrelay/relay/event"
)

// handed is what became of a batch.
type handed struct {
	totals Totals
	err    error
}

// errReplaced says that somebody else takes the file: the source was changed
// while it waited, or another relay has the folder's lease.
var errReplaced = errors.New("the source was changed, or another relay reads the folder")

// flush hands the batch and the progress over, and does not wait for it unless
// it is the last.
func (p *pass) flush(ctx context.Context, last bool) error {
	if err := p.await(); err != nil {
		return err
	}
	t := p.t
	if err := p.mark(&t.note); err != nil {
		return err
	}
	batch := p.batch
	batch.Project, batch.Source, batch.Rules = t.source.Project, t.source.Name, t.source.Mapping.Rules()
	batch.Notes = t.lane.notesWith(t.name, t.note.encode())
	p.batch, p.bytes = event.Batch{}, 0
	p.waiting = true
	p.deleting = batch.Notes
	go func() { p.sent <- t.hand(ctx, batch) }()
	if last {
		return p.await()
	}
	return nil
}

// await waits for the batch that is on its way.
func (p *pass) await() error {
	if !p.waiting {
		return nil
	}
	p.waiting = false
	h := <-p.sent
	if h.err != nil {
		return h.err
	}
	p.t.totals.add(h.totals)
	for name, value := range p.deleting {
		if value == nil {
			delete(p.t.lane.stale, name)
		}
	}
	p.t.lane.watcher.o.fault(stepBatch)
	return nil
}

// hand has the sink take a batch, and waits for as long as there is no room.
// It runs beside the reading, and touches nothing of it.
func (t *taking) hand(ctx context.Context, batch event.Batch) handed {
	l := t.lane
	for tries := 0; ; tries++ {
		if err := errors.Join(t.unchanged(), t.held(ctx)); err != nil {
			return handed{err: err}
		}
		receipts, err := l.watcher.o.Sink.Accept(ctx, batch)
		switch {
		case err == nil:
			if tries > 0 {
				l.ledger.inTrouble("")
			}
			l.watcher.o.Alarms.Clear("source-waits/" + t.source.Name)
			return handed{totals: t.count(receipts, batch)}
		case ctx.Err() != nil || !passing(err):
			return handed{err: err}
		}
		t.wait(ctx, tries, err)
		if ctx.Err() != nil {
			return handed{err: ctx.Err()}
		}
		if l.source.Load() != t.source {
			return handed{err: errReplaced}
		}
	}
}

// held is an error when another relay reads the folder by now, as when this
// machine slept in the middle of a file.
func (t *taking) held(ctx context.Context) error {
	if t.lane.watcher.own(t.file.root) {
		return nil
	}
	ours, err := t.lane.watcher.leases.hold(ctx, t.file.root)
	if errors.As(err, new(*taken)) || err == nil && !ours {
		return errReplaced
	}
	return err
}

// passing says that the sink will take the batch some time.
func passing(err error) bool {
	return errors.Is(err, event.ErrFull) || errors.Is(err, event.ErrUnavailable) || errors.Is(err, event.ErrProject)
}

// wait tells why nothing is taken, lets another source read meanwhile, and
// waits, longer each time.
func (t *taking) wait(ctx context.Context, tries int, cause error) {
	l := t.lane
	text := fmt.Sprintf("source %s waits: %v", t.source.Name, cause)
	do := "nothing is lost, the files stay where they are; it goes on by itself when there is room"
	if errors.Is(cause, event.ErrProject) {
		do = "name a project of the config in the source"
	}
	l.watcher.o.Alarms.Raise("source-waits/"+t.source.Name, text, do)
	l.ledger.inTrouble(cause.Error())
	l.leave()
	timer := time.NewTimer(min(time.Second<<min(tries, 5), 30*time.Second))
	select {
	case <-timer.C:
	case <-ctx.Done():
		timer.Stop()
	}
	l.watcher.slots <- struct{}{} // files end in bounded time, and so does this
}

// count tells what became of the offers.
func (t *taking) count(receipts []event.Receipt, batch event.Batch) Totals {
	var n Totals
	for i, r := range receipts {
		if r.Changed {
			n.Changed++
			if batch.Offers[i].Changed == event.ChangedIgnore {
				t.lane.watcher.o.Log.Info("an order came again with other content, the first one stands",
					"source", t.source.Name, "file", t.file.path, "order", batch.Offers[i].Event.Order, "id", r.ID)
			}
		}
		switch {
		case r.Duplicate:
			n.Duplicates++
		case r.Dead:
			t.lane.watcher.o.Log.Warn("event is dead", "project", t.source.Project, "event", r.ID,
				"source", t.source.Name, "file", t.file.path, "cause", batch.Offers[i].Why(r))
			n.Held++
			n.Accepted++
		default:
			n.Accepted++
		}
	}
	return n
}
