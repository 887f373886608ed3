package rows

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// fits says that so many cells are what a record has here.
func (t *table) fits(cells int) bool {
	if len(t.header) == 0 && t.last == 0 {
		return true
	}
	return cells == len(t.header) || cells == t.last
}

// nextFits says that the second line of the record at the start of b would be a
// record. The scanner has the first record again afterwards.
func (t *table) nextFits(b []byte, over bool) bool {
	if max(len(t.header), t.last) < 2 {
		return false
	}
	_, size, _ := line(b, over)
	fits := t.scan.scan(b[size:], over) == whole && !t.scan.repaired && t.fits(t.scan.cells())
	t.scan.scan(b, over)
	return fits
}

// nextCut says that more must be read before nextFits can tell.
func (t *table) nextCut(b []byte, over bool) bool {
	if t.scan.quotes == 0 || t.fits(t.scan.cells()) || t.win.over() || len(b) > t.o.MaxRecord {
		return false
	}
	_, size, _ := line(b, over)
	cut := t.scan.scan(b[size:], over) == partial
	t.scan.scan(b, over)
	return cut
}

// followed says that three whole records stand behind the first line of b,
// whose quote is open: it is no cell that is still being written.
func (t *table) followed(b []byte) bool {
	open := t.scan.open
	defer func() { t.scan.open = open }()
	for range 3 {
		_, size, ok := line(b, false)
		if !ok {
			return false
		}
		b = b[size:]
		if max(len(t.header), t.last) < 2 || t.scan.scan(b, false) != whole || t.scan.repaired || !t.fits(t.scan.cells()) {
			return false
		}
	}
	return true
}

// openReason names the cell whose quote is open.
func (t *table) openReason(what string) string {
	name := fmt.Sprintf("cell %d", t.scan.open)
	if i := t.scan.open - 1; i < len(t.f.Header.Names) && t.f.Header.Names[i] != "" {
		name = fmt.Sprintf("column %q", t.f.Header.Names[i])
	}
	return fmt.Sprintf(`the quote in %s in line %d %s: close it, or write a quote in a text as ""`, name, t.at.Line, what)
}

// broken reads over the first line of b. What stands behind it is lost until a
// line fits.
func (t *table) broken(b []byte, reason string) *Broken {
	text, size, _ := line(b, true)
	if t.lost == 0 {
		t.lost, t.width = t.at.Line, 0
	}
	t.scan.split(text)
	cells, ok := t.decode(text)
	if !ok {
		cells = []string{strings.ToValidUTF8(string(text), "\uFFFD")}
	}
	at := t.at
	t.read(size, lines(b[len(text):size]))
	t.at.Record++
	return &Broken{At: at, Reason: reason, Row: t.row(at, cells)}
}

// mostOfLong is how many bytes of a record that is too long are kept.
const mostOfLong = 16 << 10

// firstCells are the cells at the start of a record that is too long, which
// tell what it belongs to. The last one is cut, and ends with an ellipsis.
func (t *table) firstCells(b []byte) []string {
	b = b[:min(len(b), t.o.MaxRecord, mostOfLong)]
	if !t.coding.guessed {
		b = wholeRunes(b)
	}
	t.scan.start(b)
	cells, ok := t.decode(b)
	if !ok {
		return nil
	}
	if n := len(cells); n > 0 {
		cells[n-1] = strings.ToValidUTF8(cells[n-1], "") + "…"
	}
	return cells
}

// cutOff says that raw is the end of a file which ends within a character.
func (t *table) cutOff(raw []byte) bool {
	if !errors.Is(t.win.err, io.EOF) || t.scan.ended || len(raw) < len(t.win.rest()) {
		return false
	}
	if t.wide != nil {
		return t.wide.cut
	}
	return t.coding.proven && len(wholeRunes(raw)) < len(raw)
}
