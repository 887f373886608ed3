package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Facts are kept beside an event's body in the spool: what sending it needs
// and the body does not say.
type Facts struct {
	Action string // decoded
	Path   string // escaped as it came
	Source string // the way in
	// StampAt is where in the body the text of the relay's own stamp begins;
	// 0: the dateTime is the sender's own (no text can begin at 0).
	StampAt int
	// ClockWrong says that the stamp was given while the clock was not to be
	// believed.
	ClockWrong bool
}

// factsVersion is the first byte of facts as bytes, which are:
//
//	1 byte    version, 1
//	1 byte    flags: 1 the clock was wrong, 2 Path is Action
//	varint    StampAt
//	varint    length of Action, followed by it
//	varint    length of Path, followed by it; nothing where Path is Action
//	the rest  Source
const factsVersion = 1

const (
	factClockWrong = 1 << iota
	factPlainPath
)

var errFacts = errors.New("facts of an event: cut off or damaged")

// Append appends f as bytes, which ParseFacts reads.
func (f Facts) Append(dst []byte) []byte {
	var flags byte
	if f.ClockWrong {
		flags |= factClockWrong
	}
	if f.Path == f.Action {
		flags |= factPlainPath
	}
	dst = slices.Grow(dst, 2+3*binary.MaxVarintLen64+len(f.Action)+len(f.Path)+len(f.Source))
	dst = append(dst, factsVersion, flags)
	dst = binary.AppendUvarint(dst, uint64(f.StampAt))
	dst = append(binary.AppendUvarint(dst, uint64(len(f.Action))), f.Action...)
	if f.Path != f.Action {
		dst = append(binary.AppendUvarint(dst, uint64(len(f.Path))), f.Path...)
	}
	return append(dst, f.Source...)
}

// ParseFacts reads what Append wrote; b may be used again afterwards.
func ParseFacts(b []byte) (Facts, error) {
	if len(b) < 2 {
		return Facts{}, errFacts
	}
	if b[0] != factsVersion {
		return Facts{}, fmt.Errorf("facts of an event: version %d, which this program does not know", b[0])
	}
	flags := b[1]
	if flags&^(factClockWrong|factPlainPath) != 0 {
		return Facts{}, errFacts
	}
	rest := string(b[2:])
	stampAt, rest, ok := cutUvarint(rest)
	if !ok || stampAt > 1<<31-1 {
		return Facts{}, errFacts
	}
	f := Facts{StampAt: int(stampAt), ClockWrong: flags&factClockWrong != 0}
	if f.Action, rest, ok = cutText(rest); !ok {
		return Facts{}, errFacts
	}
	f.Path = f.Action
	if flags&factPlainPath == 0 {
		if f.Path, rest, ok = cutText(rest); !ok {
			return Facts{}, errFacts
		}
	}
	f.Source = rest
	return f, nil
}

func cutText(s string) (text, rest string, ok bool) {
	n, rest, ok := cutUvarint(s)
	if !ok || n > uint64(len(rest)) {
		return "", "", false
	}
	return rest[:n], rest[n:], true
}

func cutUvarint(s string) (n uint64, rest string, ok bool) {
	for i := 0; i < len(s) && i < 5; i++ {
		n |= uint64(s[i]&0x7F) << (7 * i)
		if s[i] < 0x80 {
			return n, s[i+1:], true
		}
	}
	return 0, "", false
}
