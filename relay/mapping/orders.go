package mapping

import (
	"errors"
	"fmt"
	"io"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/values"
)

// File is what a mapping needs to know of the file that is read.
type File struct {
	// Name is its name, for messages.
	Name string

	// Scope is what rows without id and time belong to: a hash of the content,
	// or a journal's name and generation. Files of one scope have the same
	// rows at the same places.
	Scope string

	// Captures are those of the path.
	Captures map[string]string

	// Now is the time by which orders are too old to be known again. Zero:
	// none is.
	Now time.Time

	// Growing says that more rows may come: the last order is only returned
	// once another began behind it, or with Flush, and orders stand together.
	Growing, Flush bool
}

// Orders reads the orders of one file, in the order of their first rows. Equal
// bytes yield equal results, so that a reader that was stopped may leave out
// the results that it had. It is used by one goroutine at a time, and does not
// close its rows.Reader.
type Orders struct {
	m      *Mapping
	reader *rows.Reader
	file   File
	plain  *plain // nil: there is a mapping
	table  *table // nil: JSON

	group    func(*rows.Row) (string, error) // the key by which rows are one order; nil: each is one
	adjacent bool
	queue    queue
	open     map[string]*group
	last     *group // where orders stand together: the one that may go on
	finished finished
	fill     filling
	repeats  repeats

	ofCurrency, ofTime *cells // nil: not asked for yet

	ready   []*Result // of the group at the queue's head
	gone    int       // of them, returned
	readyAt rows.Position
	err     error // io.EOF: all was read
	rows    int64

	scope, item values.Scope // used again for each order, and for each of its items
	purchase    purchase     // likewise
	body, room  []byte
}

// Read begins to read a file's orders. It returns an error that names all
// columns which the mapping names and the header does not hold; r stays the
// caller's.
func (m *Mapping) Read(r *rows.Reader, f File) (*Orders, error) {
	o := &Orders{m: m, reader: r, file: f, open: map[string]*group{}}
	o.scope = values.Scope{Captures: f.Captures, Decimal: r.Format().Decimal}
	o.item = o.scope
	if h := r.Header(); h != nil {
		t, err := m.newTable(h, r.Format())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if m.items != nil && m.items.each != "" || m.refunds != nil {
			return nil, fmt.Errorf("%s: is a table, but items.each and refunds are for JSON", f.Name)
		}
		o.table = t
		o.fill.columns = t.fill
	}
	switch {
	case m.source.Plain():
		if err := o.readPlain(); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	case m.order != nil && m.order.group != nil:
		o.group = o.orderGroup
		o.adjacent = m.order.adjacent
	}
	o.adjacent = o.adjacent || f.Growing
	return o, nil
}

// orderGroup is the key by which a row belongs to an order.
func (o *Orders) orderGroup(row *rows.Row) (string, error) {
	o.item.Row = row
	defer func() { o.item.Row = nil }()
	return o.m.order.group.text(&o.item)
}

// Next returns what becomes of the next order, or io.EOF when there is no more:
// with File.Growing, until more was written. Any other error is final, and says
// nothing about the rows that were read and not returned; the file is to be
// read again.
func (o *Orders) Next() (*Result, error) {
	for {
		if o.gone < len(o.ready) {
			o.gone++
			return o.ready[o.gone-1], nil
		}
		if err := o.err; err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		head := o.queue.head()
		switch {
		case head != nil && (head.closed || o.queue.full() || o.err != nil && (!o.file.Growing || o.file.Flush)):
			o.finish(head)
		case o.err != nil:
			return nil, io.EOF
		default:
			o.read()
		}
	}
}

// read takes one record.
func (o *Orders) read() {
	row, err := o.reader.Next()
	if err == nil {
		o.rows++
		o.place(row)
		return
	}
	var broken *rows.Broken
	if !errors.As(err, &broken) {
		o.err = err
		return
	}
	o.rows++
	o.broken(broken)
}

// finish makes the results of the queue's head, and takes it out.
func (o *Orders) finish(g *group) {
	if !g.closed && o.queue.full() && o.queue.len() == 1 {
		g.refuse("the order's rows take more than %d MB; an event holds at most 1 MB", mostHeld>>20)
	}
	o.queue.pop()
	if o.last == g {
		o.last = nil
	}
	if g.keyed {
		delete(o.open, g.key)
		o.finished.add(g.key, g.at.Record)
	}
	o.readyAt, o.gone = g.at, 0
	clear(o.ready)
	o.ready = o.ready[:0]
	o.results(g)
	for i, r := range o.ready {
		r.At, r.Rows = g.at, g.rows
		if i == 0 {
			r.Counted = len(g.rows)
		}
		if o.m.hold {
			r.Hold()
		}
	}
}

// results makes the results of a group: one at least, the first of which counts
// its rows.
func (o *Orders) results(g *group) {
	switch {
	case g.skipped != "":
		o.add(&Result{Skipped: g.skipped})
	case g.reason != "":
		o.add(&Result{Reason: g.reason, Order: shownKey(g.key)})
	case o.plain != nil:
		o.add(o.plainResult(g))
	case o.m.custom != nil:
		o.add(o.customResult(g))
	default:
		o.orderResults(g)
	}
}

func (o *Orders) add(r *Result) { o.ready = append(o.ready, r) }

// Rows is how many rows were read so far, broken ones included.
func (o *Orders) Rows() int64 { return o.rows }

// Settled is a place in the file before which all was returned: where reading
// may go on later, with a new rows.Reader that starts there.
func (o *Orders) Settled() rows.Position {
	if o.gone < len(o.ready) {
		return o.readyAt
	}
	if head := o.queue.head(); head != nil {
		return head.at
	}
	return o.reader.Position()
}
