package rows

import (
	"cmp"
	"errors"
	"fmt"
	"io"
)

// jsonRecords reads JSON: a file of one or many documents, one behind the
// other, each a line or not. A document is an object, which is a record; an
// array, whose elements are records; or anything around those, which lie at
// Options.Rows. What lies beside them is passed by and never held.
//
// A record that is malformed is Broken. Between documents, reading goes on
// behind it or at the next line that begins with { (or with [, once a document
// was an array), whichever comes first. In an array it goes on where the
// record's brackets match and a comma or the array's end follows; else nobody
// can tell where the next record begins, and the file ends with an error.
type jsonRecords struct {
	in      *jsonWindow
	out     Format
	limit   int
	path    string // of the rows, "" for the documents themselves
	guessed bool   // path was found, not given
	started bool
	found   bool // something lay at path
	growing bool
	from    Position // records before it are passed by
	frames  []frame
	record  int64    // that was read last
	begun   Position // of the document
	lines   bool     // a document before this one was a line of its own
	arrays  bool     // a document was an array
	names   []string
	parser  jsonParser
	resume  *Position // of a record that has no end yet, where that was passed
	final   error
}

// frame is an array or object that reading is inside of.
type frame struct {
	kind  frameKind
	rest  string // path from here on
	count int    // elements or members that were begun
}

type frameKind uint8

const (
	frameRows   frameKind = iota // an array of records
	frameArray                   // an array on the way to them
	frameObject                  // an object on the way to them
)

// openJSON reads text, which is UTF-8 without a BOM and begins where the file
// does.
func openJSON(text io.Reader, f Format, o Options) (records, error) {
	f.Type = TypeJSON
	var bom int64
	if f.BOM && f.Encoding == utf8Name {
		bom = int64(len(bomUTF8))
	}
	r := &jsonRecords{
		in: newJSONWindow(text, bom), out: f, path: o.Rows, growing: o.Growing, from: o.Start,
		limit: cmp.Or(max(o.MaxRecord, 0), DefaultMaxRecord),
	}
	c, ok := r.in.peekAhead()
	if err := r.in.fault(); err != nil {
		return nil, err
	}
	r.out.Newline = firstNewline(r.in.rest(), r.in.err != nil)
	if ok && c != '{' && c != '[' {
		r.in.peek()
		return nil, fmt.Errorf("%s: this is no JSON object and no array of them: it begins with %q", r.in.place(0), rune(c))
	}
	return r, nil
}

func (r *jsonRecords) format() Format { return r.out }

func (r *jsonRecords) close() error { return nil }

func (r *jsonRecords) position() Position {
	if r.resume != nil {
		return *r.resume
	}
	return Position{Offset: r.in.offset(), Line: r.in.line, Record: r.record + 1}
}

func (r *jsonRecords) next() (*Row, error) {
	for r.final == nil {
		row, err := r.step()
		at := r.position()
		var broken *Broken
		switch {
		case errors.As(err, &broken):
			if r.final != nil && r.nextDocument() {
				r.final = nil
			}
			if broken.At.Offset < r.from.Offset {
				continue // it was told before
			}
			return nil, broken
		case err != nil && !errors.Is(err, io.EOF) && r.in.fault() == nil && r.nextDocument():
			r.record++
			if at.Offset < r.from.Offset {
				continue
			}
			return nil, &Broken{At: at, Reason: err.Error(), Row: &Row{At: at}}
		case err != nil:
			r.final = err
		case row != nil:
			return row, nil
		}
	}
	return nil, r.final
}

// step takes one token or one record. Neither row nor error: go on.
func (r *jsonRecords) step() (*Row, error) {
	if len(r.frames) == 0 {
		return r.document()
	}
	f := &r.frames[len(r.frames)-1]
	end := byte(']')
	if f.kind == frameObject {
		end = '}'
	}
	c, ok := r.in.peek()
	if !ok {
		return nil, r.cut()
	}
	if c == end {
		r.in.take(1)
		r.frames = r.frames[:len(r.frames)-1]
		return nil, nil
	}
	if f.count > 0 {
		if c != ',' {
			return nil, r.wrong(c, fmt.Sprintf("a comma or %c", end))
		}
		r.in.take(1)
		if c, ok = r.in.peek(); !ok {
			return nil, r.cut()
		}
		if c == end {
			return nil, r.wrong(c, "what the comma before it announces")
		}
	}
	f.count++
	switch f.kind {
	case frameRows:
		return r.one(true)
	case frameArray:
		return r.enter(element(f.rest, f.count-1))
	}
	return r.member(f)
}

// document begins the next one, or ends the file.
func (r *jsonRecords) document() (*Row, error) {
	c, ok := r.in.peek()
	if !ok {
		return nil, r.ended()
	}
	if !r.started {
		if c == '{' && r.path == "" {
			if err := r.findRows(); err != nil {
				return nil, err
			}
		}
		r.started = true
		if c == '{' && r.path == "" && r.from.Offset > r.in.offset() {
			if err := r.in.seek(r.from.Offset); err != nil {
				return nil, err
			}
			r.record = max(r.from.Record-1, 0)
			return nil, nil
		}
	}
	if r.begun.Line > 0 && r.begun.Line < r.in.line {
		r.lines = true
	}
	r.begun = r.position()
	r.arrays = r.arrays || c == '['
	if r.path != "" && c != '{' && c != '[' {
		return r.one(false)
	}
	return r.enter(r.path, true)
}

// nextDocument leaves a document that cannot be read further, where documents
// are lines and this one still is.
func (r *jsonRecords) nextDocument() bool {
	if !r.lines || len(r.frames) == 0 || r.begun.Line != r.in.line {
		return false
	}
	r.frames = r.frames[:0]
	r.dropLines()
	return true
}

// enter begins the value that comes next: rest is what is left of the path
// there; on is false where the path does not lead into it.
func (r *jsonRecords) enter(rest string, on bool) (*Row, error) {
	c, ok := r.in.peek()
	if !ok {
		return nil, r.cut()
	}
	switch {
	case !on:
		return nil, r.pass()
	case rest == "" && c == '[':
		r.found = true
		r.in.take(1)
		r.frames = append(r.frames, frame{kind: frameRows})
		return nil, nil
	case rest == "" && c == 'n' && len(r.frames) > 0:
		r.found = true // null: no rows this time
		return nil, r.pass()
	case rest == "":
		r.found = true
		return r.one(len(r.frames) > 0)
	case c == '{' || c == '[':
		if len(r.frames) >= maxDepth {
			return nil, fmt.Errorf("%s: more than %d arrays and objects in each other", r.column(), maxDepth)
		}
		kind := frameObject
		if c == '[' {
			kind = frameArray
		}
		r.in.take(1)
		r.frames = append(r.frames, frame{kind: kind, rest: rest})
		return nil, nil
	}
	return nil, r.pass()
}

// ended is what the end of the text means between two documents.
func (r *jsonRecords) ended() error {
	if err := r.in.fault(); err != nil {
		return err
	}
	if r.started && !r.found && r.path != "" && !r.growing {
		return r.missing()
	}
	return io.EOF
}

// cut is what the end of the text means inside of a document.
func (r *jsonRecords) cut() error {
	if err := r.in.fault(); err != nil {
		return err
	}
	if r.growing {
		return io.EOF
	}
	return fmt.Errorf("%s: the file ends in the middle: it was cut off, or is still being written", r.column())
}

func (r *jsonRecords) wrong(c byte, want string) error {
	return fmt.Errorf("%s: malformed JSON: %q where %s should be; what comes behind it was not read", r.column(), rune(c), want)
}

// column is the place of the next byte, without the line, which the Reader
// puts before it.
func (r *jsonRecords) column() string {
	return fmt.Sprintf("column %d", r.in.offset()-r.in.head+1)
}
