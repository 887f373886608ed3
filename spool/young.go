package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"go.etcd.io/bbolt"
)

// youngMost is how many keys and marks of bodies may be young: held in memory
// and, a chunk for each commit, in the bucket young, but not yet in their own.
//
// Their own buckets are sorted by names that come in any order, so each put
// there would change a page of its own, and every commit write dozens of them.
// A few thousand at a time, in order, share those pages.
const youngMost = 4096

// The spaces that young keys belong to: a bucket each.
const (
	spaceKeys   = 'k'
	spaceBodies = 'b'
)

// young are the keys of the last commits, as the bucket young has them. It is
// the writer's own.
type young map[string][]byte // space and key → value

// recall is what is remembered under a key: put in this transaction, young, or
// in its bucket.
func (tx *writeTx) recall(space byte, key []byte) []byte {
	var buf [128]byte
	name := append(append(buf[:0], space), key...)
	if v, ok := tx.fresh[string(name)]; ok {
		return v
	}
	if v, ok := tx.young[string(name)]; ok {
		return v
	}
	return tx.space(space).Get(key)
}

// remember puts a key. The value must not be changed afterwards.
func (tx *writeTx) remember(space byte, key, value []byte) {
	if tx.fresh == nil {
		tx.fresh = young{}
	}
	tx.fresh[string(space)+string(key)] = value
}

func (tx *writeTx) space(space byte) *bbolt.Bucket {
	if space == spaceKeys {
		return tx.keys
	}
	return tx.bodies
}

// finishYoung writes what the group remembered: as a chunk, or, when there are
// too many, all that is young into the buckets.
//
// A crash leaves the chunks of the commits that counted, and the next start
// reads them.
func (tx *writeTx) finishYoung() error {
	if len(tx.fresh) == 0 || tx.settled {
		return nil
	}
	if len(tx.young)+len(tx.fresh) <= youngMost {
		seq, err := tx.chunks.NextSequence()
		if err != nil {
			return err
		}
		return tx.chunks.Put(ID(seq).key(), tx.fresh.append(nil))
	}
	return tx.settleYoung()
}

// settleYoung moves all that is young into the buckets.
func (tx *writeTx) settleYoung() error {
	all := maps.Clone(tx.young)
	if all == nil {
		all = young{}
	}
	maps.Copy(all, tx.fresh)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := tx.space(name[0]).Put([]byte(name[1:]), all[name]); err != nil {
			return err
		}
	}
	c := tx.chunks.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	tx.settled = true
	return nil
}

// committed is what is young after the transaction.
func (tx *writeTx) committed() young {
	if tx.settled {
		return young{}
	}
	if len(tx.fresh) > 0 && tx.young == nil {
		return tx.fresh
	}
	maps.Copy(tx.young, tx.fresh)
	return tx.young
}

// append encodes a chunk: tag, checksum, and for each key its space, its
// length, itself, the value's length and the value.
func (y young) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, tagYoung, 0, 0, 0, 0)
	for name, value := range y {
		dst = append(dst, name[0])
		dst = appendText(dst, name[1:])
		dst = binary.AppendUvarint(dst, uint64(len(value)))
		dst = append(dst, value...)
	}
	binary.BigEndian.PutUint32(dst[start+1:], crc32.Checksum(dst[start+5:], castagnoli))
	return dst
}

// parseChunk adds the keys of a chunk to y.
func (y young) parseChunk(v []byte) error {
	if len(v) < 5 || v[0] != tagYoung || crc32.Checksum(v[5:], castagnoli) != binary.BigEndian.Uint32(v[1:]) {
		return fmt.Errorf("chunk of keys: %w", errDamaged)
	}
	for d := (decoder{rest: v[5:]}); len(d.rest) > 0; {
		space := d.byte()
		name := string(space) + d.text()
		value := d.bytes(d.uvarint())
		if d.bad || space != spaceKeys && space != spaceBodies {
			return fmt.Errorf("chunk of keys: %w", errDamaged)
		}
		y[name] = append([]byte(nil), value...)
	}
	return nil
}

// loadYoung reads what is young from the file.
func loadYoung(tx *bbolt.Tx) (young, error) {
	y := young{}
	err := tx.Bucket(bucketYoung).ForEach(func(_, v []byte) error { return y.parseChunk(v) })
	return y, err
}
