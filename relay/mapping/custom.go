package mapping

import (
	"bytes"
	"errors"
	"fmt"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// customResult makes a custom action of a row, or of the rows that
// read.records puts together.
func (o *Orders) customResult(g *group) *Result {
	spec, s := o.m.custom, &o.scope
	s.Row, s.Group, s.Currency = g.rows[0], g.rows, ""
	r := &Result{Kind: KindAction, changed: o.m.onChange(source.PolicyIgnore)}
	kind, err := o.kind(s)
	if err != nil {
		r.Reason = err.Error()
		return r
	}
	rule := o.policyOf(kind)
	switch {
	case kind == "":
		r.Skipped = skippedOrder
		return r
	case rule.is == source.PolicySkip:
		r.Skipped = string(kind)
		return r
	}
	if r.Reason = o.wideRow(g); r.Reason != "" {
		return r
	}
	var p purchase
	r.action, err = o.action(s)
	p.wrong.add(err)
	p.when = o.readTime("event.at", spec.at, s, &r.Notes, &p.wrong)
	p.wrong.add(o.noTime("event", p.when, spec.at, p.wrong))
	p.id = o.identify("event", spec.id, s, g, &p.when, &p.wrong)
	p.person = o.readPerson("event", spec.email, spec.session, s, &p.wrong)
	fields := o.readFields(nil, spec.extra, s, &p.wrong)
	fields = o.readFields(fields, o.m.consts, s, &p.wrong)
	if spec.all {
		fields = o.allColumns(fields, g)
	}
	r.Order = p.id.shown
	if len(p.wrong) > 0 {
		r.Reason = p.wrong.reason()
		return r
	}
	b := o.head(p.person, p.when)
	if len(fields) > 0 {
		b = append(b, fields[skipComma(b):]...)
	}
	r.body = o.written(append(b, '}'))
	f := offering{id: p.id, kind: r.action, when: p.when, content: spread(hash(p.into(hashStart), string(fields)))}
	if rule.is == source.PolicyHold {
		f.held = fmt.Sprintf("policy.%s: hold: for a person to decide", kind)
	}
	o.offer(r, &f)
	return r
}

var errNoAction = errors.New("the event has no action (event.action)")

// action is the custom action's name.
func (o *Orders) action(s *values.Scope) (string, error) {
	spec := o.m.custom
	if spec.action == nil {
		return o.m.options.Action, nil
	}
	name, err := spec.action.Text(s)
	switch {
	case err != nil:
		return "", at("event.action", err)
	case name == "" && len(spec.action.Columns()) > 0:
		return "", fmt.Errorf("the event has no action: %s is empty (event.action)", quotedList(spec.action.Columns()))
	case name == "" && len(o.notInPath(o.m.captures)) > 0:
		return "", fmt.Errorf("the event has no action: %s (event.action)", notGiven(o.notInPath(o.m.captures)))
	case name == "":
		return "", errNoAction
	case name == event.CommerceAction:
		return "", fmt.Errorf("event.action is %s, which is for purchases; map order and items instead", name)
	}
	return name, nil
}

// allColumns adds the columns that no key names, where they hold something.
func (o *Orders) allColumns(dst []byte, g *group) []byte {
	row := g.rows[0]
	if o.table == nil {
		return o.allMembers(dst, row)
	}
	for i := range o.table.extras {
		c := &o.table.extras[i]
		if cell := cellText(row, c.index); cell != "" {
			dst = appendQuoted(append(append(append(dst, ','), c.json...), ':'), cell)
		}
	}
	for i := len(o.table.header.Names); i < len(row.Cells); i++ { // without a header, or beyond it
		name := fmt.Sprint(i)
		if cell := cellText(row, i); cell != "" && !o.m.names(name) {
			dst = appendQuoted(append(append(append(dst, ','), fmt.Sprintf("%q", name)...), ':'), cell)
		}
	}
	return dst
}

// allMembers adds the members of a JSON row that no key names. Nested ones are
// flattened with the event.
func (o *Orders) allMembers(dst []byte, row *rows.Row) []byte {
	for _, m := range row.Value.Members() {
		if o.m.names(m.Name) || o.m.writes(m.Name) || m.Value.Kind() == rows.Null {
			continue
		}
		dst = appendQuoted(append(dst, ','), m.Name)
		dst = append(append(dst, ':'), bytes.TrimSpace(m.Value.JSON())...)
	}
	return dst
}

// names says that a key reads the column or path.
func (m *Mapping) names(name string) bool {
	for _, have := range m.named {
		if have == name {
			return true
		}
	}
	return false
}
