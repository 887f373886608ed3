package mapping

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// policy is what becomes of a kind of orders.
type policy struct{ is, action string }

func (c *compiler) policy(path, text, otherwise, name string) policy {
	switch text {
	case "":
		return policy{otherwise, name}
	case source.PolicySend, source.PolicyNegative, source.PolicySkip, source.PolicyHold, source.PolicyAction:
		return policy{text, name}
	}
	if own, ok := strings.CutPrefix(text, source.PolicyAction+" "); ok {
		own = strings.TrimSpace(own)
		_, faults := event.DecodeAction(event.EscapeAction(own))
		switch {
		case faults != nil:
			c.fault(path, fmt.Sprintf("names an action that cannot be sent: %v", faults), "another name")
		case own == event.CommerceAction:
			c.fault(path, "names the action of purchases", "negative, for a purchase whose amounts are negative; or another name")
		}
		return policy{source.PolicyAction, own}
	}
	c.fault(path, fmt.Sprintf("is %q, which is no policy", text), "action, action NAME, negative, send, skip or hold")
	return policy{otherwise, name}
}

// shape looks at which parts of the source are there.
func (c *compiler) shape() {
	s := c.source
	purchase := s.Order != nil || s.Items != nil || s.Refunds != nil
	switch {
	case s.Event != nil && purchase:
		c.fault("event", "stands beside order or items; a source makes either custom actions or purchases", "one of both: a file goes to one source only")
	case s.Event != nil && s.Event.Action == "" && c.options.Action == "":
		c.fault("event.action", "is not given", "the action's name, as in Lead, or \"{Column}\" for one from the row")
	case purchase && s.Order == nil:
		c.fault("order", "is not given, but items or refunds are", "order: { id: COLUMN }, with the column that holds the order's number")
	case purchase && s.Items == nil:
		c.fault("items", "is not given, but order is; a purchase needs one item at least", "items: { label: COLUMN, total: COLUMN }")
	}
	if s.Order != nil && len(s.Order.ID) == 0 {
		c.fault("order.id", "is not given, so that an order that comes again could not be told from a new one",
			"the column with the order's number; or rows, where there is none: a row is then known by its columns and its time, "+
				"and without order.at only in its file, so that exports that overlap send their common rows again")
	}
	if s.Plain() && (s.Skip != nil || s.Void != nil || s.Refund != nil || s.Const != nil || s.Read.Records != nil) {
		c.fault("order", "is not given, but skip, void, refund, const or read.records is, which say something of orders", "order and items, or event; or leave them out: columns are then taken by the webhook's own names")
	}
	if s.Mode == source.Rewrite {
		c.rewritten()
	}
	if s.Event != nil {
		c.eventKinds()
	}
	switch s.Policy.Changed {
	case "", source.PolicyHold, source.PolicyIgnore, source.PolicySend:
	default:
		c.fault("policy.changed", fmt.Sprintf("is %q, which is no policy", s.Policy.Changed), "hold, ignore or send")
	}
	switch s.Invalid {
	case "", "reject", "hold":
	default:
		c.fault("invalid", fmt.Sprintf("is %q", s.Invalid), "reject or hold")
	}
	c.read()
}

// eventKinds looks at kinds of custom actions, which can only be sent as they
// stand, held or left out.
func (c *compiler) eventKinds() {
	p := &c.source.Policy
	for _, kind := range []struct {
		path, text string
		given      bool
	}{{"policy.refund", p.Refund, c.source.Refund != nil}, {"policy.void", p.Void, c.source.Void != nil}} {
		switch {
		case kind.text == source.PolicyNegative || strings.HasPrefix(kind.text, source.PolicyAction):
			c.fault(kind.path, "is "+kind.text+", which is for purchases; event makes custom actions", "send, skip or hold")
		case kind.text == "" && kind.given && kind.path == "policy.refund":
			c.fault(kind.path, "is not given, but refund is, and event makes custom actions", "send, skip or hold")
		}
	}
}

// rewritten files hold the same rows again and again, so that rows must be
// known by what they hold.
func (c *compiler) rewritten() {
	s := c.source
	const is, write = "is rows, but mode: rewrite reads the same rows again and again, and there is no at to know them by", "the column of an id, or give at the column of the time"
	switch {
	case s.Order != nil && isRows(s.Order.ID) && len(s.Order.At) == 0:
		c.fault("order.id", is, write)
	case s.Event != nil && (len(s.Event.ID) == 0 || isRows(s.Event.ID)) && len(s.Event.At) == 0:
		c.fault("event.id", is, write)
	}
}

// read looks at how files are read, as far as it bears on orders.
func (c *compiler) read() {
	r := &c.source.Read
	switch r.Type {
	case "", "csv", "json":
	case "gdpdu":
		if r.Table == "" {
			c.fault("read.table", "is not given; an index.xml describes several tables", "the file of the table with the lines, as in lines.csv")
		}
	default:
		c.fault("read.type", fmt.Sprintf("is %q", r.Type), "csv, json or gdpdu, or leave it out")
	}
	if d := r.Delimiter; utf8.RuneCountInString(d) > 1 && !strings.EqualFold(d, "tab") {
		c.fault("read.delimiter", fmt.Sprintf("is %q, which is more than one character", d), "one character, or tab")
	}
	if _, ok := rows.KnownEncoding(r.Encoding); !ok {
		c.fault("read.encoding", fmt.Sprintf("is %q, which is no encoding that is read", r.Encoding), likeEncoding(r.Encoding))
	}
	for i, j := range r.Join {
		if name := strings.ReplaceAll(j.Table, `\`, "/"); j.Table != "" && r.Type != "gdpdu" && (!fs.ValidPath(name) || name == ".") {
			c.fault(fmt.Sprintf("read.join[%d].table", i), fmt.Sprintf("is %q, which is no file beside the one that is read", j.Table), "the file's name, as in taxes.csv")
		}
	}
	if r.Header.None && len(r.Header.Names) > 0 {
		c.fault("read.header", "is none and has names", "one of both")
	}
	if r.Records != nil && (r.Records.Order == nil || r.Records.Item == nil) {
		c.fault("read.records", "needs both order and item", "a condition for each, as in { order: { Line Type: Sale }, item: { Line Type: Sale Line } }")
	}
	if r.Type == "json" {
		if len(r.Fill) > 0 {
			c.fault("read.fill", "is for tables only", "type: csv, or leave fill out")
		}
		if len(r.Join) > 0 {
			c.fault("read.join", "is for tables only", "type: csv or gdpdu, or leave join out")
		}
	}
}

// likeEncoding says what to write for an encoding that is not known: the name
// that was meant, where its digits are those of a known one.
func likeEncoding(name string) string {
	digits := func(text string) string {
		return strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return r
			}
			return -1
		}, text)
	}
	var alike []string
	for _, known := range encodings {
		if digits(known) == digits(name) {
			alike = append(alike, known)
		}
	}
	const names = "windows-1252, ibm850, iso-8859-15 or utf-8"
	if near := nearest(name, alike); near != "" {
		return near + ", if that is meant; or one as " + names
	}
	return "one as " + names
}

// encodings are the usual ones.
var encodings = []string{
	"utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254",
	"windows-1257", "ibm437", "ibm850", "ibm852", "ibm858", "ibm866", "iso-8859-1", "iso-8859-2", "iso-8859-15", "macintosh",
	"shift_jis", "gbk", "big5", "euc-kr",
}

// grouping looks at what makes an order of rows.
func (c *compiler) grouping(m *Mapping) {
	o := m.order
	if o == nil {
		return
	}
	if o.group != nil && m.orderRow != nil {
		c.fault("order.group", "stands beside read.records, which makes the orders", "one of both")
	}
	switch {
	case o.group != nil || m.orderRow != nil:
	case o.id != nil && m.items != nil && !m.items.inRow():
		o.group = o.id
	}
	if o.adjacent && c.source.Order.Adjacent && o.group == nil && m.orderRow == nil {
		c.fault("order.adjacent", "is given, but an order is one row here", "group, the column that the rows of an order have in common; or leave it out")
	}
}

// money looks at the currency, and at what refunds need.
func (c *compiler) money(m *Mapping) {
	if m.order != nil && m.order.currency == nil && m.currency == nil && m.rules.Defaults["__currency__"] == "" {
		c.fault("order.currency", "is not given", "the column of the currency; or const: { currency: EUR }, with the one that all amounts are in")
	}
	c.currencies()
	s := c.source.Refunds
	if s == nil {
		return
	}
	if s.Each == "" {
		c.fault("refunds.each", "is not given", "the path of the array, as in refunds")
	}
	if len(s.ID) == 0 {
		c.fault("refunds.id", "is not given", "the path of the refund's id, or a text with it, as in \"{id}\"")
	}
	if len(s.Total) == 0 {
		c.fault("refunds.total", "is not given", "the path of the amount that went back")
	}
	if t := c.source.Read.Type; t != "" && t != "json" {
		c.fault("refunds", "are elements of a JSON order, but read.type is "+t, "refund, a condition for rows that give money back")
	}
}

// currencies looks at those that are written in the source itself, as no order
// would be taken with one that is none.
func (c *compiler) currencies() {
	s := c.source
	refuse := func(path, code string) {
		if _, err := (values.Decimal{}).Cents(code); err != nil && code != "" {
			c.fault(path, fmt.Sprintf("is %q, which is not a currency's code by ISO 4217", code), "its three letters, as in EUR")
		}
	}
	refuse("defaults.__currency__", s.Defaults["__currency__"])
	if s.Order == nil {
		return
	}
	look := func(path, text string, v *values.Value) {
		if len(v.Columns()) > 0 || len(c.captures) > 0 && strings.ContainsAny(text, "={") {
			return // known with the row, or with the file's path
		}
		if code, err := v.Text(&values.Scope{}); err == nil {
			refuse(path, code)
		}
	}
	for _, f := range s.Const {
		if f.Name == "currency" && len(f.Value) == 1 {
			look("const.currency", f.Value[0], c.values.Text("const.currency", source.Text(f.Value[0])))
		}
	}
	for _, text := range s.Order.Currency {
		look("order.currency", text, c.values.Value("order.currency", source.Value{text}))
	}
}

// items compiles the lines of an order.
func (c *compiler) items(s *source.Items) *items {
	i := &items{each: s.Each, columns: s.Columns}
	i.skip = c.matcher("items.skip", s.Skip)
	c.places(s)
	c.packed(s, i)
	own := func(name string, v source.Value) *values.Value {
		if len(v) == 0 && slices.Contains(i.groupNames, name) {
			v = source.Value{name}
		}
		return c.value("items."+name, v)
	}
	i.sku, i.label, i.qty = own("sku", s.SKU), own("label", s.Label), own("qty", s.Qty)
	i.price, i.discount, i.total = own("price", s.Price), own("discount", s.Discount), own("total", s.Total)
	if i.sku == nil && i.label == nil {
		c.fault("items.label", "is not given, and items.sku neither", "the column of the product's name or number")
	}
	switch {
	case i.total != nil || i.price != nil:
	case s.Balance == nil:
		c.fault("items.total", "is not given, and items.price neither", "the column of the line's amount; or price and qty, or a balance with the order's total")
	case i.qty != nil && !slices.Contains(i.groupNames, "qty") || i.discount != nil:
		c.fault("items.price", "is not given, but qty or discount is", "the column of the price of one, or leave them out")
	}
	taken := map[string]string{}
	for _, name := range itemNames {
		taken[name] = "is a member of its own"
	}
	i.extra = c.fields("items.extra", s.Extra, taken)
	if s.Balance != nil {
		label := s.Balance.Label
		if label == "" {
			label = balanceLabel
		}
		i.balance = &balance{total: c.value("items.balance.total", s.Balance.Total), label: c.text("items.balance.label", label)}
		if i.balance.total == nil {
			c.fault("items.balance.total", "is not given", "the column of the order's total")
		}
	}
	return i
}

// places looks at where the items of an order stand.
func (c *compiler) places(s *source.Items) {
	ways := map[string]string{"items.each": s.Each, "items.columns": s.Columns, "items.from": s.From}
	maps.DeleteFunc(ways, func(_, given string) bool { return given == "" })
	if len(ways) > 1 {
		names := slices.Sorted(maps.Keys(ways))
		c.fault(names[1], "stands beside "+names[0], "one of both")
	}
	if t := c.source.Read.Type; s.Each != "" && t != "" && t != "json" {
		c.fault("items.each", "is for JSON, but read.type is "+t, "columns or from, or leave it out where each row is an item")
	}
}

// packed compiles how the items of one cell are told apart.
func (c *compiler) packed(s *source.Items, i *items) {
	switch {
	case s.Columns != "" && utf8.RuneCountInString(s.Pairs) != 2:
		c.fault("items.pairs", "is not two characters", "the one between two pairs and the one between a name and its value, as in \"|:\" for name:Tea|quantity:1")
	case s.Columns == "" && s.Pairs != "":
		c.fault("items.pairs", "is given without items.columns", "columns: line_item_*")
	case s.Columns != "":
		r, size := utf8.DecodeRuneInString(s.Pairs)
		i.itemPart, i.namePart = string(r), s.Pairs[size:]
	}
	switch {
	case s.From != "" && s.Match == "":
		c.fault("items.match", "is not given, but items.from is", `a regular expression that finds an item, with names for its parts, as in "(?<qty>[0-9.]+) x (?<label>[^,]+)"`)
	case s.From == "" && s.Match != "":
		c.fault("items.from", "is not given, but items.match is", "the column that holds all items")
	case s.From != "":
		i.from = c.value("items.from", source.Value{s.From})
		c.match(s.Match, i)
	}
}

func (c *compiler) match(text string, i *items) {
	re, err := regexp.Compile(text)
	if err != nil {
		c.fault("items.match", "is no regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "one of RE2's, without (?= and \\1")
		return
	}
	i.match = re
	for _, name := range re.SubexpNames() {
		if name != "" {
			i.groupNames = append(i.groupNames, name)
		}
	}
	if i.groupNames == nil {
		c.fault("items.match", "names no part of an item", `names in it, as in "(?<qty>[0-9.]+) x (?<label>[^,]+)"`)
	}
	if re.MatchString("") {
		c.fault("items.match", "matches nothing at all, so that items could not be told from what is between them", "an expression that needs one character at least")
	}
}
