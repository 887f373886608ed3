package learn

import (
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// amounts finds how amounts are written, and what an item costs.
func (w *finder) amounts() {
	w.money()
	if w.said() {
		return
	}
	m := w.columnsOfMoney()
	switch {
	case m.total >= 0 && m.price < 0 && w.shared(m.total):
		name := w.items.names[m.total]
		w.ask("items.total", fmt.Sprintf("%s is the same in all rows of each order, so that it may be what the order costs, and would be sent for each row", name),
			Way{column(name), "it is what the line costs"}, Way{perOrder(name), "it is what the order costs, and is sent once, as one more item: by balance: { total: " + scalar(column(name)) + ", label: Sale } beside this"})
	case m.total >= 0:
		w.fromTotal(m)
	case m.price >= 0:
		w.fromPrice(m)
	default:
		w.ask("items.total", "no column is named as the amount of a line", w.amountWays()...)
	}
	w.balance(m)
}

// moneyColumns are places in the table of items; -1: none. order is one in the
// table of rows.
type moneyColumns struct {
	qty, price, total, tax, discount, order int

	basis basis // of total
}

// basis is what is known of a total and the tax.
type basis uint8

const (
	byName   basis = iota // its name tells, or nothing
	withTax               // the sums prove that the tax is in it
	unproven              // its name would tell, but the sums beside it do not agree
)

// grossOrNet picks the total among columns named as gross and as net, and says
// what the sums prove. In the reports of many tills gross is before discounts,
// and not with the tax.
func (w *finder) grossOrNet(m moneyColumns, gross int) (total int, b basis) {
	net := -1
	for _, c := range w.items.choices(roleTotal, w.line) {
		if isNet(w.items.names[c.column]) {
			net = c.column
			break
		}
	}
	switch {
	case gross < 0:
		return m.total, byName
	case net < 0 && m.discount >= 0 && w.nonzero(m.discount):
		return gross, unproven
	case net < 0:
		return gross, byName
	}
	if m.tax >= 0 && w.nonzero(m.tax) {
		if right, of := w.check(func(l *line) (values.Decimal, bool) { return w.plus(l, net, m.tax, 1) }, gross); of > 0 && right == of {
			return gross, withTax
		}
	}
	if m.discount >= 0 {
		if right, of := w.check(func(l *line) (values.Decimal, bool) { return w.plus(l, gross, m.discount, -1) }, net); of > 0 && right == of {
			return net, unproven
		}
	}
	return gross, byName
}

func (w *finder) columnsOfMoney() moneyColumns {
	m := moneyColumns{qty: -1, price: -1, total: -1, tax: -1, discount: -1, order: -1}
	m.qty = w.best(w.items, w.line, roleQty)
	m.tax, m.discount = w.best(w.items, w.line, roleTax), w.best(w.items, w.line, roleDiscount)
	m.order = w.orderTotal(-1)
	gross := -1
	for _, c := range w.items.choices(roleTotal, w.line) {
		if w.items == w.t && c.column == m.order || c.column == m.qty {
			continue
		}
		if isGross(w.items.names[c.column]) && gross < 0 {
			gross = c.column
		}
		if m.total < 0 {
			m.total = c.column
		}
	}
	prices := w.items.choices(rolePrice, w.line)
	if m.total >= 0 && w.items.deep && strings.Contains(w.items.names[m.total], ".") && len(prices) > 0 && !strings.Contains(w.items.names[prices[0].column], ".") {
		m.total = -1 // an amount in an object of its own says less than a price beside the name
	}
	m.total, m.basis = w.grossOrNet(m, gross)
	for _, c := range prices {
		if c.column != m.total && (w.items != w.t || c.column != m.order) && (m.price < 0 || isNet(w.items.names[m.price]) && isGross(w.items.names[c.column])) {
			m.price = c.column
		}
	}
	if m.total < 0 && m.order >= 0 && m.price < 0 && w.items == w.t {
		m.total, m.order = m.order, -1
	}
	return m
}

func isGross(name string) bool {
	return hasWord(plainWords(name), "gross brutto ttc bruttobetrag bruttoumsatz lordo bruto incl inclusive")
}

func isNet(name string) bool {
	return hasWord(plainWords(name), "net netto ht nettobetrag neto imponibile excl")
}

// said takes what the person said of an item's amount.
func (w *finder) said() bool {
	set := w.o.Set["items.total"]
	if set == "" {
		return false
	}
	w.Source.Items.Total = source.Value{set}
	w.because("items.total", "as you said")
	for i, name := range w.t.names {
		if set == perOrder(name) && w.shared(i) {
			w.Source.Items.Balance = &source.Balance{Total: source.Value{column(name)}, Label: "Sale"}
			w.because("items.balance", "as you said, %s is what the order costs", name)
		}
	}
	return true
}

// fromTotal takes a column of line totals, with the tax where that is added.
func (w *finder) fromTotal(m moneyColumns) {
	items, name := w.Source.Items, w.items.names[m.total]
	if m.qty >= 0 && m.price >= 0 {
		if right, of := w.check(func(l *line) (values.Decimal, bool) { return w.product(l, m.price, m.qty, -1) }, m.total); of > 0 && right > 0 {
			w.because("items.total", "%s × %s is %s in %d of %s", w.items.names[m.qty], w.items.names[m.price], name, right, counted(of, "row"))
		}
	}
	w.useMoney(m.total)
	if m.qty >= 0 {
		w.extraQty(m.qty)
	}
	taxed := m.tax >= 0 && w.nonzero(m.tax)
	sum := ""
	if taxed {
		sum = fmt.Sprintf("= money(%q) + money(%q)", name, w.items.names[m.tax])
		w.useMoney(m.tax)
	}
	switch {
	case m.basis == unproven && m.discount >= 0 && isGross(name):
		less := fmt.Sprintf("= money(%q) - money(%q)", name, w.items.names[m.discount])
		w.ask("items.total", fmt.Sprintf("whether %s is before or after %s cannot be told", name, w.items.names[m.discount]),
			Way{column(name), "the discount is taken off already"}, Way{less, "the discount is still to be taken off"})
	case m.basis == withTax:
		items.Total = source.Value{column(name)}
		w.because("items.total", "%s is the net amount and %s in all rows", name, w.items.names[m.tax])
	case !taxed || isGross(name):
		items.Total = source.Value{column(name)}
		why := "is named so"
		if isGross(name) {
			why = "is named as with the tax in it"
		}
		w.because("items.total", "%s %s (%s: %s)", name, why, w.set.spotted(w.line[m.total].first), w.line[m.total].first.shown())
	case isNet(name) && m.basis == byName:
		items.Total = source.Value{sum}
		w.because("items.total", "%s is named as without the tax, which stands in %s", name, w.items.names[m.tax])
	default:
		without, with, of := w.sums(m, m.order)
		switch {
		case of > 0 && without == of:
			items.Total = source.Value{column(name)}
			w.because("items.total", "%s adds up to %s in all %s, without %s", name, w.t.names[m.order], counted(of, "order"), w.items.names[m.tax])
		case of > 0 && with == of:
			items.Total = source.Value{sum}
			w.because("items.total", "with %s it adds up to %s in all %s", w.items.names[m.tax], w.t.names[m.order], counted(of, "order"))
		default:
			w.ask("items.total", fmt.Sprintf("whether %s has %s in it cannot be told", name, w.items.names[m.tax]),
				Way{column(name), "the tax is in it"}, Way{sum, "the tax is added to it"})
		}
	}
}

// fromPrice makes an item's amount of its price.
func (w *finder) fromPrice(m moneyColumns) {
	items, name := w.Source.Items, w.items.names[m.price]
	w.useMoney(m.price)
	if m.qty < 0 || !w.beyondOne(m.qty) {
		items.Total = source.Value{column(name)}
		w.because("items.total", "%s is the only amount of a row, and no quantity is over 1 (%s: %s)", name, w.set.spotted(w.line[m.price].first), w.line[m.price].first.shown())
		if m.qty >= 0 {
			w.because("items.total", "so whether it is of one piece or of the line cannot be told: look at this when there is one")
		}
		return
	}
	qty := w.items.names[m.qty]
	each := hasWord(plainWords(name), "unit each einzelpreis stueckpreis stuckpreis ep unitaire unitario stukprijs eenheidsprijs jednostkowa jedn pu") || strings.HasPrefix(plainWords(name), "lineitem price") || plainWords(name) == "e preis"
	whole, pieces, of := w.priceSums(m)
	switch {
	case each, of > 0 && pieces == of && whole < of:
		w.used[w.key(w.items, m.qty)] = true
		items.Price, items.Qty = source.Value{column(name)}, source.Value{column(qty)}
		w.because("items.qty", "%s is named so", qty)
		if each {
			w.because("items.price", "%s is named as the price of one", name)
		} else {
			w.because("items.price", "times %s it adds up to %s in all %s", qty, w.t.names[m.order], counted(of, "order"))
		}
		if m.discount >= 0 {
			w.useMoney(m.discount)
			items.Discount = source.Value{column(w.items.names[m.discount])}
			w.because("items.discount", "%s is named so", w.items.names[m.discount])
		}
	case of > 0 && whole == of:
		w.extraQty(m.qty)
		items.Total = source.Value{column(name)}
		w.because("items.total", "%s adds up to %s in all %s", name, w.t.names[m.order], counted(of, "order"))
	default:
		w.ask("items.total", fmt.Sprintf("whether %s is of one piece or of the line cannot be told, and %s is over 1", name, qty),
			Way{column(name), "it is what the line costs"}, Way{fmt.Sprintf("= money(%q) * num(%q)", name, qty), "it is what one piece costs"})
	}
}

// amountWays are the columns of the items that hold amounts.
func (w *finder) amountWays() []Way {
	var ways []Way
	for i, name := range w.items.names {
		if tr := &w.line[i]; tr.full > 0 && tr.amounts == tr.full && tr.decimals > 0 && fits(roleQty, name) == 0 && len(ways) < 4 {
			ways = append(ways, Way{column(name), fmt.Sprintf("it holds amounts (%s: %s)", w.set.spotted(tr.first), tr.first.shown())})
		}
	}
	if ways == nil {
		ways = append(ways, Way{"", "the column of what a line costs"})
	}
	return ways
}

func (w *finder) useMoney(i int) { w.used[w.key(w.items, i)] = true }

// extraQty sends the quantity along.
func (w *finder) extraQty(i int) {
	w.used[w.key(w.items, i)] = true
	name := w.items.names[i]
	w.Source.Items.Extra = append(w.Source.Items.Extra, source.Field{Name: "quantity", Value: source.Value{column(name)}})
	w.because("items.extra.quantity", "%s is named so; the amount is the line's, so that it is sent along only", name)
}

// balance adds what is missing from the lines to the order's total.
func (w *finder) balance(m moneyColumns) {
	items := w.Source.Items
	if m.order < 0 || w.asked("items.total") {
		return
	}
	name := w.t.names[m.order]
	right, with, of := w.sums(m, m.order)
	if m.total < 0 {
		right, with, of = w.priceLess(m)
	}
	if strings.HasPrefix(strings.Join(items.Total, ""), "=") {
		right = with
	}
	w.used[name] = true
	if of == 0 || right == of {
		return
	}
	items.Balance = &source.Balance{Total: source.Value{column(name)}, Label: "Shipping and discounts"}
	w.because("items.balance", "the lines add up to %s in %d of %s: the rest is sent as one more item", name, right, counted(of, "order"))
}

// nonzero says whether a column of items has an amount other than 0.
func (w *finder) nonzero(i int) bool {
	return slices.ContainsFunc(w.line[i].values, func(text string) bool { return strings.ContainsAny(text, "123456789") })
}

// beyondOne says whether a column of items has a number other than 1.
func (w *finder) beyondOne(i int) bool {
	one, _ := values.NewDecimal(1, 0)
	return slices.ContainsFunc(w.line[i].values, func(text string) bool {
		d, ok := w.number(text)
		return ok && d.Abs().Cmp(one) != 0
	})
}
