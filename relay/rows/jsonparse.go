package rows

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may lie in each other. The bits of
// an extent hold as many.
const maxDepth = 64

// roomSize is for how many values room is made at once.
const roomSize = 1024

// malformed is why a text is no JSON.
type malformed struct {
	at     int // the byte
	reason string
	cut    bool // all was well up to the end of the text
}

// jsonParser makes a Value of a text. Its zero value is ready; its memory is used
// again for the next text, the Value's is not.
type jsonParser struct {
	text    string
	at      int
	depth   int
	values  []Value  // room for those of this text
	members []Member // likewise
	count   int      // values that were made
	open    []Member // of the objects and arrays that are being read
	fault   malformed
	dry     bool  // values are not made
	blank   Value // stands for them
}

// check says why text is malformed, without making a Value of it; nil: it is
// not.
func (p *jsonParser) check(text string) *malformed {
	p.dry = true
	_, bad := p.parse(text, 1)
	p.dry = false
	return bad
}

// parse reads text, which holds one value and nothing else but spaces, and at
// most so many values in it, counted in advance. Names that are there twice
// are refused, as nobody can tell which one counts.
func (p *jsonParser) parse(text string, values int) (*Value, *malformed) {
	if cap(p.open) > 8*roomSize {
		p.open = nil
	}
	values = min(max(values, 1), roomSize)
	p.text, p.at, p.depth, p.count, p.open = text, 0, 0, 0, p.open[:0]
	p.values = make([]Value, 0, values)
	p.members = make([]Member, 0, values-1)
	if !utf8.ValidString(text) {
		return nil, p.invalidUTF8()
	}
	v := p.value()
	if v == nil {
		return nil, &p.fault
	}
	p.space()
	if p.at < len(text) {
		p.fail("there is more behind the end of the value")
		return nil, &p.fault
	}
	return v, nil
}

func (p *jsonParser) invalidUTF8() *malformed {
	for i, r := range p.text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(p.text[i:]); n == 1 {
				// An end in the middle of a character is no fault yet.
				return &malformed{at: i, reason: "bytes that are not UTF-8", cut: len(p.text)-i < utf8.UTFMax && !utf8.FullRuneInString(p.text[i:])}
			}
		}
	}
	return &malformed{reason: "bytes that are not UTF-8"}
}

func (p *jsonParser) fail(format string, args ...any) {
	p.fault = malformed{at: p.at, reason: fmt.Sprintf(format, args...)}
	if p.at >= len(p.text) {
		p.fault = malformed{at: len(p.text), reason: "it ends in the middle", cut: true}
	}
}

func (p *jsonParser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// made is a new Value of the text from start on.
func (p *jsonParser) made(kind Kind, start int) *Value {
	if p.dry {
		return &p.blank
	}
	if len(p.values) == cap(p.values) {
		p.values = make([]Value, 0, roomSize)
	}
	p.count++
	p.values = append(p.values, Value{kind: kind, raw: p.text[start:p.at]})
	return &p.values[len(p.values)-1]
}

// value reads one; nil: fault says why not.
func (p *jsonParser) value() *Value {
	p.space()
	if p.at >= len(p.text) {
		p.fail("")
		return nil
	}
	start := p.at
	switch c := p.text[p.at]; {
	case c == '"':
		escaped, ok := p.quoted()
		if !ok {
			return nil
		}
		v := p.made(String, start)
		v.escaped = escaped
		return v
	case c == '{' || c == '[':
		return p.container(c == '{')
	case c == '-' || c >= '0' && c <= '9':
		if !p.number() {
			return nil
		}
		return p.made(Number, start)
	case c == 't':
		return p.word("true", Bool)
	case c == 'f':
		return p.word("false", Bool)
	case c == 'n':
		return p.word("null", Null)
	}
	p.fail("%s where a value should be", p.wordAt(start))
	return nil
}

// seen is what stands at the place, for messages.
func (p *jsonParser) seen() string {
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return fmt.Sprintf("%q", r)
}

func (p *jsonParser) word(word string, kind Kind) *Value {
	start, rest := p.at, p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, word):
		p.at += len(word)
		return p.made(kind, start)
	case strings.HasPrefix(word, rest):
		p.at = len(p.text)
	}
	p.fail("%s where a value should be", p.wordAt(start))
	return nil
}

// wordAt is the word or the mark that stands at start, for messages.
func (p *jsonParser) wordAt(start int) string {
	word := p.text[start:]
	if end := strings.IndexAny(word, " \t\r\n,]}:{[\""); end > 0 {
		word = word[:end]
	} else if end == 0 {
		word = word[:1]
	}
	if len(word) > 20 {
		word = strings.ToValidUTF8(word[:20], "") + "…"
	}
	return fmt.Sprintf("%q", word)
}

func (p *jsonParser) container(object bool) *Value {
	start, base, kind, end := p.at, len(p.open), Array, byte(']')
	if object {
		kind, end = Object, '}'
	}
	if p.depth++; p.depth > maxDepth {
		p.fail("more than %d arrays and objects in each other", maxDepth)
		return nil
	}
	p.at++
	p.space()
	if p.at < len(p.text) && p.text[p.at] == end {
		p.at++
		p.depth--
		return p.made(kind, start)
	}
	for {
		var m Member
		if object && !p.name(&m) {
			return nil
		}
		if m.Value = p.value(); m.Value == nil {
			return nil
		}
		if !p.dry {
			p.open = append(p.open, m)
		}
		p.space()
		if p.at >= len(p.text) {
			p.fail("")
			return nil
		}
		c := p.text[p.at]
		if c != ',' && c != end {
			p.fail("%s where a comma or %c should be", p.seen(), end)
			return nil
		}
		p.at++
		if c == end {
			break
		}
	}
	if object && !p.distinct(p.open[base:], start) {
		return nil
	}
	p.depth--
	if n := len(p.open) - base; cap(p.members)-len(p.members) < n {
		p.members = make([]Member, 0, max(n, roomSize))
	}
	first := len(p.members)
	p.members = append(p.members, p.open[base:]...)
	p.open = p.open[:base]
	v := p.made(kind, start)
	v.members = p.members[first:len(p.members):len(p.members)]
	return v
}

// name reads a member's name and the colon.
func (p *jsonParser) name(m *Member) bool {
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != '"' {
		if p.at < len(p.text) {
			p.fail("%s where a name in quotes should be", p.seen())
		} else {
			p.fail("")
		}
		return false
	}
	start := p.at
	escaped, ok := p.quoted()
	if !ok {
		return false
	}
	m.Name = p.text[start+1 : p.at-1]
	if escaped {
		m.Name = unescaped(m.Name)
	}
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != ':' {
		p.fail("no colon behind the name %q", m.Name)
		return false
	}
	p.at++
	return true
}

// distinct is whether no two members have one name. Few are compared with each
// other, many are gathered.
func (p *jsonParser) distinct(members []Member, start int) bool {
	if len(members) <= 24 {
		for i := range members {
			for k := range members[:i] {
				if members[i].Name == members[k].Name {
					return p.twice(members[i].Name, start)
				}
			}
		}
		return true
	}
	names := make(map[string]struct{}, len(members))
	for i := range members {
		if _, ok := names[members[i].Name]; ok {
			return p.twice(members[i].Name, start)
		}
		names[members[i].Name] = struct{}{}
	}
	return true
}

func (p *jsonParser) twice(name string, start int) bool {
	p.fault = malformed{at: start, reason: fmt.Sprintf("the name %q twice in one object, so that it is not clear which one counts", name)}
	return false
}
