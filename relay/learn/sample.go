package learn

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"funnelrelay/relay/rows"
)

// table is rows of one kind: those of a CSV file, or the objects of a JSON
// array with the paths of their values as columns.
type table struct {
	names  []string
	places map[string]int // of names
	lines  []line
	deep   bool // of JSON: names are paths
}

// line is one row.
type line struct {
	file  int
	at    int64 // line in the file
	owner int   // of an element in an order: the order's place in its table
	cells []string
}

// cell is a value, trimmed, "" where there is none.
func (l *line) cell(i int) string {
	if i < 0 || i >= len(l.cells) {
		return ""
	}
	return l.cells[i]
}

// find is the place of a column, -1 where there is none.
func (t *table) find(name string) int {
	if i, ok := t.places[name]; ok {
		return i
	}
	return -1
}

// place is find, and makes the column.
func (t *table) place(name string) int {
	if i, ok := t.places[name]; ok {
		return i
	}
	if t.places == nil {
		t.places = map[string]int{}
	}
	t.places[name] = len(t.names)
	t.names = append(t.names, name)
	return len(t.names) - 1
}

// sampled is what was read of the files.
type sampled struct {
	fsys      fs.FS
	files     []string
	rows      *table
	nested    map[string]*table // of JSON: arrays of objects in a row, by their path
	numbers   map[string]bool   // of JSON: paths whose values are numbers and no texts
	format    rows.Format       // of the first file
	path      string            // of the rows in JSON, where the reader does not find them itself
	headless  bool
	header    []string // of a header that is not the first line: its first names
	firstLine int64
	broken    int    // records that cannot be read
	brokenWhy string // the first of them
	cut       bool   // a file has more rows than were read

	encoding, encodingWhy string
	encodingWays          []Way  // where no encoding makes words that look right
	kind, table           string // of an index.xml: gdpdu and the table that is read
}

// samples reads the beginning of each file.
func samples(fsys fs.FS, names []string, o Options) (*sampled, error) {
	set := &sampled{fsys: fsys, files: names, rows: &table{}, nested: map[string]*table{}, numbers: map[string]bool{}, encoding: o.Set["read.encoding"]}
	if set.table = o.Set["read.table"]; set.table != "" {
		set.kind = "gdpdu"
	}
	for i, name := range names {
		if err := set.file(fsys, name, i, o); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// file reads one file, or what a zip holds.
func (set *sampled) file(fsys fs.FS, name string, number int, o Options) error {
	pack, err := rows.Unpack(fsys, name)
	if err != nil {
		return err
	}
	defer func() { _ = pack.Close() }()
	for _, member := range pack.Names {
		if err := set.member(pack.FS, member, number, o); err != nil {
			return err
		}
	}
	return nil
}

func (set *sampled) member(fsys fs.FS, name string, number int, o Options) error {
	first := set.format.Type == ""
	ro := rows.Options{Encoding: set.encoding, Type: set.kind, Table: set.table}
	if first && set.kind == "" {
		if err := set.look(fsys, name, &ro); err != nil {
			return err
		}
	}
	ro.Encoding, ro.Rows, ro.NoHeader, ro.Header = set.encoding, set.path, set.headless, set.header
	r, err := rows.Open(fsys, name, ro)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	f := r.Format()
	if !first && f.Type != set.format.Type {
		return fmt.Errorf("%s is %s and %s is %s: learn from files of one kind at a time", set.files[0], set.format.Type, name, f.Type)
	}
	if f.Type != "json" {
		set.columns(r.Header())
	}
	for n := 0; ; n++ {
		row, err := r.Next()
		var broken *rows.Broken
		switch {
		case errors.Is(err, io.EOF):
			set.formats(r.Format())
			return nil
		case errors.As(err, &broken):
			if set.broken++; set.brokenWhy == "" {
				set.brokenWhy = fmt.Sprintf("%s line %d: %s", name, broken.At.Line, broken.Reason)
			}
			continue
		case err != nil:
			return err
		case n >= o.MaxRows:
			set.cut = true
			set.formats(r.Format())
			return nil
		}
		if set.firstLine == 0 {
			set.firstLine = row.At.Line
		}
		if row.Value != nil {
			set.object(row, number)
			continue
		}
		set.row(row, number)
	}
}

// formats keeps how the first file is written, and that a later one is not in
// UTF-8.
func (set *sampled) formats(f rows.Format) {
	if set.format.Type == "" || f.Guessed {
		set.format = f
	}
}

// columns adds those of a header.
func (set *sampled) columns(h *rows.Header) {
	if h == nil {
		return
	}
	for _, name := range h.Names {
		if name != "" {
			set.rows.place(name)
		}
	}
}

// row adds a row of a table.
func (set *sampled) row(row *rows.Row, number int) {
	l := line{file: number, at: row.At.Line, cells: make([]string, len(set.rows.names))}
	for i, text := range row.Cells {
		name := fmt.Sprint(i)
		if row.Header != nil && i < len(row.Header.Names) && row.Header.Names[i] != "" {
			name = row.Header.Names[i]
		} else if !set.headless {
			continue // a cell behind the last column
		}
		at := set.rows.place(name)
		for len(l.cells) <= at {
			l.cells = append(l.cells, "")
		}
		l.cells[at] = strings.TrimSpace(text)
	}
	set.rows.lines = append(set.rows.lines, l)
}

// look finds out what has to be known before a file is read: where its header
// is, where its rows are, and its encoding where bytes do not prove it.
func (set *sampled) look(fsys fs.FS, name string, ro *rows.Options) error {
	set.encodings(fsys, name, ro)
	r, err := rows.Open(fsys, name, rows.Options{Encoding: ro.Encoding, NoHeader: true})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if r.Format().Type == "json" {
		row, err := r.Next()
		if err == nil {
			set.path = rowsPath(row.Value)
		}
		return nil
	}
	var head []*rows.Row
	for len(head) < 40 {
		row, err := r.Next()
		var broken *rows.Broken
		if errors.As(err, &broken) {
			continue
		}
		if err != nil {
			break
		}
		head = append(head, row)
	}
	at := headerRow(head)
	switch {
	case at < 0:
		set.headless = true
	case at > 0:
		set.header = namesOf(head[at])
	}
	return nil
}

// namesOf are the first names in a row that tell it from others.
func namesOf(row *rows.Row) []string {
	var names []string
	for _, cell := range row.Cells {
		if cell = strings.TrimSpace(cell); cell != "" && !slices.Contains(names, cell) && len(names) < 6 {
			names = append(names, cell)
		}
	}
	return names
}

// headerRow is the place of the row that holds names: of those whose cells are
// all words, the one with the most words that are known, and of these the
// first. -1: there is none.
func headerRow(head []*rows.Row) int {
	best, found := 0, -1
	for i, row := range head {
		filled, known := 0, 0
		seen := map[string]bool{}
		for _, cell := range row.Cells {
			text := strings.TrimSpace(cell)
			if text == "" {
				continue
			}
			filled++
			if seen[text] && !strings.HasPrefix(text, "__") {
				known-- // names rarely stand twice
			}
			seen[text] = true
			if isValue(text) {
				filled = -1000
				break
			}
			if isKnownName(text) {
				known++
			}
		}
		if filled < 1 || 2*filled < len(row.Cells) && known < 3 {
			continue
		}
		score := 1 + 10*max(known, 0) + filled
		if i == 0 {
			score += 5
		}
		if score > best {
			best, found = score, i
		}
	}
	return found
}

// isValue says that a text is a number, a date or an address: no name.
func isValue(text string) bool {
	if _, ok := readAmount(text); ok {
		return true
	}
	if _, ok := readDate(text); ok {
		return true
	}
	return strings.Contains(text, "@") && strings.Contains(text, ".") || strings.HasPrefix(text, `="`)
}

func isKnownName(text string) bool {
	for r := roleID; r <= roleClosing; r++ {
		if fits(r, text) > 0 {
			return true
		}
	}
	return strings.HasPrefix(text, "__") && strings.HasSuffix(text, "__")
}
