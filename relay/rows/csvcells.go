package rows

import (
	"slices"
	"strings"
)

// decode makes cells of what the scanner cut out of raw. Not ok: raw must be
// UTF-8, and is not.
func (t *table) decode(raw []byte) (cells []string, ok bool) {
	s, c := t.scan, &t.coding
	text, ends := s.text, s.ends
	if !ascii(raw) && !c.isUTF8(raw) {
		switch {
		case c.charset.utf8:
			return nil, false
		case c.proven && manyBytes(raw):
			return t.patched(), true
		}
		if !c.guessed && !c.proven { // all was ASCII so far
			c.guessed = true
			t.f.Encoding, t.f.Guessed = c.charset.name, true
		}
		t.spare = t.spare[:0]
		from := 0
		for i, end := range ends {
			t.spare = c.charset.decode(t.spare, text[from:end])
			from, ends[i] = end, len(t.spare)
		}
		text = t.spare
	}
	return cut(string(text), ends), true
}

// cut is text as cells, without spreadsheets' guards.
func cut(text string, ends []int) []string {
	cells := make([]string, len(ends))
	from := 0
	for i, end := range ends {
		cells[i] = unguarded(text[from:end])
		from = end
	}
	return cells
}

// patched is cells of UTF-8 in which a character is not whole, as where a field
// was cut at 40 bytes.
func (t *table) patched() []string {
	cells := cut(string(t.scan.text), t.scan.ends)
	for i, cell := range cells {
		cells[i] = strings.ToValidUTF8(cell, "\uFFFD")
	}
	return cells
}

// row is a row of the table, without the reason for which it was refused.
func (t *table) row(at Position, cells []string) *Row {
	switch {
	case t.reason >= 0:
		cells = withoutReason(cells, t.reason)
	case t.o.NoHeader:
		cells = withoutMark(cells)
	}
	size := rowBytes
	for _, cell := range cells {
		size += len(cell) + cellBytes
	}
	return &Row{At: at, Header: t.f.Header, Cells: cells, Size: size}
}

// unguarded is a cell without what keeps a spreadsheet from changing it:
// ="0123", and a leading ' before what it would calculate (=, +, -, @) or
// shorten (nothing but digits and what stands between them). The ' of a name
// as 't Hooft stays. Blanks around a guard go with it.
func unguarded(cell string) string {
	inner := strings.TrimSpace(cell)
	if len(inner) < 2 {
		return cell
	}
	switch inner[0] {
	case '=':
		if len(inner) >= 3 && inner[1] == '"' && inner[len(inner)-1] == '"' {
			return inner[2 : len(inner)-1]
		}
	case '\'':
		if strings.IndexByte("=+-@", inner[1]) >= 0 || strings.Trim(inner[1:], "0123456789.,:/- ") == "" {
			return inner[1:]
		}
	}
	return cell
}

// withoutReason is cells without the one at i.
func withoutReason(cells []string, i int) []string {
	if i >= len(cells) {
		return cells
	}
	return append(slices.Clone(cells[:i]), cells[i+1:]...)
}

// withoutMark is cells without the reason in a row of a table that has no
// header.
func withoutMark(cells []string) []string {
	for i := len(cells) - 1; i >= 0; i-- {
		if strings.HasPrefix(cells[i], reasonMark) {
			return cells[:i]
		}
		if cells[i] != "" {
			break
		}
	}
	return cells
}
