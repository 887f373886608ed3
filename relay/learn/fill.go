package learn

import (
	"fmt"
	"slices"

	"funnelrelay/relay/source"
)

// gaps are the rows of a sample in which a key is empty.
type gaps struct {
	rows     int
	first    spot
	midst    int  // orders with such rows, and with another order below them
	followed int  // orders with another one below them
	dated    bool // a row has a time that another order may have
}

// gaps looks at them.
func (w *finder) gaps(id int) gaps {
	var g gaps
	time, open := "", false // of the order that is looked at
	for n := range w.t.lines {
		l := &w.t.lines[n]
		begins, own := n == 0 || l.file != w.t.lines[n-1].file, ""
		if begins {
			time, open = "", false
		}
		if len(l.only(w.at)) > 0 {
			own = l.key(w.at)
		}
		switch {
		case l.cell(id) == "":
			if g.rows++; g.rows == 1 {
				g.first = spot{file: l.file, line: l.at}
			}
			g.dated = g.dated || own != "" && (own != time || len(w.at) == 1 && !w.clocked(w.at[0]))
			open = !begins
			continue
		case !begins:
			g.followed++
			if open {
				g.midst++
			}
		}
		time, open = own, false
	}
	return g
}

// only are the columns in which a row has a value.
func (l *line) only(columns []int) []int {
	return slices.DeleteFunc(slices.Clone(columns), func(i int) bool { return l.cell(i) == "" })
}

// fillID takes a column as the key that stands in the first row of each order
// only, if that is so for more than the rows at the end of a file, which may be
// what stands below a table, and for more than an order among many.
func (w *finder) fillID(id int, named []choice) bool {
	name, g := w.t.names[id], w.gaps(id)
	set, proven := w.o.Set["read.fill"], !g.dated && (g.midst > 1 || g.midst > 0 && 2*g.midst >= g.followed)
	if !proven && set == "" && slices.ContainsFunc(named, func(c choice) bool { return w.all[c.column].full == len(w.t.lines) }) {
		return false // that one may be the key
	}
	w.Source.Order.ID = source.Value{column(name)}
	w.id, w.used[name] = []int{id}, true
	switch {
	case set == "none":
		w.because("order.id", "%s is named as a key; %s without it, and belong to no order, as you said", name, isOrAre(g.rows, "row"))
		w.leave(id, g)
		return true
	case set == name:
		w.because("read.fill", "as you said")
	case set != "":
		w.wrong("read.fill", fmt.Sprintf("is not the column that is named as a key and empty in some rows; that is %s: write that, or none", name))
		return true
	case proven:
		w.because("read.fill", "%s is empty below the first row of each order", name)
	default:
		w.askFill(name, g)
		return true
	}
	w.because("order.id", "%s is named as a key, and stands in the first row of each of %s only", name, counted(w.all[id].full, "order"))
	w.Source.Read.Fill = []string{name}
	w.fillDown(id)
	return true
}

// leave takes the rows without a key out of the sample: they are refused or, if
// all of them stand below the table, not read.
func (w *finder) leave(id int, g gaps) {
	if end := w.endOf(id, g); end != nil {
		w.Source.Read.End = append(w.Source.Read.End, end)
		w.because("read.end", "as you said, no order begins or goes on below")
	}
	w.t.lines = slices.DeleteFunc(w.t.lines, func(l line) bool { return l.cell(id) == "" })
	w.all = w.t.traits()
	if w.items == w.t {
		w.line = w.all
	}
}

// endOf tells the rows without a key, if they stand below the table only.
func (w *finder) endOf(id int, g gaps) source.Condition {
	if g.midst > 0 || g.dated {
		return nil
	}
	end := source.Condition{{Column: w.t.names[id], Is: []string{"absent"}}}
	for _, i := range w.at {
		end = append(end, source.Test{Column: w.t.names[i], Is: []string{"absent"}})
	}
	return end
}

// askFill asks what rows without a key are.
func (w *finder) askFill(name string, g gaps) {
	where := fmt.Sprintf("%s without it (the first in %s)", isOrAre(g.rows, "row"), w.set.spotted(g.first))
	is, none := "", "they belong to no order, and are refused"
	switch {
	case g.dated:
		is = fmt.Sprintf("%s is named as a key, but %s, and have a date, as items of the order above may have and orders without a number", name, where)
	case g.midst > 0:
		is = fmt.Sprintf("%s is named as a key, but %s, below %d of %s only", name, where, g.midst, counted(g.followed+1, "order"))
	default:
		is = fmt.Sprintf("%s is named as a key, but %s, at the end of the file only, as further items of the last order may stand there and sums", name, where)
		none = "they belong to no order: end: " + condition(w.endOf(w.id[0], g)) + " ends the table above them, without it they are refused"
	}
	w.ask("read.fill", is, Way{name, "they are items of the order above"}, Way{"none", none})
	w.because("order.id", "%s is named as a key", name)
}

func isOrAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return counted(n, noun) + " are"
}
