package event

import (
	"strconv"
	"strings"
	"time"
)

// dateTime is a dateTime taken apart ("Use the dateTime parameter to specify
// the date of the event in ISO-8601 format").
type dateTime struct {
	year, month, day     int
	hour, minute, second int
	fraction             string // digits of the second's
	zoned                bool   // it has an offset
	offset               int    // minutes east of UTC
	// kept says that the text is ISO 8601 in its extended form, complete, so
	// that it stands as the sender wrote it.
	kept bool
	// stamped says that the text is written as the relay writes stamps, so that
	// instant, offset and number of digits tell its bytes.
	stamped bool
}

// dateHint is what to write.
const dateHint = "write it as in 2023-11-05T21:18:04+00:00, or leave it out for the time of arrival"

// dateTime reads the member n. Kept is what ISO 8601 allows with an offset
// (Z, +01:00, +0100, +01). What has none, was written with a space, in basic
// form or as a day alone is rewritten with the offset that rules.Zone had: a
// day begins at midnight; in an hour that the clocks show twice the first one
// counts, in one that they leave out the offset before it.
func (c *contract) dateTime(d *document, n int, w *rewrite) {
	kind := d.nodes[n].kind
	if kind != kindString && kind != kindNumber {
		c.fault(d, n, "must be a string; %s", dateHint)
		return
	}
	raw := d.text(n)
	text := strings.TrimSpace(raw)
	t, wrong := parseDateTime(text)
	if kind == kindNumber || wrong != "" {
		if hint, ok := epochHint(text); ok {
			c.fault(d, n, "is a number; if it counts from 1970, write \"%s\"", hint)
			return
		}
		c.fault(d, n, "%s is no date and time of ISO 8601 (%s); %s", shown(d.raw(n)), wrong, dateHint)
		return
	}
	if !t.zoned {
		t.locate(c.rules.zone())
	}
	c.event.Time = t.time()
	if c.event.Time.Year() < 1900 {
		// 0001-01-01 is how some systems write that they have no date.
		c.fault(d, n, "%s is before 1900, which no event is; %s", shown(d.raw(n)), dateHint)
		return
	}
	switch {
	case !t.kept || len(raw) != len(text):
		w.replace(n, append(t.append([]byte{'"'}), '"'))
		t.stamped = t.fraction == "" || len(t.fraction) == 3
	case d.nodes[n].escaped:
		t.stamped = false
	}
	if t.stamped && t.second < 60 { // a leap second is the instant of the next one
		c.event.form = form{offset: t.offset, millis: t.fraction != "", stamped: true}
	}
}

// time is the instant.
func (t *dateTime) time() time.Time {
	nanos, _ := strconv.Atoi((t.fraction + "000000000")[:9])
	at := time.Date(t.year, time.Month(t.month), t.day, t.hour, t.minute, t.second, nanos, time.UTC)
	return at.Add(-time.Duration(t.offset) * time.Minute)
}

// locate gives t the offset that zone had then.
func (t *dateTime) locate(zone *time.Location) {
	local := t.time() // as if in UTC
	offsetAt := func(at time.Time) int {
		_, seconds := at.In(zone).Zone()
		return seconds / 60
	}
	before, after := offsetAt(local.Add(-24*time.Hour)), offsetAt(local.Add(24*time.Hour))
	t.offset, t.zoned = before, true
	if before == after || offsetAt(local.Add(-time.Duration(before)*time.Minute)) == before {
		return
	}
	if offsetAt(local.Add(-time.Duration(after)*time.Minute)) == after {
		t.offset = after
	}
}

// append writes t as the relay writes stamps, with the digits of its fraction.
func (t *dateTime) append(dst []byte) []byte {
	dst = appendDigits(dst, t.year, 4)
	dst = appendDigits(append(dst, '-'), t.month, 2)
	dst = appendDigits(append(dst, '-'), t.day, 2)
	dst = appendDigits(append(dst, 'T'), t.hour, 2)
	dst = appendDigits(append(dst, ':'), t.minute, 2)
	dst = appendDigits(append(dst, ':'), t.second, 2)
	if t.fraction != "" {
		dst = append(append(dst, '.'), t.fraction...)
	}
	offset, sign := t.offset, byte('+')
	if offset < 0 {
		offset, sign = -offset, '-'
	}
	dst = appendDigits(append(dst, sign), offset/60, 2)
	return appendDigits(append(dst, ':'), offset%60, 2)
}

func appendDigits(dst []byte, n, width int) []byte {
	if width > 1 {
		dst = appendDigits(dst, n/10, width-1)
	}
	return append(dst, byte('0'+n%10))
}

// epochHint is the date that a number of seconds or milliseconds since 1970
// stands for, where it is likely one.
func epochHint(text string) (string, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || len(text) != 10 && len(text) != 13:
		return "", false
	case len(text) == 10:
		n *= 1000
	}
	return time.UnixMilli(n).UTC().Format("2006-01-02T15:04:05-07:00"), true
}

// dateReader takes a text apart from the left.
type dateReader struct {
	rest  string
	wrong string
}

func (r *dateReader) fail(wrong string) {
	if r.wrong == "" {
		r.wrong = wrong
	}
	r.rest = ""
}

// number reads exactly width digits.
func (r *dateReader) number(width int, what string) int {
	if len(r.rest) < width {
		r.fail("its " + what + " is missing")
		return 0
	}
	n := 0
	for i := range width {
		c := r.rest[i]
		if c < '0' || c > '9' {
			r.fail("its " + what + " is not of " + strconv.Itoa(width) + " digits")
			return 0
		}
		n = n*10 + int(c-'0')
	}
	r.rest = r.rest[width:]
	return n
}

// take reads c if it comes next.
func (r *dateReader) take(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// parseDateTime reads text; wrong says why it cannot.
func parseDateTime(text string) (t dateTime, wrong string) {
	r := dateReader{rest: text}
	t.year = r.number(4, "year")
	extended := r.take('-')
	t.month = r.number(2, "month")
	if extended && !r.take('-') {
		r.fail("a hyphen must follow its month")
	}
	t.day = r.number(2, "day")
	if r.wrong == "" && (t.month < 1 || t.month > 12 || t.day < 1 || t.day > daysIn(t.year, t.month)) {
		r.fail("there is no such day")
	}
	if r.wrong != "" || r.rest == "" {
		if !extended {
			r.fail("it is a number")
		}
		return t, r.wrong
	}
	separator := r.rest[0]
	r.rest = r.rest[1:]
	if separator != 'T' && separator != 't' && (separator != ' ' || !extended) {
		r.fail("a T must follow its day")
	}
	colon := t.clock(&r, extended)
	if r.rest == "" || r.wrong != "" {
		return t, r.wrong
	}
	plain := t.zone(&r)
	if r.rest != "" {
		r.fail("something follows its offset")
	}
	t.kept = plain && extended && colon && separator == 'T'
	t.stamped = t.kept && (len(text) == 25 || len(text) == 29) && text[len(text)-3] == ':' && text[16] == ':' &&
		(len(text) == 25 || text[19] == '.') && text[len(text)-6:] != "-00:00"
	return t, r.wrong
}

// clock reads the time of the day and reports whether it has colons.
func (t *dateTime) clock(r *dateReader, extended bool) (colon bool) {
	t.hour = r.number(2, "hour")
	colon = r.take(':')
	t.minute = r.number(2, "minute")
	if !colon && extended && r.wrong == "" {
		r.fail("a colon must follow its hour")
	}
	if r.rest != "" && (colon && r.rest[0] == ':' || !colon && '0' <= r.rest[0] && r.rest[0] <= '9') {
		r.take(':')
		t.second = r.number(2, "second")
		if r.take('.') || r.take(',') {
			digits := len(r.rest) - len(strings.TrimLeft(r.rest, "0123456789"))
			if t.fraction = r.rest[:digits]; digits == 0 {
				r.fail("its fraction is missing")
			}
			r.rest = r.rest[min(digits, len(r.rest)):]
		}
	}
	if t.hour > 23 || t.minute > 59 || t.second > 60 { // 60: a leap second
		r.fail("there is no such time")
	}
	return colon
}

// zone reads the offset and reports whether it is written as ISO 8601 has it.
func (t *dateTime) zone(r *dateReader) (plain bool) {
	t.zoned = true
	spaced := r.take(' ')
	switch {
	case r.take('Z'):
		return !spaced
	case r.take('z'):
		return false
	}
	west := r.take('-')
	if !west && !r.take('+') {
		r.fail("what follows its time is no offset")
		return false
	}
	hours, minutes := r.number(2, "offset"), 0
	if r.take(':') || r.rest != "" {
		minutes = r.number(2, "offset")
	}
	if hours > 23 || minutes > 59 {
		r.fail("there is no such offset")
	}
	if t.offset = hours*60 + minutes; west {
		t.offset = -t.offset
	}
	return !spaced
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
