package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// headRows is how many rows are looked at for the header.
const headRows = 100

// begin reads what stands before the first row, and remembers how the table is
// written.
func (t *table) begin(columns []string) error {
	if t.win.err != nil && !errors.Is(t.win.err, io.EOF) {
		return t.win.err
	}
	t.skipBOM()
	delimiter := t.separator()
	t.skipBOM()
	head := t.win.rest()
	over := t.over()
	names := t.o.Header
	if len(names) == 0 {
		names = wanted(t.o.Want)
	}
	switch {
	case t.o.Delimiter != 0:
		delimiter = t.o.Delimiter
	case delimiter == 0:
		delimiter = t.guess(head, over, names)
	}
	t.f.Delimiter = delimiter
	t.scan = newScanner(delimiterBytes(delimiter, &t.coding))
	t.f.Newline = firstNewline(head, over)
	switch {
	case columns != nil:
		t.header = columns
		return nil
	case t.o.NoHeader:
		return nil
	}
	return t.findHeader(head, over, names)
}

// skipBOM skips one that stands behind a line as sep=; or behind another one.
func (t *table) skipBOM() {
	for bytes.HasPrefix(t.win.rest(), []byte(bomUTF8)) {
		t.read(len(bomUTF8), 0)
		t.coding.proven = !t.coding.guessed
		t.f.BOM = true
	}
}

// separator reads the line sep=; by which a spreadsheet is told the delimiter.
// 0: there is none.
func (t *table) separator() rune {
	text, size, ok := line(t.win.rest(), errors.Is(t.win.err, io.EOF))
	if !ok || len(text) < 5 || len(text) > 8 {
		return 0
	}
	text = bytes.Trim(text, `"`)
	if len(text) < 5 || !strings.EqualFold(string(text[:4]), "sep=") {
		return 0
	}
	if string(text[4:]) == `\t` {
		text = []byte("sep=\t")
	}
	r, n := utf8.DecodeRune(text[4:])
	if n != len(text)-4 || r == utf8.RuneError || r == '"' {
		return 0
	}
	t.read(size, 1)
	return r
}

// guess finds the delimiter: with which a row holds the most of names; then
// with which the most rows have the same number of cells. Of several that fit
// equally, a comma is the last but one: it stands in amounts and in texts.
func (t *table) guess(head []byte, over bool, names []string) rune {
	best, bestNames, bestRows := ',', 0, 0
	for _, r := range []rune{'\t', ';', ',', '|'} {
		sample := t.sample(newScanner([]byte{byte(r)}), head, over)
		found := 0
		widths := make(map[int]int)
		same := 0
		for _, s := range sample {
			found = max(found, holds(s.cells, names))
			if n := len(s.cells); n > 1 {
				widths[n]++
				same = max(same, widths[n])
			}
		}
		if same == 0 {
			continue
		}
		if found > bestNames || found == bestNames && same > bestRows {
			best, bestNames, bestRows = r, found, same
		}
	}
	return best
}

// sampled is a row that was looked at.
type sampled struct {
	cells []string
	line  int64 // breaks before it in the head
	end   int   // in the head
	after int64 // breaks before what follows
}

// sample cuts the first rows out of head. Of a broken record it takes the
// first line.
func (t *table) sample(s *scanner, head []byte, over bool) []sampled {
	defer func(s *scanner, f Format, guessed bool) {
		t.scan, t.f, t.coding.guessed = s, f, guessed
	}(t.scan, t.f, t.coding.guessed)
	t.scan = s
	var list []sampled
	var breaks int64
	for at := 0; at < len(head) && len(list) < headRows; {
		b := head[at:]
		v := s.scan(b, over)
		text, size, ok := line(b, over)
		switch {
		case v == whole:
			text, size = b[:s.size], s.size
		case !ok || v == partial && t.win.err == nil && len(list) > 0:
			return list
		default:
			s.split(text)
		}
		n := lines(b[:size])
		if !s.empty() {
			cells, ok := t.decode(text)
			if !ok {
				cells = []string{strings.ToValidUTF8(string(text), "\uFFFD")}
			}
			list = append(list, sampled{cells: cells, line: breaks, end: at + size, after: breaks + n})
		}
		at += size
		breaks += n
	}
	return list
}

// findHeader reads on to the row behind the header. Options.Header must be
// there; of Options.Want, the row that holds the most of them is the header.
func (t *table) findHeader(head []byte, over bool, names []string) error {
	sample := t.sample(t.scan, head, over)
	if len(sample) == 0 {
		if t.win.err == nil {
			return fmt.Errorf("no header: no line ends in the first %d bytes", len(head))
		}
		return nil
	}
	best, most := 0, 0
	for i, s := range sample {
		if n := holds(s.cells, names); n > most {
			best, most = i, n
		}
		if most == len(names) {
			break
		}
	}
	if len(t.o.Header) > 0 && most < len(names) {
		if t.o.Growing {
			t.ended = true
			return nil
		}
		return t.noHeader(sample[best].cells)
	}
	h := sample[best]
	t.f.HeaderAt = t.at.Line + h.line
	t.header = slices.Clip(h.cells)
	t.read(h.end, h.after)
	t.dropReason()
	return nil
}

// noHeader names what the row that comes nearest to the header does not hold.
func (t *table) noHeader(nearest []string) error {
	var missing []string
	for _, name := range t.o.Header {
		if holds(nearest, []string{name}) == 0 {
			missing = append(missing, fmt.Sprintf("%q", name))
		}
	}
	return fmt.Errorf("no header: none of the first %d rows holds the columns of read: {header: …}; the nearest one has no %s", headRows, strings.Join(missing, ", "))
}

// dropReason leaves out the column that Rejects wrote, of the header and of
// each row.
func (t *table) dropReason() {
	names := t.header
	for i, name := range names {
		if decimal, ok := reasonColumn(name); ok {
			t.reason, t.f.Decimal = i, decimal
			names = withoutReason(names, i)
			for len(names) > i && strings.TrimSpace(names[len(names)-1]) == "" {
				names = names[:len(names)-1] // a spreadsheet fills short rows up
			}
			break
		}
	}
	t.f.Header = newHeader(names)
}
