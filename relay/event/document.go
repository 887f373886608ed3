package event

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// document is a scanned JSON text: the nodes and the bytes that they point to.
type document struct {
	src   []byte
	nodes []node
	base  string // the pointer of the whole text, where it came inside another
}

func (d *document) raw(n int) []byte { return d.src[d.nodes[n].at:d.nodes[n].end] }

// rawKey is the name of n as written between its quotes.
func (d *document) rawKey(n int) []byte { return d.src[d.nodes[n].key:d.nodes[n].keyEnd] }

// keyIs compares decoded names.
func (d *document) keyIs(n int, name string) bool {
	if d.nodes[n].keyEscaped {
		return d.key(n) == name
	}
	return string(d.rawKey(n)) == name
}

func (d *document) key(n int) string {
	if d.nodes[n].keyEscaped {
		return unquote(d.rawKey(n))
	}
	return string(d.rawKey(n))
}

// inner is what stands between the quotes of the string n, still escaped.
func (d *document) inner(n int) []byte { return d.src[d.nodes[n].at+1 : d.nodes[n].end-1] }

// text is what the string n spells, and of every other scalar its bytes.
func (d *document) text(n int) string {
	switch {
	case d.nodes[n].kind != kindString:
		return string(d.raw(n))
	case d.nodes[n].escaped:
		return unquote(d.inner(n))
	}
	return string(d.inner(n))
}

// bytes is text without a copy where none is needed.
func (d *document) bytes(n int) []byte {
	switch {
	case d.nodes[n].kind != kindString:
		return d.raw(n)
	case d.nodes[n].escaped:
		return []byte(unquote(d.inner(n)))
	}
	return d.inner(n)
}

func (d *document) nested(n int) bool { return d.nodes[n].kind >= kindArray }

// blank says that n says nothing: null, or a string of white space.
func (d *document) blank(n int) bool {
	switch d.nodes[n].kind {
	case kindNull:
		return true
	case kindString:
		return len(bytes.TrimSpace(d.bytes(n))) == 0
	}
	return false
}

// void says that n is an array or object that holds nothing.
func (d *document) void(n int) bool { return d.nested(n) && int(d.nodes[n].next) == n+1 }

// pointer is the RFC 6901 pointer of n.
func (d *document) pointer(n int) string {
	var p strings.Builder
	for at := 0; at != n; {
		index, child := 0, at+1
		for int(d.nodes[child].next) <= n {
			index, child = index+1, int(d.nodes[child].next)
		}
		if d.nodes[at].kind == kindArray {
			p.WriteString("/" + strconv.Itoa(index))
		} else {
			p.WriteString("/" + escapePointer(d.key(child)))
		}
		at = child
	}
	return p.String()
}

func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// few is up to how many members the names of an object are compared with each
// other one by one.
const few = 16

// unique notes the members of the object at self whose name stood before. JSON
// leaves open which of them counts, so no answer would be the sender's.
func (s *scanner) unique(nodes []node, self int) {
	count, plain := 0, true
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		count++
		plain = plain && !nodes[i].keyEscaped
	}
	if count > few || !plain {
		s.uniqueNames(nodes, self, count)
		return
	}
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		name := s.src[nodes[i].key:nodes[i].keyEnd]
		for j := self + 1; j < i; j = int(nodes[j].next) {
			other := s.src[nodes[j].key:nodes[j].keyEnd]
			if len(other) == len(name) && (len(name) == 0 || other[0] == name[0] && bytes.Equal(other, name)) {
				s.twice = append(s.twice, int32(i))
				break
			}
		}
	}
}

func (s *scanner) uniqueNames(nodes []node, self, count int) {
	d := document{src: s.src, nodes: nodes}
	names := make(map[string]struct{}, count)
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		name := d.key(i)
		if _, ok := names[name]; ok {
			s.twice = append(s.twice, int32(i))
		}
		names[name] = struct{}{}
	}
}

// unquote is what a string's inside spells. It must have been scanned.
func unquote(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		c := raw[i+1]
		i += 2
		if k := strings.IndexByte("bfnrt", c); k >= 0 {
			out = append(out, "\b\f\n\r\t"[k])
			continue
		}
		if c != 'u' {
			out = append(out, c)
			continue
		}
		r, _ := hex4(raw, i)
		i += 4
		if utf16.IsSurrogate(r) {
			low, _ := hex4(raw, i+2)
			r = utf16.DecodeRune(r, low)
			i += 6
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// appendQuoted appends text, which is UTF-8, as a JSON string.
func appendQuoted(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
