package spool

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// Record is what the spool knows of one record, for people to look at.
type Record struct {
	ID       ID
	Queue    string
	State    State
	Flags    Flags
	Accepted time.Time
	Day      string
	Tallies  []Tally
	Facts    []byte
	Body     []byte
	Attempts int
	Due      time.Time // pending: the next attempt; zero: now
	Ended    time.Time // sent or dead: since when
	Status   int       // of the last attempt, once it ended
	Cause    string    // why it waits or is dead
	Answer   []byte    // sent or dead: what the upstream said, see Outcome
	Replaces ID        // the record whose place it took
}

// Record reads one record, or fails with ErrNotFound.
func (s *Spool) Record(id ID) (Record, error) {
	var r Record
	err := s.view(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketRecords).Get(id.key())
		if v == nil {
			return fmt.Errorf("record %s: %w", id, ErrNotFound)
		}
		var err error
		r, err = describe(tx, id, v)
		return err
	})
	return r, err
}

// describe brings together what the buckets hold of a record.
func describe(tx *bbolt.Tx, id ID, v []byte) (Record, error) {
	r, err := describeInPlace(tx, id, bytes.Clone(v))
	r.Answer = bytes.Clone(r.Answer)
	return r, err
}

// describeInPlace is describe, but for the bytes of the result, which are the
// file's.
func describeInPlace(tx *bbolt.Tx, id ID, v []byte) (Record, error) {
	raw, err := parseRecord(v)
	if err != nil {
		return Record{}, fmt.Errorf("record %s: %w", id, err)
	}
	r := Record{
		ID: id, Queue: raw.queue, Flags: raw.flags, Accepted: fromMilli(raw.accepted), Day: raw.day,
		Tallies: raw.tallies, Facts: raw.facts, Body: raw.body,
	}
	key := id.key()
	if v := tx.Bucket(bucketAttempts).Get(key); v != nil {
		t, _ := parseTries(v) // one that is damaged tells nothing
		r.Replaces = t.replaces
	}
	if q := tx.Bucket(bucketPending).Bucket([]byte(raw.queue)); q != nil {
		if v := q.Get(key); v != nil {
			p, err := parsePending(v)
			r.State, r.Attempts, r.Cause, r.Flags = Pending, p.attempts, p.cause, r.Flags|p.flags
			if p.due != 0 {
				r.Due = fromMilli(p.due)
			}
			return r, err
		}
	}
	state, v, tag := Sent, tx.Bucket(bucketSent).Get(key), byte(tagSent)
	if v == nil {
		state, v, tag = Dead, tx.Bucket(bucketDead).Get(key), tagDead
	}
	if v == nil {
		return r, nil
	}
	e, err := parseEnding(v, tag)
	r.State, r.Attempts, r.Cause, r.Flags = state, e.attempts, e.cause, r.Flags|e.flags
	r.Ended, r.Status, r.Answer = fromMilli(e.at), e.status, e.answer
	return r, err
}

// List reads up to limit records in a state, oldest first, behind after.
// queue "" means all. One that cannot be read is listed with its id, its state
// and the reason as Cause.
func (s *Spool) List(queue string, state State, after ID, limit int) ([]Record, error) {
	var list []Record
	err := s.view(func(tx *bbolt.Tx) error {
		switch {
		case state == Sent:
			list = appendRecords(nil, tx, tx.Bucket(bucketSent), queue, state, after, limit)
		case state == Dead:
			list = appendRecords(nil, tx, tx.Bucket(bucketDead), queue, state, after, limit)
		case queue != "":
			list = appendRecords(nil, tx, tx.Bucket(bucketPending).Bucket([]byte(queue)), queue, state, after, limit)
		default:
			pending := tx.Bucket(bucketPending)
			if err := pending.ForEachBucket(func(name []byte) error {
				list = appendRecords(list, tx, pending.Bucket(name), "", state, after, len(list)+limit)
				return nil
			}); err != nil {
				return err
			}
			slices.SortFunc(list, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
			list = list[:min(limit, len(list))]
		}
		return nil
	})
	return list, err
}

// appendRecords goes through the ids of one state until the list has upTo.
func appendRecords(list []Record, tx *bbolt.Tx, ids *bbolt.Bucket, queue string, state State, after ID, upTo int) []Record {
	if ids == nil {
		return list
	}
	records, c := tx.Bucket(bucketRecords), ids.Cursor()
	for k, _ := c.Seek((after + 1).key()); k != nil && len(list) < upTo; k, _ = c.Next() {
		r, err := describe(tx, idFromKey(k), records.Get(k))
		if err != nil {
			r = Record{ID: idFromKey(k), Queue: queue, State: state, Cause: err.Error()}
		}
		if queue == "" || r.Queue == queue {
			list = append(list, r)
		}
	}
	return list
}

// Oldest is when the oldest pending record of a queue was accepted.
func (s *Spool) Oldest(queue string) (at time.Time, ok bool) {
	_ = s.view(func(tx *bbolt.Tx) error {
		q := tx.Bucket(bucketPending).Bucket([]byte(queue))
		if q == nil {
			return nil
		}
		k, _ := q.Cursor().First()
		if k == nil {
			return nil
		}
		r, err := parseRecord(tx.Bucket(bucketRecords).Get(k))
		at, ok = fromMilli(r.accepted), err == nil
		return nil
	})
	return at, ok
}

// Days reads the rows of the days from and to, both inclusive
// ("2006-01-02"), in the order of days.
func (s *Spool) Days(from, to string) ([]Row, error) {
	var rows []Row
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketDays).Cursor()
		for k, v := c.Seek([]byte(from)); k != nil; k, v = c.Next() {
			day, key, _ := bytes.Cut(k, []byte{0})
			if string(day) > to {
				return nil
			}
			r, err := parseRow(v)
			if err != nil {
				return fmt.Errorf("day %s: %w", day, err)
			}
			r.Day, r.Key = string(day), string(key)
			rows = append(rows, r)
		}
		return nil
	})
	return rows, err
}

// Note reads a small durable fact; nil when there is none.
func (s *Spool) Note(name string) (value []byte, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		value = bytes.Clone(tx.Bucket(bucketNotes).Get([]byte(name)))
		return nil
	})
	return value, err
}

// Notes are those whose names begin with a text, by name.
func (s *Spool) Notes(prefix string) (map[string][]byte, error) {
	list := map[string][]byte{}
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketNotes).Cursor()
		for k, v := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
			list[string(k)] = bytes.Clone(v)
		}
		return nil
	})
	return list, err
}

// SetNote keeps a small fact; it is on disk when SetNote returns nil. A nil
// value deletes it.
func (s *Spool) SetNote(name string, value []byte) error {
	if err := checkNote(name); err != nil {
		return err
	}
	return s.do(len(name)+len(value), func(tx *writeTx) error { return tx.setNote(name, value) })
}
