package spool

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"
)

// queue holds the window of a queue's pending records: those that come next in
// the order of ids, up to a bound. A record enters the window only after all
// older ones of its queue, so whoever is the oldest of a lane in the window is
// the oldest of all.
type queue struct {
	s    *Spool
	name string

	mu      sync.Mutex // guards all below; held for memory work only, never across I/O
	items   map[ID]*item
	lanes   map[Lane][]*item // who waits for whom, oldest first
	ready   readyHeap        // due, and first in each lane
	later   laterHeap        // first in each lane, but due later
	waiters []chan ID        // of size 1; claims that found nothing
	loaded  ID               // the window has seen every pending record up to here
	end     bool             // there is none behind loaded
	loading bool             // somebody reads the next ones from the file
	missed  bool             // one was stored while somebody read
	timer   *time.Timer      // for the first of later
	closed  bool
}

// item is a record in the window.
type item struct {
	id      ID
	lanes   []Lane
	due     time.Time // zero: now
	unknown bool      // an attempt ended without an answer
	ahead   int       // lanes in which an older one is unsettled
	claimed bool
	index   int // in its heap, -1: in none
	inReady bool
}

func newQueue(s *Spool, name string) *queue {
	q := &queue{s: s, name: name, items: map[ID]*item{}, lanes: map[Lane][]*item{}}
	q.timer = time.AfterFunc(time.Hour, q.wake)
	q.timer.Stop()
	return q
}

// take waits for a claimable record other than but, if there is another.
func (q *queue) take(ctx context.Context, but ID) (ID, error) {
	for {
		q.mu.Lock()
		if q.closed {
			q.mu.Unlock()
			return 0, ErrClosed
		}
		it := q.pop(but)
		if q.wantsMore(it == nil) {
			q.loading, q.missed = true, false
			after := q.loaded
			q.mu.Unlock()
			err := q.load(after)
			if it != nil {
				return it.id, nil // an unreadable page behind it is the next claim's trouble
			}
			if err != nil {
				return 0, err
			}
			continue
		}
		if it != nil {
			q.mu.Unlock()
			return it.id, nil
		}
		wait := make(chan ID, 1)
		q.waiters = append(q.waiters, wait)
		q.mu.Unlock()

		select {
		case id := <-wait:
			if id != 0 {
				return id, nil
			}
		case <-ctx.Done():
			q.abandon(wait)
			return 0, ctx.Err()
		case <-q.s.closing:
			q.abandon(wait)
			return 0, ErrClosed
		}
	}
}

// wantsMore says whether the caller should read the next records into the
// window: it is half empty, or nothing in it may go.
func (q *queue) wantsMore(idle bool) bool {
	room := q.s.opts.Window / 2
	if idle {
		room = q.s.opts.Window
	}
	return !q.end && !q.loading && len(q.items) < room
}

// abandon takes a waiter back, and what it was handed meanwhile.
func (q *queue) abandon(wait chan ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiters, wait); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
		return
	}
	if id := <-wait; id != 0 {
		if it := q.items[id]; it != nil {
			it.claimed = false
			q.place(it)
			q.dispatch()
		}
	}
}

// pop takes the first ready record that is not but, or but if it is the only.
func (q *queue) pop(but ID) *item {
	q.ripen()
	if len(q.ready) == 0 {
		return nil
	}
	it := heap.Pop(&q.ready).(*item)
	if it.id == but && len(q.ready) > 0 {
		other := heap.Pop(&q.ready).(*item)
		heap.Push(&q.ready, it)
		it = other
	}
	it.claimed = true
	return it
}

// dispatch hands ready records to those who wait. A waiter that gets 0 looks
// again (the window has room for more).
func (q *queue) dispatch() {
	q.ripen()
	for len(q.waiters) > 0 && len(q.ready) > 0 {
		it := heap.Pop(&q.ready).(*item)
		it.claimed = true
		q.waiters[0] <- it.id
		q.waiters = q.waiters[1:]
	}
	if len(q.waiters) > 0 && q.wantsMore(true) {
		q.waiters[0] <- 0
		q.waiters = q.waiters[1:]
	}
}

// ripen moves what has become due from later to ready, and sets the timer for
// the next.
func (q *queue) ripen() {
	if len(q.later) == 0 {
		return
	}
	now := time.Now()
	for len(q.later) > 0 && !q.later[0].due.After(now) {
		it := heap.Pop(&q.later).(*item)
		heap.Push(&q.ready, it)
	}
	if len(q.later) > 0 {
		q.timer.Reset(q.later[0].due.Sub(now))
	}
}

func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dispatch()
}

// place puts a record into the heap where it belongs, if it may go at all.
func (q *queue) place(it *item) {
	switch {
	case it.ahead > 0 || it.claimed:
	case it.due.After(time.Now()):
		heap.Push(&q.later, it)
		q.ripen()
	default:
		heap.Push(&q.ready, it)
	}
}

// add brings a record into the window, behind the older ones of its lanes.
func (q *queue) add(it *item) {
	if q.items[it.id] != nil {
		return
	}
	it.index = -1
	q.items[it.id] = it
	for i, lane := range it.lanes {
		if slices.Contains(it.lanes[:i], lane) {
			continue
		}
		line := q.lanes[lane]
		at := len(line)
		for at > 0 && line[at-1].id > it.id && !line[at-1].claimed {
			at-- // one that came back from the dead goes before the younger ones
		}
		if at > 0 {
			it.ahead++
		} else if len(line) > 0 {
			line[0].ahead++
			q.unplace(line[0])
		}
		q.lanes[lane] = slices.Insert(line, at, it)
	}
	q.place(it)
}

// unplace takes a record out of its heap.
func (q *queue) unplace(it *item) {
	switch {
	case it.index < 0:
	case it.inReady:
		heap.Remove(&q.ready, it.index)
	default:
		heap.Remove(&q.later, it.index)
	}
}

// remove ends a record's time in the window: it is settled.
func (q *queue) remove(id ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[id]
	if it == nil {
		return
	}
	q.unplace(it)
	delete(q.items, id)
	for i, lane := range it.lanes {
		if slices.Contains(it.lanes[:i], lane) {
			continue
		}
		line := q.lanes[lane]
		at := slices.Index(line, it)
		if at == 0 && len(line) > 1 {
			line[1].ahead--
			q.place(line[1])
		}
		if line = slices.Delete(line, at, at+1); len(line) == 0 {
			delete(q.lanes, lane)
		} else {
			q.lanes[lane] = line
		}
	}
	q.dispatch()
}

// retry makes a claimed record wait until due.
func (q *queue) retry(id ID, due time.Time, flags Flags) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[id]
	if it == nil {
		return
	}
	it.claimed, it.unknown = false, flags&Unknown != 0
	it.due = q.s.bounded(due)
	q.place(it)
	q.dispatch()
}

// release makes a claimed record claimable again.
func (q *queue) release(id ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := q.items[id]; it != nil && it.claimed {
		it.claimed = false
		q.place(it)
		q.dispatch()
	}
}

// hold keeps a record from being claimed, until release or remove; false when
// it is claimed already. One outside the window cannot be.
func (q *queue) hold(id ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[id]
	switch {
	case it == nil:
		return true
	case it.claimed:
		return false
	}
	q.unplace(it)
	it.claimed = true
	return true
}

// reset forgets the window, so that it is read anew. Claims that are held stay
// with their holders, and settle what is still there.
func (q *queue) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items, q.lanes = map[ID]*item{}, map[Lane][]*item{}
	q.ready, q.later, q.loaded, q.end = nil, nil, 0, false
	q.dispatch()
}

// close ends all waiting.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.timer.Stop()
	for _, w := range q.waiters {
		w <- 0
	}
	q.waiters = nil
}

// bounded turns a due time by the wall clock into one by the monotonic clock,
// at most MaxDelay off: the wall clock may have jumped.
func (s *Spool) bounded(due time.Time) time.Time {
	now := time.Now()
	wait := due.Sub(now)
	if wait <= 0 {
		return time.Time{}
	}
	return now.Add(min(wait, s.opts.MaxDelay))
}

// boundedFromDisk is bounded for a due time of an earlier process: one further
// off than the longest delay was written by another clock, and is due now.
func (s *Spool) boundedFromDisk(due time.Time) time.Time {
	if time.Until(due) > s.opts.MaxDelay {
		return time.Time{}
	}
	return s.bounded(due)
}

// readyHeap has records of unknown outcome first, then the oldest: after a
// crash, or an answer that was lost, the upstream may hold them already.
type readyHeap []*item

func (h readyHeap) Len() int { return len(h) }
func (h readyHeap) Less(i, j int) bool {
	if h[i].unknown != h[j].unknown {
		return h[i].unknown
	}
	return h[i].id < h[j].id
}
func (h readyHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *readyHeap) Push(x any) {
	it := x.(*item)
	it.index, it.inReady = len(*h), true
	*h = append(*h, it)
}
func (h *readyHeap) Pop() any {
	old := *h
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	it.index = -1
	return it
}

// laterHeap has the soonest due first.
type laterHeap []*item

func (h laterHeap) Len() int           { return len(h) }
func (h laterHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h laterHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *laterHeap) Push(x any) {
	it := x.(*item)
	it.index, it.inReady = len(*h), false
	*h = append(*h, it)
}
func (h *laterHeap) Pop() any {
	old := *h
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	it.index = -1
	return it
}
