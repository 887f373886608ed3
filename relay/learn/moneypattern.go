package learn

import (
	"fmt"
	"strings"

	"funnelrelay/relay/source"
)

// money finds out how amounts are written.
func (w *finder) money() {
	v := &w.Source.Values
	texts, numbers, minor := w.moneyTexts()
	n := w.set.numberings(texts)
	if n.sign != "" {
		w.signed(n)
	}
	if set := w.o.Set["values.money"]; set != "" {
		v.Money = set
		w.because("values.money", "as you said")
		return
	}
	switch {
	case w.set.format.Decimal != "": // which reads the amounts of each file
	case minor != "":
		v.Money = "cents"
		w.because("values.money", "%s says so", minor)
	case n.example != "":
		v.Money = n.example
		w.because("values.money", "%s", n.why)
	case n.open != "" && len(texts) > 0:
		w.ask("values.money", n.open, n.ways...)
	case len(numbers) > 0:
		w.jsonMoney(numbers)
	}
}

// jsonMoney looks at numbers of JSON, which have a point by themselves.
func (w *finder) jsonMoney(numbers []spot) {
	for _, s := range numbers {
		if strings.Contains(s.text, ".") {
			return
		}
	}
	w.ask("values.money", fmt.Sprintf("all %s are whole numbers (%s: %s)", counted(len(numbers), "amount"), w.set.spotted(numbers[0]), numbers[0].shown()),
		Way{"cents", "amounts are in cents: 250 is 2.50"}, Way{"1234", "amounts are in whole units: 250 is 250.00"})
}

// moneyTexts are the amounts of all columns that are named as such: texts, and
// numbers of JSON; minor names a column that is named as cents.
func (w *finder) moneyTexts() (texts, numbers []spot, minor string) {
	add := func(t *table, all []traits) {
		seen := map[int]bool{}
		for _, r := range []role{rolePrice, roleTotal, roleOrderTotal, roleTax, roleDiscount} {
			for _, c := range t.choices(r, all) {
				name := t.names[c.column]
				if seen[c.column] {
					continue
				}
				seen[c.column] = true
				if hasWord(plainWords(name), "cents cent minor rappen pence") {
					minor = name
				}
				for n := range t.lines {
					l := &t.lines[n]
					if text := l.cell(c.column); text != "" {
						s := spot{text, l.file, l.at}
						if w.set.numbers[name] {
							numbers = append(numbers, s)
						} else {
							texts = append(texts, s)
						}
					}
				}
			}
		}
	}
	add(w.t, w.all)
	if w.items != w.t {
		add(w.items, w.line)
	}
	if texts == nil && numbers == nil { // no name tells: all that look like amounts
		for i := range w.items.names {
			tr := &w.line[i]
			for n := range w.items.lines {
				l := &w.items.lines[n]
				if text := l.cell(i); text != "" && tr.decimals == tr.full && tr.dates == 0 {
					texts = append(texts, spot{text, l.file, l.at})
				}
			}
		}
	}
	return texts, numbers, minor
}

// signed keeps the currency that stands beside amounts.
func (w *finder) signed(n numbering) {
	if code := signedCurrency(n.sign); code != "" && w.o.Set["const.currency"] == "" {
		w.Source.Const = append(w.Source.Const, source.Field{Name: "currency", Value: source.Value{code}})
		w.because("const.currency", "%s stands beside amounts (%s: %s)", n.sign, w.set.spotted(n.signAt), n.signAt.shown())
	}
}

// currency finds the currency of orders.
func (w *finder) currency() {
	if set := w.o.Set["const.currency"]; set != "" {
		w.Source.Const = []source.Field{{Name: "currency", Value: source.Value{set}}}
		w.because("const.currency", "as you said")
		return
	}
	if name, i := w.take(w.t, w.all, roleCurrency); i >= 0 {
		w.Source.Order.Currency = source.Value{column(name)}
		w.because("order.currency", "%s holds codes of currencies (%s: %s)", name, w.set.spotted(w.all[i].first), w.all[i].first.shown())
		w.Source.Const = nil
		delete(w.Because, "const.currency")
		return
	}
	if len(w.Source.Const) > 0 {
		return
	}
	is := "no column holds the currency"
	for i := range w.line {
		if strings.Contains(w.line[i].first.shown(), "$") {
			is = fmt.Sprintf("$ stands beside amounts (%s: %s), which several currencies have", w.set.spotted(w.line[i].first), w.line[i].first.shown())
			break
		}
	}
	w.ask("const.currency", is, Way{"", "its code by ISO 4217, as in EUR or USD"})
}
