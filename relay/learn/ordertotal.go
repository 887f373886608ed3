package learn

import "fmt"

// orderTotal is a column of the rows that holds what an order costs as a whole:
// in each row of an order the same, or in the first only. -1: none. besides is
// a column that it is not.
func (w *finder) orderTotal(besides int) int {
	for _, c := range w.t.choices(roleOrderTotal, w.all) {
		if c.column == besides {
			continue
		}
		if w.items != w.t {
			return c.column
		}
		if w.levelOfOrder(c.column) {
			return c.column
		}
	}
	return -1
}

// levelOfOrder says that a column is of orders, and not of lines: among orders
// of more than one row, all have one value, and three or more do; or the value
// stands in the first row only, and not of one order among many. What is each
// line's price is of lines.
func (w *finder) levelOfOrder(i int) bool {
	several, blank, orders := w.repeats(i)
	switch {
	case several == 0 || w.ofLines(i):
		return false
	case blank > 0:
		return several > 1 || 2*several >= orders
	}
	return several >= 3
}

// repeats counts the orders, those of more than one row, and of these the rows
// without a value below the first; several is 0 where one has two values.
func (w *finder) repeats(i int) (several, blank, orders int) {
	if w.id == nil {
		return 0, 0, 0
	}
	groups := w.groups()
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		several++
		first := w.t.lines[group[0]].cell(i)
		for _, n := range group[1:] {
			switch text := w.t.lines[n].cell(i); {
			case text == "" && first != "":
				blank++
			case text != first:
				return 0, 0, len(groups)
			}
		}
	}
	return several, blank, len(groups)
}

// ofLines says that a column is quantity × price in all rows that have it, of
// orders of more than one row.
func (w *finder) ofLines(i int) bool {
	prices, quantities := w.t.choices(rolePrice, w.all), w.t.choices(roleQty, w.all)
	if len(prices) == 0 || prices[0].column == i || len(quantities) == 0 {
		return false
	}
	right := 0
	for _, group := range w.groups() {
		if len(group) < 2 {
			continue
		}
		for _, n := range group {
			l := &w.t.lines[n]
			if l.cell(i) == "" {
				continue
			}
			want, ok := w.number(l.cell(i))
			have, known := w.product(l, prices[0].column, quantities[0].column, -1)
			if !ok || !known || have.Abs().Cmp(want.Abs().Round(2)) != 0 {
				return false
			}
			right++
		}
	}
	return right > 0
}

// groups are the lines of items of each order.
func (w *finder) groups() [][]int {
	places := map[string]int{}
	var groups [][]int
	for n := range w.items.lines {
		l := &w.items.lines[n]
		key := fmt.Sprint(l.owner)
		if w.items == w.t {
			key = fmt.Sprint(l.file) + l.key(w.id)
		}
		at, ok := places[key]
		if !ok {
			at = len(groups)
			places[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], n)
	}
	return groups
}

// shared says that a column of the rows may be of orders, as it does not change
// within any: it would be sold more than once.
func (w *finder) shared(i int) bool {
	if w.items != w.t {
		return false
	}
	several, blank, _ := w.repeats(i)
	return several >= 3 && blank == 0 && !w.ofLines(i)
}

// perOrder is the amount of an item where the order's stands in a column: none.
func perOrder(name string) string { return fmt.Sprintf("= 0 * money(%q)", name) }
