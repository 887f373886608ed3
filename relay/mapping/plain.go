package mapping

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// plain is how a file is read whose columns or keys are the webhook's own
// names.
type plain struct {
	purchase bool // a table of purchases: rows of one __order__ are one
	own      map[int]string
	// Places of columns, -1: not there.
	email, session, dateTime, order int
	extras                          []extraColumn
}

// The webhook's own names of a purchase's item, in the contract's order.
var itemNames = [...]string{"__sku__", "__label__", "__total_in_cents__", "__order__", "__currency__"}

// readPlain finds the webhook's own names in a table's header. A JSON object is
// a body as it is, whatever its names.
func (o *Orders) readPlain() error {
	p := &plain{own: map[int]string{}}
	o.plain = p
	action := o.m.options.Action
	if o.table == nil {
		return nil
	}
	find := func(name string) int {
		i := o.table.header.Find(name)
		if i >= 0 {
			p.own[i] = name
		}
		return i
	}
	p.email, p.session, p.dateTime, p.order = find("email"), find("session"), find("dateTime"), find("__order__")
	for _, name := range itemNames {
		p.purchase = find(name) >= 0 || p.purchase
	}
	for i, name := range o.table.header.Names {
		if _, own := p.own[i]; !own && name != "" {
			p.extras = append(p.extras, extraColumn{i, name, string(appendQuoted(nil, name))})
		}
	}
	switch {
	case p.purchase && p.order >= 0:
		o.group = p.groupOf
	case p.purchase:
	case action == event.CommerceAction:
		err := o.m.missingColumns(itemNames[:], o.table.header, o.reader.Format())
		if errors.Is(err, errEmpty) {
			return err
		}
		return fmt.Errorf("%w; or map its columns with order and items (funnelrelay learn FILE writes a mapping)", err)
	case action == "":
		return fmt.Errorf("the source names no columns and no action, and the header holds none of the webhook's own names; " +
			"write event: { action: NAME }, or order and items (funnelrelay learn FILE writes a mapping)")
	}
	if o.m.source.Mode == source.Rewrite && p.order < 0 && p.dateTime < 0 {
		return fmt.Errorf("mode: rewrite reads the same rows again and again, and there is no column __order__ or dateTime to know them by")
	}
	return nil
}

// groupOf is what rows of one purchase have in common.
func (p *plain) groupOf(row *rows.Row) (string, error) {
	order := cellText(row, p.order)
	if order == "" {
		return "", nil
	}
	if values.SpoiltNumber(order) {
		return "", spoilt("__order__", order)
	}
	return order + "\x00" + cellText(row, p.dateTime), nil
}

// shownKey is a group's key for people.
func shownKey(key string) string {
	order, _, _ := strings.Cut(key, "\x00")
	return order
}

// plainResult makes an event of rows with the webhook's own names.
func (o *Orders) plainResult(g *group) *Result {
	if reason := o.wideRow(g); reason != "" {
		return &Result{Reason: reason, Order: shownKey(g.key)}
	}
	row := g.rows[0]
	switch {
	case o.table == nil:
		return o.plainJSON(g)
	case o.plain.purchase:
		return o.plainPurchase(g)
	}
	r := &Result{Kind: KindAction, action: o.m.options.Action, changed: o.m.onChange(source.PolicyIgnore)}
	p := &purchase{}
	var fields []byte
	for i := range o.plain.extras {
		c := &o.plain.extras[i]
		if cell := cellText(row, c.index); cell != "" {
			fields = appendQuoted(append(append(append(fields, ','), c.json...), ':'), cell)
		}
	}
	o.plainPerson(p, g)
	o.plainTime(p, g)
	p.id = o.identify("event", nil, nil, g, &p.when, &p.wrong)
	r.Order = p.id.shown
	if len(p.wrong) > 0 {
		r.Reason = p.wrong.reason()
		return r
	}
	b := o.plainHead(p, g)
	if len(fields) > 0 {
		b = append(b, fields[skipComma(b):]...)
	}
	r.body = o.written(append(b, '}'))
	o.offer(r, &offering{id: p.id, kind: r.action, when: p.when, content: spread(hash(p.into(hashStart), string(fields)))})
	return r
}

// plainPerson reads who a row is about.
func (o *Orders) plainPerson(p *purchase, g *group) {
	if text := firstCell(g.rows, o.plain.email); text != "" {
		p.email = appendQuoted(nil, text)
	}
	if text := firstCell(g.rows, o.plain.session); text != "" {
		p.session = appendQuoted(nil, text)
	}
}

// plainTime reads the dateTime as the contract does, so that its faults are
// named by event.Normalize.
func (o *Orders) plainTime(p *purchase, g *group) {
	text := firstCell(g.rows, o.plain.dateTime)
	if text == "" {
		return
	}
	probe := appendQuoted([]byte(`{"dateTime":`), text)
	if e, faults := event.Normalize("probe", append(probe, '}'), &event.Rules{Zone: o.m.rules.Zone}); faults == nil {
		p.at, p.known = e.Time.In(o.m.rules.Zone), true
	}
}

// plainHead begins a body; a dateTime stands as it was written, but where equal
// rows were put apart.
func (o *Orders) plainHead(p *purchase, g *group) []byte {
	b := o.head(p.person, when{})
	if text := firstCell(g.rows, o.plain.dateTime); text != "" {
		if p.id.moved {
			return append(appendTime(append(member(b, nameDateTime), '"'), p.at), '"')
		}
		b = textMember(b, nameDateTime, text)
	}
	return b
}

// plainPurchase makes a purchase of rows with one __order__.
func (o *Orders) plainPurchase(g *group) *Result {
	r := &Result{Kind: KindSale, action: event.CommerceAction, changed: o.m.onChange(source.PolicyHold)}
	if r.Reason = o.wrongFolder(); r.Reason != "" {
		return r
	}
	p := &purchase{}
	o.plainPerson(p, g)
	o.plainTime(p, g)
	if order := firstCell(g.rows, o.plain.order); order != "" {
		p.id = identity{key: order, shown: order}
		if p.known {
			p.id.key += "/" + p.at.UTC().Format(time.RFC3339Nano)
		}
	} else {
		p.id = o.identify("order", nil, nil, g, &p.when, &p.wrong)
	}
	r.Order = p.id.shown
	if len(p.wrong) > 0 {
		r.Reason = p.wrong.reason()
		return r
	}
	b := o.plainHead(p, g)
	ofItems := o.plainExtras(&b, g)
	b = append(member(b, namePurchase), '[')
	for n, row := range g.rows {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		l := line{row: row}
		for _, name := range itemNames {
			text := cellText(row, o.table.header.Find(name))
			if text != "" {
				b = textMember(b, `"`+name+`"`, text)
			}
			if name != "__order__" {
				l.sku += text + "\x00"
			}
		}
		for _, c := range ofItems {
			if cell := cellText(row, c.index); cell != "" {
				b = textMember(b, c.json, cell)
			}
		}
		p.lines = append(p.lines, l)
		b = append(b, '}')
	}
	r.body = o.written(append(b, "]}"...))
	o.offer(r, &offering{id: p.id, kind: string(KindSale), when: p.when, content: content(p, KindSale), lines: p.lines})
	return r
}

// plainExtras writes the further columns that are one and the same over the
// order's rows, and returns the others: they are the items'.
func (o *Orders) plainExtras(b *[]byte, g *group) (ofItems []*extraColumn) {
	for i := range o.plain.extras {
		c := &o.plain.extras[i]
		text, same := cellText(g.rows[0], c.index), true
		for _, row := range g.rows[1:] {
			same = same && cellText(row, c.index) == text
		}
		switch {
		case !same:
			ofItems = append(ofItems, c)
		case text != "":
			*b = textMember(*b, c.json, text)
		}
	}
	return ofItems
}

// wrongFolder is the reason why purchases are refused where another action is
// due.
func (o *Orders) wrongFolder() string {
	if a := o.m.options.Action; a != "" && a != event.CommerceAction {
		return fmt.Sprintf("is a purchase, which the upstream takes under %s only; put the file into the folder drop/%[1]s, not into drop/%s",
			event.CommerceAction, event.EscapeAction(a))
	}
	return ""
}

// plainJSON takes an object as the body it is.
func (o *Orders) plainJSON(g *group) *Result {
	v := g.rows[0].Value
	r := &Result{Kind: KindAction, action: o.m.options.Action, body: v.JSON(), changed: o.m.onChange(source.PolicyIgnore)}
	if v.Get("purchase_data").Kind() != rows.Null && !emptyList(v.Get("purchase_data")) {
		if r.Reason = o.wrongFolder(); r.Reason != "" {
			return r
		}
		r.Kind, r.action, r.changed = KindSale, event.CommerceAction, o.m.onChange(source.PolicyHold)
	}
	if r.action == "" {
		r.Reason = "holds no purchase_data, and the source names no action; write event: { action: NAME }"
		return r
	}
	f := offering{kind: r.action}
	e, faults := event.Normalize(event.EscapeAction(r.action), r.body, o.m.rules)
	if faults != nil {
		r.Reason = o.m.blame(faults, nil)
		return r
	}
	f.when = when{e.Time, !e.Time.IsZero()}
	f.content = spread(hash(hashStart, string(e.Body)))
	switch {
	case e.Order != "":
		f.kind = string(KindSale)
		f.id = identity{key: e.Order, shown: e.Order}
		if f.when.known {
			f.id.key += "/" + e.Time.UTC().Format(time.RFC3339Nano)
		}
	case f.when.known && !o.file.Growing:
		sum := o.digest(g) // equal ones are one event, as over HTTP
		f.id = identity{key: short(sum), shown: short(sum)}
	case o.m.source.Mode == source.Rewrite:
		r.Reason = errNoTime.Error()
		return r
	default:
		f.id = o.placed(g)
	}
	r.Order = f.id.shown
	o.offer(r, &f)
	return r
}

func emptyList(v *rows.Value) bool {
	return v.Kind() == rows.Array && len(v.Elements()) == 0
}

// firstCell is the first text in a column that is not empty.
func firstCell(list []*rows.Row, column int) string {
	for _, row := range list {
		if text := cellText(row, column); text != "" {
			return text
		}
	}
	return ""
}
