package mapping

import (
	"slices"
	"strings"

	"funnelrelay/relay/rows"
)

// filling puts into blank cells what stood in the row above (read.fill).
type filling struct {
	columns []int
	above   []string // of each column; nil: there is no row above
}

// row returns row itself, or a copy with its blank cells filled.
func (f *filling) row(row *rows.Row) *rows.Row {
	if f.columns == nil {
		return row
	}
	if f.above == nil {
		f.above = make([]string, len(f.columns))
	}
	filled := row
	for i, column := range f.columns {
		cell := row.Cell(column)
		if strings.TrimSpace(cell) != "" {
			f.above[i] = cell
			continue
		}
		if f.above[i] == "" {
			continue
		}
		if filled == row {
			clone := *row
			clone.Cells = slices.Clone(row.Cells)
			filled = &clone
		}
		for len(filled.Cells) <= column {
			filled.Cells = append(filled.Cells, "")
		}
		filled.Cells[column] = f.above[i]
	}
	return filled
}

// forget is for a row that could not be read: what follows must not be taken
// for a part of what stood before it.
func (f *filling) forget() { f.above = nil }
