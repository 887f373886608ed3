package sandbox

import (
	"encoding/json"
	"net/http"
)

// scanner reads JSON in one pass and without recursion: the contract knows two
// levels only, and whoever meets a third stops there, so that depth costs
// nothing. It follows RFC 8259 to the letter, and refuses besides what has no
// one meaning: a key that stands twice, half a surrogate pair. The bytes must
// be valid UTF-8 already.
type scanner struct {
	data []byte
	pos  int
}

type kind byte

const (
	kindBroken kind = iota // the zero value is no value
	kindText
	kindNumber
	kindBoolean
	kindNull
	kindObject
	kindArray
)

// value is a scalar. The raw bytes of a text are those between its quotes,
// still escaped.
type value struct {
	kind    kind
	raw     []byte
	escaped bool
}

// text is the value's text: of a string what it spells, of all else its bytes.
func (v value) text() string {
	if !v.escaped {
		return string(v.raw)
	}
	var s string
	quoted := append(append([]byte{'"'}, v.raw...), '"')
	if json.Unmarshal(quoted, &s) != nil {
		return string(v.raw) // not reached: the scanner has checked every escape
	}
	return s
}

func (s *scanner) broken(what string) *refusal {
	return refuse(http.StatusBadRequest, "not_json", ruleType, "the body is not JSON: %s at byte %d", what, s.pos)
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// next is the byte after white space, 0 at the end. It is not consumed.
func (s *scanner) next() byte {
	s.space()
	if s.pos >= len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// peek tells the kind of the value that comes next.
func (s *scanner) peek() kind {
	switch c := s.next(); {
	case c == '"':
		return kindText
	case c == '{':
		return kindObject
	case c == '[':
		return kindArray
	case c == 't', c == 'f':
		return kindBoolean
	case c == 'n':
		return kindNull
	case c == '-', c >= '0' && c <= '9':
		return kindNumber
	}
	return kindBroken
}

// object reads an object that stands next. For each key it calls member, which
// must consume the value. A key that was there before is refused: two readers
// could take it two ways.
func (s *scanner) object(member func(key string) *refusal) *refusal {
	s.pos++ // the brace that peek saw
	var keys keySet
	if s.next() == '}' {
		s.pos++
		return nil
	}
	for {
		if s.next() != '"' {
			return s.broken("expected a key in double quotes")
		}
		v, r := s.str()
		if r != nil {
			return r
		}
		key := v.text()
		if !keys.add(key) {
			// Not the word that a sender would take for a refused repeat.
			return refuse(http.StatusBadRequest, "not_json", ruleFlat, "the key %s stands twice in one object", quote(key))
		}
		if s.next() != ':' {
			return s.broken("expected a colon")
		}
		s.pos++
		if r := member(key); r != nil {
			return r
		}
		switch s.next() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.broken("expected a comma or a closing brace")
		}
	}
}

// scalar reads a value that is no object and no array.
func (s *scanner) scalar() (value, *refusal) {
	switch s.peek() {
	case kindText:
		return s.str()
	case kindNumber:
		return s.number()
	case kindBoolean:
		if s.data[s.pos] == 't' {
			return s.word("true", kindBoolean)
		}
		return s.word("false", kindBoolean)
	case kindNull:
		return s.word("null", kindNull)
	}
	return value{}, s.broken("expected a value")
}

func (s *scanner) word(word string, k kind) (value, *refusal) {
	end := s.pos + len(word)
	if end > len(s.data) || string(s.data[s.pos:end]) != word {
		return value{}, s.broken("expected a value")
	}
	raw := s.data[s.pos:end]
	s.pos = end
	return value{kind: k, raw: raw}, nil
}

func (s *scanner) str() (value, *refusal) {
	start := s.pos + 1
	escaped := false
	for i := start; i < len(s.data); {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return value{kind: kindText, raw: s.data[start:i], escaped: escaped}, nil
		case c < 0x20:
			s.pos = i
			return value{}, s.broken("a raw control character in a string")
		case c == '\\':
			n := escapeLen(s.data[i:])
			if n == 0 {
				s.pos = i
				return value{}, s.broken("an escape that is none, or half a surrogate pair,")
			}
			escaped = true
			i += n
		default:
			i++
		}
	}
	s.pos = len(s.data)
	return value{}, s.broken("a string without an end")
}

// escapeLen is the length of the escape that b begins with, 0 where it is none.
// A surrogate counts only as a pair: half of one spells no character, and its
// reader would have to invent one.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		return 0
	}
	unit, ok := hexUnit(b)
	switch {
	case !ok, unit >= 0xDC00 && unit <= 0xDFFF:
		return 0
	case unit < 0xD800 || unit > 0xDFFF:
		return 6
	}
	if low, ok := hexUnit(b[6:]); ok && low >= 0xDC00 && low <= 0xDFFF {
		return 12
	}
	return 0
}

// hexUnit reads the UTF-16 unit of an escape of the form \uXXXX.
func hexUnit(b []byte) (unit uint16, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		unit <<= 4
		switch {
		case c >= '0' && c <= '9':
			unit |= uint16(c - '0')
		case c >= 'a' && c <= 'f':
			unit |= uint16(c-'a') + 10
		case c >= 'A' && c <= 'F':
			unit |= uint16(c-'A') + 10
		default:
			return 0, false
		}
	}
	return unit, true
}

func (s *scanner) number() (value, *refusal) {
	start := s.pos
	if s.data[s.pos] == '-' {
		s.pos++
	}
	first := s.pos
	if s.digits() == 0 {
		return value{}, s.broken("a minus sign without a number")
	}
	if s.data[first] == '0' && s.pos > first+1 {
		return value{}, s.broken("a number with a leading zero")
	}
	if s.at('.') {
		s.pos++
		if s.digits() == 0 {
			return value{}, s.broken("a decimal point without digits")
		}
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		if s.digits() == 0 {
			return value{}, s.broken("an exponent without digits")
		}
	}
	return value{kind: kindNumber, raw: s.data[start:s.pos]}, nil
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.data) && s.data[s.pos] == c }

func (s *scanner) digits() (n int) {
	for ; s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9'; s.pos++ {
		n++
	}
	return n
}

// keySet holds the keys of one object: a few in a row, which is quicker for the
// usual dozen, many in a map.
type keySet struct {
	few  [16]string
	n    int
	many map[string]struct{}
}

// add reports whether key is new.
func (k *keySet) add(key string) bool {
	for _, have := range k.few[:k.n] {
		if have == key {
			return false
		}
	}
	if k.n < len(k.few) {
		k.few[k.n] = key
		k.n++
		return true
	}
	if _, have := k.many[key]; have {
		return false
	}
	if k.many == nil {
		k.many = make(map[string]struct{})
	}
	k.many[key] = struct{}{}
	return true
}
