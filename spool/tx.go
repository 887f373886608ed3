package spool

import (
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// writeTx is one transaction of the writer. It gathers the counts of a whole
// group, so that a row that a thousand entries share is written once.
type writeTx struct {
	bolt       *bbolt.Tx
	now        time.Time // as far as the clock is to be believed
	clockWrong bool
	changed    bool // there is something to commit

	records, pending, sent, dead, keys, bodies, chunks, days, counts, notes *bbolt.Bucket
	terms, attempts, gone, flow                                             *bbolt.Bucket

	young   *young // what is remembered of the commits before; not changed here
	fresh   keys   // what this one remembers
	chunk   uint64 // of fresh
	left    int    // how many of young.order went into their buckets
	emptied bool   // all did

	queues map[string]*bbolt.Bucket
	rows   map[rowKey]*Row
	deltas map[string]*delta

	indexed []indexed // new records, and
	hashes  []uint32  // their terms

	replacing ID // the record whose place the one that is being composed takes
}

// delta is what a group changes in a queue.
type delta struct {
	Counts
	died int64 // Dead also says what a person took out of there
}

func newWriteTx(tx *bbolt.Tx, c *clock, y *young) *writeTx {
	now, believed := c.now()
	open := func(name []byte) *bbolt.Bucket {
		b := tx.Bucket(name)
		b.FillPercent = fill(name)
		return b
	}
	return &writeTx{
		bolt: tx, now: now, clockWrong: !believed, young: y, chunks: open(bucketYoung),
		records: open(bucketRecords), pending: open(bucketPending), sent: open(bucketSent),
		dead: open(bucketDead), keys: open(bucketKeys), bodies: open(bucketBodies),
		days: open(bucketDays), counts: open(bucketCounts), notes: open(bucketNotes),
		terms: open(bucketTerms), attempts: open(bucketAttempts), gone: open(bucketGone), flow: open(bucketFlow),
		queues: map[string]*bbolt.Bucket{}, rows: map[rowKey]*Row{}, deltas: map[string]*delta{},
	}
}

// queue is the bucket of the pending records of a queue.
func (tx *writeTx) queue(name string) (*bbolt.Bucket, error) {
	if b := tx.queues[name]; b != nil {
		return b, nil
	}
	b, err := tx.pending.CreateBucketIfNotExists([]byte(name))
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", name, err)
	}
	b.FillPercent = fill(bucketPending)
	tx.queues[name] = b
	return b, nil
}

// delta is what the group changes in the counts of a queue.
func (tx *writeTx) delta(queue string) *delta {
	d := tx.deltas[queue]
	if d == nil {
		d = &delta{}
		tx.deltas[queue] = d
	}
	return d
}

// tally lets count change the row of each tally.
func (tx *writeTx) tally(day string, tallies []Tally, count func(r *Row, amount int64)) {
	for _, t := range tallies {
		k := rowKey{day, t.Key}
		r := tx.rows[k]
		if r == nil {
			r = &Row{}
			tx.rows[k] = r
		}
		count(r, t.Amount)
	}
}

// finish writes the keys, the terms and the counts that the group gathered.
func (tx *writeTx) finish() error {
	if err := tx.finishYoung(); err != nil {
		return err
	}
	if err := tx.finishTerms(); err != nil {
		return err
	}
	if err := tx.finishDays(); err != nil {
		return err
	}
	return tx.finishCounts()
}

func (tx *writeTx) finishDays() error {
	for k, delta := range tx.rows {
		key := k.bytes()
		row := *delta
		if v := tx.days.Get(key); v != nil {
			old, err := parseRow(v)
			if err != nil {
				return err
			}
			sums := row.sums()
			for i, s := range old.sums() {
				sums[i].Count += s.Count
				sums[i].Amount += s.Amount
			}
		}
		if err := tx.days.Put(key, row.append(nil)); err != nil {
			return err
		}
	}
	return nil
}

func (tx *writeTx) finishCounts() error {
	for queue, delta := range tx.deltas {
		c := delta.Counts
		var q quarter
		if v := tx.counts.Get([]byte(queue)); v != nil {
			old, now, err := parseCountsFlow(v)
			if err != nil {
				return err
			}
			q = now
			c.add(&old)
		}
		if err := tx.flowed(queue, &q, delta); err != nil {
			return err
		}
		if err := tx.counts.Put([]byte(queue), q.appendTo(c.append(nil))); err != nil {
			return err
		}
	}
	return nil
}

func (tx *writeTx) bodySeen(at int64, body Hash) (uint64, int64, bool) {
	id, link, ok := parseBody(tx.recall(spaceBodies, bodyKey(at, body)))
	if id == tx.replacing && id != 0 {
		return 0, 0, false
	}
	return uint64(id), link, ok
}

func (tx *writeTx) rememberBody(at int64, body Hash, id ID, link int64) {
	key := bodyKey(at, body)
	if first, _, ok := parseBody(tx.recall(spaceBodies, key)); ok && first != tx.replacing {
		id = first
	}
	tx.remember(spaceBodies, key, bodyValue(id, link))
}
