package spool

import (
	"encoding/binary"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

const (
	farBehind  = time.Hour            // a clock that is so much behind the mark is wrong
	farAhead   = 366 * 24 * time.Hour // a clock that is so much ahead of it, too
	markStep   = 24 * time.Hour       // retention believes the clock so far beyond the mark
	markPeriod = time.Minute          // how often the mark is written
)

// clock knows how far the machine's clock may be believed. Its mark is the
// highest time seen; it follows the clock, but never in a jump of over a day,
// unless the upstream's Date confirms it. So a clock that shows 2038 for a
// minute moves nothing.
type clock struct {
	build time.Time

	mu        sync.Mutex // guards all below
	mark      time.Time  // wall time
	markedAt  time.Time  // monotonic time when mark was right
	persisted time.Time
}

func newClock(build time.Time) *clock {
	c := &clock{build: build}
	c.set(time.Now())
	if c.mark.Before(build) {
		c.mark = build
	}
	return c
}

func (c *clock) set(mark time.Time) {
	c.mark, c.markedAt = mark.Round(0), time.Now()
}

// load takes the mark of an earlier process.
func (c *clock) load(tx *bbolt.Tx) {
	v := tx.Bucket(bucketMeta).Get(metaClock)
	if len(v) != 8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(fromMilli(int64(binary.BigEndian.Uint64(v))))
	c.persisted = c.mark
	if c.mark.Before(c.build) {
		c.mark = c.build
	}
	c.follow(time.Now())
}

// floor is the least time that it can be now.
func (c *clock) floor() time.Time { return c.mark.Add(time.Since(c.markedAt)) }

// follow moves the mark to the clock's time if that is a small step on.
func (c *clock) follow(now time.Time) {
	floor := c.floor()
	if now.Round(0).After(floor) && now.Round(0).Before(floor.Add(markStep)) {
		c.set(now)
	}
}

// now is the clock's time if it can be right, else the mark's, and false.
func (c *clock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.believed()
}

func (c *clock) believed() (time.Time, bool) {
	now := time.Now()
	c.follow(now)
	floor := c.floor()
	wall := now.Round(0)
	if wall.Before(c.build) || wall.Before(floor.Add(-farBehind)) || wall.After(floor.Add(farAhead)) {
		return floor, false
	}
	return wall, true
}

// trusted is the time that retention goes by: never more than a day beyond the
// mark, since what is forgotten does not come back.
func (c *clock) trusted() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, _ := c.believed()
	if limit := c.floor().Add(markStep); now.After(limit) {
		return limit
	}
	return now
}

// observe takes the upstream's word for the time.
func (c *clock) observe(date time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if date.Before(c.build) {
		return
	}
	if floor := c.floor(); date.After(floor) || date.Before(floor.Add(-farBehind)) {
		c.set(date)
	}
}

// persist writes the mark when it has moved on enough to be worth it.
func (c *clock) persist(tx *bbolt.Tx) error {
	c.mu.Lock()
	c.follow(time.Now())
	mark, due := c.floor(), false
	if d := mark.Sub(c.persisted); d > markPeriod || d < -farBehind {
		c.persisted, due = mark, true
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	return tx.Bucket(bucketMeta).Put(metaClock, binary.BigEndian.AppendUint64(nil, uint64(mark.UnixMilli())))
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
