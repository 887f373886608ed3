package ingest

import (
	"net/http"
	"time"
)

// Senders give up: Make's HTTP module after 40 s by default. With waitForMemory,
// once for the body and once for a zip, the times below stay under that, so that
// the sender gets an answer which says what to do, and not a failure of its own.
const (
	// waitForSink is how long a sink may let a request wait in its queue.
	waitForSink = 15 * time.Second
	// waitForDisk is how long it may take in all: a write that hangs in the disk
	// cannot be called off.
	waitForDisk = waitForSink + time.Second
)

// overdue answers in the place of a request that waits for the disk.
type overdue struct {
	timer    *time.Timer
	answered chan struct{} // closed when it has
}

// await answers the request in waitForDisk, unless over is called before.
func (h *Handler) await(w http.ResponseWriter, r *http.Request, s *settings) *overdue {
	o := &overdue{answered: make(chan struct{})}
	o.timer = time.AfterFunc(waitForDisk, func() {
		defer close(o.answered)
		h.refuse(w, r, s, &problem{status: http.StatusServiceUnavailable, after: 5, remain: true,
			detail: "the relay's disk does not answer; it is not known whether the event was taken, so send it again with the same Idempotency-Key"})
		_ = http.NewResponseController(w).Flush() // the handler goes on waiting
	})
	return o
}

// over ends the wait and reports whether the request was answered, which is done
// then.
func (o *overdue) over() bool {
	if o.timer.Stop() {
		return false
	}
	<-o.answered
	return true
}
