package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/values"
)

// readLines reads the items of an order, and the balance.
func (o *Orders) readLines(p *purchase, g *group) {
	i, s := o.m.items, &o.item
	defer func() { s.Row, s.Element, s.Cells, s.Currency = nil, nil, nil, "" }()
	s.Currency = p.currency
	for _, row := range o.itemRows(g) {
		s.Row, s.Element, s.Cells = row, nil, nil
		before := len(p.wrong)
		switch {
		case i.each != "":
			o.nested(p, row)
		case i.columns != "":
			o.wide(p, row)
		case i.from != nil:
			o.packed(p, row)
		default:
			o.line(p, row, s)
		}
		if len(g.rows) > 1 {
			for n := before; n < len(p.wrong); n++ {
				p.wrong[n] = fmt.Sprintf("row %d: %s", row.At.Record, p.wrong[n])
			}
		}
	}
	if i.balance != nil && len(p.wrong) == 0 && (len(p.lines) > 0 || p.skipped == 0) {
		p.wrong.add(o.balance(p))
	}
}

// none says why an order has no items.
func (i *items) none() error {
	switch {
	case i.each != "":
		return fmt.Errorf("the order has no items: %q is empty or absent (items.each)", i.each)
	case i.columns != "":
		return fmt.Errorf("the order has no items: the columns %s are empty (items.columns)", i.columns)
	case i.from != nil:
		return fmt.Errorf("the order has no items: %s is empty (items.from)", quotedList(i.from.Columns()))
	}
	return errors.New("the order has no rows of items")
}

// nested reads the items of a JSON array.
func (o *Orders) nested(p *purchase, row *rows.Row) {
	list := row.Value.Get(o.m.items.each)
	switch list.Kind() {
	case rows.Null:
		return
	case rows.Array:
	default:
		p.wrong.add(fmt.Errorf("items.each: %q is %s, and no array", o.m.items.each, list.Kind()))
		return
	}
	for n, element := range list.Elements() {
		if element.Kind() != rows.Object {
			p.wrong.add(fmt.Errorf("items.each: %s.%d is %s, and no object", o.m.items.each, n, element.Kind()))
			continue
		}
		o.item.Element = element
		before := len(p.wrong)
		o.line(p, row, &o.item)
		for w := before; w < len(p.wrong); w++ {
			p.wrong[w] = fmt.Sprintf("%s.%d: %s", o.m.items.each, n, p.wrong[w])
		}
	}
}

// wide reads items that have a column each, with pairs in it.
func (o *Orders) wide(p *purchase, row *rows.Row) {
	i := o.m.items
	one := func(name, cell string) {
		if cell = strings.TrimSpace(cell); cell == "" {
			return
		}
		cells, err := pairs(cell, i.itemPart, i.namePart)
		if err != nil {
			p.wrong.add(fmt.Errorf("column %q: %w (items.pairs)", name, err))
			return
		}
		o.item.Cells = cells
		o.line(p, row, &o.item)
	}
	if o.table != nil {
		for _, column := range o.table.wide {
			one(o.table.name(column), row.Cell(column))
		}
		return
	}
	for _, m := range row.Value.Members() {
		if matches(i.columns, m.Name) {
			one(m.Name, m.Value.Text())
		}
	}
}

// pairs takes name:Tea|quantity:1 apart. What has no name belongs to the value
// before it, which held the character itself.
func pairs(cell, between, naming string) (map[string]string, error) {
	cells := map[string]string{}
	last := ""
	for part := range strings.SplitSeq(cell, between) {
		name, value, ok := strings.Cut(part, naming)
		name = strings.TrimSpace(name)
		if ok && name != "" {
			cells[name], last = strings.TrimSpace(value), name
			continue
		}
		if last == "" {
			return nil, fmt.Errorf("%q does not begin with a name and %q", shorten(cell), naming)
		}
		cells[last] += between + part
	}
	return cells, nil
}

// packed reads items that stand in one cell.
func (o *Orders) packed(p *purchase, row *rows.Row) {
	i := o.m.items
	text, err := i.from.Text(&o.item)
	if err != nil {
		p.wrong.add(at("items.from", err))
		return
	}
	end := 0
	for _, found := range i.match.FindAllStringSubmatchIndex(text, -1) {
		p.wrong.add(i.between(text[end:found[0]], text))
		end = found[1]
		cells := map[string]string{}
		for n, name := range i.match.SubexpNames() {
			if name == "" {
				continue
			}
			if found[2*n] >= 0 && cells[name] == "" {
				cells[name] = text[found[2*n]:found[2*n+1]]
			} else if _, ok := cells[name]; !ok {
				cells[name] = ""
			}
		}
		o.item.Cells = cells
		o.line(p, row, &o.item)
		o.item.Cells = nil
	}
	p.wrong.add(i.between(text[end:], text))
}

// between refuses what may be an item and was not matched.
func (i *items) between(rest, text string) error {
	if !strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return nil
	}
	return fmt.Errorf("column %s: %q in %q is no item by items.match", quotedList(i.from.Columns()), shorten(strings.Trim(rest, " ,;|\t\r\n")), shorten(text))
}

// shorten is text for a message.
func shorten(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// line reads one item. What identifies it and what it costs is looked up in the
// item alone where it is an object or pairs: an order may have names that are
// the same.
func (o *Orders) line(p *purchase, row *rows.Row, s *values.Scope) {
	i := o.m.items
	if s.Element != nil || i.columns != "" {
		s.Row = nil
		defer func() { s.Row = row }()
	}
	if i.skip != nil {
		holds, err := i.skip.Holds(s)
		if err != nil {
			p.wrong.add(at("items.skip", err))
			return
		}
		if holds {
			p.skipped++
			return
		}
	}
	l := line{row: row, fields: p.room()}
	sku, err := i.sku.Text(s)
	p.wrong.add(at("items.sku", err))
	label, err := i.label.Text(s)
	p.wrong.add(at("items.label", err))
	if values.SpoiltNumber(sku) {
		p.wrong.add(spoilt("items.sku", sku))
	}
	l.sku, l.label = sku, label
	switch {
	case sku == "" && label == "":
		p.wrong.add(fmt.Errorf("the item has neither number nor name: %s is empty (items.sku, items.label)",
			quotedList(append(i.sku.Columns()[:len(i.sku.Columns()):len(i.sku.Columns())], i.label.Columns()...))))
	case sku == "":
		l.sku = label
	case label == "":
		l.label = sku
	}
	if p.currency == "" {
		return // refused already
	}
	if l.cents, err = i.amount(s, p.currency); err != nil {
		p.wrong.add(err)
		return
	}
	s.Row = row
	l.fields = o.readFields(l.fields, i.extra, s, &p.wrong)
	p.lines = append(p.lines, l)
}

// amount is what the item costs: its total, or price × quantity − discount,
// rounded once.
func (i *items) amount(s *values.Scope, currency string) (int64, error) {
	if i.total != nil {
		cents, ok, err := i.total.Money(s, currency)
		if ok || err != nil {
			return cents, at("items.total", err)
		}
	}
	if i.price == nil {
		if i.total == nil {
			return 0, nil // the balance holds it all
		}
		return 0, fmt.Errorf("the item has no amount: %s is empty (items.total)", quotedList(i.total.Columns()))
	}
	sum, ok, err := i.price.Amount(s, currency)
	if err != nil {
		return 0, at("items.price", err)
	}
	if !ok {
		return 0, fmt.Errorf("the item has no amount: %s is empty (items.price)", quotedList(i.price.Columns()))
	}
	if i.qty != nil {
		qty, ok, err := i.qty.Number(s)
		if err != nil {
			return 0, at("items.qty", err)
		}
		if !ok {
			return 0, fmt.Errorf("the item has no quantity: %s is empty (items.qty)", quotedList(i.qty.Columns()))
		}
		if sum, err = sum.Mul(qty); err != nil {
			return 0, at("items.price × items.qty", err)
		}
	}
	discount, ok, err := i.discount.Amount(s, currency)
	if err != nil {
		return 0, at("items.discount", err)
	}
	if ok {
		if sum, err = sum.Sub(discount); err != nil {
			return 0, at("items.discount", err)
		}
	}
	cents, err := sum.Cents(currency)
	return cents, at("items.price", err)
}

// balance adds what is missing from the items to the order's total.
func (o *Orders) balance(p *purchase) error {
	b := o.m.items.balance
	due, ok, err := b.total.Money(&o.scope, p.currency)
	if err != nil {
		return at("items.balance.total", err)
	}
	if !ok {
		return fmt.Errorf("the order has no total: %s is empty (items.balance.total)", quotedList(b.total.Columns()))
	}
	sum, err := total(p.lines)
	if err != nil {
		return err
	}
	if due == sum {
		return nil
	}
	if sum < 0 && due > 0 && due-sum < 0 || sum > 0 && due < 0 && due-sum > 0 {
		return errors.New("items.balance: the amount is too large: " + strconv.FormatInt(due, 10))
	}
	label, err := b.label.Text(&o.scope)
	if err != nil {
		return at("items.balance.label", err)
	}
	label = cmp.Or(label, balanceLabel)
	p.lines = append(p.lines, line{sku: label, label: label, cents: due - sum})
	return nil
}
