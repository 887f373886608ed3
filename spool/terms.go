package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"go.etcd.io/bbolt"
)

// The index of terms. It holds no words, only a hash of 32 bits for each, in
// blocks of the records of 64 ids: the newest block is the last of its bucket,
// so that a commit changes one page more, whatever the terms are. A search
// reads all blocks; of a million records with six terms each that is 30 MB.
// (Sorted by words, each commit would change dozens of pages; see youngMost.)
//
// A block also says which of its ids it knows, and within which times they
// were accepted. Those of records that a version without this index put are
// not known, and have to be looked at.

const (
	maxTerms    = 64
	blockShift  = 6
	blockHeader = 1 + 4 + 8 + 8 + 8 // tag, checksum, known, from, to
	blockEntry  = 4 + 1             // hash, the id's place in the block
)

// termHash is FNV-1a. It is on disk, so it must stay what it is.
func termHash(term string) uint32 {
	h := uint32(2166136261)
	for i := range len(term) {
		h = (h ^ uint32(term[i])) * 16777619
	}
	return h
}

func blockOf(id ID) uint64 { return uint64(id) >> blockShift }

func blockBit(id ID) uint64 { return 1 << (uint64(id) & (1<<blockShift - 1)) }

// termBlock is a value of terms, which aliases the file's bytes.
type termBlock struct {
	known    uint64 // a bit for each id that was put with this index
	from, to int64  // when those were accepted, milliseconds since 1970
	entries  []byte
}

// parseBlock reads a block, without its checksum: a wrong hash is only a
// record more, or less, that a search looks at.
func parseBlock(v []byte) (termBlock, error) {
	if len(v) < blockHeader || v[0] != tagTerms || (len(v)-blockHeader)%blockEntry != 0 {
		return termBlock{}, fmt.Errorf("block of terms: %w", errDamaged)
	}
	return termBlock{
		known: binary.BigEndian.Uint64(v[5:]), from: int64(binary.BigEndian.Uint64(v[13:])),
		to: int64(binary.BigEndian.Uint64(v[21:])), entries: v[blockHeader:],
	}, nil
}

// verifyBlock is parseBlock with the checksum.
func verifyBlock(v []byte) (termBlock, error) {
	b, err := parseBlock(v)
	if err == nil && crc32.Checksum(v[5:], castagnoli) != binary.BigEndian.Uint32(v[1:]) {
		err = fmt.Errorf("block of terms: checksum: %w", errDamaged)
	}
	return b, err
}

// sealBlock writes the header before the entries that dst has behind it.
func (b *termBlock) seal(dst []byte) []byte {
	dst[0] = tagTerms
	binary.BigEndian.PutUint64(dst[5:], b.known)
	binary.BigEndian.PutUint64(dst[13:], uint64(b.from))
	binary.BigEndian.PutUint64(dst[21:], uint64(b.to))
	binary.BigEndian.PutUint32(dst[1:], crc32.Checksum(dst[5:], castagnoli))
	return dst
}

// indexed is a new record, for the index.
type indexed struct {
	id       ID
	accepted int64
	upTo     int // of writeTx.hashes, where its terms end
}

// index notes a new record's terms; finishTerms writes them.
func (tx *writeTx) index(id ID, accepted int64, hashes []uint32) {
	tx.hashes = append(tx.hashes, hashes...)
	tx.indexed = append(tx.indexed, indexed{id, accepted, len(tx.hashes)})
}

// finishTerms writes the terms of the group's records: each block once. Ids
// come in their order.
func (tx *writeTx) finishTerms() error {
	for at, list := 0, tx.indexed; len(list) > 0; {
		n := 1
		for n < len(list) && blockOf(list[n].id) == blockOf(list[0].id) {
			n++
		}
		upTo := list[n-1].upTo
		key := ID(blockOf(list[0].id)).key()
		b := termBlock{from: list[0].accepted, to: list[0].accepted}
		if v := tx.terms.Get(key); v != nil {
			old, err := verifyBlock(v)
			if err != nil {
				return err
			}
			b = old
		}
		dst := make([]byte, blockHeader, blockHeader+len(b.entries)+(upTo-at)*blockEntry)
		dst = append(dst, b.entries...)
		for _, r := range list[:n] {
			b.known |= blockBit(r.id)
			b.from, b.to = min(b.from, r.accepted), max(b.to, r.accepted)
			for ; at < r.upTo; at++ {
				dst = append(binary.BigEndian.AppendUint32(dst, tx.hashes[at]), byte(r.id)&(1<<blockShift-1))
			}
		}
		if err := tx.terms.Put(key, b.seal(dst)); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// unindex removes what the index knows of records that leave for good. Ids
// that are neighbours should come together.
func (tx *writeTx) unindex(ids []ID) error {
	for len(ids) > 0 {
		n, gone := 1, blockBit(ids[0])
		for n < len(ids) && blockOf(ids[n]) == blockOf(ids[0]) {
			gone |= blockBit(ids[n])
			n++
		}
		key := ID(blockOf(ids[0])).key()
		ids = ids[n:]
		v := tx.terms.Get(key)
		if v == nil {
			continue
		}
		b, err := verifyBlock(v)
		if err != nil {
			return err
		}
		if b.known &^= gone; b.known == 0 {
			if err := tx.terms.Delete(key); err != nil {
				return err
			}
			continue
		}
		dst := make([]byte, blockHeader, len(v))
		for e := range slices.Chunk(b.entries, blockEntry) {
			if 1<<(e[4]&(1<<blockShift-1))&gone == 0 {
				dst = append(dst, e...)
			}
		}
		if err := tx.terms.Put(key, b.seal(dst)); err != nil {
			return err
		}
	}
	return nil
}

// dropBlocks deletes the blocks of which no record is left. Retention asks for
// those of the records that it removed; the entries of a record in a block that
// stays do no harm.
func (tx *writeTx) dropBlocks(ids []ID) error {
	for i, id := range ids {
		if i > 0 && blockOf(id) == blockOf(ids[i-1]) {
			continue
		}
		if !blockInUse(tx.records.Cursor(), blockOf(id), nil) {
			if err := tx.terms.Delete(ID(blockOf(id)).key()); err != nil {
				return err
			}
		}
	}
	return nil
}

// blockInUse says whether there is a record of the block, but for those that
// expired says need not be kept.
func blockInUse(records *bbolt.Cursor, number uint64, expired func(id []byte) bool) bool {
	k, _ := records.Seek(ID(number << blockShift).key())
	for ; k != nil && blockOf(idFromKey(k)) == number; k, _ = records.Next() {
		if expired == nil || !expired(k) {
			return true
		}
	}
	return false
}
