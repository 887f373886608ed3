package spool

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	maxName    = 255       // bytes of a queue's or day's name
	maxKeyName = 1024      // bytes of a key's name
	maxBody    = 256 << 20 // bytes of a body, or of facts; bbolt takes values of 2 GB
	maxLanes   = 255
	maxTallies = 255
	maxNote    = 1024 // bytes of a note's name
)

// putOp stores a batch.
type putOp struct {
	s        *Spool
	batch    *Batch
	size     int
	receipts []Receipt
	hashes   []uint32 // of the terms of all entries
	fresh    []fresh  // stored by the last apply
	replaced []*replaced
	refusal  error
	result   chan error // of size 1
}

func newPutOp() any { return &putOp{result: make(chan error, 1)} }

// fresh is a new pending record, for the window of its queue.
type fresh struct {
	queue string
	id    ID
	lanes []Lane
}

// Put stores a batch: all of it or nothing. It returns nil only when the batch
// is on disk; the caller may then forget its input. An entry of which a key
// was seen is not stored again, and its receipt names the first record.
//
// It fails with ErrFull, ErrUnavailable, ErrClosed, ErrInvalid or an
// *ErrKeyReused; nothing of the batch is stored then, and the caller may offer
// it again. (One gap is left, and no program can close it: if the disk fails a
// commit and then also the write that takes it back, and the process dies
// before the disk is well again, the batch may be there whole after
// ErrUnavailable.) ctx ends the wait for the writer to take the batch, no more.
func (s *Spool) Put(ctx context.Context, b Batch) ([]Receipt, error) {
	size, err := checkBatch(&b)
	if err != nil {
		return nil, err
	}
	o := s.puts.Get().(*putOp)
	o.s, o.batch, o.size = s, &b, size
	o.receipts = make([]Receipt, len(b.Entries))
	for i := range b.Entries {
		o.hashes = b.Entries[i].appendHashes(o.hashes)
	}
	if err := s.submit(ctx, o); err != nil {
		return nil, err
	}
	// From here on ctx does not count: the writer reads the caller's bytes.
	err = s.await(o.result)
	if errors.Is(err, ErrClosed) {
		return nil, err
	}
	receipts := o.receipts
	*o = putOp{result: o.result, fresh: o.fresh[:0], hashes: o.hashes[:0]}
	s.puts.Put(o)
	if err != nil {
		return nil, err
	}
	return receipts, nil
}

// checkBatch refuses what bbolt could not store, and tells about how many bytes
// the rest takes.
func checkBatch(b *Batch) (size int, err error) {
	for i := range b.Entries {
		n, err := checkEntry(&b.Entries[i])
		if err != nil {
			return 0, fmt.Errorf("entry %d: %w", i, err)
		}
		size += n
	}
	for name, value := range b.Notes {
		if err := checkNote(name); err != nil {
			return 0, err
		}
		size += len(name) + len(value)
	}
	return size, nil
}

func checkNote(name string) error {
	if name == "" || len(name) > maxNote {
		return fmt.Errorf("note %.40q: 1 to %d bytes: %w", name, maxNote, ErrInvalid)
	}
	return nil
}

func checkEntry(e *Entry) (size int, err error) {
	switch {
	case e.Queue == "" || len(e.Queue) > maxName:
		return 0, fmt.Errorf("queue %.40q: 1 to %d bytes: %w", e.Queue, maxName, ErrInvalid)
	case len(e.Day) > maxName || len(e.Lanes) > maxLanes || len(e.Tallies) > maxTallies:
		return 0, fmt.Errorf("day, lanes or tallies too long: %w", ErrInvalid)
	case len(e.Body) > maxBody || len(e.Facts) > maxBody:
		return 0, fmt.Errorf("body or facts of over %d bytes: %w", maxBody, ErrInvalid)
	case strings.IndexByte(e.Day, 0) >= 0:
		return 0, fmt.Errorf("day %q: holds a zero byte: %w", e.Day, ErrInvalid)
	case len(e.Terms) > maxTerms:
		return 0, fmt.Errorf("%d terms: at most %d: %w", len(e.Terms), maxTerms, ErrInvalid)
	}
	for _, t := range e.Tallies {
		if len(t.Key) > maxKeyName {
			return 0, fmt.Errorf("tally's key of %d bytes: at most %d: %w", len(t.Key), maxKeyName, ErrInvalid)
		}
	}
	size = len(e.Body) + len(e.Facts) + 200 + blockEntry*len(e.Terms)
	for _, k := range e.Keys {
		if len(k.Name) == 0 || len(k.Name) > maxKeyName {
			return 0, fmt.Errorf("key of %d bytes: 1 to %d: %w", len(k.Name), maxKeyName, ErrInvalid)
		}
		size += len(k.Name) + 100
	}
	return size, nil
}

func (o *putOp) weight() int   { return o.size }
func (o *putOp) lasting() bool { return false }

func (o *putOp) done(err error) {
	if err == nil {
		err = o.refusal
	}
	for _, r := range o.replaced {
		r.end(o.s, err)
	}
	if err == nil {
		o.s.arrived(o.fresh)
	}
	o.result <- err
}

func (o *putOp) apply(tx *writeTx) error {
	o.refusal, o.fresh = nil, o.fresh[:0]
	if len(o.batch.Entries) > 0 {
		if err := o.s.room(o.size); err != nil {
			o.refusal = err
			return nil
		}
	}
	// Refusals come before the first change: bbolt has no savepoints.
	if err := o.batch.keyReused(tx); err != nil {
		o.refusal = err
		return nil
	}
	tx.changed = true
	hashes := o.hashes
	for i := range o.batch.Entries {
		e := &o.batch.Entries[i]
		r, err := o.store(tx, e, hashes[:len(e.Terms)])
		hashes = hashes[len(e.Terms):]
		if err != nil {
			return err
		}
		o.receipts[i] = r
	}
	for name, value := range o.batch.Notes {
		if err := tx.setNote(name, value); err != nil {
			return err
		}
	}
	return nil
}

// keyReused finds a strict key that was seen with other content, in the spool
// or earlier in the batch (then no record has it yet, and First is zero).
func (b *Batch) keyReused(tx *writeTx) error {
	var own map[string]uint64
	for i := range b.Entries {
		for _, k := range b.Entries[i].Keys {
			if !k.Strict {
				continue
			}
			if v, ok := tx.key(k.Name); ok && v.changed(k.Content) {
				return &ErrKeyReused{Index: i, First: v.id}
			}
			if len(b.Entries) == 1 {
				continue
			}
			first := keyValue{content: own[string(k.Name)]}
			if first.changed(k.Content) {
				return &ErrKeyReused{Index: i}
			}
			if own == nil {
				own = map[string]uint64{}
			}
			own[string(k.Name)] = k.Content
		}
	}
	return nil
}

// key is what is remembered under a name and still counts.
func (tx *writeTx) key(name []byte) (keyValue, bool) {
	raw := tx.recall(spaceKeys, name)
	if raw == nil {
		return keyValue{}, false
	}
	v, err := parseKey(raw)
	return v, err == nil && !v.outdated(tx.now.Unix())
}

// store puts one entry, or finds that it is there already.
func (o *putOp) store(tx *writeTx, e *Entry, hashes []uint32) (Receipt, error) {
	old, err := o.replace(tx, e.Replaces)
	if err != nil {
		return Receipt{}, err
	}
	duplicate := func(id ID, changed bool) (Receipt, error) {
		if old != nil {
			return Receipt{}, &ErrNotReplaced{ID: old.id, First: id}
		}
		tx.delta(e.Queue).Duplicates++
		tx.tally(e.Day, e.Tallies, func(r *Row, amount int64) { r.Duplicates.add(amount, 1) })
		return Receipt{ID: id, Duplicate: true, Changed: changed}, nil
	}
	for _, k := range e.Keys {
		v, ok := tx.key(k.Name)
		if !ok || v.id == e.Replaces && v.id != 0 {
			continue
		}
		changed := v.changed(k.Content)
		if changed && e.Instead != nil && old == nil {
			second, err := e.instead(v.id)
			if err != nil {
				return Receipt{}, err
			}
			if second != nil {
				return o.storeInstead(tx, second)
			}
		}
		return duplicate(v.id, changed)
	}
	r := record{
		accepted: tx.now.UnixMilli(), lanes: e.Lanes, queue: e.Queue, day: e.Day,
		tallies: e.Tallies, facts: e.Facts, body: e.Body,
	}
	if tx.clockWrong {
		r.flags |= ClockWrong
	}
	id := ID(tx.records.Sequence() + 1)
	if e.Compose != nil {
		tx.replacing = e.Replaces
		c, err := tx.compose(e.Compose, id)
		tx.replacing = 0
		if err != nil {
			return Receipt{}, err
		}
		if c.Duplicate != 0 {
			return duplicate(c.Duplicate, false)
		}
		r.body = c.Body
		if c.Facts != nil {
			r.facts = c.Facts
		}
	}
	if err := tx.insert(id, &r, e.Bury); err != nil {
		return Receipt{}, err
	}
	tx.index(id, r.accepted, hashes)
	if old != nil {
		if err := old.discard(tx, id); err != nil {
			return Receipt{}, err
		}
	}
	for _, k := range e.Keys {
		v := keyValue{id: id, seen: tx.now.Unix(), within: int64(k.Within / time.Second), content: k.Content}
		tx.remember(spaceKeys, k.Name, v.append(nil))
	}
	if e.Bury == "" {
		o.fresh = append(o.fresh, fresh{e.Queue, id, e.Lanes})
	}
	return Receipt{ID: id}, nil
}

// instead calls the caller's function.
func (e *Entry) instead(first ID) (second *Entry, err error) {
	defer caught("instead of record", first, &err)
	return e.Instead(), nil
}

// storeInstead puts what stands for an entry whose key was seen with other
// content.
func (o *putOp) storeInstead(tx *writeTx, e *Entry) (Receipt, error) {
	if _, err := checkEntry(e); err != nil {
		return Receipt{}, fmt.Errorf("instead: %w", err)
	}
	once := *e
	once.Instead = nil
	receipt, err := o.store(tx, &once, once.appendHashes(nil))
	receipt.Changed = true
	return receipt, err
}

// insert writes a new record under the next id, pending or, with a reason,
// dead from the start.
func (tx *writeTx) insert(id ID, r *record, bury string) error {
	if err := tx.records.SetSequence(uint64(id)); err != nil {
		return err
	}
	key := id.key()
	value := r.append(make([]byte, 0, 128+len(r.facts)+len(r.body)))
	if err := tx.records.Put(key, value); err != nil {
		return err
	}
	counts := tx.delta(r.queue)
	counts.Accepted++
	tx.tally(r.day, r.tallies, func(row *Row, amount int64) { row.Accepted.add(amount, 1) })
	if bury != "" {
		counts.Dead++
		counts.died++
		tx.tally(r.day, r.tallies, func(row *Row, amount int64) { row.Dead.add(amount, 1) })
		end := ending{at: r.accepted, size: len(value), cause: bury}
		return tx.dead.Put(key, end.append(nil, tagDead))
	}
	counts.Pending++
	q, err := tx.queue(r.queue)
	if err != nil {
		return err
	}
	return q.Put(key, (&pendingValue{}).append(nil))
}

func (e *Entry) appendHashes(dst []uint32) []uint32 {
	for _, term := range e.Terms {
		dst = append(dst, termHash(term))
	}
	return dst
}

func (tx *writeTx) setNote(name string, value []byte) error {
	if value == nil {
		return tx.notes.Delete([]byte(name))
	}
	return tx.notes.Put([]byte(name), value)
}
