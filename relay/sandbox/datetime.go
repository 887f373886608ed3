package sandbox

import (
	"strconv"
	"time"
)

// checkDateTime says why s is no instant in ISO 8601, "" where it is one:
//
//	YYYY-MM-DDThh:mm[:ss[.fraction]](Z|±hh|±hhmm|±hh:mm)
//
// An offset is required though the standard allows to leave it out: "the date
// of the event" without one is another instant in every zone.
func checkDateTime(s string) string {
	d := dateScanner{rest: s}
	year := d.number(4)
	d.char("-")
	month := d.number(2)
	d.char("-")
	day := d.number(2)
	d.char("T")
	hour := d.number(2)
	d.char(":")
	minute := d.number(2)
	second := 0
	if d.has(":") {
		second = d.number(2)
		if d.has(".,") {
			d.fraction()
		}
	}
	if d.bad {
		return "is not in ISO 8601 form"
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return "names a day that does not exist"
	}
	if hour > 23 || minute > 59 || second > 60 { // 60: a leap second
		return "names a time that does not exist"
	}
	return d.offset()
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// dateScanner takes a date apart from the left; bad stays set after the first
// thing that does not fit.
type dateScanner struct {
	rest string
	bad  bool
}

// number reads exactly n digits.
func (d *dateScanner) number(n int) int {
	if len(d.rest) < n || !allDigits(d.rest[:n]) {
		d.bad, d.rest = true, ""
		return 0
	}
	v, err := strconv.Atoi(d.rest[:n])
	d.bad = d.bad || err != nil
	d.rest = d.rest[n:]
	return v
}

// has consumes one character if it is one of set.
func (d *dateScanner) has(set string) bool {
	for i := range len(set) {
		if d.rest != "" && d.rest[0] == set[i] {
			d.rest = d.rest[1:]
			return true
		}
	}
	return false
}

func (d *dateScanner) char(c string) {
	if !d.has(c) {
		d.bad, d.rest = true, ""
	}
}

func (d *dateScanner) fraction() {
	n := 0
	for n < len(d.rest) && d.rest[n] >= '0' && d.rest[n] <= '9' {
		n++
	}
	d.bad = d.bad || n == 0
	d.rest = d.rest[n:]
}

func (d *dateScanner) offset() string {
	if d.rest == "" {
		return "has no offset"
	}
	if d.has("Z") {
		if d.rest != "" {
			return "goes on after its offset"
		}
		return ""
	}
	if !d.has("+-") {
		return "is not in ISO 8601 form"
	}
	hour, minute := d.number(2), 0
	if !d.bad && d.rest != "" {
		d.has(":")
		minute = d.number(2)
	}
	if d.bad || d.rest != "" || hour > 23 || minute > 59 {
		return "has an offset that is none"
	}
	return ""
}
