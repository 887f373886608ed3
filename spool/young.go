package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"

	"go.etcd.io/bbolt"
)

// youngMost is how many keys and marks of bodies are gathered before they go
// into their own buckets: till then they are in memory and, a chunk for each
// commit, in the bucket young.
//
// Their own buckets are sorted by names that come in any order, so each put
// there would change a page of its own, and every commit write dozens of them.
// Many thousand, in order, share those pages; and they go a few hundred at a
// commit, neighbours together, so that none takes long and few pages are freed.
const youngMost = 16384

// The spaces that young keys belong to: a bucket each.
const (
	spaceKeys   = 'k'
	spaceBodies = 'b'
)

// keys are keys and marks by space and name.
type keys map[string][]byte

// young is what the bucket young holds, in memory. It is the writer's own, and
// changes only when a transaction is committed.
type young struct {
	gathering keys
	last      uint64   // the newest chunk of gathering
	leaving   keys     // gathered before, on their way into their buckets; not changed any more
	order     []string // of those that are not there yet
	until     uint64   // the newest chunk of leaving

	sorting chan []string // brings order, which takes too long for the writer to wait; nil: it is there
}

// recall is what is remembered under a key: put in this transaction, young, or
// in its bucket.
func (tx *writeTx) recall(space byte, key []byte) []byte {
	var buf [128]byte
	name := append(append(buf[:0], space), key...)
	for _, known := range [3]keys{tx.fresh, tx.young.gathering, tx.young.leaving} {
		if v, ok := known[string(name)]; ok {
			return v
		}
	}
	return tx.space(space).Get(key)
}

// remember puts a key. The value must not be changed afterwards.
func (tx *writeTx) remember(space byte, key, value []byte) {
	if tx.fresh == nil {
		tx.fresh = keys{}
	}
	tx.fresh[string(space)+string(key)] = value
}

func (tx *writeTx) space(space byte) *bbolt.Bucket {
	if space == spaceKeys {
		return tx.keys
	}
	return tx.bodies
}

// finishYoung writes what the group remembered as a chunk, and moves some of
// those that are leaving on.
//
// A crash leaves the chunks, some of which may be in their buckets, too; the
// next start gathers them all again.
func (tx *writeTx) finishYoung() error {
	if len(tx.fresh) == 0 {
		return nil
	}
	var err error
	if tx.chunk, err = tx.chunks.NextSequence(); err != nil {
		return err
	}
	if err := tx.chunks.Put(ID(tx.chunk).key(), tx.fresh.append(nil)); err != nil {
		return err
	}
	y := tx.young
	y.takeOrder()
	if len(y.order) == 0 || tx.emptied {
		return nil
	}
	tx.left = min(len(y.order), 2*len(tx.fresh)+64) // faster than they come
	for _, name := range y.order[:tx.left] {
		if err := tx.space(name[0]).Put([]byte(name[1:]), y.leaving[name]); err != nil {
			return err
		}
	}
	if tx.left < len(y.order) {
		return nil
	}
	return tx.dropChunks(y.until)
}

// emptyYoung moves all that is young so far into the buckets.
func (tx *writeTx) emptyYoung() error {
	all := keys{}
	for _, known := range [3]keys{tx.young.leaving, tx.young.gathering, tx.fresh} {
		maps.Copy(all, known)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := tx.space(name[0]).Put([]byte(name[1:]), all[name]); err != nil {
			return err
		}
	}
	tx.emptied, tx.fresh = true, nil
	return tx.dropChunks(math.MaxUint64)
}

func (tx *writeTx) dropChunks(until uint64) error {
	c := tx.chunks.Cursor()
	for k, _ := c.First(); k != nil && uint64(idFromKey(k)) <= until; k, _ = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// committed takes over what the transaction did.
func (y *young) committed(tx *writeTx) {
	if tx.emptied {
		*y = young{gathering: keys{}}
	}
	if len(tx.fresh) == 0 {
		return
	}
	if y.order = y.order[tx.left:]; len(y.order) == 0 && y.sorting == nil {
		y.leaving = nil
	}
	maps.Copy(y.gathering, tx.fresh)
	y.last = tx.chunk
	if len(y.gathering) >= youngMost && y.leaving == nil {
		y.leaving, y.until = y.gathering, y.last
		y.gathering = make(keys, youngMost)
		sorting := make(chan []string, 1)
		go func(leaving keys) { sorting <- slices.Sorted(maps.Keys(leaving)) }(y.leaving)
		y.sorting = sorting
	}
}

// takeOrder takes the sorted names over, if they are there.
func (y *young) takeOrder() {
	select {
	case y.order = <-y.sorting:
		y.sorting = nil
	default: // also when nothing is being sorted
	}
}

// append encodes a chunk: tag, checksum, and for each key its space, its
// length, itself, the value's length and the value.
func (y keys) append(dst []byte) []byte {
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
func (y keys) parseChunk(v []byte) error {
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
func loadYoung(tx *bbolt.Tx) (*young, error) {
	y := &young{gathering: keys{}}
	err := tx.Bucket(bucketYoung).ForEach(func(k, v []byte) error {
		y.last = uint64(idFromKey(k))
		return y.gathering.parseChunk(v)
	})
	return y, err
}
