package rows

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// maxJoined is how much text of a table is held to be joined. A larger one is
// read along with the rows, which must then have the same order.
const maxJoined = 32 << 20

// joinedRecords adds the columns of other tables to each row. Where no row of
// such a table fits, they are empty.
type joinedRecords struct {
	records
	header *Header
	width  int // columns of the rows themselves
	sides  []*side
}

// side is a table that is joined.
type side struct {
	name    string
	rows    records
	main    []int  // in the rows: the columns that are equal
	by      []int  // in the table: the same ones
	numbers []bool // of by: whether they are compared as numbers
	numeral numeral
	take    []int    // the columns that are added
	names   []string // of take
	sum     []bool   // of take

	held  held
	last  string // the key that cells belong to
	cells []string
	fault error // why the sums of last cannot be told
	open  func() (records, error)
}

// joined adds the columns of the tables of joins to each row of r: those of
// the index.xml that r is read by, or CSV files in dir. A column keeps its
// name; one that the rows have already is theirs.
func joined(r records, fsys fs.FS, dir string, joins []Join, o Options) (records, error) {
	if len(joins) == 0 {
		return r, nil
	}
	main, ok := r.(*gdpduRecords)
	names := slices.Clone(r.format().Header.Names)
	j := &joinedRecords{records: r, width: len(names), header: r.format().Header}
	for _, join := range joins {
		var ix *index
		if ok {
			ix = main.index
		}
		s, err := openSide(fsys, dir, ix, join, o)
		if err == nil {
			err = s.match(j.header, join)
		}
		if err == nil && ok {
			s.compare(main)
		}
		if err == nil {
			err = s.load()
		}
		if err != nil {
			if s != nil && s.rows != nil {
				err = errors.Join(err, s.rows.close())
			}
			return nil, errors.Join(fmt.Errorf("join %s: %w", join.Table, err), j.close())
		}
		j.sides = append(j.sides, s)
		names = append(names, s.names...)
		j.header = newHeader(names)
	}
	return j, nil
}

// openSide opens the table of a join.
func openSide(fsys fs.FS, dir string, ix *index, join Join, o Options) (*side, error) {
	s := &side{name: join.Table}
	options := Options{Encoding: o.Encoding, MaxRecord: o.MaxRecord}
	s.open = func() (records, error) { return openBeside(fsys, dir, join, options) }
	if ix != nil {
		if meta, err := ix.table(join.Table); err == nil {
			s.numeral = numeral{sign: meta.decimal(), group: meta.grouping()}
			s.open = func() (records, error) {
				g, err := ix.open(fsys, meta, options)
				if err != nil {
					return nil, err // and no records that hold a nil
				}
				return g, nil
			}
		}
	}
	var err error
	s.rows, err = s.open()
	return s, err
}

// openBeside opens a CSV file in dir.
func openBeside(fsys fs.FS, dir string, join Join, o Options) (records, error) {
	name := strings.ReplaceAll(join.Table, `\`, "/")
	if !fs.ValidPath(name) || name == "." {
		return nil, errors.New("it is no file beside the one that is read")
	}
	name, err := sibling(fsys, dir, name)
	if err != nil {
		return nil, err
	}
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	o.Want = slices.Concat(join.By, join.Sum)
	t, err := openCSV(file, o, nil)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return csvSide{t, file}, nil
}

// csvSide is a CSV file that is joined, and closed with the rows.
type csvSide struct {
	*table
	file fs.File
}

func (c csvSide) close() error { return c.file.Close() }

// match finds the columns in both tables.
func (s *side) match(header *Header, join Join) error {
	own := s.rows.format().Header
	if len(join.By) == 0 {
		return errors.New("by is missing: name the columns that are equal in both tables")
	}
	for _, name := range join.By {
		main, by := header.Find(name), own.Find(name)
		switch {
		case main < 0 || main >= len(header.Names):
			return fmt.Errorf("the rows have no column %q; they have %s", name, someNames(header.Names))
		case by < 0 || by >= len(own.Names):
			return fmt.Errorf("it has no column %q; it has %s", name, someNames(own.Names))
		}
		s.main, s.by = append(s.main, main), append(s.by, by)
	}
	s.numbers = make([]bool, len(s.by))
	sums := make(map[int]bool)
	for _, name := range join.Sum {
		i := own.Find(name)
		if i < 0 || i >= len(own.Names) {
			return fmt.Errorf("it has no column %q to sum up; it has %s", name, someNames(own.Names))
		}
		if at := header.Find(name); at >= 0 && at < len(header.Names) {
			return fmt.Errorf("the column %q to sum up is one that the rows have, too: it would not be seen", name)
		}
		sums[i] = true
	}
	for i, name := range own.Names {
		if at := header.Find(name); slices.Contains(s.by, i) || at >= 0 && at < len(header.Names) {
			continue
		}
		s.take, s.names, s.sum = append(s.take, i), append(s.names, name), append(s.sum, sums[i])
	}
	return nil
}

// compare makes keys that the index.xml calls numbers in both tables equal
// where they are written in two ways, as 1234 and 1.234.
func (s *side) compare(main *gdpduRecords) {
	own, ok := s.rows.(*gdpduRecords)
	if !ok || own.meta.decimal() != main.meta.decimal() || own.meta.grouping() != main.meta.grouping() {
		return
	}
	for i := range s.by {
		s.numbers[i] = own.numeric[s.by[i]] && s.main[i] < len(main.numeric) && main.numeric[s.main[i]]
	}
}

// someNames are names, or the first ones of many.
func someNames(names []string) string {
	if len(names) > 20 {
		return strings.Join(names[:20], ", ") + fmt.Sprintf(" and %d more", len(names)-20)
	}
	return strings.Join(names, ", ")
}

// key is what rows of both tables have in common.
func (s *side) key(cells []string, places []int) string {
	var key []byte
	for i, at := range places {
		cell := ""
		if at < len(cells) {
			cell = strings.TrimSpace(cells[at])
		}
		if s.numbers[i] {
			cell = s.numeral.plain(cell)
		}
		key = appendCell(key, cell)
	}
	return string(key)
}

// find is the cells to add to a row of that key.
func (s *side) find(key string) ([]string, error) {
	if s.cells != nil && key == s.last {
		return s.cells, s.fault
	}
	first, further, err := s.text(key)
	if err != nil {
		return nil, err
	}
	values := make([][]string, len(s.take)) // of each column, to be added up
	s.last, s.cells, s.fault = key, make([]string, len(s.take)), nil
	for i := range s.cells {
		s.cells[i], first = cutCell(first)
		if s.sum[i] {
			values[i] = []string{s.cells[i]}
		}
	}
	for rest := string(further); rest != ""; {
		for i := range values {
			if s.sum[i] {
				var cell string
				cell, rest = cutCell(rest)
				values[i] = append(values[i], cell)
			}
		}
	}
	for i := range s.cells {
		if !s.sum[i] {
			continue
		}
		if s.cells[i], err = s.numeral.sum(values[i]); err != nil {
			s.fault = &Broken{Reason: fmt.Sprintf("column %q of %s: %v", s.names[i], s.name, err)}
		}
	}
	return s.cells, s.fault
}

func (j *joinedRecords) next() (*Row, error) {
	row, err := j.records.next()
	var broken *Broken
	switch {
	case errors.As(err, &broken):
		broken.Row.Header = j.header
		return nil, broken
	case err != nil:
		return nil, err
	}
	row.Header = j.header
	cells := make([]string, j.width, max(len(j.header.Names), len(row.Cells)))
	copy(cells, row.Cells)
	for _, s := range j.sides {
		added, err := s.find(s.key(cells, s.main))
		if errors.As(err, &broken) {
			return nil, &Broken{At: row.At, Row: row, Reason: broken.Reason}
		} else if err != nil {
			return nil, fmt.Errorf("join %s: %w", s.name, err)
		}
		for _, cell := range added {
			row.Size += cellBytes + len(cell)
		}
		cells = append(cells, added...)
	}
	if len(row.Cells) > j.width { // without a name, as in a table that nothing is joined to
		cells = append(cells, row.Cells[j.width:]...)
	}
	row.Cells = cells
	return row, nil
}

func (j *joinedRecords) format() Format {
	f := j.records.format()
	f.Header = j.header
	return f
}

func (j *joinedRecords) close() error {
	err := j.records.close()
	for _, s := range j.sides {
		err = errors.Join(err, s.rows.close())
	}
	return err
}
