package mapping

import (
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/rows"
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

// reset makes room for the next order in what the last one took.
func (p *purchase) reset() {
	*p = purchase{lines: p.lines[:0], fields: p.fields[:0]}
}

// line is an item of a purchase.
type line struct {
	sku, label string
	cents      int64
	fields     []byte
	row        *rows.Row
}

// room is what the fields of an earlier line at the next one's place took.
func (p *purchase) room() []byte {
	if n := len(p.lines); n < cap(p.lines) {
		return p.lines[:n+1][n].fields[:0]
	}
	return nil
}

// person is whom an event is about, as JSON; nil: nobody.
type person struct{ email, session []byte }

// when is an event's time.
type when struct {
	at    time.Time
	known bool
}

// noTime says that a time is asked for and not there: a sale would be dated
// when its file is read.
func (o *Orders) noTime(what string, w when, v *values.Value, already wrongs) error {
	if v == nil || w.known || len(already) > 0 {
		return nil
	}
	if names := o.notInPath(o.m.captures); len(v.Columns()) == 0 && len(names) > 0 {
		return fmt.Errorf("the %s has no time: %s (%s.at)", what, notGiven(names), what)
	}
	return fmt.Errorf("the %s has no time: %s is empty (%s.at)", what, quotedList(v.Columns()), what)
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

// readOrder reads all of the order but its lines. The scope is that of the
// order.
func (o *Orders) readOrder(p *purchase, g *group) {
	spec, s := o.m.order, &o.scope
	if g.nameless && spec.group != spec.id {
		p.wrong.add(o.missing(spec.group, "order"))
	}
	p.when = o.readTime("order.at", spec.at, s, &p.notes, &p.wrong)
	p.id = o.identify("order", spec.id, s, g, &p.when, &p.wrong)
	p.wrong.add(o.noTime("order", p.when, spec.at, p.wrong))
	p.wrong.add(o.oneDay(g, p.when))
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
	} else if _, err := (values.Decimal{}).Cents(p.currency); err != nil {
		p.wrong.add(at(o.m.currencyPath(), err))
		p.currency = ""
	}
	p.wrong.add(o.oneCurrency(g, p.currency))
	s.Currency = p.currency
	p.fields = o.readFields(p.fields, spec.extra, s, &p.wrong)
	p.fields = o.readFields(p.fields, o.m.consts, s, &p.wrong)
}

// sameID refuses rows of one group that have different ids.
func (o *Orders) sameID(g *group, id string) error {
	if o.m.orderRow != nil || len(g.rows) == 1 {
		return nil
	}
	defer func() { o.item.Row = nil }()
	for i, row := range g.rows {
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
	if names := o.notInPath(o.m.captures); len(columns) == 0 && len(names) > 0 {
		return "", fmt.Errorf("the order has no currency: %s (%s)", notGiven(names), path)
	}
	return "", fmt.Errorf("the order has no currency: %s is empty (%s)", quotedList(columns), path)
}

// currencyPath is the key that a currency comes from, with its columns.
func (m *Mapping) currencyPath() string {
	if columns := m.order.currency.Columns(); len(columns) > 0 {
		return "order.currency (" + quotedList(columns) + ")"
	}
	return "const.currency"
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
