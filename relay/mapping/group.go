package mapping

import (
	"fmt"

	"funnelrelay/relay/rows"
)

// mostHeld is how many bytes of rows wait for others of their order.
const mostHeld = 8 << 20

// groupSize is about what a group takes besides its rows.
const groupSize = 320

// group is the rows of one order, or one row that is none.
type group struct {
	key    string
	keyed  bool // the key is among those that are open
	at     rows.Position
	rows   []*rows.Row
	closed bool // no row can join it

	nameless bool // its row has no key to be grouped by

	skipped string // the rule that leaves it out
	reason  string // why it is refused whatever it holds

	one [1]*rows.Row // of the usual order
}

func newGroup(row *rows.Row) *group {
	g := &group{at: row.At}
	g.one[0] = row
	g.rows = g.one[:1:1]
	return g
}

// refuse notes why the whole order is refused; the first reason stands.
func (g *group) refuse(format string, args ...any) {
	if g.reason == "" {
		g.reason = fmt.Sprintf(format, args...)
	}
}

// queue is the groups that are not returned yet, in the order of their first
// rows.
type queue struct {
	groups []*group
	first  int
	held   int // bytes, about
}

func (q *queue) len() int { return len(q.groups) - q.first }

func (q *queue) head() *group {
	if q.first == len(q.groups) {
		return nil
	}
	return q.groups[q.first]
}

func (q *queue) full() bool { return q.held > mostHeld }

func (q *queue) push(g *group) {
	if q.first > 1024 && q.first > len(q.groups)/2 {
		n := copy(q.groups, q.groups[q.first:])
		clear(q.groups[n:])
		q.groups, q.first = q.groups[:n], 0
	}
	q.groups = append(q.groups, g)
	q.held += groupSize
	for _, row := range g.rows {
		q.held += row.Size
	}
}

func (q *queue) pop() {
	g := q.groups[q.first]
	q.groups[q.first] = nil
	if q.first++; q.first == len(q.groups) {
		q.groups, q.first = q.groups[:0], 0
	}
	q.held -= groupSize
	for _, row := range g.rows {
		q.held -= row.Size
	}
}

// place puts a row where it belongs: into its order's group, or into one of its
// own.
func (o *Orders) place(row *rows.Row) {
	row = o.fill.row(row)
	if o.m.orderRow != nil {
		o.placeRecord(row)
		return
	}
	if o.group == nil {
		o.alone(row)
		return
	}
	key, err := o.group(row)
	if err != nil || key == "" {
		g := o.alone(row)
		g.nameless = true
		if err != nil {
			g.refuse("%v", err)
		}
		return
	}
	if g := o.open[key]; g != nil && !g.closed {
		if g != o.last {
			o.stop()
			o.last = g
		}
		o.join(g, row)
		return
	}
	o.stop()
	g := newGroup(row)
	g.key, g.keyed = key, true
	if record, ok := o.finished.find(key); ok {
		g.refuse("the order %q was finished with other rows, which began with row %d: %s", shownKey(key), record, o.apart())
	}
	o.open[key] = g
	o.last = g
	o.queue.push(g)
}

// apart says what to do about rows of one order that are too far from each
// other.
func (o *Orders) apart() string {
	if o.adjacent {
		return "an order's rows must stand together (order.adjacent, or mode: follow)"
	}
	return fmt.Sprintf("an order's rows must stand within some %d MB; sort the file by order, or export fewer days at once", mostHeld>>20)
}

// alone makes a group of one row that no other joins.
func (o *Orders) alone(row *rows.Row) *group {
	if o.m.orderRow == nil {
		o.stop()
	}
	g := newGroup(row)
	g.closed = true
	o.queue.push(g)
	return g
}

// join adds a row to a group that is open.
func (o *Orders) join(g *group, row *rows.Row) {
	g.rows = append(g.rows, row)
	o.queue.held += row.Size
}

// stop ends the run of an order's rows, and the order where its rows stand
// together.
func (o *Orders) stop() {
	if o.last != nil {
		o.last.closed = o.adjacent || o.m.orderRow != nil
		o.last = nil
	}
}

// placeRecord puts a row where read.records says.
func (o *Orders) placeRecord(row *rows.Row) {
	o.item.Row = row
	defer func() { o.item.Row = nil }()
	isOrder, err := o.m.orderRow.Holds(&o.item)
	isItem := false
	if err == nil && !isOrder {
		isItem, err = o.m.itemRow.Holds(&o.item)
	}
	switch {
	case err != nil:
		o.stop()
		o.alone(row).refuse("read.records: %v", err)
	case isOrder:
		o.stop()
		g := newGroup(row)
		o.last = g
		o.queue.push(g)
	case !isItem:
		o.alone(row).skipped = skippedRecord
	case o.last == nil:
		o.alone(row).refuse("the row of an item has no row of an order before it, or one that could not be read (read.records)")
	default:
		o.join(o.last, row)
	}
}

// broken takes a record that could not be read. The order that it belongs to,
// as far as that can be told, is refused with it.
func (o *Orders) broken(b *rows.Broken) {
	row := b.Row
	switch {
	case o.m.orderRow != nil || o.fill.columns != nil:
		if g := o.last; g != nil {
			g.refuse("row %d, which may belong to the order, could not be read: %s", row.At.Record, b.Reason)
		}
		o.fill.forget()
	case o.group != nil && len(row.Cells) > 0:
		if key, err := o.group(row); err == nil && key != "" && o.brokenOf(key, b) {
			return
		}
	}
	o.stop()
	o.alone(row).refuse("%s", b.Reason)
}

// brokenOf refuses the order of that key, also where its other rows are still to
// come. False: it was ended already.
func (o *Orders) brokenOf(key string, b *rows.Broken) bool {
	g := o.open[key]
	switch {
	case g == nil:
		o.stop()
		g = newGroup(b.Row)
		g.key, g.keyed = key, true
		g.refuse("%s", b.Reason)
		o.open[key], o.last = g, g
		o.queue.push(g)
	case g.closed:
		return false
	default:
		g.refuse("row %d of the order could not be read: %s", b.Row.At.Record, b.Reason)
		o.join(g, b.Row)
	}
	return true
}
