package rows

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// gdpduRecords reads a table as an index.xml describes it: a CSV file whose
// columns, delimiter, encoding and decimal sign are known from there.
type gdpduRecords struct {
	table   *table
	file    fs.File
	index   *index
	meta    *indexTable
	header  *Header
	from    int64 // the first line of the table; before it stands its header
	most    int64 // records of the table; -1: to the end of the file
	read    int64 // of them, those that were read
	start   Position
	numeric []bool
	implied []int // decimals that are not written out, by column
	any     bool  // of the columns, one has such
}

// openGDPdU reads the table o.Table, or the only one, as the index.xml of that
// name describes it, and the tables of o.Join.
func openGDPdU(fsys fs.FS, name string, o Options) (records, error) {
	ix, err := readIndex(fsys, name)
	if err != nil {
		return nil, err
	}
	meta, err := ix.table(o.Table)
	if err != nil {
		return nil, err
	}
	g, err := ix.open(fsys, meta, o)
	if err != nil {
		return nil, err
	}
	return joined(g, fsys, ix.dir, o.Join, o)
}

// open opens one table. Where a header stands before it that holds the same
// names in another order, the header is right.
func (ix *index) open(fsys fs.FS, meta *indexTable, o Options) (*gdpduRecords, error) {
	o, err := meta.options(o)
	if err != nil {
		return nil, err
	}
	from, most, err := meta.span()
	if err != nil {
		return nil, err
	}
	g := &gdpduRecords{index: ix, meta: meta, from: from, most: most}
	if most >= 0 { // counted from the first one
		g.start, o.Start = o.Start, Position{}
	}
	columns := meta.columns()
	if len(columns) == 0 {
		return nil, fmt.Errorf("table %s: the index.xml names no columns of it", meta.URL)
	}
	if err := g.describe(columns, nil); err != nil {
		return nil, err
	}
	name, err := ix.file(fsys, meta)
	if err != nil {
		return nil, err
	}
	if from > 1 {
		cells, err := firstCells(fsys, name, o, from)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", meta.URL, err)
		}
		if err := g.describe(columns, cells); err != nil {
			return nil, err
		}
	}
	if g.file, err = fsys.Open(name); err != nil {
		return nil, err
	}
	if g.table, err = openCSV(g.file, o, g.header.Names); err != nil {
		return nil, errors.Join(fmt.Errorf("table %s: %w", meta.URL, err), g.file.Close())
	}
	return g, nil
}

// firstCells are those of the line before from.
func firstCells(fsys fs.FS, name string, o Options, from int64) ([]string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o.NoHeader, o.Start = true, Position{}
	t, err := openCSV(f, o, nil)
	if err != nil {
		return nil, err
	}
	for {
		row, err := t.next()
		var broken *Broken
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case errors.As(err, &broken):
			if broken.At.Line >= from {
				return nil, nil
			}
		case err != nil || row.At.Line >= from:
			return nil, err
		case row.At.Line == from-1:
			return row.Cells, nil
		}
	}
}

// describe sets the columns. cells, where they hold the same names in another
// order, are the order.
func (g *gdpduRecords) describe(columns []indexColumn, cells []string) error {
	if g.header != nil {
		found := make([]indexColumn, 0, len(columns))
		for _, cell := range cells {
			i := slices.IndexFunc(columns, func(c indexColumn) bool { return folded(c.Name) == folded(cell) })
			if i < 0 {
				return nil
			}
			found = append(found, columns[i])
		}
		if len(found) != len(columns) {
			return nil
		}
		columns = found
	}
	names := make([]string, len(columns))
	g.numeric, g.implied = make([]bool, len(columns)), make([]int, len(columns))
	for i, c := range columns {
		names[i] = c.Name
		if c.Numeric == nil {
			continue
		}
		g.numeric[i] = true
		if text := strings.TrimSpace(c.Numeric.Implied); text != "" {
			n, err := strconv.ParseUint(text, 10, 8)
			if err != nil || n > 20 {
				return fmt.Errorf("table %s: the ImpliedAccuracy %q of column %s is no number of decimals", g.meta.URL, text, c.Name)
			}
			g.implied[i] = int(n)
			g.any = g.any || n > 0
		}
	}
	g.header = newHeader(names)
	return nil
}

func (g *gdpduRecords) next() (*Row, error) {
	for {
		row, err := g.table.next()
		var broken *Broken
		if errors.As(err, &broken) {
			row = broken.Row
		} else if err != nil {
			return nil, err
		}
		if row.At.Line < g.from {
			continue
		}
		if g.read == g.most {
			return nil, io.EOF
		}
		if broken == nil { // a broken one may be a part of one, and no row may be lost for it
			g.read++
		}
		if row.At.Offset < g.start.Offset {
			continue
		}
		row.Header = g.header
		if broken != nil {
			return nil, broken
		}
		if g.any {
			g.writeOut(row)
		}
		return row, nil
	}
}

// writeOut puts the decimal sign into numbers that are written without it.
func (g *gdpduRecords) writeOut(row *Row) {
	for i := range min(len(row.Cells), len(g.implied)) {
		if n := g.implied[i]; n > 0 {
			row.Cells[i] = withDecimals(row.Cells[i], n, g.meta.decimal())
		}
	}
}

// withDecimals is number, whose last n digits are decimals, with the sign
// before them. A number that has it is left as it is.
func withDecimals(number string, n int, sign string) string {
	text := strings.TrimSpace(number)
	digits := strings.Trim(text, "+-")
	minus := ""
	switch {
	case digits == "" || strings.Trim(digits, "0123456789") != "" || len(text)-len(digits) > 1:
		return number
	case strings.Contains(text, "-"): // before it or behind it
		minus = "-"
	}
	if pad := n + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	return minus + digits[:len(digits)-n] + sign + digits[len(digits)-n:]
}

func (g *gdpduRecords) position() Position {
	if at := g.table.position(); at.Offset >= g.start.Offset {
		return at
	}
	return g.start
}

func (g *gdpduRecords) format() Format {
	f := g.table.format()
	f.Type, f.Decimal, f.Header = TypeGDPdU, g.meta.decimal(), g.header
	f.HeaderAt = g.from - 1
	return f
}

func (g *gdpduRecords) close() error { return g.file.Close() }
