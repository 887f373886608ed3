package spool

import (
	"errors"
	"math"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

const (
	maxFree       = 1024                   // free pages that deleting may leave: bbolt writes their list at each commit
	expireGroup   = 500                    // records that leave in one transaction
	expireScan    = 5000                   // sent records that are looked at in one read
	expireReads   = 20                     // reads in a row that found none, before the rest is left for later
	janitorRest   = 250 * time.Millisecond // least time between two rounds
	janitorPeriod = 10 * time.Minute       // a round without being called
	keysPeriod    = time.Hour              // a walk over all keys
	compactAgain  = time.Minute            // after a compaction that failed
)

// janitor takes out of the file what need not be kept: in small transactions
// that share the writer, and only while that leaves few free pages. What it
// leaves behind goes when the file is compacted. A round that finds nothing
// writes nothing.
type janitor struct {
	s       *Spool
	stopped chan struct{}
	called  chan struct{}
	onSent  bool // sent records leave so soon that each is a reason to look

	busy      sync.Mutex // held for a round; guards all below
	lastKeys  time.Time
	counted   ID        // sent records up to here that need not be kept are in useless
	useless   int64     // about how many bytes of such are left in the file
	staleKeys int64     // the same of keys and bodies, at the last walk
	notBefore time.Time // of the next compaction
}

func newJanitor(s *Spool) *janitor {
	return &janitor{
		s: s, stopped: make(chan struct{}), called: make(chan struct{}, 1),
		lastKeys: time.Now(), onSent: s.opts.KeepSent < time.Minute,
	}
}

// kick asks for a round soon. It never blocks.
func (j *janitor) kick() {
	select {
	case j.called <- struct{}{}:
	default:
	}
}

func (j *janitor) sentOne() {
	if j.onSent {
		j.kick()
	}
}

func (j *janitor) run() {
	defer close(j.stopped)
	timer := time.NewTimer(janitorRest)
	defer timer.Stop()
	for {
		select {
		case <-j.s.closing:
			return
		case <-timer.C:
		case <-j.called:
			timer.Reset(janitorRest) // let more of it gather
			select {
			case <-j.s.closing:
				return
			case <-timer.C:
			}
		}
		if err := j.round(); err != nil && !errors.Is(err, ErrClosed) {
			j.s.opts.Log.Warn("clean up spool", "cause", err)
		}
		timer.Reset(min(janitorPeriod, max(janitorRest, j.s.opts.KeepKeys)))
	}
}

// round does all that is due.
func (j *janitor) round() error {
	j.busy.Lock()
	defer j.busy.Unlock()
	j.s.holdReserve()
	if time.Since(j.lastKeys) >= min(keysPeriod, j.s.opts.KeepKeys) {
		j.lastKeys = time.Now()
		n, err := j.expireKeys()
		if err != nil {
			return err
		}
		j.staleKeys = n
		j.counted, j.useless = 0, 0 // what was sent out of order is counted, too
	}
	if err := j.expireSent(); err != nil {
		return err
	}
	if err := j.countUseless(); err != nil || time.Now().Before(j.notBefore) {
		return err
	}
	size, _ := j.s.sizeOf()
	must, err := j.s.purged()
	if err != nil {
		return err
	}
	if err := j.s.compactIfWorth(j.useless+j.staleKeys, must); err != nil {
		j.notBefore = time.Now().Add(compactAgain)
		return err
	}
	if now, _ := j.s.sizeOf(); now < size {
		j.counted, j.useless, j.staleKeys = 0, 0, 0
	}
	return nil
}

// leaver is a sent record whose time is over.
type leaver struct {
	id   ID
	size int64
}

// leavers reads the sent records behind after whose time is over, up to limit,
// and how far it looked; done means that the rest may be left for later.
func (j *janitor) leavers(after ID, before int64, limit int) (list []leaver, last ID, done bool, err error) {
	last = after
	for reads := 0; reads < expireReads && !done && len(list) == 0; reads++ {
		err := j.s.view(func(tx *bbolt.Tx) error {
			c, looked := tx.Bucket(bucketSent).Cursor(), 0
			for k, v := c.Seek((last + 1).key()); ; k, v = c.Next() {
				if done = k == nil; done || looked == expireScan || len(list) == limit {
					return nil
				}
				looked++
				last = idFromKey(k)
				e, err := parseEnding(v, tagSent)
				if err == nil && e.at < before { // a damaged one stays, for a person to find
					list = append(list, leaver{last, int64(e.size) + leaverOverhead})
				}
			}
		})
		if err != nil {
			return nil, last, true, err
		}
	}
	return list, last, done || len(list) == 0, nil
}

const leaverOverhead = 64 // bytes that a sent record takes beside its own

// expireSent removes sent records whose time is over, oldest ids first, while
// few pages are free.
func (j *janitor) expireSent() error {
	for after := ID(0); j.s.fewFree(); {
		before, enough := j.sentBefore()
		list, last, done, err := j.leavers(after, before, expireGroup)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			if enough -= list[i].size; enough <= 0 {
				list, last, done = list[:i+1], list[i].id, false
				break
			}
		}
		after = last
		if err := j.s.do(expireGroup*20, func(tx *writeTx) error {
			ids := make([]ID, len(list))
			for i, l := range list {
				ids[i] = l.id
				if err := tx.forgetSent(l.id); err != nil {
					return err
				}
			}
			return tx.dropBlocks(ids)
		}); err != nil {
			return err
		}
		for _, l := range list {
			if l.id <= j.counted {
				j.useless -= l.size
			}
		}
		if done {
			return nil
		}
	}
	return nil
}

// forgetSent removes all of a sent record but its place in the index.
func (tx *writeTx) forgetSent(id ID) error {
	key := id.key()
	return errors.Join(tx.records.Delete(key), tx.sent.Delete(key), tx.attempts.Delete(key))
}

// countUseless goes on counting what could leave and had to stay.
func (j *janitor) countUseless() error {
	before := j.oldEnough()
	for !j.s.isClosing() {
		list, last, done, err := j.leavers(j.counted, before, expireScan)
		if err != nil || len(list) == 0 {
			return err
		}
		j.counted = last
		for _, l := range list {
			j.useless += l.size
		}
		if done {
			return nil
		}
	}
	return nil
}

// sentBefore is the time (milliseconds since 1970) before which sent records
// need not be kept: by their age, or, when the quota is nearly used up, all. It
// is enough then that so many bytes go.
func (j *janitor) sentBefore() (before, enough int64) {
	size, free := j.s.sizeOf()
	if over := size - free - j.s.opts.MaxSize/10*9; over > 0 {
		return math.MaxInt64, over
	}
	return j.oldEnough(), math.MaxInt64
}

func (j *janitor) oldEnough() int64 {
	if j.s.opts.KeepSent == 0 {
		return math.MaxInt64
	}
	return j.s.clock.trusted().Add(-j.s.opts.KeepSent).UnixMilli()
}

// fewFree says whether deleting may leave more free pages.
func (s *Spool) fewFree() bool {
	s.swap.RLock()
	defer s.swap.RUnlock()
	return s.db != nil && s.freePages() < maxFree
}

// freePages is how many pages are free; swap is held.
func (s *Spool) freePages() int {
	stats := s.db.Stats()
	return stats.FreePageN + stats.PendingPageN
}

// outdatedKeys says what need not be kept, but for records.
type outdatedKeys struct{ now, oldest int64 } // seconds since 1970

func (s *Spool) outdatedKeys() outdatedKeys {
	now := s.clock.trusted()
	return outdatedKeys{now.Unix(), now.Add(-s.opts.KeepKeys).Unix()}
}

func (o outdatedKeys) key(v []byte) bool {
	k, err := parseKey(v)
	return err == nil && (k.seen < o.oldest || k.within > 0 && o.now-k.seen > k.within)
}

func (o outdatedKeys) gone(v []byte) bool {
	g, err := parseGone(v)
	return err == nil && g.At.Unix() < o.oldest
}

func (o outdatedKeys) flow(k, v []byte) bool {
	q, err := parseFlow(k, v)
	return err == nil && q.number < quarterOf(time.Unix(o.now, 0).Add(-keepFlow))
}

func (o outdatedKeys) body(key []byte) bool {
	return len(key) == bodyKeyLen && bodyTime(key) < o.oldest*1000
}

// of says it of what a bucket holds.
func (o outdatedKeys) of(bucket, k, v []byte) bool {
	switch string(bucket) {
	case "keys":
		return o.key(v)
	case "bodies":
		return o.body(k)
	case "gone":
		return o.gone(v)
	case "flow":
		return o.flow(k, v)
	}
	return false
}

// expireKeys walks over all keys and bodies, and what else is kept for a time.
func (j *janitor) expireKeys() (left int64, err error) {
	outdated := j.s.outdatedKeys()
	if err := j.ageYoung(); err != nil {
		return 0, err
	}
	for _, name := range [][]byte{bucketKeys, bucketBodies, bucketGone, bucketFlow} {
		n, err := j.expireBucket(name, func(k, v []byte) bool { return outdated.of(name, k, v) })
		left += n
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// ageYoung moves the young keys, if there are any, to where the walk sees them.
func (j *janitor) ageYoung() error {
	some := false
	if err := j.s.view(func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket(bucketYoung).Cursor().First()
		some = k != nil
		return nil
	}); err != nil || !some {
		return err
	}
	return j.s.do(youngMost*20, func(tx *writeTx) error { return tx.emptyYoung() })
}

func (j *janitor) expireBucket(name []byte, useless func(k, v []byte) bool) (left int64, err error) {
	const chunk = 5000
	var after []byte
	for done := false; !done && !j.s.isClosing(); {
		var stale [][]byte
		err := j.s.view(func(tx *bbolt.Tx) error {
			c, n := tx.Bucket(name).Cursor(), 0
			k, v := c.Seek(after)
			for ; k != nil && n < chunk; k, v = c.Next() {
				n++
				if useless(k, v) {
					stale = append(stale, append([]byte(nil), k...))
				}
			}
			after, done = append(after[:0], k...), k == nil
			return nil
		})
		if err != nil {
			return left, err
		}
		if len(stale) == 0 {
			continue
		}
		n, err := j.forget(name, stale, useless)
		left += n
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// forget deletes keys that are still useless, as long as few pages are free.
func (j *janitor) forget(name []byte, stale [][]byte, useless func(k, v []byte) bool) (left int64, err error) {
	err = j.s.do(len(stale)*20, func(tx *writeTx) error {
		left = 0
		b := tx.bolt.Bucket(name)
		if j.s.freePages() >= maxFree {
			for _, k := range stale {
				left += int64(len(k) + 16 + 16)
			}
			return nil
		}
		for _, k := range stale {
			if v := b.Get(k); v != nil && useless(k, v) {
				if err := b.Delete(k); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return left, err
}
