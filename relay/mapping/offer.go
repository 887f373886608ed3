package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// mostBody is the longest body, as over HTTP.
const mostBody = 1 << 20

// offering is what an offer needs besides a Result's action and body.
type offering struct {
	id      identity
	kind    string // in the key
	content uint64
	when    when
	held    string
	lines   []line // of the purchase; nil: none
}

// offer brings r's body through the contract and makes its offer, or says why
// it is refused.
func (o *Orders) offer(r *Result, f *offering) {
	if len(r.body) > mostBody {
		r.Reason = fmt.Sprintf("the event takes %d bytes, and an event holds at most 1 MB; split the order, or leave out extra columns", len(r.body))
		return
	}
	path := event.CommerceAction
	if r.action != path {
		path = event.EscapeAction(r.action)
	}
	e, faults := event.Normalize(path, r.body, o.m.rules)
	if faults != nil {
		r.Reason = o.m.blame(faults, f.lines)
		return
	}
	if f.held == "" {
		f.held = o.tooOld(f.when)
	}
	name := event.OrderKey(o.m.source.Name, f.id.key, f.kind)
	both := &struct {
		event.Offer
		key event.Key
	}{event.Offer{Event: e, Held: f.held, Changed: event.Changed(r.changed)}, event.Key{Name: string(name), Content: f.content}}
	both.Key = &both.key
	r.Offer = &both.Offer
}

// tooOld says why an order whose key may be forgotten is held.
func (o *Orders) tooOld(w when) string {
	keep := o.m.options.KeepKeys
	if !w.known || keep <= 0 || o.file.Now.IsZero() || !w.at.Before(o.file.Now.Add(-keep)) {
		return ""
	}
	return fmt.Sprintf("older than memory: it is of %s, and orders are known again for %d days only (keep_keys), so that it may have been sent before",
		w.at.Format(time.DateOnly), int(keep/(24*time.Hour)))
}

// blame says which keys and columns of the mapping a body's faults come from.
func (m *Mapping) blame(faults *event.Faults, lines []line) string {
	var list wrongs
	for _, fault := range faults.List {
		list = append(list, m.place(fault.Pointer, lines)+fault.Detail)
	}
	return list.reason()
}

// place is where in the mapping a member of the body comes from.
func (m *Mapping) place(pointer string, lines []line) string {
	if pointer == "" {
		return ""
	}
	parts := strings.Split(pointer[1:], "/")
	row := ""
	if len(parts) == 3 && parts[0] == "purchase_data" && lines != nil {
		if n, err := strconv.Atoi(parts[1]); err == nil && n < len(lines) && lines[n].row != nil && lines[0].row != lines[len(lines)-1].row {
			row = fmt.Sprintf(", row %d", lines[n].row.At.Record)
		}
		parts = parts[2:]
	}
	if m.source.Plain() || len(parts) > 1 {
		return strings.Join(parts, "/") + row + ": "
	}
	path, value := m.origin(parts[0], lines != nil && strings.HasPrefix(pointer, "/purchase_data/"))
	if columns := value.Columns(); len(columns) > 0 {
		return path + " (" + quotedList(columns) + ")" + row + ": "
	}
	return path + row + ": "
}

// origin is the key of the source, and its value, that a member comes from.
func (m *Mapping) origin(name string, item bool) (string, *values.Value) {
	if m.items != nil && item {
		switch name {
		case "__sku__":
			return "items.sku", m.items.sku
		case "__label__":
			return "items.label", m.items.label
		case "__total_in_cents__":
			return "items.total", m.items.total
		case "__order__":
			return "order.number", m.order.number
		case "__currency__":
			if m.order.currency != nil {
				return "order.currency", m.order.currency
			}
			return "const.currency", m.currency
		}
		return fieldOf(m.items.extra, name)
	}
	prefix, email, session, date, extra := "event", (*values.Value)(nil), (*values.Value)(nil), (*values.Value)(nil), []field(nil)
	switch {
	case m.order != nil:
		prefix, email, session, date, extra = "order", m.order.email, m.order.session, m.order.at, m.order.extra
	case m.custom != nil:
		email, session, date, extra = m.custom.email, m.custom.session, m.custom.at, m.custom.extra
	}
	switch name {
	case "email":
		return prefix + ".email", email
	case "session":
		return prefix + ".session", session
	case "dateTime":
		return prefix + ".at", date
	}
	for _, f := range m.consts {
		if f.name == name {
			return f.path, f.value
		}
	}
	return fieldOf(extra, name)
}

func fieldOf(fields []field, name string) (string, *values.Value) {
	for i := range fields {
		if fields[i].name == name {
			return fields[i].path, fields[i].value
		}
	}
	return name, nil
}

// hasRefunds says that the order lists refunds.
func (o *Orders) hasRefunds(g *group) bool {
	if o.m.refunds == nil {
		return false
	}
	for _, row := range g.rows {
		if len(row.Value.Get(o.m.refunds.each).Elements()) > 0 {
			return true
		}
	}
	return false
}

// refundResults makes the events of the refunds that an order lists.
func (o *Orders) refundResults(p *purchase, g *group) {
	spec := o.m.refunds
	if o.m.refundPolicy.is == source.PolicySkip {
		return
	}
	for _, row := range g.rows {
		for _, element := range row.Value.Get(spec.each).Elements() {
			s := o.scope
			s.Element = element
			o.add(o.refundResult(p, &s))
		}
	}
}

// refundResult makes the event of one refund.
func (o *Orders) refundResult(order *purchase, s *values.Scope) *Result {
	spec, rule := o.m.refunds, o.m.refundPolicy
	p := &purchase{number: order.number, currency: order.currency, person: order.person, when: order.when}
	id, err := spec.id.text(s)
	if err == nil && id == "" {
		err = o.missing(spec.id, "refund")
	}
	p.wrong.add(err)
	p.id = identity{key: order.id.key + "/" + id, shown: id}
	if own := o.readTime("refunds.at", spec.at, s, &p.notes, &p.wrong); own.known {
		p.when = own
	}
	cents, ok, err := spec.total.Money(s, p.currency)
	p.wrong.add(at("refunds.total", err))
	if !ok && err == nil {
		p.wrong.add(fmt.Errorf("the refund has no amount: %s is empty (refunds.total)", quotedList(spec.total.Columns())))
	}
	p.fields = o.readFields(p.fields, spec.extra, s, &p.wrong)
	p.fields = o.readFields(p.fields, o.m.consts, s, &p.wrong)
	r := &Result{Kind: KindRefund, Order: id, Notes: p.notes, changed: o.m.onChange(source.PolicyHold), action: event.CommerceAction}
	if len(p.wrong) > 0 {
		r.Reason = p.wrong.reason()
		return r
	}
	one := line{sku: "Refund", label: "Refund", cents: cents}
	f := offering{id: p.id, kind: string(KindRefund), when: p.when}
	if rule.is != source.PolicySend && cents > 0 {
		one.cents = -cents
	}
	p.lines = []line{one}
	f.content, f.lines = content(p, KindRefund), p.lines
	switch rule.is {
	case source.PolicyAction:
		r.action = rule.action
		p.lines = nil
		r.body = o.actionBody(p, KindRefund, one.cents)
		f.lines = nil
	case source.PolicyHold:
		f.held = "policy.refund: hold: the order lists a refund, for a person to decide"
		r.body = o.purchaseBody(p)
	default:
		r.body = o.purchaseBody(p)
	}
	o.offer(r, &f)
	return r
}
