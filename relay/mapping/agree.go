package mapping

import (
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/values"
)

// mostApart is how far the times of an order's rows may lie apart, from one row
// to the next, where they are of different days: a tab that is open over
// midnight.
const mostApart = 6 * time.Hour

// cells are where the rows of an order tell a value again.
type cells struct {
	columns []string
	places  []int // in a table
}

func (o *Orders) cellsOf(v *values.Value) *cells {
	c := &cells{columns: v.Columns()}
	if o.table != nil {
		for _, name := range c.columns {
			c.places = append(c.places, o.table.header.Find(name))
		}
	}
	return c
}

// text is what a row has at the column i.
func (c *cells) text(row *rows.Row, i int) string {
	if c.places != nil {
		return strings.TrimSpace(row.Cell(c.places[i]))
	}
	return strings.TrimSpace(row.Value.Get(c.columns[i]).Text())
}

// differing calls f for each row of which one of the cells is neither blank nor
// what was told there before, with the row before it that tells anything; until
// f returns false.
func (o *Orders) differing(g *group, c *cells, f func(row, before *rows.Row) bool) {
	if len(g.rows) == 1 || o.m.orderRow != nil {
		return
	}
	var room [4]string
	last := append(room[:0], make([]string, len(c.columns))...)
	var before *rows.Row
	for _, row := range g.rows {
		told, differs := false, false
		for i := range last {
			text := c.text(row, i)
			if text == "" {
				continue
			}
			told, differs = true, differs || last[i] != "" && last[i] != text
			last[i] = text
		}
		if !told || o.skipsItem(row) {
			continue
		}
		if differs && before != nil && !f(row, before) {
			return
		}
		before = row
	}
}

// told is the scope of a row that tells a value of its order again: what is
// blank in it stands in the first row.
func (o *Orders) told(g *group, row *rows.Row) *values.Scope {
	s := o.scope
	s.Row, s.Group = row, []*rows.Row{row, g.rows[0]}
	return &s
}

// oneCurrency refuses an order whose rows have different currencies.
func (o *Orders) oneCurrency(g *group, currency string) (err error) {
	v := o.m.order.currency
	if v == nil || currency == "" {
		return nil
	}
	if o.ofCurrency == nil {
		o.ofCurrency = o.cellsOf(v)
	}
	o.differing(g, o.ofCurrency, func(row, before *rows.Row) bool {
		other, e := v.Text(o.told(g, row))
		if e == nil && other != "" && !strings.EqualFold(other, currency) {
			err = fmt.Errorf("order.currency (%s): row %d (line %d) has %s, but row %d (line %d) of the same order %s; an order has one currency",
				quotedList(v.Columns()), row.At.Record, row.At.Line, strings.ToUpper(shorten(other)), before.At.Record, before.At.Line, currency)
		}
		return err == nil
	})
	return err
}

// oneDay refuses rows of different days, of which only the number is the same.
func (o *Orders) oneDay(g *group, first when) (err error) {
	v := o.m.order.at
	if v == nil || !first.known {
		return nil
	}
	if o.ofTime == nil {
		o.ofTime = o.cellsOf(v)
	}
	last := first.at
	o.differing(g, o.ofTime, func(row, before *rows.Row) bool {
		t, _, ok, e := v.Time(o.told(g, row))
		if e != nil || !ok {
			return true
		}
		if day, lastDay := t.Format(time.DateOnly), last.Format(time.DateOnly); day != lastDay && t.Sub(last).Abs() > mostApart {
			err = fmt.Errorf("row %d (line %d) is of %s, but row %d (line %d) of the same order of %s: is the number given anew each day? %s",
				row.At.Record, row.At.Line, day, before.At.Record, before.At.Line, lastDay, o.withDay(row, before))
		}
		last = t
		return err == nil
	})
	return err
}

// withDay says what to write so that orders of different days are told apart.
func (o *Orders) withDay(row, before *rows.Row) string {
	k, written := o.m.order.group, o.m.source.Order.ID
	if k == nil {
		return "Make order.id narrower"
	}
	if k.path == "order.group" {
		written = o.m.source.Order.Group
	}
	day := ""
	for i, name := range o.ofTime.columns {
		text := o.ofTime.text(row, i)
		if text == "" || text == o.ofTime.text(before, i) {
			continue
		}
		if day == "" || !strings.Contains(text, ":") { // rather the column of the date than that of the hour
			day = name
		}
	}
	if len(written) != 1 || strings.HasPrefix(strings.TrimSpace(written[0]), "=") || day == "" || strings.Contains(written[0], "{"+day+"}") {
		return "Put the day into " + k.path
	}
	id := written[0]
	if !strings.Contains(id, "{") {
		id = "{" + id + "}"
	}
	key := strings.TrimPrefix(k.path, "order.")
	return fmt.Sprintf(`Write %s: "{%s}/%s" below order`, key, day, id)
}
