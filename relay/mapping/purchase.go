package mapping

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// purchase is an order as it was read.
type purchase struct {
	id       identity
	number   string
	currency string
	person
	when
	lines   []line
	skipped int    // lines that items.skip left out
	fields  []byte // further members: extra and const, each with its comma before it
	notes   []string
	wrong   wrongs
}

// line is an item of a purchase.
type line struct {
	sku, label string
	cents      int64
	fields     []byte
	row        *rows.Row
}

// person is whom an event is about, as JSON; nil: nobody.
type person struct{ email, session []byte }

// when is an event's time.
type when struct {
	at    time.Time
	known bool
}

// wrongs are the reasons why an order is refused.
type wrongs []string

// mostWrongs is how many reasons are named.
const mostWrongs = 5

func (w *wrongs) add(err error) {
	if err == nil {
		return
	}
	text := err.Error()
	for _, have := range *w {
		if have == text {
			return
		}
	}
	*w = append(*w, text)
}

func (w wrongs) reason() string {
	if len(w) > mostWrongs {
		return strings.Join(w[:mostWrongs], "; ") + fmt.Sprintf("; and %d more", len(w)-mostWrongs)
	}
	return strings.Join(w, "; ")
}

// orderResults makes the events of an order: its sale, or what else it is, and
// its refunds.
func (o *Orders) orderResults(g *group) {
	s := &o.scope
	s.Row, s.Group, s.Currency = g.filled[0], g.filled, ""
	if o.m.orderRow != nil {
		s.Group = g.filled[:1:1]
	}
	kind, err := o.kind(s)
	if err != nil {
		o.add(&Result{Reason: err.Error()})
		return
	}
	if kind == "" {
		o.add(&Result{Skipped: skippedOrder, Order: o.nameOf(s)})
		return
	}
	rule := o.policyOf(kind)
	if rule.is == source.PolicySkip && o.m.refunds == nil {
		o.add(&Result{Kind: kind, Skipped: string(kind), Order: o.nameOf(s)})
		return
	}
	if o.leftOut(g) {
		o.add(&Result{Kind: kind, Skipped: skippedItems, Order: o.nameOf(s)})
		return
	}
	p := &purchase{}
	o.readOrder(p, g)
	switch {
	case o.err != nil && o.err != io.EOF:
		return
	case rule.is == source.PolicySkip:
		o.add(&Result{Kind: kind, Skipped: string(kind), Order: p.id.shown})
	default:
		o.readLines(p, g)
		o.add(o.orderResult(p, kind, rule))
	}
	if r := o.ready[len(o.ready)-1]; o.m.refunds != nil && r.Reason == "" {
		o.refundResults(p, g)
	}
}

// kind is what happened to the order; "" where it is to be skipped.
func (o *Orders) kind(s *values.Scope) (Kind, error) {
	m := o.m
	if holds, err := m.skip.Holds(s); holds || err != nil {
		return "", at("skip", err)
	}
	if holds, err := m.void.Holds(s); holds || err != nil {
		return KindVoid, at("void", err)
	}
	if holds, err := m.refund.Holds(s); holds || err != nil {
		return KindRefund, at("refund", err)
	}
	return KindSale, nil
}

func (o *Orders) policyOf(kind Kind) policy {
	switch kind {
	case KindRefund:
		return o.m.refundPolicy
	case KindVoid:
		return o.m.voidRule
	}
	return policy{is: source.PolicySend}
}

// at names the key of the source at which something went wrong.
func at(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

// nameOf is the order's id for a result that needs none.
func (o *Orders) nameOf(s *values.Scope) string {
	if o.m.order.id == nil {
		return ""
	}
	id, _ := o.m.order.id.text(s)
	return id
}

// leftOut says that items.skip leaves out every row of the order.
func (o *Orders) leftOut(g *group) bool {
	i := o.m.items
	if i.skip == nil || i.inRow() {
		return false
	}
	defer func() { o.item.Row = nil }()
	for _, row := range o.itemRows(g) {
		o.item.Row = row
		if holds, err := i.skip.Holds(&o.item); !holds || err != nil {
			return false
		}
	}
	return len(o.itemRows(g)) > 0
}

// itemRows are the rows of the order that hold items.
func (o *Orders) itemRows(g *group) []*rows.Row {
	if o.m.orderRow != nil && !o.m.items.inRow() {
		return g.filled[1:]
	}
	return g.filled
}

// readOrder reads all of the order but its lines. The scope is that of the
// order.
func (o *Orders) readOrder(p *purchase, g *group) {
	spec, s := o.m.order, &o.scope
	if g.nameless && spec.group != spec.id {
		p.wrong.add(spec.group.missing("order"))
	}
	p.when = o.readTime("order.at", spec.at, s, &p.notes, &p.wrong)
	p.id = o.identify("order", spec.id, s, g, &p.when, &p.wrong)
	if spec.id != nil && spec.group != nil && spec.group != spec.id {
		p.wrong.add(o.sameID(g, p.id.key))
	}
	p.number = p.id.shown
	if spec.number != nil {
		number, err := spec.number.Text(s)
		p.wrong.add(at("order.number", err))
		if values.SpoiltNumber(number) {
			p.wrong.add(spoilt("order.number", number))
		}
		if number != "" {
			p.number = number
		}
	}
	p.person = o.readPerson("order", spec.email, spec.session, s, &p.wrong)
	var err error
	if p.currency, err = o.currencyOf(s); err != nil {
		p.wrong.add(err)
	}
	s.Currency = p.currency
	p.fields = o.readFields(p.fields, spec.extra, s, &p.wrong)
	p.fields = o.readFields(p.fields, o.m.consts, s, &p.wrong)
}

// sameID refuses rows of one group that have different ids.
func (o *Orders) sameID(g *group, id string) error {
	if o.m.orderRow != nil || len(g.filled) == 1 {
		return nil
	}
	defer func() { o.item.Row = nil }()
	for i, row := range g.filled {
		o.item.Row = row
		other, err := o.m.order.id.text(&o.item)
		if err == nil && other != "" && other != id && id != "" {
			return fmt.Errorf("row %d has the id %q, but belongs to the order %q by order.group; make the group narrower, or put the orders into files of their own",
				g.rows[i].At.Record, other, id)
		}
	}
	return nil
}

func (o *Orders) readTime(path string, v *values.Value, s *values.Scope, notes *[]string, wrong *wrongs) when {
	if v == nil {
		return when{}
	}
	t, note, ok, err := v.Time(s)
	wrong.add(at(path, err))
	if note != "" {
		*notes = append(*notes, note)
	}
	return when{t, ok && err == nil}
}

func (o *Orders) readPerson(path string, email, session *values.Value, s *values.Scope, wrong *wrongs) (p person) {
	if email != nil {
		text, err := email.Text(s)
		wrong.add(at(path+".email", err))
		if text != "" {
			p.email = appendQuoted(nil, text)
		}
	}
	if session != nil {
		json, err := session.JSON(s)
		wrong.add(at(path+".session", err))
		p.session = json
	}
	return p
}

// currencyOf is the order's currency, or what stands for it.
func (o *Orders) currencyOf(s *values.Scope) (string, error) {
	var path string
	var columns []string
	for _, from := range [...]struct {
		path  string
		value *values.Value
	}{{"order.currency", o.m.order.currency}, {"const.currency", o.m.currency}} {
		if from.value == nil {
			continue
		}
		text, err := from.value.Text(s)
		if err != nil {
			return "", at(from.path, err)
		}
		if text != "" {
			if len(text) == 3 {
				text = strings.ToUpper(text)
			}
			return text, nil
		}
		path, columns = from.path, append(columns, from.value.Columns()...)
	}
	if code := o.m.rules.Defaults["__currency__"]; code != "" {
		return strings.ToUpper(strings.TrimSpace(code)), nil
	}
	return "", fmt.Errorf("the order has no currency: %s is empty (%s)", quotedList(columns), path)
}

// readFields adds the members that are not empty.
func (o *Orders) readFields(dst []byte, fields []field, s *values.Scope, wrong *wrongs) []byte {
	for i := range fields {
		f := &fields[i]
		json, err := f.value.JSON(s)
		if err != nil {
			wrong.add(at(f.path, err))
			continue
		}
		if json != nil {
			dst = append(append(append(append(dst, ','), f.json...), ':'), json...)
		}
	}
	return dst
}

// total is what the lines add up to.
func total(lines []line) (int64, error) {
	sum := int64(0)
	for i := range lines {
		n := lines[i].cents
		if n > 0 && sum > math.MaxInt64-n || n < 0 && sum < math.MinInt64-n {
			return 0, errors.New("the order's total is larger than 64 bits can hold")
		}
		sum += n
	}
	return sum, nil
}

// orderResult makes the event of an order that was read.
func (o *Orders) orderResult(p *purchase, kind Kind, rule policy) *Result {
	r := &Result{Kind: kind, Order: p.id.shown, Notes: p.notes, Changed: o.m.onChange(source.PolicyHold), action: event.CommerceAction}
	switch {
	case len(p.wrong) > 0:
	case len(p.lines) == 0 && p.skipped > 0:
		r.Skipped = skippedItems
		return r
	case len(p.lines) == 0:
		p.wrong.add(o.m.items.none())
	}
	sum, err := total(p.lines)
	p.wrong.add(err)
	if len(p.wrong) > 0 {
		r.Reason = p.wrong.reason()
		return r
	}
	f := offering{id: p.id, kind: string(kind), content: content(p, kind), when: p.when, lines: p.lines}
	switch rule.is {
	case source.PolicyAction:
		r.action = rule.action
		r.body = o.actionBody(p, kind, sum)
	case source.PolicyNegative:
		if sum > 0 {
			for i := range p.lines {
				p.lines[i].cents = -p.lines[i].cents
			}
		}
		r.body = o.purchaseBody(p)
	case source.PolicyHold:
		f.held = fmt.Sprintf("policy.%s: hold: the order is a %s, for a person to decide", kind, kind)
		r.body = o.purchaseBody(p)
	default:
		r.body = o.purchaseBody(p)
	}
	o.offer(r, &f)
	return r
}

// onChange is the policy for what comes again with other content.
func (m *Mapping) onChange(otherwise string) string {
	if m.changed != "" {
		return m.changed
	}
	return otherwise
}

// purchaseBody writes a purchase.
func (o *Orders) purchaseBody(p *purchase) []byte {
	b := o.head(p.person, p.when)
	if len(p.fields) > 0 {
		b = append(b, p.fields[skipComma(b):]...)
	}
	b = append(member(b, namePurchase), '[')
	for i := range p.lines {
		l := &p.lines[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		b = textMember(b, nameSKU, l.sku)
		b = textMember(b, nameLabel, l.label)
		b = centsMember(b, nameTotal, l.cents)
		b = textMember(b, nameOrder, p.number)
		b = textMember(b, nameCurrency, p.currency)
		b = append(append(b, l.fields...), '}')
	}
	return o.written(append(b, "]}"...))
}

// actionBody writes a refund or a void order as a custom action with flat
// members. What was given back is written without a sign.
func (o *Orders) actionBody(p *purchase, kind Kind, sum int64) []byte {
	if kind == KindRefund && sum < 0 && sum != math.MinInt64 {
		sum = -sum
	}
	b := o.head(p.person, p.when)
	b = textMember(b, `"order"`, p.number)
	b = centsMember(b, `"total_in_cents"`, sum)
	b = textMember(b, `"currency"`, p.currency)
	if len(p.lines) > 0 {
		labels := make([]string, len(p.lines))
		for i := range p.lines {
			labels[i] = p.lines[i].label
		}
		b = textMember(b, `"label"`, strings.Join(labels, ", "))
	}
	return o.written(append(append(b, p.fields...), '}'))
}

// head begins an event's body: who and when.
func (o *Orders) head(who person, at when) []byte {
	b := append(o.body[:0], '{')
	if who.email != nil {
		b = append(member(b, nameEmail), who.email...)
	}
	if who.session != nil {
		b = append(member(b, nameSession), who.session...)
	}
	if at.known {
		b = append(appendTime(append(member(b, nameDateTime), '"'), at.at), '"')
	}
	return b
}

// skipComma is how much of members is left out where they are the first.
func skipComma(b []byte) int {
	if b[len(b)-1] == '{' {
		return 1
	}
	return 0
}

// written keeps the room that b took, and returns a copy of it.
func (o *Orders) written(b []byte) []byte {
	o.body = b
	return append(make([]byte, 0, len(b)), b...)
}
