package values

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// moment is a date taken apart.
type moment struct {
	year, month, day     int
	hour, minute, second int
	nanos                int
	half                 byte   // a or p; 0: none
	zoned                bool   // it has an offset
	offset               int    // seconds east of UTC
	abbreviation         string // of its timezone; "" none
}

var errBefore1900 = errors.New("is before 1900: an empty date in many systems, and none that an event has")

// read reads text, trimmed, in the zone z.
func (l *layout) read(text string, z *zone) (t time.Time, note string, err error) {
	var m moment
	switch l.how {
	case byUnix, byUnixMillis:
		return l.epoch(text, z)
	case byISO:
		if !m.readISO(text) {
			return t, "", errNotDate
		}
	default:
		if !l.fit(text, &m) {
			return t, "", errNotDate
		}
	}
	return m.in(z)
}

// in is the instant of m.
func (m *moment) in(z *zone) (t time.Time, note string, err error) {
	switch m.half {
	case 'a', 'p':
		if m.hour < 1 || m.hour > 12 {
			return t, "", fmt.Errorf("has no hour of 1 to 12")
		}
		if m.hour %= 12; m.half == 'p' {
			m.hour += 12
		}
	}
	midnight := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC)
	leap := 0
	if m.second == 60 && m.minute == 59 { // a leap second is the instant of the next one
		m.second, leap = 59, 1
	}
	switch {
	case m.year < 1900:
		return t, "", errBefore1900
	case midnight.Month() != time.Month(m.month) || midnight.Day() != m.day: // as 31.02. became 03.03.
		return t, "", fmt.Errorf("is no day of the calendar")
	case m.hour == 24 && m.minute == 0 && m.second == 0 && m.nanos == 0: // the end of the day
	case m.hour > 23 || m.minute > 59 || m.second > 59:
		return t, "", fmt.Errorf("has no time that a clock shows")
	}
	local := midnight.Unix() + int64(m.hour*3600+m.minute*60+m.second+leap)
	switch {
	case m.zoned:
		return z.withOffset(time.Unix(local-int64(m.offset), int64(m.nanos)), m.offset), "", nil
	case m.abbreviation != "":
		offset, err := z.abbreviated(local, m.abbreviation)
		if err != nil {
			return t, "", err
		}
		return z.withOffset(time.Unix(local-int64(offset), int64(m.nanos)), offset), "", nil
	}
	offset, note := z.offset(local)
	t = time.Unix(local-int64(offset), int64(m.nanos))
	if note != "" {
		return z.withOffset(t, offset), note, nil
	}
	return t.In(z.loc), "", nil
}

// fit reads text by the pattern.
func (l *layout) fit(text string, m *moment) bool {
	for i := range l.fields {
		f := &l.fields[i]
		ok := false
		switch {
		case f.letter == 0:
			text, ok = skipLiteral(text, f.literal)
		case numeric(f):
			text, ok = m.number(text, f)
		default:
			text, ok = m.word(text, f)
		}
		if !ok {
			return false
		}
	}
	return text == ""
}

// skipLiteral takes a literal off text; a blank in it fits any blanks.
func skipLiteral(text, literal string) (rest string, ok bool) {
	for literal != "" {
		if literal[0] == ' ' {
			rest := strings.TrimLeftFunc(text, unicode.IsSpace)
			if rest == text {
				return "", false
			}
			text, literal = rest, literal[1:]
			continue
		}
		if text == "" || text[0] != literal[0] {
			return "", false
		}
		text, literal = text[1:], literal[1:]
	}
	return text, true
}

// number reads the digits of f off text.
func (m *moment) number(text string, f *field) (rest string, ok bool) {
	most, least := 2, 1
	switch {
	case f.letter == 'y' && f.width == 2:
		least = 2
	case f.letter == 'y':
		most, least = 4, 4
	case f.letter == 'S':
		most = 9
	}
	if f.fixed {
		if f.letter != 'y' && f.width == 1 {
			most, least = 1, 1
		} else if f.letter == 'S' {
			most, least = f.width, f.width
		} else {
			least = most
		}
	}
	n, i := 0, 0
	for i < len(text) && i < most && '0' <= text[i] && text[i] <= '9' {
		n = n*10 + int(text[i]-'0')
		i++
	}
	if i < least {
		return "", false
	}
	switch f.letter {
	case 'y':
		if m.year = n; f.width == 2 {
			m.year += 2000
		}
	case 'M':
		m.month = n
	case 'd':
		m.day = n
	case 'H', 'h':
		m.hour = n
	case 'm':
		m.minute = n
	case 's':
		m.second = n
	case 'S':
		for ; i < 9; i++ {
			n *= 10
		}
		m.nanos = n
		return strings.TrimLeft(text, "0123456789"), true
	}
	return text[i:], true
}

// word reads the letters of f off text.
func (m *moment) word(text string, f *field) (rest string, ok bool) {
	switch f.letter {
	case 'Z':
		return m.readOffset(text)
	case 'a':
		return m.readHalf(text)
	case 'z':
		if text != "" && (text[0] == '+' || text[0] == '-') {
			return m.readOffset(text)
		}
	}
	end := 0
	for i, r := range text {
		if !unicode.IsLetter(r) && !(f.letter == 'z' && i > 0 && (r == '/' || r == '_')) {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	word := text[:end]
	if text = text[end:]; word == "" {
		return "", false
	}
	if f.letter == 'z' {
		m.abbreviation = word
		return text, true
	}
	text = strings.TrimPrefix(text, ".") // Mär., Mo.
	if f.letter == 'E' {
		return text, true
	}
	m.month, ok = monthNamed(word)
	return text, ok
}

// readHalf reads AM or PM in the ways they are written: am, a.m., p.
func (m *moment) readHalf(text string) (rest string, ok bool) {
	if text == "" {
		return "", false
	}
	m.half = text[0] | 0x20
	if m.half != 'a' && m.half != 'p' {
		return "", false
	}
	text = strings.TrimPrefix(text[1:], ".")
	if text != "" && text[0]|0x20 == 'm' {
		text = strings.TrimPrefix(text[1:], ".")
	}
	return text, true
}

// readOffset reads Z, +02, +0200, +02:00, UTC+2.
func (m *moment) readOffset(text string) (rest string, ok bool) {
	if text == "" {
		return "", false
	}
	if text[0] == 'Z' || text[0] == 'z' {
		m.zoned = true
		return text[1:], true
	}
	named := false
	for _, name := range [...]string{"UTC", "GMT"} {
		if after, ok := strings.CutPrefix(text, name); ok {
			text, named = after, true
		}
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		m.zoned = named
		return text, named
	}
	west, text := text[0] == '-', text[1:]
	digits := min(len(text)-len(strings.TrimLeft(text, "0123456789")), 4)
	if digits == 0 {
		return "", false
	}
	n, _ := strconv.Atoi(text[:digits])
	text = text[digits:]
	if digits <= 2 {
		minutes := 0
		if skip(&text, ':') && !digitsInto(&text, 2, &minutes) {
			return "", false
		}
		n = n*100 + minutes
	}
	if n%100 > 59 || n/100 > 23 {
		return "", false
	}
	m.zoned, m.offset = true, n/100*3600+n%100*60
	if west {
		m.offset = -m.offset
	}
	return text, true
}
