package values

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// readISO reads a date of ISO 8601: 2026-09-11, 2026-09-11T10:00:00.123+02:00,
// with a blank for the T, and in basic form, 20260911T100000.
func (m *moment) readISO(text string) bool {
	ok := digitsInto(&text, 4, &m.year)
	extended := ok && skip(&text, '-')
	ok = ok && digitsInto(&text, 2, &m.month) && (!extended || skip(&text, '-')) && digitsInto(&text, 2, &m.day)
	if !ok || text == "" {
		return ok
	}
	if rest := strings.TrimLeftFunc(text, unicode.IsSpace); len(rest) < len(text) {
		text = rest
	} else if !skip(&text, 'T') && !skip(&text, 't') {
		return false
	}
	if !digitsInto(&text, 2, &m.hour) {
		return false
	}
	colon := skip(&text, ':')
	if !digitsInto(&text, 2, &m.minute) {
		return false
	}
	if colon && skip(&text, ':') || !colon && text != "" && '0' <= text[0] && text[0] <= '9' {
		if !digitsInto(&text, 2, &m.second) {
			return false
		}
		if skip(&text, '.') || skip(&text, ',') {
			if text, ok = m.number(text, &field{letter: 'S', width: 9}); !ok {
				return false
			}
		}
	}
	if text = strings.TrimLeftFunc(text, unicode.IsSpace); text == "" {
		return true
	}
	text, ok = m.readOffset(text)
	return ok && text == ""
}

// digitsInto takes exactly n digits off text.
func digitsInto(text *string, n int, into *int) bool {
	if len(*text) < n {
		return false
	}
	value := 0
	for i := range n {
		c := (*text)[i]
		if c < '0' || c > '9' {
			return false
		}
		value = value*10 + int(c-'0')
	}
	*text, *into = (*text)[n:], value
	return true
}

// skip takes c off text, if it comes next.
func skip(text *string, c byte) bool {
	if *text == "" || (*text)[0] != c {
		return false
	}
	*text = (*text)[1:]
	return true
}

// epoch reads a number of seconds or milliseconds since 1970.
func (l *layout) epoch(text string, z *zone) (t time.Time, note string, err error) {
	d, err := ParseDecimal(text)
	if err != nil {
		return t, "", errNotDate
	}
	whole := d.Round(0)
	part, err := d.Sub(whole)
	if err != nil {
		return t, "", errNotDate
	}
	n, _ := whole.Int()
	other := unixMillisName
	if l.how == byUnix {
		nanos, _ := part.Minor(9)
		t = time.Unix(n, nanos)
	} else {
		nanos, _ := part.Minor(6)
		t, other = time.UnixMilli(n).Add(time.Duration(nanos)), unixName
	}
	if t.Year() < 1980 || t.Year() > 2200 {
		return t, "", fmt.Errorf("is the year %d, counted as %s: is it %s?", t.Year(), l.source, other)
	}
	return t.In(z.loc), "", nil
}
