package ingest

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// outage logs a failure that repeats once, and once that it is over.
type outage struct {
	open atomic.Bool // read without the lock, for every event

	mu    sync.Mutex // guards all below
	since time.Time
	count int
}

// noted counts one more failure.
func (o *outage) noted(log *slog.Logger, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count++
	if !o.open.Swap(true) {
		o.since = time.Now()
		log.Error("events are refused", "cause", err)
	}
}

// over ends the outage, if there was one.
func (o *outage) over(log *slog.Logger) {
	if !o.open.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open.Swap(false) {
		log.Info("events are taken again", "refused", o.count, "lasted", time.Since(o.since).Round(time.Millisecond))
		o.count = 0
	}
}
