package spool

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

const (
	flowStep = 15 * time.Minute
	keepFlow = 400 * 24 * time.Hour
)

// Flow is what happened in a quarter of an hour in one queue, by when it
// happened.
type Flow struct {
	At                              time.Time
	Queue                           string
	Accepted, Sent, Dead, Discarded int64
}

func (f *Flow) fields() [4]*int64 { return [4]*int64{&f.Accepted, &f.Sent, &f.Dead, &f.Discarded} }

// quarter is what happened in one queue in one quarter of an hour. The current
// one stands behind the counts, which each commit writes anyway; when the next
// begins it goes into the bucket flow.
type quarter struct {
	number int64 // since 1970, in UTC; 0: none
	Flow
}

func quarterOf(t time.Time) int64 { return t.Unix() / int64(flowStep/time.Second) }

func (q *quarter) add(f *Flow) {
	more := f.fields()
	for i, n := range q.fields() {
		*n += *more[i]
	}
}

func (q *quarter) key(queue string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(q.number)), queue...)
}

// append writes the value of flow.
func (q *quarter) append(dst []byte) []byte {
	dst = append(dst, tagFlow)
	for _, n := range q.fields() {
		dst = binary.AppendVarint(dst, *n)
	}
	return dst
}

func parseFlow(k, v []byte) (q quarter, err error) {
	if len(k) <= 8 || len(v) == 0 || v[0] != tagFlow {
		return quarter{}, fmt.Errorf("flow: %w", errDamaged)
	}
	q.number, q.Queue = int64(binary.BigEndian.Uint64(k)), string(k[8:])
	d := decoder{rest: v[1:]}
	for _, n := range q.fields() {
		*n = d.varint()
	}
	if d.bad {
		return quarter{}, fmt.Errorf("flow: %w", errDamaged)
	}
	return q, nil
}

// appendTo writes the current quarter behind the counts.
func (q *quarter) appendTo(counts []byte) []byte {
	if q.number == 0 {
		return counts
	}
	counts = binary.AppendVarint(counts, q.number)
	for _, n := range q.fields() {
		counts = binary.AppendVarint(counts, *n)
	}
	return counts
}

// parseCountsFlow reads counts and the quarter behind them. One that cannot be
// read counts for nothing: the counts matter more.
func parseCountsFlow(v []byte) (Counts, quarter, error) {
	c, rest, err := parseCountsRest(v)
	var q quarter
	if err != nil || len(rest) == 0 { // counts of a version without flow have none
		return c, q, err
	}
	d := decoder{rest: rest}
	q.number = d.varint()
	for _, n := range q.fields() {
		*n = d.varint()
	}
	if d.bad {
		q = quarter{}
	}
	return c, q, nil
}

// flowed adds what the group did to the current quarter of a queue.
func (tx *writeTx) flowed(queue string, q *quarter, d *delta) error {
	f := Flow{Accepted: d.Accepted, Sent: d.Sent, Dead: d.died, Discarded: d.Discarded}
	if f == (Flow{}) {
		return nil
	}
	if now := quarterOf(tx.now); q.number != now {
		if err := tx.keepFlow(queue, q); err != nil {
			return err
		}
		*q = quarter{number: now}
	}
	q.add(&f)
	return nil
}

// keepFlow puts a quarter that is over into its bucket. The clock may have been
// there before.
func (tx *writeTx) keepFlow(queue string, q *quarter) error {
	if q.number == 0 {
		return nil
	}
	key := q.key(queue)
	if v := tx.flow.Get(key); v != nil {
		old, err := parseFlow(key, v)
		if err != nil {
			return err
		}
		q.add(&old.Flow)
	}
	return tx.flow.Put(key, q.append(nil))
}

// Flows reads the quarters of an hour from (inclusive) and to (exclusive),
// oldest first; quarters without anything are left out. They are kept for 400
// days.
func (s *Spool) Flows(from, to time.Time) ([]Flow, error) {
	type place struct {
		number int64
		queue  string
	}
	found := map[place]*quarter{}
	add := func(q quarter) {
		q.At = time.Unix(q.number*int64(flowStep/time.Second), 0).UTC()
		if q.At.Before(from) || !q.At.Before(to) {
			return
		}
		if old := found[place{q.number, q.Queue}]; old != nil {
			old.add(&q.Flow)
			return
		}
		found[place{q.number, q.Queue}] = &q
	}
	err := s.view(func(tx *bbolt.Tx) error {
		last := quarterOf(to)
		c := tx.Bucket(bucketFlow).Cursor()
		start := binary.BigEndian.AppendUint64(nil, uint64(max(0, quarterOf(from))))
		for k, v := c.Seek(start); k != nil; k, v = c.Next() {
			q, err := parseFlow(k, v)
			if err != nil {
				return err
			}
			if q.number > last {
				break
			}
			add(q)
		}
		return tx.Bucket(bucketCounts).ForEach(func(k, v []byte) error {
			_, q, err := parseCountsFlow(v)
			if q.Queue = string(k); q.number != 0 {
				add(q)
			}
			return err
		})
	})
	list := make([]Flow, 0, len(found))
	for _, q := range found {
		list = append(list, q.Flow)
	}
	slices.SortFunc(list, func(a, b Flow) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Queue, b.Queue))
	})
	return list, err
}
