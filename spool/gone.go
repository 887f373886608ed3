package spool

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Gone is what is remembered of a record that a person took out.
type Gone struct {
	At    time.Time
	By    ID     // the record that took its place; 0: none
	Cause string // the person's reason
}

func (g *Gone) append(dst []byte) []byte {
	dst = append(dst, tagGone)
	dst = binary.BigEndian.AppendUint64(dst, uint64(g.At.UnixMilli()))
	dst = binary.AppendUvarint(dst, uint64(g.By))
	return append(dst, clip(g.Cause, maxCause)...)
}

func parseGone(v []byte) (Gone, error) {
	if len(v) == 0 || v[0] != tagGone {
		return Gone{}, fmt.Errorf("gone: %w", errDamaged)
	}
	d := decoder{rest: v[1:]}
	g := Gone{At: fromMilli(int64(d.uint64())), By: ID(d.uvarint())}
	if g.Cause = string(d.rest); d.bad {
		return Gone{}, fmt.Errorf("gone: %w", errDamaged)
	}
	return g, nil
}

// Gone tells of a record that was discarded or replaced; ok is false for one
// that was not, or of which nothing is remembered any more: it is forgotten when
// its keys are, which till then name it as the first one of a duplicate.
func (s *Spool) Gone(id ID) (g Gone, ok bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketGone).Get(id.key())
		if v == nil {
			return nil
		}
		var err error
		g, err = parseGone(v)
		ok = err == nil
		return err
	})
	return g, ok, err
}

// ForgetReasons empties the reasons of what was taken out that match says, as
// they may name a person, and tells how many there are. What is remembered else
// stays. The bytes are gone after the next Purge. With dry nothing is changed.
func (s *Spool) ForgetReasons(match func(cause string) bool, dry bool) (n int, err error) {
	for after, done := []byte(nil), false; !done; {
		var list [][]byte
		if list, after, done, err = s.reasons(after, match); err != nil {
			return n, err
		}
		for n += len(list); len(list) > 0 && !dry; {
			group := list[:min(len(list), purgeGroup)]
			list = list[len(group):]
			if err := s.do(len(group)*50, func(tx *writeTx) error { return tx.forgetReasons(group) }); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// reasons looks at some of what was taken out, behind the key after.
func (s *Spool) reasons(after []byte, match func(cause string) bool) (list [][]byte, last []byte, done bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketGone).Cursor()
		k, v := c.Seek(after)
		if bytes.Equal(k, after) && after != nil {
			k, v = c.Next()
		}
		for looked := 0; k != nil && looked < purgeScan; looked++ {
			last = bytes.Clone(k)
			if g, err := parseGone(v); err == nil && g.Cause != "" && match(g.Cause) {
				list = append(list, last)
			}
			k, v = c.Next()
		}
		done = k == nil
		return nil
	})
	return list, last, done, err
}

func (tx *writeTx) forgetReasons(keys [][]byte) error {
	for _, k := range keys {
		g, err := parseGone(tx.gone.Get(k))
		if err != nil {
			continue // forgotten meanwhile
		}
		g.Cause = ""
		if err := tx.gone.Put(k, g.append(nil)); err != nil {
			return err
		}
	}
	return tx.setNote(notePurge, []byte{1})
}

// discard takes a pending or dead record out, and counts it.
func (tx *writeTx) discard(from *Record, g Gone) error {
	counts := tx.delta(from.Queue)
	if from.State == Dead {
		counts.Dead--
		tx.tally(from.Day, from.Tallies, func(r *Row, amount int64) { r.Dead.add(amount, -1) })
	} else {
		counts.Pending--
	}
	counts.Discarded++
	tx.tally(from.Day, from.Tallies, func(r *Row, amount int64) { r.Discarded.add(amount, 1) })
	q, err := tx.queue(from.Queue)
	if err != nil {
		return err
	}
	key := from.ID.key()
	for _, b := range []*bbolt.Bucket{q, tx.dead, tx.records, tx.attempts} {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	if err := tx.unindex([]ID{from.ID}); err != nil {
		return err
	}
	g.At = tx.now
	return tx.gone.Put(key, g.append(nil))
}
