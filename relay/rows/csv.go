package rows

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// DefaultMaxRecord is the longest record that is read unless Options say
// otherwise: 1 MiB.
const DefaultMaxRecord = 1 << 20

// rowBytes is what a Row costs besides its text, and what a cell does.
const (
	rowBytes  = 120
	cellBytes = 16
)

// table is a file of delimited cells.
type table struct {
	win    *window
	scan   *scanner
	coding coding
	wide   *utf16Decoder // of UTF-16; else nil
	o      Options
	f      Format

	at     Position // of the next record
	header []string // as the file writes it; nil: there is none
	reason int      // where ReasonColumn stands in it; -1: nowhere
	last   int      // cells of the last row that was whole
	lost   int64    // line of a broken record that the lines behind it may belong to; 0: none
	width  int      // cells of the line before, while lost
	ended  bool     // nothing further is to be read
	spare  []byte
}

// openCSV reads the table in file, which stands at its start; closing it is the
// caller's. columns, where not nil, are the header of a file that has none (a
// row that repeats them is skipped all the same).
func openCSV(file io.Reader, o Options, columns []string) (*table, error) {
	fallback, ok := findCharset(o.Encoding)
	if !ok {
		return nil, unknownEncoding(o.Encoding)
	}
	w := newWindow(file, headBytes)
	w.fill()
	return newTable(w, detect(w.rest(), fallback), o, columns)
}

// newTable reads the table whose first bytes, with the BOM, are in w.
func newTable(w *window, c coding, o Options, columns []string) (*table, error) {
	t := &table{win: w, coding: c, o: o, reason: -1, at: Position{Line: 1, Record: 1}}
	t.f = Format{Type: TypeCSV, Encoding: c.name, BOM: c.bom > 0, Guessed: c.guessed, Header: newHeader(columns)}
	t.o.MaxRecord = cmp.Or(max(o.MaxRecord, 0), DefaultMaxRecord)
	if c.asText(o.Delimiter) {
		w.skip(c.bom)
		var src io.Reader = bytes.NewReader(slices.Clone(w.rest()))
		switch {
		case w.err == nil:
			src = io.MultiReader(src, w.src)
		case !errors.Is(w.err, io.EOF):
			return nil, w.err
		}
		text, cut := c.text(src)
		t.win, t.wide = newWindow(text, len(w.buf)), cut
		t.coding = coding{name: utf8Name, proven: true, wide: true, charset: c.charset}
		t.win.fill()
	} else {
		t.read(c.bom, 0)
	}
	if err := t.begin(columns); err != nil {
		return nil, err
	}
	if !t.coding.wide && c.asText(t.f.Delimiter) {
		w.from, o.Delimiter = 0, t.f.Delimiter
		return newTable(w, c, o, columns)
	}
	if t.o.Start.Offset > t.at.Offset {
		// The last row was another Reader's: the first one is as wide.
		rows := t.sample(t.scan, t.win.rest(), t.over())
		if i := slices.IndexFunc(rows, func(s sampled) bool { return !t.repeats(s.cells) }); i >= 0 {
			t.last = len(rows[i].cells)
		}
		t.win.seek(t.o.Start.Offset - t.at.Offset)
		t.at = t.o.Start
		t.at.Line, t.at.Record = max(t.at.Line, 1), max(t.at.Record, 1)
	}
	return t, nil
}

// asText says that the file must be decoded before it is cut into records. In
// all others a delimiter, a quote and a line end are a byte that never is a
// part of another character, so that offsets are those of the file.
func (c *coding) asText(delimiter rune) bool {
	return c.wide || c.guessed && c.charset.runes == nil && delimiter > '?'
}

// read takes n bytes and some line ends of the window as read.
func (t *table) read(n int, lines int64) {
	t.win.skip(n)
	t.at.Offset += int64(n)
	t.at.Line += lines
}

// over says that the file ends with what is in memory.
func (t *table) over() bool { return errors.Is(t.win.err, io.EOF) && !t.o.Growing }

func (t *table) position() Position { return t.at }

func (t *table) format() Format { return t.f }

func (t *table) close() error { return nil } // the file is closed by who opened it

// next returns the next row that is not blank and not the header again.
func (t *table) next() (*Row, error) {
	for !t.ended {
		b := t.win.rest()
		over := t.over()
		if len(b) == 0 && over {
			break
		}
		v := t.scan.scan(b, over)
		if v == partial && t.endsWithCR(b) {
			over = true
			v = t.scan.scan(b, over)
		}
		if v == partial {
			if again, err := t.short(b); again {
				continue
			} else if err != nil {
				return nil, err
			}
			break
		}
		if v == whole && t.nextCut(b, over) {
			t.win.fill()
			continue
		}
		if row, err := t.record(b, over, v); row != nil || err != nil {
			return row, err
		}
	}
	if t.win.err != nil && !errors.Is(t.win.err, io.EOF) {
		return nil, t.win.err
	}
	return nil, io.EOF
}

// endsWithCR says that the last line of a journal is complete, as its lines end
// with \r alone. In others the \n may not be written yet.
func (t *table) endsWithCR(b []byte) bool {
	return t.o.Growing && errors.Is(t.win.err, io.EOF) && t.f.Newline == "\r" && len(b) > 0 && b[len(b)-1] == '\r' && t.scan.open == 0
}

// short sees to a record whose end is not in memory. again: scan once more.
func (t *table) short(b []byte) (again bool, err error) {
	if len(b) > t.o.MaxRecord {
		return t.long(b)
	}
	if !t.win.over() {
		t.win.fill()
		return true, nil
	}
	if !errors.Is(t.win.err, io.EOF) {
		return false, t.win.err
	}
	if t.scan.open > 0 && t.followed(b) {
		return false, t.broken(b, t.openReason("is not closed, and whole records follow"))
	}
	return false, nil
}

// long sees to a record of more than MaxRecord bytes: it is skipped in bounded
// memory. Where a quote made it long, only its first line is.
func (t *table) long(b []byte) (again bool, err error) {
	if _, size, ok := line(b, false); ok && size <= t.o.MaxRecord {
		if t.scan.open == 0 {
			t.scan.open = t.scan.cells()
		}
		return false, t.broken(b, t.openReason(fmt.Sprintf("is not closed within %d bytes", t.o.MaxRecord)))
	}
	at, blank, cells := t.at, true, t.firstCells(b)
	for {
		b = t.win.rest()
		text, size, ok := line(b, t.over())
		blank = blank && len(bytes.Trim(text, "\x00\x1A")) == 0
		if ok {
			t.read(size, 1)
			break
		}
		if t.win.over() {
			if errors.Is(t.win.err, io.EOF) && t.o.Growing {
				t.at, t.ended = at, true
				return false, nil
			}
			return false, t.win.err
		}
		// A \r at the end may be one half of a line end.
		t.read(max(len(b)-2, 0), 0)
		t.win.fill()
	}
	if blank {
		return true, nil
	}
	t.at.Record++
	reason := fmt.Sprintf("the record is longer than %d bytes, and was skipped: is the file damaged, or is its delimiter or quote another one?", t.o.MaxRecord)
	return false, &Broken{At: at, Reason: reason, Row: t.row(at, cells)}
}

// record sees to what the scanner cut out of b. Neither a row nor an error: it
// was nothing to return.
func (t *table) record(b []byte, over bool, v verdict) (*Row, error) {
	s := t.scan
	if torn := t.torn(b, v); torn != nil {
		return nil, torn
	}
	switch {
	case v == unclosed:
		return nil, t.broken(b, t.openReason("is never closed"))
	case v == misquoted:
		return nil, t.broken(b, t.openReason("is closed in a later line, in the middle of a text"))
	case s.size > t.o.MaxRecord:
		_, err := t.long(b)
		return nil, err
	case s.empty():
		t.read(s.size, lines(b[:s.size]))
		return nil, nil
	case t.lost > 0 && s.repaired && t.headerAgain(b[:s.size]):
		t.read(s.size, lines(b[:s.size]))
		t.lost = 0
		return nil, nil
	case t.lost > 0 && (s.repaired || !t.fits(s.cells()) && !t.steady(s.cells())):
		return nil, t.broken(b, fmt.Sprintf("the line seems to be a part of the broken record in line %d", t.lost))
	case s.repaired && !t.fits(s.cells()):
		return nil, t.broken(b, fmt.Sprintf(`a quote stands where none may, and the line has %d cells, not %d: write a quote in a text as ""`, s.cells(), len(t.header)))
	case s.quotes > 0 && !t.fits(s.cells()) && t.nextFits(b, over):
		s.open = max(s.cells(), 1)
		return nil, t.broken(b, t.openReason("seems never to be closed, as the next line is a record"))
	case t.cutOff(b[:s.size]):
		return nil, t.broken(b, "the file ends in the middle of a character: it was not written to its end")
	}
	raw := b[:s.size]
	cells, ok := t.decode(raw)
	if !ok {
		return nil, t.broken(b, "the line is not UTF-8: write its encoding as read: {encoding: windows-1252}")
	}
	at := t.at
	breaks := int64(1)
	if s.quotes > 0 || !s.ended {
		breaks = lines(raw)
	}
	t.read(s.size, breaks)
	t.lost = 0
	if t.repeats(cells) {
		return nil, nil
	}
	t.last = s.cells()
	t.at.Record++
	return t.row(at, cells), nil
}

// steady says that the line before had as many cells: where no row has as many
// as the header, two of a kind end what is lost.
func (t *table) steady(cells int) bool {
	before := t.width
	t.width = cells
	return cells > 1 && cells == before
}

// headerAgain says that raw, as the scanner cut it, is the header once more.
func (t *table) headerAgain(raw []byte) bool {
	cells, ok := t.decode(raw)
	return ok && t.repeats(cells)
}

// repeats says that cells are the header once more.
func (t *table) repeats(cells []string) bool {
	return len(t.header) > 0 && len(cells) > 0 && cells[0] == t.header[0] && slices.Equal(cells, t.header)
}
