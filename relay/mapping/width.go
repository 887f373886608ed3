package mapping

import (
	"fmt"
	"strings"

	"funnelrelay/relay/rows"
)

// widest is how many cells of a row have a name, or are named by their place.
// 0: the table has no header, so that a row may have any.
func (m *Mapping) widest(h *rows.Header) int {
	n := len(h.Names)
	for n > 0 && h.Names[n-1] == "" {
		n--
	}
	if n == 0 {
		return 0
	}
	for _, name := range m.named {
		n = max(n, h.Find(name)+1)
	}
	return n
}

// tooWide says that a row is longer than the header, and holds something where
// no column has a name: a delimiter that was not quoted moved its cells.
func (t *table) tooWide(row *rows.Row) bool {
	if t == nil || t.widest == 0 || len(row.Cells) <= max(t.widest, len(t.header.Names)) {
		return false
	}
	for _, cell := range row.Cells[t.widest:] {
		if strings.TrimSpace(cell) != "" {
			return true
		}
	}
	return false
}

// wideRow is the reason why an order is refused of which a row is longer than
// the header; "" where none is, but for those that items.skip leaves out.
func (o *Orders) wideRow(g *group) string {
	for _, row := range g.rows {
		if o.table.tooWide(row) && !o.skipsItem(row) {
			return o.tooManyCells(row, len(g.rows) > 1)
		}
	}
	return ""
}

// skipsItem says that the row is an item's, and items.skip leaves it out.
func (o *Orders) skipsItem(row *rows.Row) bool {
	i := o.m.items
	if i == nil || i.skip == nil || i.inRow() {
		return false
	}
	defer func() { o.item.Row = nil }()
	o.item.Row = row
	holds, err := i.skip.Holds(&o.item)
	return holds && err == nil
}

func (o *Orders) tooManyCells(row *rows.Row, ofMany bool) string {
	which := "the row"
	if ofMany {
		which = fmt.Sprintf("row %d of the order", row.At.Record)
	}
	cells := len(row.Cells)
	for strings.TrimSpace(row.Cells[cells-1]) == "" {
		cells--
	}
	f := o.reader.Format()
	reason := fmt.Sprintf("%s has %d cells, but the header names %d columns only: a text or an amount seems to hold the delimiter %q without quotes around it, "+
		"which moves all that stands behind it; write that cell in quotes", which, cells, o.table.widest, string(f.Delimiter))
	if f.Type == rows.TypeCSV {
		reason += "; or, if the last columns really have no name, write read: { header: none }, and columns by number, from 0"
	}
	return reason
}
