package spool

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// downward goes through the ids of a bucket from high to low.
type downward struct {
	c  *bbolt.Cursor
	id ID // the last one that was seen; 0: none yet
	ok bool
}

func newDownward(b *bbolt.Bucket) *downward { return &downward{c: b.Cursor()} }

// below is the highest id below a bound; 0: no bound. Bounds go down.
func (d *downward) below(bound ID) (ID, bool) {
	if d.ok && (bound == 0 || d.id < bound) {
		return d.id, true
	}
	var k []byte
	switch {
	case bound == 0:
		k, _ = d.c.Last()
	case d.ok && d.id == bound:
		k, _ = d.c.Prev()
	default:
		if k, _ = d.c.Seek(bound.key()); k == nil {
			k, _ = d.c.Last()
		}
	}
	for ; k != nil; k, _ = d.c.Prev() {
		if len(k) == 8 && (bound == 0 || idFromKey(k) < bound) {
			d.id, d.ok = idFromKey(k), true
			return d.id, true
		}
	}
	d.ok = false
	return 0, false
}

// walks are several that are gone through as one.
type walks []*downward

func (w walks) next(below ID) (highest ID, ok bool) {
	if below == 1 {
		return 0, false
	}
	for _, d := range w {
		if id, found := d.below(below); found && id > highest {
			highest, ok = id, true
		}
	}
	return highest, ok
}

// blocks reads the index from the newest block to the oldest.
type blocks struct {
	c      *bbolt.Cursor
	number uint64 // of the block at hand
	block  termBlock
	ok     bool // there is one
	known  bool // number and ok are right
}

// get is the block of a number; ok is false where there is none, or one that
// cannot be read.
func (b *blocks) get(number uint64) (termBlock, bool) {
	if !b.known || b.number != number {
		k, v := b.c.Seek(ID(number).key())
		b.take(k, v)
		b.ok = b.ok && b.number == number
		b.number, b.known = number, true
	}
	return b.block, b.ok
}

func (b *blocks) take(k, v []byte) {
	if b.ok = len(k) == 8; b.ok {
		var err error
		b.number = binary.BigEndian.Uint64(k)
		b.block, err = parseBlock(v)
		b.ok = err == nil
	}
}

// last is the newest block that has ids below a bound; 0: of all.
func (b *blocks) last(below ID) (termBlock, bool) {
	if below == 0 {
		return b.or(b.c.Last())
	}
	k, v := b.c.Seek(ID(blockOf(below - 1)).key())
	if k == nil || binary.BigEndian.Uint64(k) > blockOf(below-1) {
		if k == nil {
			k, v = b.c.Last()
		} else {
			k, v = b.c.Prev()
		}
	}
	return b.or(k, v)
}

func (b *blocks) previous() (termBlock, bool) { return b.or(b.c.Prev()) }

// or skips blocks that cannot be read.
func (b *blocks) or(k, v []byte) (termBlock, bool) {
	for ; k != nil; k, v = b.c.Prev() {
		if b.take(k, v); b.ok {
			return b.block, true
		}
	}
	return termBlock{}, false
}

// isOfQueue reads only the queue of a record's bytes. One that cannot be read
// may be of any.
func isOfQueue(v []byte, queue string) bool {
	const at = recordHeader + 8 + 1
	if len(v) <= at {
		return true
	}
	d := decoder{rest: v[at:]}
	d.bytes(8 * uint64(d.byte()))
	name := d.bytes(d.uvarint())
	return d.bad || string(name) == queue
}

// wanted are the terms that a search asks for.
type wanted struct {
	hashes []uint32
	groups []int    // of hashes
	masks  []uint64 // for each group, the records of the block at hand
	sieve  uint64   // lets through the few hashes that may be wanted: nearly all are not
}

func newWanted(groups [][]string) *wanted {
	w := &wanted{masks: make([]uint64, len(groups))}
	for i, terms := range groups {
		for _, term := range terms {
			h := termHash(term)
			w.hashes, w.groups, w.sieve = append(w.hashes, h), append(w.groups, i), w.sieve|1<<(h%64)
		}
	}
	return w
}

// in is which records of a block have a term of each group.
func (w *wanted) in(b *termBlock) uint64 {
	clear(w.masks)
	for e := b.entries; len(e) >= blockEntry; e = e[blockEntry:] {
		h := binary.BigEndian.Uint32(e)
		if w.sieve>>(h%64)&1 == 0 {
			continue
		}
		for i, hash := range w.hashes {
			if hash == h {
				w.masks[w.groups[i]] |= 1 << (e[4] & (1<<blockShift - 1))
			}
		}
	}
	all := b.known
	for _, mask := range w.masks {
		all &= mask
	}
	return all
}

// acceptedOf reads only the time of a record's bytes.
func acceptedOf(v []byte) (ms int64, ok bool) {
	if len(v) < recordHeader+8 || v[0] != tagRecord {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(v[recordHeader:])), true
}
