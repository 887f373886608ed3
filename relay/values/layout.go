package values

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// layout is one pattern of values.date, compiled.
type layout struct {
	source string
	how    how
	fields []field // of a pattern
}

// how a layout is read.
type how uint8

const (
	byPattern how = iota
	byISO
	byUnix
	byUnixMillis
)

// Names that stand for a layout.
const (
	isoName        = "iso"
	unixName       = "unix"
	unixMillisName = "unix_ms"
)

// field is one element of a pattern.
type field struct {
	letter  byte   // y M d H h m s S a Z z E; 0: literal
	width   int    // how often the letter stands there
	fixed   bool   // exactly that many digits, as another number follows at once
	literal string // " " stands for any blanks
}

const dateHint = `write a pattern as in dd.MM.yyyy HH:mm:ss (d, M, y, H, h, m, s, S, a, Z, z, EEE; other letters in quotes), or iso, unix, unix_ms`

// newLayout compiles a pattern, or says what is wrong with it and what to write.
func newLayout(text string) (l *layout, is, write string) {
	text = strings.TrimSpace(text)
	l = &layout{source: text}
	switch strings.ToLower(text) {
	case isoName:
		l.how = byISO
		return l, "", ""
	case unixName:
		l.how = byUnix
		return l, "", ""
	case unixMillisName:
		l.how = byUnixMillis
		return l, "", ""
	}
	for rest := text; rest != ""; {
		var is, write string
		if rest, is, write = l.next(rest); is != "" {
			return nil, fmt.Sprintf("%q %s", text, is), write
		}
	}
	l.dropDots()
	for i := range l.fields {
		f := &l.fields[i]
		f.fixed = numeric(f) && i+1 < len(l.fields) && numeric(&l.fields[i+1]) ||
			numeric(f) && i > 0 && l.fields[i-1].fixed && f.width > 1
	}
	if is, write := l.check(); is != "" {
		return nil, fmt.Sprintf("%q %s", text, is), write
	}
	return l, "", ""
}

// dropDots takes the points behind names of months and days out of a pattern,
// as they are read with the name wherever they stand: Sept. and Mai.
func (l *layout) dropDots() {
	kept := l.fields[:0]
	for i, f := range l.fields {
		if i > 0 && f.letter == 0 && !numeric(&l.fields[i-1]) && (l.fields[i-1].letter == 'M' || l.fields[i-1].letter == 'E') {
			if f.literal = strings.TrimPrefix(f.literal, "."); f.literal == "" {
				continue
			}
		}
		kept = append(kept, f)
	}
	l.fields = kept
}

// next takes one element off a pattern.
func (l *layout) next(text string) (rest, is, write string) {
	for _, word := range [...]string{"AM/PM", "am/pm", "A/P", "tt"} {
		if after, ok := strings.CutPrefix(text, word); ok {
			l.fields = append(l.fields, field{letter: 'a', width: 1})
			return after, "", ""
		}
	}
	c := text[0]
	switch {
	case c == '\'':
		return l.quoted(text)
	case c == 'T': // between day and time; quotes are not needed
		l.literal("T")
		return text[1:], "", ""
	case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		width := len(text) - len(strings.TrimLeft(text, string(c)))
		if is, write := l.letter(c, width); is != "" {
			return "", is, write
		}
		return text[width:], "", ""
	}
	r, size := utf8.DecodeRuneInString(text)
	if r == '\u00a0' || r == '\u202f' || r == '\t' {
		r = ' '
	}
	l.literal(string(r))
	return text[size:], "", ""
}

// quoted takes a literal in quotes off a pattern; two quotes are one.
func (l *layout) quoted(text string) (rest, is, write string) {
	if strings.HasPrefix(text, "''") {
		l.literal("'")
		return text[2:], "", ""
	}
	word := ""
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '\'':
			word += text[i : i+1]
		case strings.HasPrefix(text[i:], "''"):
			word += "'"
			i++
		default:
			l.literal(word)
			return text[i+1:], "", ""
		}
	}
	return "", "has a quote without its other half", "write two quotes for one that is part of the date"
}

func (l *layout) literal(text string) {
	n := len(l.fields)
	if text == " " && n > 0 && strings.HasSuffix(l.fields[n-1].literal, " ") {
		return
	}
	if n > 0 && l.fields[n-1].letter == 0 {
		l.fields[n-1].literal += text
		return
	}
	l.fields = append(l.fields, field{literal: text})
}

// letter adds a letter of a pattern that stands there width times.
func (l *layout) letter(c byte, width int) (is, write string) {
	most := 2
	switch c {
	case 'y':
		if width != 1 && width != 2 && width != 4 {
			return fmt.Sprintf("has a year of %d letters", width), "write yyyy, or yy for one of two digits"
		}
		most = 4
	case 'M', 'E':
		most = 4
	case 'S':
		most = 9
	case 'z', 'Z', 'X':
		most = 5
	case 'a':
	case 'd', 'H', 'h', 'm', 's':
		if c == 'd' && (width == 3 || width == 4) { // Excel's and .NET's
			c, most = 'E', 4
		}
	case 'Y':
		return "has Y, which is the year of a week", "write yyyy"
	case 'D':
		return "has D, which is the day of the year", "write dd"
	case 'u', 'k', 'K', 'f', 'F', 'n', 't', 'p':
		return fmt.Sprintf("has %c, which is not known here", c), "write H or h for the hour, S for parts of a second, a for AM and PM"
	default:
		return fmt.Sprintf("has %c, which means nothing", c), dateHint
	}
	if width > most {
		return fmt.Sprintf("has %c %d times", c, width), dateHint
	}
	if c == 'X' {
		c = 'Z'
	}
	l.fields = append(l.fields, field{letter: c, width: width})
	return "", ""
}

// numeric says that f is read as digits.
func numeric(f *field) bool {
	switch f.letter {
	case 'y', 'd', 'H', 'h', 'm', 's', 'S':
		return true
	case 'M':
		return f.width <= 2
	}
	return false
}

// check wants a pattern to hold a whole date, and each thing once.
func (l *layout) check() (is, write string) {
	seen := map[byte]bool{}
	for _, f := range l.fields {
		if f.letter != 0 && f.letter != 'E' && seen[f.letter] {
			return fmt.Sprintf("has %c in two places", f.letter), "write each once (M is the month, m the minute)"
		}
		seen[f.letter] = true
	}
	clock := seen['H'] || seen['h']
	switch {
	case seen['m'] && !seen['M'] && !clock:
		return "has m, which are minutes", "write MM for the month"
	case !seen['y'] && !seen['M'] && !seen['d']:
		return "is a time without a date", `write a pattern with the date, and put both columns into the value, as in at: "{Date} {Time}"`
	case !seen['y'] || !seen['M'] || !seen['d']:
		return "has no whole date", "a date has d, M and y, as in dd.MM.yyyy"
	case seen['H'] && seen['h']:
		return "has H and h", "write H for hours to 24, or h with a for hours to 12"
	case seen['h'] && !seen['a']:
		return "has h (hours to 12) without a (AM or PM)", "write H for hours to 24, or add a"
	case seen['a'] && !seen['h']:
		return "has a (AM or PM) without h (hours to 12)", "write h for hours to 12, or leave out a"
	case seen['m'] && !clock, seen['s'] && !seen['m'], seen['S'] && !seen['s']:
		return "has a part of a time without the larger one", "a time has H, m, and then s and S"
	case seen['Z'] && seen['z']:
		return "has an offset (Z) and an abbreviation (z)", "write the one that counts, and the other in quotes"
	}
	return "", ""
}

// shape is equal for patterns that fit the same texts but for what is day and
// month.
func (l *layout) shape() string {
	if l.how != byPattern {
		return l.source
	}
	var b strings.Builder
	for _, f := range l.fields {
		switch {
		case f.letter == 0:
			b.WriteString(f.literal)
		case f.letter == 'd', f.letter == 'M' && f.width <= 2:
			b.WriteString("\x00n")
		case f.letter == 'M':
			b.WriteString("\x00M")
		default:
			b.WriteByte(0)
			b.WriteByte(f.letter)
			if f.letter == 'y' && f.width == 2 {
				b.WriteByte('2')
			}
		}
	}
	return b.String()
}
