package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

const adoptGroup = 500 // records that are buried in one transaction

// Adopt is a person's decision on a Doubt; without one it does nothing, and
// decided is 0. Sent, the held records go out as any others, as ones of unknown
// outcome: a refusal as duplicate proves that they were sent before. Buried,
// they are dead with a reason, and may be revived one by one. It returns how
// many records it decided on, and nil when that is on disk.
//
// Burying takes a transaction for every few hundred records, and stops between
// two of them when ctx ends. What was not reached by then, or by a crash, is
// still held, and Adopt may be called again.
func (s *Spool) Adopt(ctx context.Context, bury bool) (decided int64, err error) {
	s.adopting.Lock()
	defer s.adopting.Unlock()
	d := s.Doubt()
	if d == nil {
		return 0, nil
	}
	if bury {
		cause := fmt.Sprintf("may have been sent before: the spool was %s, as noticed on %s", d.Kind, d.Since.Format("2006-01-02 15:04"))
		decided, err = s.buryHeld(ctx, d.UpTo, cause)
	} else {
		decided, err = s.Held()
	}
	if err != nil {
		return decided, fmt.Errorf("adopt spool: %w", err)
	}
	var next identity
	err = s.doThen(300, func(tx *writeTx) error {
		// All that is known of it ends with the note.
		next = readIdentity(tx.bolt)
		if !bury {
			next.adopted = max(next.adopted, d.UpTo)
		}
		return errors.Join(tx.setNote(noteDoubt, nil), putNumber(tx.bolt, metaAdopted, uint64(next.adopted)))
	}, func() {
		s.self.adopt(next.adopted)
		s.clearDoubt()
	})
	if err != nil {
		return decided, fmt.Errorf("adopt spool: %w", err)
	}
	s.opts.Log.Info("decided on what was held in the spool", "buried", bury, "records", decided)
	return decided, nil
}

// buryHeld buries the pending records up to an id, until there is none.
func (s *Spool) buryHeld(ctx context.Context, upTo ID, cause string) (n int64, err error) {
	for {
		queue, ids, err := s.someHeld(upTo)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		buried := int64(0)
		if err := s.do(len(ids)*300, func(tx *writeTx) error {
			buried = 0
			for _, id := range ids {
				some, err := tx.buryHeld(queue, id, cause)
				if err != nil {
					return err
				}
				buried += some
			}
			return nil
		}); err != nil {
			return n, err
		}
		n += buried
		q := s.queue(queue)
		for _, id := range ids {
			q.remove(id)
		}
	}
}

// someHeld reads the first of the held records, all of one queue.
func (s *Spool) someHeld(upTo ID) (queue string, ids []ID, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		pending := tx.Bucket(bucketPending)
		return pending.ForEachBucket(func(name []byte) error {
			if len(ids) > 0 {
				return nil
			}
			queue = string(bytes.Clone(name))
			c := pending.Bucket(name).Cursor()
			for k, _ := c.First(); k != nil && idFromKey(k) <= upTo && len(ids) < adoptGroup; k, _ = c.Next() {
				ids = append(ids, idFromKey(k))
			}
			return nil
		})
	})
	return queue, ids, err
}

// buryHeld makes one record dead, if it is still pending: then it returns 1.
func (tx *writeTx) buryHeld(queue string, id ID, cause string) (int64, error) {
	q, err := tx.queue(queue)
	if err != nil {
		return 0, err
	}
	key := id.key()
	v := q.Get(key)
	if v == nil {
		return 0, nil // a person discarded it meanwhile
	}
	p, _ := parsePending(v) // what cannot be read of it is lost already
	raw := tx.records.Get(key)
	end := ending{
		at: tx.now.UnixMilli(), flags: p.flags&^Unknown | MayArrived, attempts: p.attempts, size: len(raw), cause: cause,
	}
	counts := tx.delta(queue)
	counts.Pending--
	counts.Dead++
	counts.died++
	if r, err := parseRecord(raw); err == nil {
		tx.tally(r.day, r.tallies, func(row *Row, amount int64) { row.Dead.add(amount, 1) })
	}
	return 1, errors.Join(q.Delete(key), tx.dead.Put(key, end.append(nil, tagDead)))
}

// known adds to a pending record's flags what is known of it by its id: it was
// held, and is sent all the same.
func (s *Spool) known(id ID, flags Flags) Flags {
	if id <= s.self.identity().adopted {
		return flags | Unknown
	}
	return flags
}
