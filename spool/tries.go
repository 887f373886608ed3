package spool

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

const (
	maxTries  = 20  // attempts that are remembered of a record
	mostTries = 256 // of one value that may be read
)

// Attempt is one try for a record.
type Attempt struct {
	Began  time.Time
	Took   time.Duration
	Status int    // 0: none
	Cause  string // empty for a plain success
	Answer []byte // at most 1 kB; of a success 256 bytes
}

// tries is what attempts holds of a record: how those attempts went that did
// not send it. The one that did is in its ending, so that a record that is sent
// at once, as nearly all are, costs nothing here.
type tries struct {
	replaces ID // the record whose place it took; 0: none
	list     []Attempt
}

// Marks of an attempt: an upstream that is down says the same each time.
const (
	sameCause  = 1 << iota // as of the one before
	sameAnswer             // as of the one before
)

func (t *tries) append(dst []byte) []byte {
	dst = append(dst, tagTries)
	dst = binary.AppendUvarint(dst, uint64(t.replaces))
	var before Attempt
	for _, a := range t.list {
		var marks byte
		if a.Cause == before.Cause {
			marks |= sameCause
		}
		if bytes.Equal(a.Answer, before.Answer) {
			marks |= sameAnswer
		}
		dst = append(dst, marks)
		dst = binary.AppendVarint(dst, a.Began.UnixMilli())
		dst = binary.AppendUvarint(dst, uint64(max(0, a.Took.Microseconds())))
		dst = binary.AppendUvarint(dst, uint64(max(0, a.Status)))
		if marks&sameCause == 0 {
			dst = appendText(dst, a.Cause)
		}
		if marks&sameAnswer == 0 {
			dst = binary.AppendUvarint(dst, uint64(len(a.Answer)))
			dst = append(dst, a.Answer...)
		}
		before = a
	}
	return dst
}

// parseTries decodes a value of attempts; the answers alias v.
func parseTries(v []byte) (tries, error) {
	if len(v) == 0 || v[0] != tagTries {
		return tries{}, fmt.Errorf("attempts: %w", errDamaged)
	}
	d := decoder{rest: v[1:]}
	t := tries{replaces: ID(d.uvarint())}
	var before Attempt
	for len(d.rest) > 0 {
		marks := d.byte()
		a := Attempt{Began: fromMilli(d.varint()), Took: micros(d.uvarint()), Status: int(d.uvarint())}
		if a.Cause = before.Cause; marks&sameCause == 0 {
			a.Cause = d.text()
		}
		if a.Answer = before.Answer; marks&sameAnswer == 0 {
			a.Answer = d.bytes(d.uvarint())
		}
		if marks&^(sameCause|sameAnswer) != 0 || len(t.list) >= mostTries {
			d.bad = true
		}
		t.list = append(t.list, a)
		before = a
	}
	if d.bad {
		return tries{}, fmt.Errorf("attempts: %w", errDamaged)
	}
	return t, nil
}

func micros(n uint64) time.Duration { return time.Duration(n) * time.Microsecond }

// attempt is how the outcome is remembered; ok is false for what was no
// attempt.
func (o *Outcome) attempt(maxBytes int) (a Attempt, ok bool) {
	return Attempt{
		Began: o.Began, Took: o.Took, Status: o.Status, Cause: clip(o.Cause, maxCause),
		Answer: o.Answer[:min(len(o.Answer), maxBytes)],
	}, !o.Began.IsZero()
}

// tried remembers an attempt that did not send the record.
func (tx *writeTx) tried(id ID, o *Outcome) error {
	a, ok := o.attempt(maxAnswer)
	if !ok {
		return nil
	}
	var t tries
	if v := tx.attempts.Get(id.key()); v != nil {
		t, _ = parseTries(v) // one that is damaged is made anew
	}
	t.list = append(t.list, a)
	t.list = t.list[max(0, len(t.list)-maxTries):]
	return tx.attempts.Put(id.key(), t.append(nil))
}

// Attempts are the last tries for a record, oldest first, at most 20. Those that
// were made by a version that did not remember them are not among them. It
// fails with ErrNotFound.
func (s *Spool) Attempts(id ID) ([]Attempt, error) {
	var list []Attempt
	err := s.view(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketRecords).Get(id.key()) == nil {
			return fmt.Errorf("record %s: %w", id, ErrNotFound)
		}
		var err error
		list, err = triesOf(tx, id)
		return err
	})
	return list, err
}

// triesOf brings together what the buckets hold of a record's attempts.
func triesOf(tx *bbolt.Tx, id ID) ([]Attempt, error) {
	var t tries
	var err error
	key := id.key()
	if v := tx.Bucket(bucketAttempts).Get(key); v != nil {
		if t, err = parseTries(bytes.Clone(v)); err != nil {
			return nil, fmt.Errorf("record %s: %w", id, err)
		}
	}
	if v := tx.Bucket(bucketSent).Get(key); v != nil {
		e, err := parseEnding(bytes.Clone(v), tagSent)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", id, err)
		}
		if e.timed {
			t.list = append(t.list, Attempt{
				Began: fromMilli(e.at - e.ago), Took: e.took, Status: e.status, Cause: e.cause, Answer: e.answer,
			})
		}
	}
	return t.list[max(0, len(t.list)-maxTries):], nil
}
