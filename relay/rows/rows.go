package rows

import (
	"io/fs"
)

// Position is where a record begins.
type Position struct {
	Offset int64 // bytes from the start of the file; in JSON and multi-byte encodings, of its text in UTF-8
	Line   int64 // from 1
	Record int64 // from 1; the header and what stands before it do not count
}

// A Row is one record of a file. Rows are not changed once they are returned,
// and share nothing with later ones.
type Row struct {
	At     Position
	Header *Header  // of a table; nil: JSON
	Cells  []string // of a table, in UTF-8; may be fewer or more than the header has
	Value  *Value   // of JSON; nil: a table
	Size   int      // bytes in memory, about
}

// Cell is the cell at i, or nothing where the row is too short.
func (r *Row) Cell(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

// Format is how a file turned out to be written.
type Format struct {
	Type      string // csv, json, gdpdu
	Encoding  string // canonical name: utf-8, utf-16le, windows-1252, …
	BOM       bool
	Guessed   bool   // the encoding is the configured one, as the bytes tell nothing
	Delimiter rune   // of a table
	Decimal   string // of a gdpdu table: "," or "."; else ""
	Newline   string // "\n", "\r\n" or "\r": the first one
	HeaderAt  int64  // line of the header; 0: none
	Header    *Header
}

// Options say how a file is to be read. The zero value finds out.
type Options struct {
	Type      string // csv, json, gdpdu
	Encoding  string // for bytes that are neither UTF-8 nor UTF-16; default windows-1252
	Delimiter rune
	NoHeader  bool
	Header    []string // names by which the header is known
	Want      []string // columns that whoever reads asks for: the header is the first row that has them
	End       func(*Row) bool
	Rows      string // path of the array in JSON
	Table     string // of gdpdu
	Join      []Join
	MaxRecord int  // bytes; a longer one is broken; default 1 MiB
	Growing   bool // more may come: a last record that has no end yet is not returned

	// Start goes on at a Position that an earlier Reader of the same file
	// returned; the header is read again from the start of the file.
	Start Position
}

// Join adds the columns of another table to each row; see source.Join.
type Join struct {
	Table   string
	By, Sum []string
}

// Broken is a record that cannot be read as one. Reading goes on behind it.
type Broken struct {
	At     Position
	Reason string // what is wrong, and what to do
	Row    *Row   // what could be read of it; never nil, may hold no cells
}

func (b *Broken) Error() string { return b.Reason }

// Open opens name in fsys, finds out how it is written, and reads on to the
// first record. The caller closes the Reader.
func Open(fsys fs.FS, name string, o Options) (*Reader, error) { return open(fsys, name, o) }
