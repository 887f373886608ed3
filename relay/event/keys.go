package event

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// The names of keys begin with a letter each, so that no two kinds meet.
const (
	repeatPrefix = 'r'
	senderPrefix = 'i'
	orderPrefix  = 'o'
	changePrefix = 'c'
	filePrefix   = 'f'
)

// mostText is up to how many bytes of foreign text stand in a key's name as
// they are; of longer ones there is a hash.
const mostText = 128

// plain says whether a foreign text may stand in a key's name as it is. One that
// may be an e-mail address is hashed: keys stay when a person's data is removed.
func plain(text string, length int) bool {
	return length <= mostText && !strings.Contains(text, "@")
}

// orderText is how much of an order's number is in the name of a RepeatKey.
const orderText = 24

// RepeatKey names what makes a purchase without a dateTime the same sale when
// it comes again (within Rules.RepeatWindow): project, action and body, the
// order's number included. ok is false for all other events. The names of
// orders that follow each other lie near each other:
//
//	'r', project (hash, 4 bytes), order (24 bytes at most, or none), 0, hash (16 bytes)
func (e *Event) RepeatKey(project string) (name []byte, ok bool) {
	if e.Order == "" || !e.Time.IsZero() || e.cut.end == 0 {
		return nil, false
	}
	order := e.Order[:min(len(e.Order), orderText)]
	if !plain(e.Order, len(order)) {
		order = "" // the hash tells it from others
	}
	name = make([]byte, 0, 1+4+len(order)+1+16)
	name = binary.BigEndian.AppendUint32(append(name, repeatPrefix), uint32(hashText(hashStart, project)))
	name = append(append(name, order...), 0)
	hash := scoped(e.base, project)
	return append(name, hash[:]...), true
}

// IdempotencyKey names the event with this index in a request with a sender's
// own key, which is scoped to project and action:
//
//	'i', project and action (hash, 8 bytes), key, index (4 bytes)
//	'I', project and action (hash, 8 bytes), SHA-256 of key, index (4 bytes)
//
// The second form is that of keys longer than 128 bytes, and of those that hold
// an @.
func IdempotencyKey(project, action, key string, index int) []byte {
	name := make([]byte, 0, 1+8+min(len(key), mostText)+4)
	scope := hashText(hashText(hashStart, project)*hashPrime, action)
	name = binary.BigEndian.AppendUint64(append(name, senderPrefix), scope)
	if plain(key, len(key)) {
		name = append(name, key...)
	} else {
		sum := sha256.Sum256([]byte(key))
		name[0] = senderPrefix - 'a' + 'A'
		name = append(name, sum[:]...)
	}
	return binary.BigEndian.AppendUint32(name, uint32(index))
}

// OrderKey names an order of a source's, and what happened to it (kind: a sale,
// a refund). No time is in it: exports of one order at different times name it
// alike. Orders that follow each other lie near each other:
//
//	'o', length of source (varint), source, order, kind, length of order (4 bytes)
//	'O', SHA-256 of the same
//
// The second form is for more than 128 bytes of source, order and kind, and for an
// order with an @.
func OrderKey(source, order, kind string) []byte {
	length := len(source) + len(order) + len(kind)
	name := make([]byte, 0, length+12)
	name = binary.AppendUvarint(append(name, orderPrefix), uint64(len(source)))
	name = append(append(append(name, source...), order...), kind...)
	name = binary.BigEndian.AppendUint32(name, uint32(len(order)))
	if plain(order, length) {
		return name
	}
	sum := sha256.Sum256(name)
	return append(append(name[:0], orderPrefix-'a'+'A'), sum[:]...)
}

// Lanes are the hashes of what the event names a person by, scoped to the
// project: two events that share one are never in flight together (P8). Only
// the first n count. They are the same in every process.
func (e *Event) Lanes(project string) (lanes [2]uint64, n int) {
	scope := hashText(hashStart, project) * hashPrime
	if e.Email != "" {
		lanes[n] = spread(hashText(scope+1, e.Email))
		n++
	}
	if e.Session != "" {
		lanes[n] = spread(hashText(scope+2, e.Session))
		n++
	}
	return lanes, n
}

// FNV-1a with 64 bits.
const (
	hashStart = uint64(14695981039346656037)
	hashPrime = uint64(1099511628211)
)

func hashText(hash uint64, text string) uint64 {
	for i := 0; i < len(text); i++ {
		hash = (hash ^ uint64(text[i])) * hashPrime
	}
	return hash
}

// spread lets every bit of an FNV hash bear on every other (the finish of
// MurmurHash3).
func spread(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// scoped is base as it counts in a project.
func scoped(base [16]byte, project string) [16]byte {
	hash := hashText(hashStart, project)
	low, high := spread(hash), spread(hash*hashPrime+1)
	binary.LittleEndian.PutUint64(base[:8], binary.LittleEndian.Uint64(base[:8])^low)
	binary.LittleEndian.PutUint64(base[8:], binary.LittleEndian.Uint64(base[8:])^high)
	return base
}

// digest is the hash of an action and a body without its dateTime's value:
// before, insertion and after are what is around it. text is the value itself,
// where it is not written as a stamp is.
func digest(action string, before []byte, insertion string, after, text []byte) [16]byte {
	var room [1024]byte
	b := binary.LittleEndian.AppendUint32(room[:0], uint32(len(action)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(before)+len(insertion)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = append(append(append(b, action...), before...), insertion...)
	b = append(append(b, after...), text...)
	sum := sha256.Sum256(b)
	return [16]byte(sum[:])
}

// digest notes the hash of the event.
func (e *Event) digest() {
	var text []byte
	insert := ""
	switch {
	case e.cut.at == e.cut.end:
		insert = insertion(e.Body, e.cut.at)
	case !e.form.stamped:
		text = e.Body[e.cut.at:e.cut.end]
	}
	e.base = digest(e.Action, e.Body[:e.cut.at], insert, e.Body[e.cut.end:], text)
}

// changedKey names what came under a key with other content than before:
//
//	'c', the key, its content (8 bytes)
func changedKey(k *Key) []byte {
	name := make([]byte, 0, 1+len(k.Name)+8)
	return binary.BigEndian.AppendUint64(append(append(name, changePrefix), k.Name...), k.Content)
}

// FileKey names the event at this place of the results of a file (hash: of its
// content), where nothing in it does: what was held as dead.
//
//	'f', source, 0, hash, index (8 bytes)
func FileKey(source, hash string, index int64) []byte {
	name := make([]byte, 0, 1+len(source)+1+len(hash)+8)
	name = append(append(append(append(name, filePrefix), source...), 0), hash...)
	return binary.BigEndian.AppendUint64(name, uint64(index))
}
