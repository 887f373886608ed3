package rows

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a string; escaped: it holds a backslash.
func (p *jsonParser) quoted() (escaped, ok bool) {
	text := p.text
	for i := p.at + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			p.at = i + 1
			return escaped, true
		case c == '\\':
			escaped = true
			n := escapeSize(text[i:])
			if n == 0 {
				p.at = i
				if cutEscape(text[i:]) {
					p.at = len(text)
				}
				p.fail("a backslash in a text that begins no escape; a backslash itself is written as two")
				return escaped, false
			}
			i += n - 1
		case c < ' ':
			p.at = i
			if c == '\n' || c == '\r' {
				p.fail("the line ends in the middle of a text: its quote is missing, or a quote in it needs a backslash")
			} else {
				p.fail("%s in a text, which must be escaped", p.seen())
			}
			return escaped, false
		}
	}
	p.at = len(text)
	p.fail("")
	return escaped, false
}

// escapeSize is the length of the escape that text begins with, 0 for none.
func escapeSize(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(text[2:]); ok {
			return 6
		}
	}
	return 0
}

// cutEscape is whether text is the begin of an escape that goes on.
func cutEscape(text string) bool {
	if len(text) < 2 {
		return true
	}
	if text[1] != 'u' || len(text) >= 6 {
		return false
	}
	_, ok := hex4(text[2:] + "0000")
	return ok
}

func hex4(text string) (rune, bool) {
	if len(text) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[:4]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescaped is the text that inner, of a string that was read, stands for.
// Half a character (a lone surrogate) becomes U+FFFD.
func unescaped(inner string) string {
	var b strings.Builder
	b.Grow(len(inner))
	for {
		i := strings.IndexByte(inner, '\\')
		if i < 0 || i+1 >= len(inner) {
			b.WriteString(inner)
			return b.String()
		}
		b.WriteString(inner[:i])
		c := inner[i+1]
		inner = inner[i+2:]
		switch c {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, _ := hex4(inner)
			inner = inner[min(4, len(inner)):]
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if strings.HasPrefix(inner, `\u`) {
					low, ok = hex4(inner[2:])
				}
				r = utf16.DecodeRune(r, low)
				if ok && r != utf8.RuneError {
					inner = inner[6:]
				}
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
		}
	}
}

// number reads one by the grammar of JSON; it is not converted.
func (p *jsonParser) number() bool {
	text, i := p.text, p.at
	digits := func() bool {
		start := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		return i > start
	}
	if text[i] == '-' {
		i++
	}
	ok := true
	if i < len(text) && text[i] == '0' {
		i++
	} else {
		ok = digits()
	}
	if ok && i < len(text) && text[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		ok = digits()
	}
	start := p.at
	p.at = i
	if !ok {
		p.fail("%s is no number as JSON has them; in quotes it would be a text", p.wordAt(start))
		return false
	}
	return true
}
