package rows

import (
	"errors"
	"fmt"
	"io"
)

// records is a file of one type: a table, JSON, or tables that an index.xml
// describes. Its methods are a Reader's.
type records interface {
	next() (*Row, error)
	position() Position
	format() Format
	close() error
}

// Reader reads the records of one file, each once and in the file's order. It
// holds a record or two in memory, never the file. It is used by one goroutine
// at a time.
type Reader struct {
	name    string
	records records
	file    io.Closer // nil: there is none
	end     func(*Row) bool
	final   error // what every further Next returns
	closed  bool
}

// Next returns the next row, or io.EOF behind the last one: there, and before
// the first row for which Options.End holds, the table is over. A *Broken is a
// record that could not be read; the next call goes on behind it. Any other
// error is final, and names the file and the line.
func (r *Reader) Next() (*Row, error) {
	if r.final != nil {
		return nil, r.final
	}
	at := r.records.position()
	row, err := r.records.next()
	switch {
	case err == nil:
		if r.end != nil && r.end(row) {
			r.final = io.EOF
			r.records = ended{r.records, at}
			return nil, io.EOF
		}
		return row, nil
	case errors.As(err, new(*Broken)):
		return nil, err
	}
	r.final = err
	if !errors.Is(err, io.EOF) {
		r.final = fmt.Errorf("%s: line %d: %w", r.name, r.records.position().Line, err)
	}
	return nil, r.final
}

// ended is a file whose table is over before the file is.
type ended struct {
	records
	at Position
}

func (e ended) position() Position { return e.at }

// Format tells how the file is written. A file whose first 128 KiB are ASCII
// only is called utf-8 until a record proves otherwise.
func (r *Reader) Format() Format { return r.records.format() }

// Header is the table's, nil for JSON. It has no names where the file has no
// header, and where it ends before one.
func (r *Reader) Header() *Header { return r.records.format().Header }

// Position is where the next record begins, for Options.Start.
func (r *Reader) Position() Position { return r.records.position() }

// Close closes the files that are read. It may be called twice.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.records.close()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}
