package relay

import (
	"context"
	"sync/atomic"
	"time"

	"funnelrelay/relay/event"
)

// lately is the Sink of every way in: it lets the accepter take a batch, and
// notes when, for the overview, and from which source there was a sale.
type lately struct {
	event.Sink
	heard          *hearing
	accepted, sale atomic.Int64 // in milliseconds since 1970; 0: none by this process
}

// Accept hands the batch on; see event.Sink.
func (l *lately) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	receipts, err := l.Sink.Accept(ctx, b)
	if err != nil {
		return receipts, err
	}
	l.heard.note(&b, receipts)
	now := time.Now().UnixMilli()
	for i, r := range receipts {
		if r.Duplicate || i >= len(b.Offers) {
			continue
		}
		l.accepted.Store(now)
		if b.Offers[i].Event.Action == event.CommerceAction {
			l.sale.Store(now)
		}
	}
	return receipts, nil
}

// last is when the last sale and the last event were taken; zero: none was.
func (l *lately) last() (sale, accepted time.Time) {
	return ofMillis(l.sale.Load()), ofMillis(l.accepted.Load())
}

func ofMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
