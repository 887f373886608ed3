package event

import (
	"bytes"
	"math"
	"strconv"
)

// The members that each entry of purchase_data must have ("Each object should
// include"), in the contract's order.
const (
	itemSKU = iota
	itemLabel
	itemTotal
	itemOrder
	itemCurrency
	itemFields
)

// itemField is the place of name among the required members.
func itemField(name string) (field int, ok bool) {
	switch name {
	case "__sku__":
		return itemSKU, true
	case "__label__":
		return itemLabel, true
	case "__total_in_cents__":
		return itemTotal, true
	case "__order__":
		return itemOrder, true
	case "__currency__":
		return itemCurrency, true
	}
	return 0, false
}

// itemMember is the name of a required member and what to write into it.
func itemMember(field int) (name, want string) {
	switch field {
	case itemSKU:
		return "__sku__", `the product's id, as in "LAMBO007"`
	case itemLabel:
		return "__label__", `the product's name, as in "LAMBO Urus"`
	case itemTotal:
		return "__total_in_cents__", "the amount in cents as a whole number, as in 4990"
	case itemOrder:
		return "__order__", `the order's number, as in "123456"`
	}
	return "__currency__", `the currency's ISO 4217 code, as in "EUR"`
}

// purchaseData reads the member n, and reports whether an absent one need not
// be named any more. It is legal for one action only ("the URL to use for the
// requests is ONLY the following") and there it is "an array that could include
// various objects".
func (c *contract) purchaseData(d *document, n int, w *rewrite) bool {
	nothing := d.blank(n) || d.nodes[n].kind == kindArray && d.void(n)
	switch {
	case c.event.Action != CommerceAction:
		if nothing { // what tools send along with every event
			w.drop(n)
			return true
		}
		c.fault(d, n, "is only legal for purchases; post them to /api/v1/webhook/%s, or leave it out", CommerceAction)
	case nothing:
		c.fault(d, n, "is empty; it needs one object for each item sold")
	case d.nodes[n].kind == kindString:
		c.purchaseText(d, n, w)
	case c.isList(d, n, n):
		if raw := c.items(d, n); raw != nil {
			w.replace(n, raw)
		}
	}
	return true
}

// isList says whether purchase_data is an array, and otherwise notes the fault
// at node at of d, which may stand for it.
func (c *contract) isList(d *document, n, at int) bool {
	switch d.nodes[n].kind {
	case kindArray:
		return true
	case kindObject:
		c.fault(d, at, "is an object; wrap it in [ ], also where there is only one item")
	default:
		c.fault(d, at, "must be an array with one object for each item sold")
	}
	return false
}

// purchaseText reads an array that came as text, as automation tools send it.
// The pointers of its faults go on into the text.
func (c *contract) purchaseText(outer *document, n int, w *rewrite) {
	text := trim([]byte(outer.text(n)))
	s := scanner{src: text}
	d := document{src: text, base: outer.pointer(n)}
	d.nodes = s.document(nil)
	if s.failed {
		c.fault(outer, n, "is text that is no JSON array: %s: %s", place(text, s.at), s.wrong)
		return
	}
	c.repeated(&d, s.twice)
	switch {
	case !c.isList(&d, 0, 0):
	case d.void(0):
		c.fault(outer, n, "is empty; it needs one object for each item sold")
	default:
		raw := c.items(&d, 0)
		if raw == nil {
			raw = text
		}
		w.replace(n, raw)
	}
}

// items reads the entries of the array list and returns it as it is to be, nil
// where nothing changes.
func (c *contract) items(d *document, list int) []byte {
	var out []byte
	changed, first := false, list+1
	for n := first; n < int(d.nodes[list].next); n = int(d.nodes[n].next) {
		var w rewrite
		switch d.nodes[n].kind {
		case kindObject:
			c.item(d, n, &w, n == first)
		case kindArray:
			c.fault(d, n, "is an array inside purchase_data; put its objects directly into purchase_data")
		default:
			c.fault(d, n, "must be an object with the item's members")
		}
		if !changed && w.changed() {
			changed = true
			out = append(make([]byte, 0, int(d.nodes[list].end-d.nodes[list].at)+64), '[')
			for earlier := first; earlier < n; earlier = int(d.nodes[earlier].next) {
				out = append(append(out, d.raw(earlier)...), ',')
			}
		}
		switch {
		case w.changed():
			out = append(w.write(out, d, n), ',')
		case changed:
			out = append(append(out, d.raw(n)...), ',')
		}
	}
	if !changed {
		return nil
	}
	out[len(out)-1] = ']'
	return out
}

// item reads one entry.
func (c *contract) item(d *document, n int, w *rewrite, first bool) {
	var names map[string]bool
	var found [itemFields]int
	for m := n + 1; m < int(d.nodes[n].next); m = int(d.nodes[m].next) {
		field, ok := c.itemKey(d, m)
		switch {
		case ok && found[field] == 0:
			found[field] = m
			c.itemValue(d, m, field, w)
		case ok: // stands twice, and is a fault already
		case d.nested(m):
			c.flattenMember(d, n, m, w, &names)
		case c.rules != nil && len(c.rules.Defaults) > 0 && d.blank(m):
			if value := c.itemDefault(d.key(m)); value != "" {
				w.replace(m, appendQuoted(nil, value))
			}
		}
	}
	for field, m := range found {
		if m == 0 {
			c.itemMissing(d, n, field, w)
		}
	}
	if c.rules != nil && len(c.rules.Defaults) > 0 {
		c.itemExtras(d, n, w, names)
	}
	c.itemTerms(d, &found)
	if first {
		c.firstOrder(d, found[itemOrder])
	}
	if len(c.faults.list) == 0 {
		c.total(d, n, found)
	}
}

func (c *contract) itemKey(d *document, m int) (field int, ok bool) {
	if d.nodes[m].keyEscaped {
		return itemField(d.key(m))
	}
	return itemField(string(d.rawKey(m)))
}

func (c *contract) itemDefault(name string) string {
	if c.rules == nil || !forItems(name) {
		return ""
	}
	return c.rules.Defaults[name]
}

// itemValue checks the required member m. A blank one counts as missing.
func (c *contract) itemValue(d *document, m, field int, w *rewrite) {
	name, want := itemMember(field)
	kind := d.nodes[m].kind
	if d.blank(m) {
		value := c.itemDefault(name)
		if value == "" {
			c.fault(d, m, "is empty; write %s", want)
			return
		}
		text, wrong := legalItem(field, value)
		if wrong != "" {
			c.fault(d, m, "gets the default %q, which %s", value, wrong)
		}
		w.replace(m, appendQuoted(nil, text))
		return
	}
	if kind != kindString && (kind != kindNumber || field == itemCurrency) {
		c.fault(d, m, "is no text; write %s", want)
		return
	}
	switch field {
	case itemTotal:
		if _, ok := cents(d.bytes(m)); !ok {
			c.fault(d, m, "is %s; write %s", shown(d.raw(m)), want)
		}
	case itemCurrency:
		text := d.bytes(m)
		code, ok := currencyCode(text)
		switch {
		case !ok:
			c.fault(d, m, "is %s, which is no currency of ISO 4217; write its three letters, as in \"EUR\"", shown(d.raw(m)))
		case string(text) != code:
			w.replace(m, appendQuoted(nil, code))
		}
	}
}

// legalItem is a default as it is written, or why it cannot be.
func legalItem(field int, value string) (text, wrong string) {
	switch field {
	case itemTotal:
		if _, ok := cents([]byte(value)); !ok {
			return value, "is no whole number of cents"
		}
	case itemCurrency:
		code, ok := currencyCode([]byte(value))
		if !ok {
			return value, "is no currency of ISO 4217"
		}
		return code, ""
	}
	return value, ""
}

// itemMissing fills a required member that the entry at n does not have, or
// names it as a fault.
func (c *contract) itemMissing(d *document, n, field int, w *rewrite) {
	name, want := itemMember(field)
	value := c.itemDefault(name)
	if value == "" {
		c.faults.add(d.base+d.pointer(n)+"/"+name, "is missing; write %s", want)
		return
	}
	text, wrong := legalItem(field, value)
	if wrong != "" {
		c.faults.add(d.base+d.pointer(n)+"/"+name, "gets the default %q, which %s", value, wrong)
	}
	w.add(name, text)
}

// itemExtras adds the defaults for entries beyond the required members.
func (c *contract) itemExtras(d *document, n int, w *rewrite, names map[string]bool) {
	for _, name := range c.rules.itemDefaults() {
		if names[name] {
			continue
		}
		there := false
		for m := n + 1; m < int(d.nodes[n].next) && !there; m = int(d.nodes[m].next) {
			there = d.keyIs(m, name)
		}
		if !there {
			w.add(name, c.rules.Defaults[name])
		}
	}
}

// firstOrder keeps the order of the first entry, where m holds it.
func (c *contract) firstOrder(d *document, m int) {
	c.event.Order = c.itemDefault("__order__")
	if m > 0 && !d.blank(m) {
		c.event.Order = d.text(m)
	}
}

// total adds the legal entry n to what the purchase adds up to.
func (c *contract) total(d *document, n int, found [itemFields]int) {
	amount, code := []byte(c.itemDefault("__total_in_cents__")), []byte(c.itemDefault("__currency__"))
	if m := found[itemTotal]; m > 0 && !d.blank(m) {
		amount = d.bytes(m)
	}
	if m := found[itemCurrency]; m > 0 && !d.blank(m) {
		code = d.bytes(m)
	}
	sum, ok := cents(amount)
	currency, legal := currencyCode(code)
	if !ok || !legal {
		return
	}
	e := c.event
	if e.Totals == nil {
		e.Totals = e.total[:0]
	}
	for i := range e.Totals {
		t := &e.Totals[i]
		if t.Currency != currency {
			continue
		}
		if sum > 0 && t.Cents > math.MaxInt64-sum || sum < 0 && t.Cents < math.MinInt64-sum {
			c.fault(d, n, "makes the purchase's total larger than 64 bits can hold")
			return
		}
		t.Cents += sum
		return
	}
	e.Totals = append(e.Totals, Total{Currency: currency, Cents: sum})
}

// cents reads "Total amount in cents": digits, with a minus for money that went
// back. A point or an exponent is refused also where the value is whole: 49.0
// is as likely to be 49 euros as 49 cents.
func cents(text []byte) (int64, bool) {
	digits := bytes.TrimPrefix(text, []byte{'-'})
	if len(digits) == 0 || len(digits) > 40 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}
