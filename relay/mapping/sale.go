package mapping

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// orderResults makes the events of an order: its sale, or what else it is, and
// its refunds.
func (o *Orders) orderResults(g *group) {
	s := &o.scope
	s.Row, s.Group, s.Currency = g.rows[0], g.rows, ""
	if o.m.orderRow != nil {
		s.Group = g.rows[:1:1]
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
	if reason := o.wideRow(g); reason != "" {
		o.add(&Result{Kind: kind, Reason: reason, Order: o.nameOf(s)})
		return
	}
	p := &o.purchase
	p.reset()
	o.readOrder(p, g)
	switch {
	case o.err != nil && !errors.Is(o.err, io.EOF):
		return
	case rule.is == source.PolicySkip && (len(p.wrong) == 0 || !o.hasRefunds(g)):
		o.add(&Result{Kind: kind, Skipped: string(kind), Order: p.id.shown})
	case rule.is == source.PolicySkip:
		o.add(&Result{Kind: kind, Reason: p.wrong.reason(), Order: p.id.shown})
	default:
		o.readLines(p, g)
		switch onlyRefunds := len(p.wrong) == 0 && len(p.lines) == 0 && o.hasRefunds(g); {
		case onlyRefunds && o.m.refundPolicy.is == source.PolicySkip:
			o.add(&Result{Kind: KindRefund, Skipped: string(KindRefund), Order: p.id.shown})
		case onlyRefunds:
			o.refundResults(p, g)
			return
		default:
			o.add(o.orderResult(p, kind, rule))
		}
	}
	if o.m.refunds != nil && o.ready[len(o.ready)-1].Reason == "" {
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
		return o.m.voidPolicy
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
		return g.rows[1:]
	}
	return g.rows
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

// orderResult makes the event of an order that was read. A sale that sums to
// less than zero is a refund.
func (o *Orders) orderResult(p *purchase, kind Kind, rule policy) *Result {
	r := &Result{Kind: kind, Order: p.id.shown, Notes: p.notes, changed: o.m.onChange(source.PolicyHold), action: event.CommerceAction}
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
	if kind == KindSale && sum < 0 {
		kind, rule = KindRefund, o.m.refundPolicy
		r.Kind = kind
		switch path := o.m.takenInAction(); {
		case rule.is == source.PolicySkip:
			r.Skipped = string(kind)
			return r
		case rule.is == source.PolicyAction && path != "":
			r.Reason = path + ": the order's items sum to less than zero, which makes it a refund, and the relay writes a member of that name into the action for one; " +
				"choose another name, or write policy: { refund: negative }"
			return r
		}
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

// takenInAction is the key of a further member that has the name of one which
// actionBody writes; "" where none has.
func (m *Mapping) takenInAction() string {
	for _, fields := range [][]field{m.order.extra, m.consts} {
		for _, f := range fields {
			if slices.Contains(actionNames, f.name) {
				return f.path
			}
		}
	}
	return ""
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
