package spool

import (
	"bytes"
	"time"

	"go.etcd.io/bbolt"
)

// Query selects records; all that is set must hold.
type Query struct {
	Queue  string     // "": all
	State  State      // 0: any
	Terms  [][]string // for each: the record was put with at least one of these terms
	From   time.Time  // accepted at or after
	To     time.Time  // accepted before
	Before ID         // only ids below; 0: from the newest on
	Limit  int        // default 50
	// Keep decides about each record that fits so far; nil: all. It is called
	// inside a read transaction, must be fast, must not keep the record's bytes,
	// and must not call the spool. Terms are hashed, so that a rare record may
	// fit by chance: Keep looks.
	Keep func(r *Record) bool
	// Look, when set, is handed what is found in the place of Found.Records, so
	// that a page of large bodies need not be in memory. For it the same holds as
	// for Keep: the record's bytes are the file's.
	Look func(r *Record)
	// Budget is the time after which the search stops with what it has. A long
	// search can hold up a commit for which the file has to grow. Default: no
	// limit.
	Budget time.Duration
}

// Found is what a Query found.
type Found struct {
	Records []Record  // newest first; none where the query has a Look
	Next    ID        // Before of the next page, which may turn out empty; 0: there is no more
	To      time.Time // when the search was stopped by its budget: how far back it looked
}

const defaultLimit = 50

// Find searches, newest first. Records that were put by a version without an
// index have no terms, and are not found by any. One that cannot be read is
// found by its id and state alone, with the reason as Cause.
func (s *Spool) Find(q Query) (Found, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	var found Found
	err := s.view(func(tx *bbolt.Tx) error {
		f := newSearch(tx, &q)
		f.run()
		found = f.found
		return nil
	})
	return found, err
}

// search is one run of a Query. Its walks go through ids from high to low.
type search struct {
	q        *Query
	tx       *bbolt.Tx
	records  *bbolt.Bucket
	blocks   blocks
	from, to int64 // of accepted, milliseconds since 1970
	limited  bool  // from or to is set
	deadline time.Time
	looked   int   // since the clock was asked, large ones as several
	reached  int64 // when the last one was accepted that was looked at
	n        int   // that were found
	found    Found
}

func newSearch(tx *bbolt.Tx, q *Query) *search {
	f := &search{
		q: q, tx: tx, records: tx.Bucket(bucketRecords), from: minTime, to: maxTime,
		blocks: blocks{c: tx.Bucket(bucketTerms).Cursor()},
	}
	if !q.From.IsZero() {
		f.from, f.limited = ceilMilli(q.From), true
	}
	if !q.To.IsZero() {
		f.to, f.limited = ceilMilli(q.To), true
	}
	if q.Budget > 0 {
		f.deadline = time.Now().Add(q.Budget)
	}
	return f
}

const (
	minTime = -1 << 63
	maxTime = 1<<63 - 1
)

// ceilMilli keeps "at or after" and "before" true for times between two
// milliseconds.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

func (f *search) run() {
	switch {
	case len(f.q.Terms) > 0:
		f.byTerms()
	case f.q.State == Pending:
		f.byIDs(f.pending())
	case f.q.State == Sent:
		f.byIDs(walks{newDownward(f.tx.Bucket(bucketSent))})
	case f.q.State == Dead:
		f.byIDs(walks{newDownward(f.tx.Bucket(bucketDead))})
	default:
		f.byIDs(walks{newDownward(f.records)})
	}
}

// pending walks over the pending records of one queue, or of all.
func (f *search) pending() walks {
	all := f.tx.Bucket(bucketPending)
	if f.q.Queue != "" {
		if b := all.Bucket([]byte(f.q.Queue)); b != nil {
			return walks{newDownward(b)}
		}
		return nil
	}
	var list walks
	_ = all.ForEachBucket(func(name []byte) error {
		list = append(list, newDownward(all.Bucket(name)))
		return nil
	})
	return list
}

// byIDs looks at what a walk leads to, but for blocks of which none was
// accepted in time.
func (f *search) byIDs(w walks) {
	below := f.q.Before
	for {
		id, ok := w.next(below)
		if !ok {
			return
		}
		below = id
		if f.limited {
			b, ok := f.blocks.get(blockOf(id))
			if ok && b.known&blockBit(id) != 0 && (b.to < f.from || b.from >= f.to) {
				if b.known == 1<<64-1 {
					below = ID(blockOf(id) << blockShift)
				}
				if f.late(below, b.to) {
					return
				}
				continue
			}
		}
		if !f.look(id) {
			return
		}
	}
}

// byTerms looks at what has a term of each group.
func (f *search) byTerms() {
	wanted := newWanted(f.q.Terms)
	c := &f.blocks
	for b, ok := c.last(f.q.Before); ok; b, ok = c.previous() {
		if f.limited && (b.to < f.from || b.from >= f.to) {
			if f.late(ID(c.number<<blockShift), b.to) {
				return
			}
			continue
		}
		mask := wanted.in(&b)
		for bit := 1<<blockShift - 1; mask != 0; bit-- {
			if mask&(1<<bit) == 0 {
				continue
			}
			mask &^= 1 << bit
			id := ID(c.number<<blockShift | uint64(bit))
			if f.q.Before != 0 && id >= f.q.Before {
				continue
			}
			if !f.look(id) {
				return
			}
		}
		if f.late(ID(c.number<<blockShift), b.to) {
			return
		}
	}
}

// look reads a record, and takes it if it fits. false: the search is over.
func (f *search) look(id ID) bool {
	key := id.key()
	v := f.records.Get(key)
	at, readable := acceptedOf(v)
	f.looked += len(v) / largeBytes
	if v == nil || readable && (at < f.from || at >= f.to || f.q.Queue != "" && !isOfQueue(v, f.q.Queue)) {
		return !f.late(id, at)
	}
	r, err := describeInPlace(f.tx, id, v)
	switch {
	case err != nil && (len(f.q.Terms) > 0 || f.limited || f.q.Keep != nil):
		return !f.late(id, at)
	case err != nil:
		r = Record{ID: id, Queue: f.q.Queue, State: f.q.State, Cause: err.Error()}
	case f.q.Queue != "" && r.Queue != f.q.Queue, f.q.State != 0 && r.State != f.q.State,
		f.q.Keep != nil && !f.q.Keep(&r):
		return !f.late(id, at)
	}
	if f.q.Look != nil {
		f.q.Look(&r)
	} else {
		r.Facts, r.Body, r.Answer = bytes.Clone(r.Facts), bytes.Clone(r.Body), bytes.Clone(r.Answer)
		f.found.Records = append(f.found.Records, r)
	}
	if f.n++; f.n < f.q.Limit {
		return !f.late(id, at)
	}
	if first, _ := f.records.Cursor().First(); first != nil && idFromKey(first) < id {
		f.found.Next = id
	}
	return false
}

// The clock is asked once for so many records, of which those with this many
// bytes count as several.
const (
	askEvery   = 64
	largeBytes = 16 << 10
)

// late ends a search whose time is over: the next one goes on below id. at is
// about when that was accepted.
func (f *search) late(below ID, at int64) bool {
	if at != 0 {
		f.reached = at
	}
	if f.looked++; f.deadline.IsZero() || f.looked < askEvery {
		return false
	}
	if f.looked = 0; time.Now().Before(f.deadline) {
		return false
	}
	f.found.Next, f.found.To = below, fromMilli(f.reached)
	return true
}

// BeingSent says that a claim holds the record.
func (s *Spool) BeingSent(queue string, id ID) bool {
	q := s.queue(queue)
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[id]
	return it != nil && it.claimed
}
