package spool

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// maxFaults is how many faults Check tells one by one.
const maxFaults = 100

// Check walks over the whole spool and returns what does not add up, at most a
// hundred faults and their number: a record in no state or in two, a state
// without its record, a value that cannot be read, counts or days that differ
// from what is there. nil: the spool is in order. It takes as long as reading
// the file does; puts and claims go on meanwhile.
func (s *Spool) Check() error {
	w := &walk{}
	if err := s.view(func(tx *bbolt.Tx) error {
		w.run(tx)
		return nil
	}); err != nil {
		return err
	}
	if w.count > len(w.faults) {
		w.faults = append(w.faults, fmt.Errorf("%d faults in all", w.count))
	}
	return errors.Join(w.faults...)
}

// walk is one pass over a file.
type walk struct {
	tx     *bbolt.Tx
	faults []error
	count  int

	counts map[string]*Counts // found, by queue
	rows   map[rowKey]*Row    // found; days may hold more, of records that left
}

func (w *walk) fault(format string, args ...any) {
	if w.count++; w.count <= maxFaults {
		w.faults = append(w.faults, fmt.Errorf(format, args...))
	}
}

func (w *walk) run(tx *bbolt.Tx) {
	w.tx, w.counts, w.rows = tx, map[string]*Counts{}, map[rowKey]*Row{}
	w.states()
	w.records()
	w.balances()
	w.days()
	w.memory()
	w.index()
	w.history()
}

func (w *walk) of(queue string) *Counts {
	c := w.counts[queue]
	if c == nil {
		c = &Counts{}
		w.counts[queue] = c
	}
	return c
}

// states sees that each entry of a state has its record, and can be read.
func (w *walk) states() {
	records := w.tx.Bucket(bucketRecords)
	has := func(state State, k []byte) {
		if len(k) != 8 || records.Get(k) == nil {
			w.fault("%s %x: no such record", state, k)
		}
	}
	pending := w.tx.Bucket(bucketPending)
	_ = pending.ForEach(func(name, v []byte) error {
		if v != nil {
			w.fault("pending: %q is not a queue", name)
			return nil
		}
		return pending.Bucket(name).ForEach(func(k, v []byte) error {
			has(Pending, k)
			if _, err := parsePending(v); err != nil {
				w.fault("pending %x: %w", k, err)
			}
			w.of(string(name)).Pending++
			return nil
		})
	})
	for _, state := range []State{Sent, Dead} {
		bucket, tag := bucketSent, byte(tagSent)
		if state == Dead {
			bucket, tag = bucketDead, tagDead
		}
		_ = w.tx.Bucket(bucket).ForEach(func(k, v []byte) error {
			has(state, k)
			if e, err := parseEnding(v, tag); err != nil {
				w.fault("%s %x: %w", state, k, err)
			} else if n := len(records.Get(k)); e.size != n && e.size != 0 {
				w.fault("%s %x: says %d bytes, has %d", state, k, e.size, n)
			}
			return nil
		})
	}
}

// records sees that each record can be read and is in exactly one state.
func (w *walk) records() {
	sent, dead, pending := w.tx.Bucket(bucketSent), w.tx.Bucket(bucketDead), w.tx.Bucket(bucketPending)
	records := w.tx.Bucket(bucketRecords)
	var last ID
	_ = records.ForEach(func(k, v []byte) error {
		if len(k) != 8 {
			w.fault("record %x: not an id", k)
			return nil
		}
		id := idFromKey(k)
		last = id
		r, err := parseRecord(v)
		if err != nil {
			w.fault("record %s: %w", id, err)
			return nil
		}
		isSent, isDead := sent.Get(k) != nil, dead.Get(k) != nil
		states := 0
		if isSent {
			states++
		}
		if isDead {
			states++
			w.of(r.queue).Dead++
		}
		_ = pending.ForEachBucket(func(name []byte) error {
			if pending.Bucket(name).Get(k) == nil {
				return nil
			}
			states++
			if string(name) != r.queue {
				w.fault("record %s: of queue %q, pending in %q", id, r.queue, name)
			}
			return nil
		})
		if states != 1 {
			w.fault("record %s: in %d states", id, states)
		}
		w.tally(&r, isSent, isDead)
		return nil
	})
	if uint64(last) > records.Sequence() {
		w.fault("record %s: the sequence is at %d", last, records.Sequence())
	}
}

func (w *walk) tally(r *record, isSent, isDead bool) {
	for _, t := range r.tallies {
		k := rowKey{r.day, t.Key}
		row := w.rows[k]
		if row == nil {
			row = &Row{}
			w.rows[k] = row
		}
		row.Accepted.add(t.Amount, 1)
		if isSent {
			row.Sent.add(t.Amount, 1)
		}
		if isDead {
			row.Dead.add(t.Amount, 1)
		}
	}
}

// balances compares the counts with what was found. Sent records leave, so of
// those only a lower bound is known.
func (w *walk) balances() {
	_ = w.tx.Bucket(bucketCounts).ForEach(func(queue, v []byte) error {
		c, err := parseCounts(v)
		found := *w.of(string(queue))
		delete(w.counts, string(queue))
		switch {
		case err != nil:
			w.fault("counts of %q: %w", queue, err)
		case !c.Balanced():
			w.fault("counts of %q do not balance: %+v", queue, c)
		case c.Pending != found.Pending || c.Dead != found.Dead:
			w.fault("counts of %q: %d pending and %d dead, found %d and %d", queue, c.Pending, c.Dead, found.Pending, found.Dead)
		}
		return nil
	})
	for queue, c := range w.counts {
		if *c != (Counts{}) {
			w.fault("counts of %q are missing", queue)
		}
	}
}

// days compares the rows with what was found: what is pending and dead is all
// there, what was accepted or sent may have left.
func (w *walk) days() {
	_ = w.tx.Bucket(bucketDays).ForEach(func(k, v []byte) error {
		day, key, _ := bytes.Cut(k, []byte{0})
		row, err := parseRow(v)
		if err != nil {
			w.fault("day %q: %w", k, err)
			return nil
		}
		found := w.rows[rowKey{string(day), string(key)}]
		if found == nil {
			found = &Row{}
		}
		delete(w.rows, rowKey{string(day), string(key)})
		switch {
		case row.Pending() != found.Pending():
			w.fault("day %q: pending %+v, found %+v", k, row.Pending(), found.Pending())
		case row.Dead != found.Dead:
			w.fault("day %q: dead %+v, found %+v", k, row.Dead, found.Dead)
		case row.Sent.Count < found.Sent.Count:
			w.fault("day %q: sent %+v, found %+v", k, row.Sent, found.Sent)
		}
		return nil
	})
	for k := range w.rows {
		w.fault("day %s %q is missing", k.day, k.key)
	}
}

// memory sees that keys and bodies can be read and name an id that was given.
func (w *walk) memory() {
	_ = w.tx.Bucket(bucketKeys).ForEach(func(k, v []byte) error { w.remembered(spaceKeys, k, v); return nil })
	_ = w.tx.Bucket(bucketBodies).ForEach(func(k, v []byte) error { w.remembered(spaceBodies, k, v); return nil })
	young, err := loadYoung(w.tx)
	if err != nil {
		w.fault("young: %w", err)
	}
	for name, v := range young.gathering {
		w.remembered(name[0], []byte(name[1:]), v)
	}
}

func (w *walk) remembered(space byte, k, v []byte) {
	if space == spaceBodies {
		if _, _, ok := parseBody(v); !ok || len(k) != bodyKeyLen {
			w.fault("body %x: %w", k, errDamaged)
		}
		return
	}
	given := ID(w.tx.Bucket(bucketRecords).Sequence())
	if key, err := parseKey(v); err != nil {
		w.fault("key %q: %w", k, err)
	} else if key.id == 0 || key.id > given {
		w.fault("key %q: names record %s", k, key.id)
	}
}
