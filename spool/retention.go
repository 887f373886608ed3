package spool

import (
	"errors"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

const (
	maxFree       = 4096                   // free pages that deleting may leave: bbolt writes their list at each commit
	expireGroup   = 500                    // records that leave in one transaction
	expireScan    = 5000                   // sent records that are looked at for them
	janitorRest   = 250 * time.Millisecond // least time between two rounds
	janitorPeriod = 10 * time.Minute       // a round without being called
	keysPeriod    = time.Hour              // a walk over all keys
)

// janitor takes out of the file what need not be kept: in small transactions
// that share the writer, and only while that leaves few free pages. What it
// leaves behind goes when the file is compacted.
type janitor struct {
	s        *Spool
	stopped  chan struct{}
	called   chan struct{}
	lastKeys time.Time
	onSent   bool // sent records leave so soon that each is a reason to look

	dead atomic.Int64 // bytes that are of no use any more, and still in the file
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
	j.s.holdReserve()
	left, err := j.expireSent()
	if err != nil {
		return err
	}
	if time.Since(j.lastKeys) >= min(keysPeriod, j.s.opts.KeepKeys) {
		j.lastKeys = time.Now()
		n, err := j.expireKeys()
		if err != nil {
			return err
		}
		left += n
	}
	j.dead.Store(left)
	return j.s.compactIfWorth(left)
}

// expireSent removes sent records whose time is over, oldest ids first. It
// returns how many bytes of such it had to leave in the file.
func (j *janitor) expireSent() (left int64, err error) {
	var after ID
	for {
		var gone, looked int
		var last ID
		err := j.s.do(expireGroup*20, func(tx *writeTx) error {
			gone, looked, last, left = 0, 0, after, 0
			before := j.sentBefore()
			deletable := j.s.freePages() < maxFree
			c := tx.sent.Cursor()
			for k, v := c.Seek((after + 1).key()); k != nil && looked < expireScan; k, v = c.Next() {
				looked++
				last = idFromKey(k)
				e, err := parseEnding(v, tagSent)
				if err != nil {
					return err
				}
				if e.at >= before {
					continue
				}
				if !deletable || gone == expireGroup {
					left += int64(e.size)
					continue
				}
				gone++
				if err := tx.records.Delete(last.key()); err != nil {
					return err
				}
				if err := c.Delete(); err != nil {
					return err
				}
				if k, v = c.Seek(last.key()); k == nil {
					break
				}
			}
			return nil
		})
		if err != nil || gone < expireGroup {
			return left, err
		}
	}
}

// sentBefore is the time (milliseconds since 1970) before which sent records
// need not be kept: by their age, or, when the quota is nearly used up, all.
func (j *janitor) sentBefore() int64 {
	st := &j.s.state
	st.mu.Lock()
	used := st.size - st.free
	st.mu.Unlock()
	if used > j.s.opts.MaxSize/10*9 {
		return time.Now().Add(time.Hour).UnixMilli()
	}
	if j.s.opts.KeepSent == 0 {
		return time.Now().Add(time.Hour).UnixMilli()
	}
	return j.s.clock.trusted().Add(-j.s.opts.KeepSent).UnixMilli()
}

func (s *Spool) freePages() int {
	stats := s.db.Stats()
	return stats.FreePageN + stats.PendingPageN
}

// outdatedKeys says which keys and bodies need not be kept.
type outdatedKeys struct{ now, oldest int64 } // seconds since 1970

func (s *Spool) outdatedKeys() outdatedKeys {
	now := s.clock.trusted()
	return outdatedKeys{now.Unix(), now.Add(-s.opts.KeepKeys).Unix()}
}

func (o outdatedKeys) key(v []byte) bool {
	k, err := parseKey(v)
	return err == nil && (k.seen < o.oldest || k.outdated(o.now))
}

func (o outdatedKeys) body(key []byte) bool {
	return len(key) == bodyKeyLen && bodyTime(key) < o.oldest*1000
}

// expireKeys walks over all keys and bodies.
func (j *janitor) expireKeys() (left int64, err error) {
	outdated := j.s.outdatedKeys()
	for _, name := range [][]byte{bucketKeys, bucketBodies} {
		useless := func(k, v []byte) bool { return outdated.key(v) }
		if string(name) == string(bucketBodies) {
			useless = func(k, _ []byte) bool { return outdated.body(k) }
		}
		n, err := j.expireBucket(name, useless)
		left += n
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

func (j *janitor) expireBucket(name []byte, useless func(k, v []byte) bool) (left int64, err error) {
	const chunk = 5000
	var after []byte
	for done := false; !done; {
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
				left += int64(len(k) + keyValueLen + 16)
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
