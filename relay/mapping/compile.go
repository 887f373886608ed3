package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// order is what makes an order of its rows. Nil values are not given.
type order struct {
	id       *key // nil: rows
	group    *key // nil: a row is an order, or read.records says where one begins
	adjacent bool

	number, at, email, session, currency *values.Value

	extra []field
}

// items is what makes lines of an order. At most one of each, columns and from
// is given.
type items struct {
	each       string
	columns    string
	itemPart   string // between the pairs of an item in one cell
	namePart   string // between a pair's name and value
	from       *values.Value
	match      *regexp.Regexp
	groupNames []string

	skip *values.Matcher

	sku, label, qty, price, discount, total *values.Value

	extra   []field
	balance *balance
}

// inRow says that all items of an order stand in its row.
func (i *items) inRow() bool { return i.each != "" || i.columns != "" || i.from != nil }

// balance is what makes the line for what is missing from the others.
type balance struct{ total, label *values.Value }

const balanceLabel = "Balance"

// refunds is what makes events of an order's refunds.
type refunds struct {
	each      string
	id        *key
	at, total *values.Value
	extra     []field
}

// custom is what makes a custom action.
type custom struct {
	action             *values.Value // nil: the folder's name
	id                 *key          // nil: rows
	at, email, session *values.Value

	extra []field
	all   bool // extra is not given: all columns that no key names
}

// field is a further member.
type field struct {
	path  string // in the source
	name  string
	json  string // name, quoted
	value *values.Value
}

// key is a value that names something: where a part of it is blank, it names
// nothing.
type key struct {
	choices []choice
	path    string
	columns []string
}

type choice struct {
	value *values.Value
	parts []*values.Value // the columns in a text
}

// compiler makes a Mapping of a source, and collects what is wrong with it.
type compiler struct {
	source  *source.Source
	options Options
	values  *values.Compiler
	faults  []values.Fault

	captures []string
	texts    []string // all that were compiled, to see which captures they name
	certain  []string // columns that are named otherwise than as one of several
	lists    []list
}

func newCompiler(s *source.Source, o Options) *compiler {
	captures := captureNames(s.Watch)
	c := &compiler{
		source: s, options: o, captures: captures,
		values: values.NewCompiler(s.Values, values.CompilerOptions{Site: o.Site, Captures: captures}),
	}
	c.certain = slices.Clone(c.values.Columns()) // of the zone
	return c
}

// captureNames are the names in braces of the watch patterns. Patterns that are
// wrong are named by whoever watches.
func captureNames(watch []string) []string {
	var names []string
	for _, text := range watch {
		pattern, err := values.Pattern(text)
		if err != nil {
			continue
		}
		for _, name := range pattern.Captures() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func (c *compiler) fault(path, is, write string) {
	c.faults = append(c.faults, values.Fault{Path: path, Is: is, Write: write})
}

// all are the faults, once each.
func (c *compiler) all() []values.Fault {
	var faults []values.Fault
	for _, f := range append(c.faults, c.values.Faults()...) {
		if !slices.Contains(faults, f) {
			faults = append(faults, f)
		}
	}
	return faults
}

func (c *compiler) value(path string, v source.Value) *values.Value {
	if len(v) == 0 {
		return nil
	}
	c.texts = append(c.texts, v...)
	one := list{path: path}
	for i, text := range v {
		at := path
		if len(v) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i) // as the faults of the whole list have it
		}
		one.choices = append(one.choices, c.values.Value(at, source.Value{text}).Columns())
	}
	c.name(one)
	return c.values.Value(path, v)
}

func (c *compiler) text(path string, t source.Text) *values.Value {
	if t == "" {
		return nil
	}
	c.texts = append(c.texts, string(t))
	value := c.values.Text(path, t)
	c.certain = append(c.certain, value.Columns()...)
	return value
}

func (c *compiler) matcher(path string, m source.Matcher) *values.Matcher {
	if m == nil {
		return nil
	}
	made := c.values.Matcher(path, m)
	c.certain = append(c.certain, made.Columns()...)
	return made
}

var columnInText = regexp.MustCompile(`\{([^{}]+)\}`)

// key compiles a value that names something.
func (c *compiler) key(path string, v source.Value) *key {
	if len(v) == 0 {
		return nil
	}
	k := &key{path: path}
	all := list{path: path}
	defer func() { c.name(all) }()
	for _, text := range v {
		c.texts = append(c.texts, text)
		one := choice{value: c.values.Value(path, source.Value{text})}
		all.choices = append(all.choices, one.value.Columns())
		if strings.HasPrefix(strings.TrimSpace(text), "=") {
			k.choices, k.columns = append(k.choices, one), append(k.columns, text)
			continue
		}
		for _, found := range columnInText.FindAllStringSubmatch(text, -1) {
			one.parts = append(one.parts, c.values.Value(path, source.Value{found[1]}))
			k.columns = append(k.columns, found[1])
		}
		if one.parts == nil {
			k.columns = append(k.columns, text)
		}
		k.choices = append(k.choices, one)
	}
	return k
}

func (c *compiler) fields(path string, list []source.Field, taken map[string]string) []field {
	var fields []field
	for _, f := range list {
		at := path + "." + f.Name
		if why, ok := taken[f.Name]; ok {
			c.fault(at, why, "another name")
			continue
		}
		taken[f.Name] = "stands twice"
		fields = append(fields, field{path: at, name: f.Name, json: string(appendQuoted(nil, f.Name)), value: c.value(at, f.Value)})
	}
	return fields
}

// mapping compiles all of the source into m.
func (c *compiler) mapping(m *Mapping) {
	s := c.source
	c.shape()
	m.skip = c.matcher("skip", s.Skip)
	m.void = c.matcher("void", s.Void)
	m.refund = c.matcher("refund", s.Refund)
	m.refundPolicy = c.policy("policy.refund", s.Policy.Refund, source.PolicyAction, "Refund")
	m.voidPolicy = c.policy("policy.void", s.Policy.Void, source.PolicySkip, "Void")
	m.changed = s.Policy.Changed
	if r := s.Read.Records; r != nil {
		m.orderRow = c.matcher("read.records.order", r.Order)
		m.itemRow = c.matcher("read.records.item", r.Item)
	}
	m.end = c.matcher("read.end", s.Read.End)
	taken := c.taken(m)
	m.consts, m.currency = c.consts(taken)
	if s.Order != nil {
		m.order = c.order(s.Order, taken)
	}
	if s.Event != nil {
		m.custom = c.custom(s.Event, taken)
	}
	if s.Refunds != nil {
		m.refunds = c.refunds(s.Refunds)
	}
	ofOrder := slices.Clone(c.values.Columns())
	if s.Items != nil {
		m.items = c.items(s.Items)
	}
	c.grouping(m)
	c.money(m)
	m.named = slices.Clone(c.values.Columns())
	m.paths = slices.Sorted(slices.Values(m.named))
	m.columns = c.columns(m, ofOrder)
	m.lists = c.inTable(m)
	m.captures = c.mentioned()
}

// actionNames are the members that actionBody writes.
var actionNames = []string{"order", "total_in_cents", "currency", "label"}

// taken are the names that further members cannot have, and why.
func (c *compiler) taken(m *Mapping) map[string]string {
	own := "is a member of its own"
	taken := map[string]string{"email": own, "session": own, "dateTime": own, "purchase_data": own}
	action := m.refundPolicy.is == source.PolicyAction && (m.refund != nil || c.source.Refunds != nil) ||
		m.voidPolicy.is == source.PolicyAction && m.void != nil
	if action && c.source.Event == nil {
		for _, name := range actionNames {
			taken[name] = "is written by the relay into the action for a refund or a void order"
		}
	}
	return taken
}

// consts are the source's constants: texts, into which columns are put.
func (c *compiler) consts(taken map[string]string) (fields []field, currency *values.Value) {
	for _, f := range c.source.Const {
		path := "const." + f.Name
		if len(f.Value) != 1 {
			c.fault(path, "is not one text", "a text, as in USD, or with a part of the path in it, as in \"{store}\"")
			continue
		}
		value := c.text(path, source.Text(f.Value[0]))
		if f.Name == "currency" && (c.source.Event == nil || c.source.Order != nil) {
			if currency != nil {
				c.fault(path, "stands twice", "it once")
			}
			currency = value
			continue
		}
		if why, ok := taken[f.Name]; ok {
			c.fault(path, why, "another name")
			continue
		}
		taken[f.Name] = "stands twice"
		fields = append(fields, field{path: path, name: f.Name, json: string(appendQuoted(nil, f.Name)), value: value})
	}
	return fields, currency
}

func isRows(v source.Value) bool { return len(v) == 1 && v[0] == source.RowsID }

func (c *compiler) order(s *source.Order, taken map[string]string) *order {
	o := &order{adjacent: s.Adjacent || c.source.Mode == source.Follow}
	if !isRows(s.ID) {
		o.id = c.key("order.id", s.ID)
	}
	o.group = c.key("order.group", s.Group)
	o.number = c.value("order.number", s.Number)
	o.at = c.value("order.at", s.At)
	o.email = c.value("order.email", s.Email)
	o.session = c.value("order.session", s.Session)
	o.currency = c.value("order.currency", s.Currency)
	o.extra = c.fields("order.extra", s.Extra, taken)
	return o
}

func (c *compiler) custom(s *source.Event, taken map[string]string) *custom {
	e := &custom{action: c.text("event.action", s.Action), all: s.Extra == nil}
	if !isRows(s.ID) {
		e.id = c.key("event.id", s.ID)
	}
	e.at = c.value("event.at", s.At)
	e.email = c.value("event.email", s.Email)
	e.session = c.value("event.session", s.Session)
	e.extra = c.fields("event.extra", s.Extra, taken)
	return e
}

func (c *compiler) refunds(s *source.Refunds) *refunds {
	taken := map[string]string{}
	for _, name := range []string{"email", "session", "dateTime", "purchase_data", "order", "total_in_cents", "currency", "label"} {
		taken[name] = "is written by the relay"
	}
	for _, f := range c.source.Const {
		taken[f.Name] = "is a name in const"
	}
	return &refunds{
		each: s.Each, id: c.key("refunds.id", s.ID), at: c.value("refunds.at", s.At), total: c.value("refunds.total", s.Total),
		extra: c.fields("refunds.extra", s.Extra, taken),
	}
}
