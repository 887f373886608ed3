package event

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may stand in each other. The contract
// knows two levels; the rest is room for what "nested: flatten" takes apart.
const maxDepth = 64

// kind is what a JSON value is.
type kind uint8

const (
	kindNull kind = iota + 1
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// node is one value of a scanned text. The nodes of a text stand in the order
// of the text, a container before what it holds, so that a walk over them is a
// walk over the text. Positions are 32 bits wide: a node costs less than the
// longest texts that it stands for, and Normalize refuses longer ones.
type node struct {
	key, keyEnd int32 // inside the key's quotes; 0, 0: not a member
	at, end     int32 // the value as written, with quotes or brackets
	next        int32 // the first node that is not inside this one
	kind        kind
	keyEscaped  bool
	escaped     bool // a string's text has backslashes
}

// scanner reads JSON by RFC 8259 in one pass. The nodes are handed through its
// methods and not kept in it, so that the first ones can live on the caller's
// stack.
type scanner struct {
	src    []byte
	flat   bool    // keep no nodes: only the borders are wanted
	failed bool    // the text is broken at byte at
	deep   bool    // … because it is nested too deep; it may be JSON yet
	at     int     // where
	wrong  string  // what
	twice  []int32 // nodes whose key stood before in the same object
}

func (s *scanner) fail(at int, wrong string) int {
	if !s.failed {
		s.failed, s.at, s.wrong = true, at, wrong
	}
	return len(s.src)
}

// document scans all of src, which must be one value with nothing around it
// but white space.
func (s *scanner) document(nodes []node) []node {
	i := s.space(0)
	nodes, i = s.value(nodes, i)
	if i = s.space(i); i < len(s.src) && !s.failed {
		s.fail(i, "something follows the end of the value")
	}
	return nodes
}

func (s *scanner) space(i int) int {
	for i < len(s.src) && (s.src[i] == ' ' || s.src[i] == '\n' || s.src[i] == '\r' || s.src[i] == '\t') {
		i++
	}
	return i
}

// frame is an array or object that is still open.
type frame struct {
	self   int32 // its node
	closer byte
}

// value scans the value at i and returns the position behind it; after a fault,
// the end of the text. It does not call itself, so that depth costs no stack.
func (s *scanner) value(nodes []node, i int) ([]node, int) {
	var open [maxDepth]frame
	depth := 0
	for {
		var n node
		if depth > 0 && open[depth-1].closer == '}' {
			i = s.name(&n, i)
		}
		i = s.space(i)
		n.at = int32(i)
		if i < len(s.src) && (s.src[i] == '{' || s.src[i] == '[') {
			if depth == maxDepth {
				s.deep = true
				return nodes, s.fail(i, fmt.Sprintf("it is nested more than %d deep", maxDepth))
			}
			n.kind = kindArray
			if s.src[i] == '{' {
				n.kind = kindObject
			}
			open[depth] = frame{int32(len(nodes)), s.src[i] + 2} // ] and } are two behind [ and {
			depth++
			i = s.space(i + 1)
		} else {
			i = s.scalar(&n, i)
		}
		if !s.flat {
			n.end, n.next = int32(i), int32(len(nodes)+1)
			nodes = append(nodes, n)
		}
		if n.kind >= kindArray && (i >= len(s.src) || s.src[i] != open[depth-1].closer) {
			continue // to its first value
		}
		for due := false; !due; {
			if s.failed || depth == 0 {
				return nodes, i
			}
			f := open[depth-1]
			i = s.space(i)
			switch {
			case i >= len(s.src):
				return nodes, s.fail(i, "the text ends inside an array or object")
			case s.src[i] == ',':
				i, due = i+1, true
			case s.src[i] == f.closer:
				i, depth = i+1, depth-1
				if !s.flat {
					s.closed(nodes, int(f.self), i)
				}
			default:
				return nodes, s.fail(i, "a comma or "+string(f.closer)+" is due here")
			}
		}
	}
}

// closed completes the node of a container that ends before i.
func (s *scanner) closed(nodes []node, self, i int) {
	nodes[self].end, nodes[self].next = int32(i), int32(len(nodes))
	if nodes[self].kind == kindObject {
		s.unique(nodes, self)
	}
}

// name scans a member's name and its colon into n.
func (s *scanner) name(n *node, i int) int {
	i = s.space(i)
	if i >= len(s.src) || s.src[i] != '"' {
		return s.fail(i, "a name in double quotes is due here")
	}
	end, escaped := s.text(i + 1)
	n.key, n.keyEnd, n.keyEscaped = int32(i+1), int32(end-1), escaped
	if i = s.space(end); i >= len(s.src) || s.src[i] != ':' {
		return s.fail(i, "a colon is due here")
	}
	return i + 1
}

// scalar scans a value that holds no others into n.
func (s *scanner) scalar(n *node, i int) int {
	if i >= len(s.src) {
		return s.fail(i, "the text ends where a value is due")
	}
	switch c := s.src[i]; {
	case c == '"':
		n.kind = kindString
		i, n.escaped = s.text(i + 1)
		return i
	case c == '-' || '0' <= c && c <= '9':
		n.kind = kindNumber
		return s.number(i)
	case c == 't':
		n.kind = kindBool
		return s.word(i, "true")
	case c == 'f':
		n.kind = kindBool
		return s.word(i, "false")
	case c == 'n':
		n.kind = kindNull
		return s.word(i, "null")
	}
	return s.fail(i, "a value is due here")
}

// text scans a string from behind its opening quote to behind its closing one.
func (s *scanner) text(i int) (end int, escaped bool) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	src := s.src
	for {
		// Eight bytes at a time, as long as none of them is a quote, a
		// backslash, a control character or outside of ASCII.
		for i+8 <= len(src) {
			w := binary.LittleEndian.Uint64(src[i:])
			quote, slash := w^('"'*ones), w^('\\'*ones)
			m := ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w | w) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(src) {
			return s.fail(i, "the text ends inside a string"), escaped
		}
		switch c := src[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			escaped = true
			i = s.escape(i)
		case c < ' ':
			return s.fail(i, "a control character stands in a string; write it as an escape such as \\n"), escaped
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && size == 1 {
				return s.fail(i, "the text is not UTF-8; save or send it as UTF-8"), escaped
			}
			i += size
		}
	}
}

// escape scans the escape that begins at i.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.src) {
		return s.fail(i, "the text ends inside a string")
	}
	switch s.src[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return s.fail(i, "this escape does not exist")
	}
	r, ok := hex4(s.src, i+2)
	switch {
	case !ok:
		return s.fail(i, "\\u needs four hexadecimal digits")
	case r < 0xD800 || r > 0xDFFF:
		return i + 6
	}
	// Half a pair is no character: it has no form in UTF-8 (RFC 3629).
	if r < 0xDC00 && i+7 < len(s.src) && s.src[i+6] == '\\' && s.src[i+7] == 'u' {
		if low, ok := hex4(s.src, i+8); ok && low >= 0xDC00 && low <= 0xDFFF {
			return i + 12
		}
	}
	return s.fail(i, "this escape is half of a surrogate pair, and no character")
}

func hex4(src []byte, i int) (r rune, ok bool) {
	if i+4 > len(src) {
		return 0, false
	}
	for _, c := range src[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

func (s *scanner) number(i int) int {
	start := i
	if s.src[i] == '-' {
		i++
	}
	whole := i
	i = s.digits(i)
	if i == whole || s.src[whole] == '0' && i > whole+1 {
		return s.fail(start, "this is no JSON number")
	}
	if i < len(s.src) && s.src[i] == '.' {
		from := i + 1
		if i = s.digits(from); i == from {
			return s.fail(start, "this is no JSON number")
		}
	}
	if i < len(s.src) && (s.src[i] == 'e' || s.src[i] == 'E') {
		i++
		if i < len(s.src) && (s.src[i] == '+' || s.src[i] == '-') {
			i++
		}
		from := i
		if i = s.digits(from); i == from {
			return s.fail(start, "this is no JSON number")
		}
	}
	return i
}

func (s *scanner) digits(i int) int {
	for i < len(s.src) && '0' <= s.src[i] && s.src[i] <= '9' {
		i++
	}
	return i
}

func (s *scanner) word(i int, want string) int {
	if len(s.src)-i < len(want) || string(s.src[i:i+len(want)]) != want {
		return s.fail(i, "a value is due here")
	}
	return i + len(want)
}

// place tells people where byte i of src is.
func place(src []byte, i int) string {
	i = min(i, len(src))
	line := bytes.Count(src[:i], []byte{'\n'}) + 1
	column := utf8.RuneCount(src[bytes.LastIndexByte(src[:i], '\n')+1:i]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}
