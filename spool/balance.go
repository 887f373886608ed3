package spool

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"go.etcd.io/bbolt"
)

const maxFixes = 4096 // changes of one transaction while a salvaged file is put in order

// balance brings the states in a salvaged file in line with its records, and
// then the counts with both. It holds no more in memory than a few thousand
// changes, however large the file.
type balance struct {
	db     *bbolt.DB
	rescue *rescue
	queues map[string]*tally
	sums   Salvage // of all queues
	lost   int64   // entries of pending and dead whose records are lost
}

// tally is what a queue holds in the salvaged file.
type tally struct{ pending, sent, dead, unsure, lost int64 }

// fix is one change: of a value, or with nil of its absence.
type fix struct {
	at    place
	key   []byte
	value []byte
}

func (b *balance) tally(queue string) *tally {
	t := b.queues[queue]
	if t == nil {
		t = &tally{}
		b.queues[queue] = t
	}
	return t
}

// run does it all.
func (b *balance) run(report *Salvage) error {
	if err := b.walk(place{bucket: string(bucketRecords)}, b.records); err != nil {
		return err
	}
	var queues [][]byte
	err := b.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketPending).ForEachBucket(func(name []byte) error {
			queues = append(queues, bytes.Clone(name))
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, queue := range queues {
		if err := b.walk(place{string(bucketPending), string(queue)}, b.pending); err != nil {
			return err
		}
	}
	if err := b.walk(place{bucket: string(bucketDead)}, b.dead); err != nil {
		return err
	}
	if err := b.walk(place{bucket: string(bucketGone)}, b.gone); err != nil {
		return err
	}
	return b.db.Update(func(tx *bbolt.Tx) error { return b.finish(tx, report) })
}

// walk goes over a bucket in the order of keys. look returns the changes that
// a pair calls for; they are made in transactions of their own, in between.
func (b *balance) walk(at place, begin func(tx *bbolt.Tx, at place) (look func(k, v []byte) []fix)) error {
	for after := []byte(nil); ; {
		var fixes []fix
		end := true
		err := b.db.View(func(tx *bbolt.Tx) error {
			look := begin(tx, at)
			c := bucketAt(tx, at).Cursor()
			for k, v := c.Seek(after); k != nil; k, v = c.Next() {
				if len(fixes) >= maxFixes {
					after, end = bytes.Clone(k), false
					return nil
				}
				fixes = append(fixes, look(k, v)...)
			}
			return nil
		})
		if err == nil && len(fixes) > 0 {
			err = b.db.Update(func(tx *bbolt.Tx) error { return applyFixes(tx, fixes) })
		}
		if err != nil || end {
			return err
		}
	}
}

func bucketAt(tx *bbolt.Tx, at place) *bbolt.Bucket {
	b := tx.Bucket([]byte(at.bucket))
	if at.queue != "" && b != nil {
		b = b.Bucket([]byte(at.queue))
	}
	return b
}

func applyFixes(tx *bbolt.Tx, fixes []fix) error {
	for _, f := range fixes {
		b := bucketAt(tx, f.at)
		if b == nil && f.value != nil {
			var err error
			if b, err = tx.Bucket(bucketPending).CreateBucket([]byte(f.at.queue)); err != nil {
				return err
			}
		}
		var err error
		switch {
		case b == nil:
		case f.value == nil:
			err = b.Delete(f.key)
		default:
			err = b.Put(f.key, f.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// records gives each record one state: what ended stays ended, and what has no
// state is due, with a mark that it may have been sent before.
func (b *balance) records(tx *bbolt.Tx, _ place) func(k, v []byte) []fix {
	sent := &follower{c: tx.Bucket(bucketSent).Cursor()}
	dead := &follower{c: tx.Bucket(bucketDead).Cursor()}
	pending := map[string]*follower{}
	return func(k, v []byte) (fixes []fix) {
		r, err := parseRecord(v)
		if err != nil || r.queue == "" || len(r.queue) > maxName {
			b.sums.Unreadable++ // it was read before, so it is the file system's doing
			return []fix{{at: place{bucket: string(bucketRecords)}, key: bytes.Clone(k)}}
		}
		waits := pending[r.queue]
		if waits == nil {
			waits = &follower{}
			if q := tx.Bucket(bucketPending).Bucket([]byte(r.queue)); q != nil {
				waits.c = q.Cursor()
			}
			pending[r.queue] = waits
		}
		b.sums.Records++
		t := b.tally(r.queue)
		at := place{string(bucketPending), r.queue}
		isSent, isDead, isPending := sent.has(k), dead.has(k), waits.has(k)
		switch {
		case isSent:
			t.sent++
		case isDead:
			t.dead++
		case isPending:
			t.pending++
			p, err := parsePending(waits.v)
			if err == nil && p.flags&Salvaged == 0 && !b.rescue.adrift {
				return nil
			}
			if len(b.rescue.lost) > 0 {
				t.unsure++
			}
			p.flags |= Salvaged // the last commit may have settled it
			return []fix{{at, bytes.Clone(k), p.append(nil)}}
		default:
			t.pending++
			t.unsure++
			p := pendingValue{flags: Salvaged}
			return []fix{{at, bytes.Clone(k), p.append(nil)}}
		}
		if isPending {
			fixes = append(fixes, fix{at: at, key: bytes.Clone(k)})
		}
		if isSent && isDead {
			fixes = append(fixes, fix{at: place{bucket: string(bucketDead)}, key: bytes.Clone(k)})
		}
		return fixes
	}
}

// pending drops what has no record any more, or another queue's.
func (b *balance) pending(tx *bbolt.Tx, at place) func(k, v []byte) []fix {
	records := &follower{c: tx.Bucket(bucketRecords).Cursor()}
	return func(k, _ []byte) []fix {
		if records.has(k) {
			if r, err := parseRecord(records.v); err == nil && r.queue == at.queue {
				return nil
			}
		} else {
			b.lost++
			b.tally(at.queue).lost++
		}
		return []fix{{at: at, key: bytes.Clone(k)}}
	}
}

// dead drops what has no record any more.
func (b *balance) dead(tx *bbolt.Tx, at place) func(k, v []byte) []fix {
	records := &follower{c: tx.Bucket(bucketRecords).Cursor()}
	return func(k, _ []byte) []fix {
		if records.has(k) {
			return nil
		}
		b.lost++
		return []fix{{at: at, key: bytes.Clone(k)}}
	}
}

// gone drops what is there after all: the last commit may have been lost.
func (b *balance) gone(tx *bbolt.Tx, at place) func(k, v []byte) []fix {
	records := &follower{c: tx.Bucket(bucketRecords).Cursor()}
	return func(k, _ []byte) []fix {
		if !records.has(k) {
			return nil
		}
		return []fix{{at: at, key: bytes.Clone(k)}}
	}
}

// follower looks keys up that come in their order.
type follower struct {
	c    *bbolt.Cursor // nil: of nothing
	k, v []byte
	on   bool
}

func (f *follower) has(key []byte) bool {
	if f.c == nil {
		return false
	}
	if !f.on {
		f.k, f.v = f.c.Seek(key)
		f.on = true
	}
	for f.k != nil && bytes.Compare(f.k, key) < 0 {
		f.k, f.v = f.c.Next()
	}
	return bytes.Equal(f.k, key)
}

// finish writes the counts, the sequence and the report.
func (b *balance) finish(tx *bbolt.Tx, report *Salvage) error {
	counts := tx.Bucket(bucketCounts)
	stored, flow := map[string]Counts{}, map[string]quarter{}
	err := counts.ForEach(func(k, v []byte) error {
		c, q, err := parseCountsFlow(v)
		stored[string(k)], flow[string(k)] = c, q
		b.tally(string(k))
		return err
	})
	if err != nil {
		return err
	}
	// Without the last counts, nobody knows what else there was.
	known := !b.rescue.adrift && len(b.rescue.lost[place{bucket: string(bucketCounts)}]) == 0
	var accepted int64
	for queue, t := range b.queues {
		old, ok := stored[queue]
		c := t.counts(old, ok)
		known = known && ok
		b.sums.Pending += t.pending
		b.sums.Unsure += t.unsure
		b.sums.Unreadable += max(0, c.Unreadable-old.Unreadable)
		accepted += c.Accepted
		q := flow[queue]
		if err := counts.Put([]byte(queue), q.appendTo(c.append(nil))); err != nil {
			return err
		}
	}
	report.Records, report.Pending, report.Unsure = b.sums.Records, b.sums.Pending, b.sums.Unsure
	report.Unreadable = b.sums.Unreadable
	if !known {
		report.Unreadable = -1
	}
	if err := b.putSequence(tx, accepted); err != nil {
		return err
	}
	// What the witness knows is of the file that was: this one goes on from it.
	// Where it cannot be read how far that was, this process may know.
	commits := max(readIdentity(tx).commits, b.rescue.commits)
	if err := errors.Join(putNumber(tx, metaIncarnation, newIncarnation()), putNumber(tx, metaBefore, b.rescue.was),
		putNumber(tx, metaCommits, commits)); err != nil {
		return err
	}
	note, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketNotes).Put([]byte(noteSalvage), note)
}

// counts brings a queue's stored counts in line with what was found. What is
// missing is unreadable; what is there too much was sent, by the counts, and
// has lost that state; or it came after the counts.
func (t *tally) counts(old Counts, known bool) Counts {
	c := old
	if !known {
		c = Counts{Accepted: t.pending + t.sent + t.dead + t.lost, Sent: t.sent}
	}
	c.Pending, c.Dead = t.pending, t.dead
	c.Sent = max(c.Sent, t.sent)
	c.Unreadable = c.Accepted - c.Pending - c.Sent - c.Dead - c.Discarded
	if c.Unreadable < 0 {
		undone := min(-c.Unreadable, t.unsure, c.Sent-t.sent)
		c.Sent -= undone
		c.Accepted -= c.Unreadable + undone
		c.Unreadable = 0
	}
	return c
}

// putSequence makes sure that no id is given a second time.
func (b *balance) putSequence(tx *bbolt.Tx, accepted int64) error {
	last := max(b.rescue.sequence, uint64(b.rescue.highest), uint64(max(0, accepted)))
	for _, name := range [][]byte{bucketRecords, bucketSent, bucketDead} {
		if k, _ := tx.Bucket(name).Cursor().Last(); len(k) == 8 {
			last = max(last, uint64(idFromKey(k)))
		}
	}
	if b.rescue.adrift {
		last += lostIDs
	}
	if !b.rescue.known {
		// More than any spool can have given, so that no id that somebody
		// wrote down comes to name another record.
		last = max(last, uint64(cmp.Or(max(0, time.Now().UnixMilli()), lostIDs)))
	}
	return tx.Bucket(bucketRecords).SetSequence(last)
}
