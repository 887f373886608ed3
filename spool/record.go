package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// The first byte of every value names its kind, so that salvage can tell what
// it found on a page without knowing the bucket.
const (
	tagRecord  = 'R'
	tagPending = 'P'
	tagSent    = 'S'
	tagDead    = 'D'
	tagKey     = 'K'
	tagBody    = 'B'
	tagYoung   = 'Y'
	tagRow     = 'T'
	tagCounts  = 'C'
	tagTerms   = 'W'
	tagTries   = 'A'
	tagGone    = 'G'
	tagFlow    = 'F'

	recordVersion = 1
	recordHeader  = 6 // tag, version, checksum
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("damaged value")

// record is what the bucket records holds: written once, never moved.
type record struct {
	accepted int64 // milliseconds since 1970
	flags    Flags
	lanes    []Lane
	queue    string
	day      string
	tallies  []Tally
	facts    []byte
	body     []byte
}

// append encodes r. Layout: doc.go.
func (r *record) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, tagRecord, recordVersion, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.accepted))
	dst = append(dst, byte(r.flags), byte(len(r.lanes)))
	for _, lane := range r.lanes {
		dst = binary.BigEndian.AppendUint64(dst, uint64(lane))
	}
	dst = appendText(dst, r.queue)
	dst = appendText(dst, r.day)
	dst = append(dst, byte(len(r.tallies)))
	for _, t := range r.tallies {
		dst = appendText(dst, t.Key)
		dst = binary.AppendVarint(dst, t.Amount)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.facts)))
	dst = append(dst, r.facts...)
	dst = append(dst, r.body...)
	sum := crc32.Checksum(dst[start+recordHeader:], castagnoli)
	binary.BigEndian.PutUint32(dst[start+2:], sum)
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// parseRecord decodes a value of records. The slices of the result alias v,
// which bbolt owns: copy what outlives the transaction.
func parseRecord(v []byte) (record, error) {
	if len(v) < recordHeader || v[0] != tagRecord {
		return record{}, fmt.Errorf("record: %w", errDamaged)
	}
	if v[1] != recordVersion {
		return record{}, fmt.Errorf("record of version %d: %w", v[1], errDamaged)
	}
	if crc32.Checksum(v[recordHeader:], castagnoli) != binary.BigEndian.Uint32(v[2:]) {
		return record{}, fmt.Errorf("record: checksum: %w", errDamaged)
	}
	d := decoder{rest: v[recordHeader:]}
	r := record{accepted: int64(d.uint64()), flags: Flags(d.byte())}
	if n := int(d.byte()); n > 0 && !d.bad {
		r.lanes = make([]Lane, n)
		for i := range r.lanes {
			r.lanes[i] = Lane(d.uint64())
		}
	}
	r.queue, r.day = d.text(), d.text()
	if n := int(d.byte()); n > 0 && !d.bad {
		r.tallies = make([]Tally, n)
		for i := range r.tallies {
			r.tallies[i] = Tally{Key: d.text(), Amount: d.varint()}
		}
	}
	r.facts = d.bytes(d.uvarint())
	r.body = d.rest
	if d.bad {
		return record{}, fmt.Errorf("record: %w", errDamaged)
	}
	return r, nil
}

// pendingValue is what pending holds of a record. A fresh record's is the tag
// alone: most never need more.
type pendingValue struct {
	attempts int
	due      int64 // milliseconds since 1970
	flags    Flags
	cause    string
}

func (p *pendingValue) append(dst []byte) []byte {
	dst = append(dst, tagPending)
	if *p == (pendingValue{}) {
		return dst
	}
	dst = append(dst, byte(p.flags))
	dst = binary.AppendUvarint(dst, uint64(p.attempts))
	dst = binary.AppendVarint(dst, p.due)
	return append(dst, p.cause...)
}

func parsePending(v []byte) (pendingValue, error) {
	if len(v) == 0 || v[0] != tagPending {
		return pendingValue{}, fmt.Errorf("pending: %w", errDamaged)
	}
	if len(v) == 1 {
		return pendingValue{}, nil
	}
	d := decoder{rest: v[1:]}
	p := pendingValue{flags: Flags(d.byte()), attempts: int(d.uvarint()), due: d.varint()}
	p.cause = string(d.rest)
	if d.bad {
		return pendingValue{}, fmt.Errorf("pending: %w", errDamaged)
	}
	return p, nil
}

// ending is what sent and dead hold of a record: how it ended.
type ending struct {
	at       int64 // milliseconds since 1970
	status   int
	flags    Flags
	attempts int
	size     int // of the record, so that retention need not read it
	cause    string
	answer   []byte

	// Of a sent record, when the attempt that sent it is known.
	timed bool
	ago   int64         // milliseconds from the beginning of the attempt to at
	took  time.Duration // it
}

// timed, in the flags of an ending on disk, says that it has the attempt.
const timed Flags = 1 << 7

const (
	maxCause  = 300  // bytes of an error's text that are kept
	maxAnswer = 1024 // bytes of an upstream's answer that are kept
	maxTaken  = 256  // bytes of the answer of one that took the record
)

func (e *ending) append(dst []byte, tag byte) []byte {
	dst = append(dst, tag)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.at))
	flags := e.flags &^ timed
	if e.timed {
		flags |= timed
	}
	dst = append(dst, byte(flags))
	dst = binary.AppendUvarint(dst, uint64(e.status))
	dst = binary.AppendUvarint(dst, uint64(e.attempts))
	dst = binary.AppendUvarint(dst, uint64(e.size))
	dst = appendText(dst, e.cause)
	if e.timed {
		dst = binary.AppendUvarint(dst, uint64(max(0, e.ago)))
		dst = binary.AppendUvarint(dst, uint64(max(0, e.took.Microseconds())))
	}
	return append(dst, e.answer...)
}

func parseEnding(v []byte, tag byte) (ending, error) {
	if len(v) == 0 || v[0] != tag {
		return ending{}, fmt.Errorf("ending: %w", errDamaged)
	}
	d := decoder{rest: v[1:]}
	e := ending{
		at: int64(d.uint64()), flags: Flags(d.byte()),
		status: int(d.uvarint()), attempts: int(d.uvarint()), size: int(d.uvarint()), cause: d.text(),
	}
	if e.timed = e.flags&timed != 0; e.timed {
		e.flags &^= timed
		e.ago, e.took = int64(d.uvarint()), micros(d.uvarint())
	}
	e.answer = d.rest
	if d.bad {
		return ending{}, fmt.Errorf("ending: %w", errDamaged)
	}
	return e, nil
}

// keyValue is what keys holds: which record brought the key, and when.
type keyValue struct {
	id      ID
	seen    int64 // seconds since 1970
	within  int64 // seconds; 0: as long as it is kept
	content uint64
}

func (k *keyValue) append(dst []byte) []byte {
	if dst == nil {
		dst = make([]byte, 0, 20)
	}
	dst = append(dst, tagKey)
	dst = binary.AppendUvarint(dst, uint64(k.id))
	dst = binary.AppendVarint(dst, k.seen)
	dst = binary.AppendUvarint(dst, uint64(k.within))
	if k.content != 0 {
		dst = binary.BigEndian.AppendUint64(dst, k.content)
	}
	return dst
}

func parseKey(v []byte) (keyValue, error) {
	if len(v) == 0 || v[0] != tagKey {
		return keyValue{}, fmt.Errorf("key: %w", errDamaged)
	}
	d := decoder{rest: v[1:]}
	k := keyValue{id: ID(d.uvarint()), seen: d.varint(), within: int64(d.uvarint())}
	if len(d.rest) > 0 {
		k.content = d.uint64()
	}
	if d.bad || len(d.rest) > 0 {
		return keyValue{}, fmt.Errorf("key: %w", errDamaged)
	}
	return k, nil
}

// outdated says whether the key no longer counts at now (seconds since 1970).
// One seen as far in the future was seen by a clock that was wrong: it must not
// make a sale of today a repeat of it.
func (k *keyValue) outdated(now int64) bool {
	age := now - k.seen
	return k.within > 0 && (age > k.within || age < -k.within)
}

// changed says whether content is known to differ from what was remembered.
func (k *keyValue) changed(content uint64) bool {
	return k.content != 0 && content != 0 && k.content != content
}

const bodyKeyLen = 8 + 16

// bodyKey sorts by time, also before 1970.
func bodyKey(at int64, body Hash) []byte {
	key := binary.BigEndian.AppendUint64(make([]byte, 0, bodyKeyLen), uint64(at)^1<<63)
	return append(key, body[:]...)
}

func bodyTime(key []byte) int64 { return int64(binary.BigEndian.Uint64(key) ^ 1<<63) }

func bodyValue(id ID, link int64) []byte {
	v := append(make([]byte, 0, 12), tagBody)
	return binary.AppendVarint(binary.AppendUvarint(v, uint64(id)), link)
}

func parseBody(v []byte) (id ID, link int64, ok bool) {
	if len(v) == 0 || v[0] != tagBody {
		return 0, 0, false
	}
	d := decoder{rest: v[1:]}
	id, link = ID(d.uvarint()), d.varint()
	return id, link, !d.bad && len(d.rest) == 0
}

// decoder reads a value from the front; bad is set when it ends too early.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) text() string { return string(d.bytes(d.uvarint())) }

func fromMilli(ms int64) time.Time { return time.UnixMilli(ms) }
