package learn

import (
	"strings"

	"funnelrelay/relay/values"
)

// number is what a text says, by the decimal sign that was found.
func (w *finder) number(text string) (values.Decimal, bool) {
	decimal := '.'
	if w.set.format.Decimal == "," {
		decimal = ','
	} else if money := w.Source.Values.Money; strings.LastIndexByte(money, ',') > strings.LastIndexByte(money, '.') {
		decimal = ','
	}
	return numberBy(text, decimal)
}

// numberBy is what a text says by a decimal sign.
func numberBy(text string, decimal rune) (values.Decimal, bool) {
	a, ok := readAmount(text)
	if !ok {
		return values.Decimal{}, false
	}
	var b strings.Builder
	if a.negative {
		b.WriteByte('-')
	}
	for _, r := range text {
		switch {
		case '0' <= r && r <= '9':
			b.WriteRune(r)
		case r == decimal:
			b.WriteByte('.')
		}
	}
	d, err := values.ParseDecimal(strings.TrimRight(b.String(), "."))
	return d, err == nil
}

// product is price × qty − discount of a line; discount -1: none.
func (w *finder) product(l *line, price, qty, discount int) (values.Decimal, bool) {
	p, ok := w.number(l.cell(price))
	q, counted := w.number(l.cell(qty))
	if !ok || !counted {
		return p, false
	}
	d, err := p.Mul(q)
	if err != nil {
		return d, false
	}
	if discount >= 0 {
		if off, ok := w.number(l.cell(discount)); ok {
			if d, err = d.Sub(off); err != nil {
				return d, false
			}
		}
	}
	return d.Round(2), true
}

// plus is a + sign × b of a line, b without its sign; an empty b is 0.
func (w *finder) plus(l *line, a, b, sign int) (values.Decimal, bool) {
	x, ok := w.number(l.cell(a))
	y, has := w.number(l.cell(b))
	if !ok || !has && l.cell(b) != "" {
		return x, false
	}
	if y = y.Abs(); sign*x.Sign() < 0 {
		y = y.Neg()
	}
	sum, err := x.Add(y)
	return sum, err == nil
}

// check counts the lines in which a calculation yields a column.
func (w *finder) check(calc func(*line) (values.Decimal, bool), i int) (right, of int) {
	for n := range w.items.lines {
		l := &w.items.lines[n]
		want, ok := w.number(l.cell(i))
		have, ok2 := calc(l)
		if !ok || !ok2 {
			continue
		}
		of++
		if have.Abs().Cmp(want.Abs().Round(2)) == 0 {
			right++
		}
	}
	return right, of
}

// added counts the orders whose lines add up to a column of the order.
func (w *finder) added(calc func(*line) (values.Decimal, bool), order int) (right, of int) {
	if order < 0 || w.items == w.t && w.id == nil {
		return 0, 0
	}
	for _, group := range w.groups() {
		var want, sum values.Decimal
		known, ok := false, true
		for _, n := range group {
			l := &w.items.lines[n]
			have, has := calc(l)
			var err error
			if sum, err = sum.Add(have); !has || err != nil {
				ok = false
				break
			}
			if w.items != w.t {
				l = &w.t.lines[l.owner]
			}
			if d, has := w.number(l.cell(order)); has && !known {
				want, known = d, true
			}
		}
		if !ok || !known {
			continue
		}
		of++
		if sum.Round(2).Cmp(want.Round(2)) == 0 {
			right++
		}
	}
	return right, of
}

// sums counts the orders whose totals, without and with the tax, add up to a
// column of the order.
func (w *finder) sums(m moneyColumns, order int) (without, with, of int) {
	if m.total < 0 {
		return 0, 0, 0
	}
	bare := func(l *line) (values.Decimal, bool) { return w.number(l.cell(m.total)) }
	taxed := func(l *line) (values.Decimal, bool) {
		d, ok := bare(l)
		if m.tax < 0 || !ok {
			return d, ok
		}
		tax, has := w.number(l.cell(m.tax))
		if !has {
			return d, l.cell(m.tax) == ""
		}
		sum, err := d.Add(tax)
		return sum, err == nil
	}
	without, of = w.added(bare, order)
	with, _ = w.added(taxed, order)
	return without, with, of
}

// priceSums counts the orders whose prices add up to the order's total as they
// stand, and times the quantity.
func (w *finder) priceSums(m moneyColumns) (whole, pieces, of int) {
	whole, of = w.added(func(l *line) (values.Decimal, bool) { return w.number(l.cell(m.price)) }, m.order)
	pieces, _ = w.added(func(l *line) (values.Decimal, bool) { return w.product(l, m.price, m.qty, m.discount) }, m.order)
	return whole, pieces, of
}

// priceLess is sums for items whose amount comes from their price.
func (w *finder) priceLess(m moneyColumns) (right, same, of int) {
	whole, pieces, of := w.priceSums(m)
	if len(w.Source.Items.Qty) > 0 {
		return pieces, pieces, of
	}
	return whole, whole, of
}

// addsUp says that a row's amount is what those of the rows above it, from
// first on, add up to, if they are least ones.
func (w *finder) addsUp(first, n, i, least int) bool {
	decimal := '.'
	for m := first; m <= n; m++ {
		if a, _ := readAmount(w.t.lines[m].cell(i)); a.decimal == ',' {
			decimal = ','
			break
		}
	}
	want, ok := numberBy(w.t.lines[n].cell(i), decimal)
	if !ok || want.Sign() == 0 {
		return false
	}
	var sum values.Decimal
	count := 0
	for m := first; m < n; m++ {
		d, ok := numberBy(w.t.lines[m].cell(i), decimal)
		if !ok {
			continue
		}
		var err error
		if sum, err = sum.Add(d); err != nil {
			return false
		}
		count++
	}
	return count >= least && sum.Cmp(want) == 0
}
