package spool

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
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
	held    map[ID]struct{}  // a person decides on them now; not always in the window
	loaded  ID               // the window has seen every pending record up to here
	end     bool             // there is none behind loaded
	loading bool             // somebody reads the next ones from the file
	missed  bool             // one was stored while somebody read
	back    []*item          // came back from the dead while somebody read
	resets  int              // how often the window began anew
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
	held    bool // see queue.held
	index   int  // in its heap, -1: in none
	inReady bool
}

func newQueue(s *Spool, name string) *queue {
	q := &queue{s: s, name: name, items: map[ID]*item{}, lanes: map[Lane][]*item{}, held: map[ID]struct{}{}}
	q.timer = time.AfterFunc(time.Hour, q.wake)
	q.timer.Stop()
	return q
}

// errWindow says that the next records could not be read into the window.
var errWindow = errors.New("read pending records")

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
			after, resets, limit := q.loaded, q.resets, q.s.opts.Window-len(q.items)
			q.mu.Unlock()
			err := q.load(after, resets, min(limit, loadChunk))
			if it != nil {
				return it.id, nil // an unreadable page behind it is the next claim's trouble
			}
			if err != nil {
				return 0, fmt.Errorf("%w: %w", errWindow, err)
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

// abandon takes a waiter back, and passes on what it was handed meanwhile: a
// record, or the word that there is more to read.
func (q *queue) abandon(wait chan ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiters, wait); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
		return
	}
	if it := q.items[<-wait]; it != nil {
		q.putBack(it)
	}
	q.dispatch()
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
	if len(q.later) > 0 && !q.closed {
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
	case it.ahead > 0 || it.claimed || it.held || uint64(it.id) <= q.s.heldUpTo.Load():
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
	_, it.held = q.held[it.id]
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
	delete(q.held, id)
	if it := q.items[id]; it != nil {
		q.drop(it)
		q.dispatch()
	}
}

// drop takes a record out of the window.
func (q *queue) drop(it *item) {
	q.unplace(it)
	delete(q.items, it.id)
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
}

// putBack ends a claim that did not settle its record. The record comes in
// anew, behind older ones that came back from the dead meanwhile; or, if the
// window was restarted and has not come so far again, in its turn.
func (q *queue) putBack(it *item) {
	q.drop(it)
	if it.id <= q.loaded {
		it.claimed, it.ahead = false, 0
		q.add(it)
	}
}

// retry makes a claimed record wait until due.
func (q *queue) retry(id ID, due time.Time, flags Flags) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[id]
	if it == nil {
		return
	}
	it.unknown, it.due = flags.unsure(), q.s.bounded(due)
	q.putBack(it)
	q.dispatch()
}

// release makes a claimed record claimable again.
func (q *queue) release(id ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := q.items[id]; it != nil && it.claimed {
		q.putBack(it)
		q.dispatch()
	}
}

// hold keeps a record from being claimed, until letGo or remove; false when it
// is claimed already. One outside the window cannot be, and is held when it
// comes in.
func (q *queue) hold(id ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[id]
	if it != nil && it.claimed {
		return false
	}
	q.held[id] = struct{}{}
	if it != nil {
		q.unplace(it)
		it.held = true
	}
	return true
}

// letGo ends a hold.
func (q *queue) letGo(id ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.held, id)
	if it := q.items[id]; it != nil && it.held {
		it.held = false
		q.place(it)
		q.dispatch()
	}
}

// revived brings a record back that was dead, and ends the hold on it.
func (q *queue) revived(it *item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.held, it.id)
	switch {
	case q.loading: // by somebody who may not have seen it
		q.back = append(q.back, it)
	case len(q.items) >= 2*q.s.opts.Window:
		q.restart()
	default:
		q.rejoin(it)
	}
	q.dispatch()
}

// rejoin adds a record that the window may have passed already.
func (q *queue) rejoin(it *item) {
	if it.id <= q.loaded {
		q.add(it)
	} else {
		q.end = false
	}
}

// reset makes the window be read anew.
func (q *queue) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.restart()
	q.dispatch()
}

// restart forgets the window but for the claims that are held: they stay first
// in their lanes, and settle what is still there.
func (q *queue) restart() {
	var claimed []*item
	for _, it := range q.items {
		if it.claimed {
			claimed = append(claimed, it)
		}
	}
	slices.SortFunc(claimed, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
	q.items, q.lanes, q.ready, q.later, q.back = map[ID]*item{}, map[Lane][]*item{}, nil, nil, nil
	q.loaded, q.end = 0, false
	q.resets++
	for _, it := range claimed {
		it.ahead = 0
		q.add(it)
	}
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
