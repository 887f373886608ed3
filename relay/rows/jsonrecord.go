package rows

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// one reads the value that comes next as a record. inside: it lies in an array
// or object, so that where it ends matters.
func (r *jsonRecords) one(inside bool) (*Row, error) {
	at := r.position()
	e, reached := r.measure()
	if err := r.in.fault(); err != nil && reached != reachEnd {
		return nil, err
	}
	whole := reached == reachEnd && e.size <= r.limit
	if r.passes(at, reached) {
		r.record++
		r.in.take(e.size)
		return nil, nil
	}
	if e.plain && !whole && r.growing && r.in.err != nil {
		return nil, io.EOF // a number may go on
	}
	if whole || e.plain && e.size <= r.limit {
		raw := string(r.in.rest()[:e.size])
		v, bad := r.parser.parse(raw, e.values)
		if bad == nil {
			r.record++
			r.in.take(e.size)
			return r.row(at, v)
		}
		// A word tells nothing of where the next record begins.
		return nil, r.malformed(at, raw, bad, e.size, reached == reachEnd && (inside || !e.plain), inside)
	}
	// With what made the end unclear, which shows what is wrong.
	raw := string(r.in.rest()[:min(len(r.in.rest()), r.limit)])
	bad := r.parser.check(raw)
	if bad == nil || bad.cut {
		switch {
		case e.size > r.limit:
			return nil, r.tooLong(at, e, reached, raw, inside)
		case r.growing:
			return nil, io.EOF
		}
	}
	if inside && r.growing && reached == reachMore && e.size <= r.limit {
		return nil, io.EOF // whether its end can be told shows when it is written
	}
	return nil, r.malformed(at, raw, bad, e.size, reached == reachEnd, inside)
}

// measure finds the end of the value that comes next, as far as a record may
// be long.
func (r *jsonRecords) measure() (extent, reach) {
	var e extent
	for {
		reached := e.feed(r.in.rest()[e.size:])
		if reached != reachMore || e.size > r.limit {
			return e, reached
		}
		if !r.in.more() {
			return e, reachMore
		}
	}
}

// passes is whether a record that begins at at was read before.
func (r *jsonRecords) passes(at Position, reached reach) bool {
	return at.Offset < r.from.Offset && reached == reachEnd
}

// row is the record as a Row; what is no object is broken.
func (r *jsonRecords) row(at Position, v *Value) (*Row, error) {
	row := &Row{At: at, Value: v, Size: len(v.raw) + 72*r.parser.count + 128}
	dropReason(v)
	if v.kind != Object {
		return nil, &Broken{At: at, Row: row, Reason: fmt.Sprintf("this is %s, where an object should be", v.kind)}
	}
	return row, nil
}

func (r *jsonRecords) broken(at Position, raw, format string, args ...any) *Broken {
	row := &Row{At: at, Cells: []string{raw}, Size: len(raw) + 128}
	return &Broken{At: at, Row: row, Reason: fmt.Sprintf(format, args...)}
}

// malformed is a record that is no JSON: size is how long its brackets make
// it, if they match (ends).
func (r *jsonRecords) malformed(at Position, raw string, bad *malformed, size int, ends, inside bool) error {
	place := r.in.place(bad.at)
	if inside {
		r.record++
		b := r.broken(at, raw, "malformed JSON: %s: %s", place, bad.reason)
		r.in.take(min(bad.at, len(r.in.rest())))
		r.final = fmt.Errorf("%s: malformed JSON: %s; what comes behind it was not read", r.column(), bad.reason)
		if ends {
			r.in.take(size - bad.at)
			if c, ok := r.in.peek(); ok && (c == ',' || c == ']' || c == '}') || !ok && r.in.fault() == nil {
				r.final = nil
			}
		}
		return b
	}
	end := r.nextLine(max(bad.at-1, 0))
	if ends && (end < 0 || size < end) {
		end = size
	}
	if end < 0 && r.growing && len(r.in.rest()) <= r.limit {
		return io.EOF // where it ends is not written yet
	}
	r.record++
	if end < 0 {
		end = r.nextLine(0)
	}
	if end >= 0 {
		bad = r.within(bad, end)
		place = r.in.place(bad.at)
		raw = string(r.in.rest()[:min(end, r.limit)])
		r.in.take(end)
	} else {
		r.dropLines()
	}
	return r.broken(at, raw, "malformed JSON: %s: %s", place, bad.reason)
}

// within is what is wrong with the text up to end, where reading goes on, if bad
// is not in it.
func (r *jsonRecords) within(bad *malformed, end int) *malformed {
	if bad.at < end || end > r.limit {
		return bad
	}
	text := string(r.in.rest()[:end])
	in := r.parser.check(text)
	if in == nil {
		return bad
	}
	if in.cut {
		in.at = len(strings.TrimRight(text, " \t\r\n"))
	}
	return in
}

// nextLine is where the first line begins as a document does, in what is in
// memory, from n on; -1: none does.
func (r *jsonRecords) nextLine(n int) int {
	rest := r.in.rest()
	rest = rest[min(n, len(rest)):]
	next := bytes.Index(rest, []byte("\n{"))
	if r.arrays {
		if i := bytes.Index(rest, []byte("\n[")); i >= 0 && (next < 0 || i < next) {
			next = i
		}
	}
	if next < 0 {
		return -1
	}
	return n + next + 1
}

// dropLines takes all up to the next line that begins as a document does.
func (r *jsonRecords) dropLines() {
	for {
		if n := r.nextLine(0); n >= 0 {
			r.in.take(n)
			return
		}
		// The newline may be the last byte in memory.
		r.in.take(max(len(r.in.rest())-1, 0))
		if !r.in.more() {
			r.in.take(len(r.in.rest()))
			return
		}
	}
}

// tooLong passes by a record that is well-formed as far as it may be long.
func (r *jsonRecords) tooLong(at Position, e extent, reached reach, raw string, inside bool) error {
	r.record++
	total := int64(e.size)
	for reached == reachMore {
		r.in.take(len(r.in.rest()))
		e.size = 0
		if !r.in.more() {
			break
		}
		reached = e.feed(r.in.rest())
		total += int64(e.size)
	}
	switch {
	case reached != reachMore:
		r.in.take(e.size)
	case r.in.fault() != nil:
		return r.in.fault()
	case r.growing:
		r.record--
		r.resume = &at
		return io.EOF // its end is not written yet
	}
	b := r.broken(at, raw, "longer than %d bytes, the most that a record may have (%d were read)", r.limit, total)
	switch {
	case reached == reachEnd:
	case !inside && reached == reachLost:
		r.dropLines()
	case inside && reached == reachLost:
		r.final = fmt.Errorf("%s: malformed JSON in a record of more than %d bytes; what comes behind it was not read", r.column(), r.limit)
	}
	return b
}
