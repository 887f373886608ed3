package ingest

import (
	"context"
	"sync"
	"time"
)

// waitForMemory is how long a body waits for others to make room: longer than
// the largest body takes, shorter than a sender's patience.
const waitForMemory = 10 * time.Second

// budget bounds the bytes that large bodies hold at one time. Who waits longest
// is served first, so that many middling bodies do not starve a large one.
type budget struct {
	mu    sync.Mutex // guards all below
	total int64
	free  int64 // may be negative after a resize
	queue []*waiting
}

// waiting is one body in the queue.
type waiting struct {
	n     int64
	ready chan struct{} // closed, under the lock, when n was taken
}

func newBudget(total int64) *budget { return &budget{total: total, free: total} }

// acquire takes n bytes, or all there are if n is more, and returns what is to
// be released. It waits its turn, and reports false when ctx or its patience ends.
func (b *budget) acquire(ctx context.Context, n int64) (int64, bool) {
	b.mu.Lock()
	n = min(n, b.total)
	if len(b.queue) == 0 && b.free >= n {
		b.free -= n
		b.mu.Unlock()
		return n, true
	}
	w := &waiting{n: n, ready: make(chan struct{})}
	b.queue = append(b.queue, w)
	b.mu.Unlock()

	patience := time.NewTimer(waitForMemory)
	defer patience.Stop()
	select {
	case <-w.ready:
		return n, true
	case <-ctx.Done():
	case <-patience.C:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.queue {
		if other == w {
			b.queue = append(b.queue[:i], b.queue[i+1:]...)
			b.serveLocked() // those behind may fit where this one did not
			return 0, false
		}
	}
	return n, true // its turn came while it gave up
}

// release gives n bytes back and returns 0, what is held now.
func (b *budget) release(n int64) int64 {
	if n == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	b.serveLocked()
	return 0
}

// resize changes the whole. Those who wait for more than it take all of it.
func (b *budget) resize(total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += total - b.total
	b.total = total
	b.serveLocked()
}

func (b *budget) serveLocked() {
	for len(b.queue) > 0 {
		w := b.queue[0]
		if b.free < w.n && b.free < b.total {
			return
		}
		b.free -= w.n
		b.queue = b.queue[1:]
		close(w.ready)
	}
}
