package mapping

import (
	"cmp"
	"maps"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// Options is what a mapping takes from around its source. The zero value of
// each field is legal.
type Options struct {
	// Project is the name of the project that the events go to.
	Project string

	// Rules are the project's.
	Rules *event.Rules

	// Site is where dates without a zone were written. Default: time.Local.
	Site *time.Location

	// Action is the name of the folder drop/NAME, unescaped: the action of
	// events that name none. Default: none.
	Action string

	// Hold keeps what is refused as dead, instead of refusing it (the project's
	// invalid: hold); the source's own word wins.
	Hold bool

	// KeepKeys is for how long the spool knows orders again. An order whose own
	// time is older is held, never sent unasked. Default: no limit.
	KeepKeys time.Duration
}

// Mapping makes events of rows for one source. It is not changed by its use
// and may be used concurrently; the Orders that it reads may not.
type Mapping struct {
	source  *source.Source
	options Options
	rules   *event.Rules
	hold    bool
	reading rows.Options

	skip, void, refund       *values.Matcher // orders
	orderRow, itemRow        *values.Matcher // read.records; nil: rows are of one kind
	end                      *values.Matcher // read.end
	refundPolicy, voidPolicy policy
	changed                  string // policy.changed as written

	order   *order
	items   *items
	refunds *refunds
	custom  *custom

	consts   []field       // of the event
	currency *values.Value // const: { currency: … }

	named    []string // columns and paths that the keys read
	paths    []string // the same, sorted
	columns  []string // those that a table may have
	lists    []list   // of each, a table must have all columns of one choice
	captures []string // of watch, as far as the texts name them
}

// New makes a mapping of a source, which must not be changed afterwards. The
// mapping is nil where there are faults; their paths are below the source.
func New(s *source.Source, o Options) (*Mapping, []values.Fault) {
	if o.Site == nil {
		o.Site = time.Local
	}
	c := newCompiler(s, o)
	m := &Mapping{source: s, options: o, rules: rules(s, o)}
	m.hold = s.Invalid == "hold" || s.Invalid == "" && o.Hold
	c.mapping(m)
	if faults := c.all(); len(faults) > 0 {
		return nil, faults
	}
	m.reading = c.reading(m)
	return m, nil
}

// rules are the project's with the source's own laid over.
func rules(s *source.Source, o Options) *event.Rules {
	r := event.Rules{Zone: o.Site}
	if o.Rules != nil {
		r = *o.Rules
		r.Zone = cmp.Or(r.Zone, o.Site)
	}
	r.Stamp = cmp.Or(event.Stamp(s.Stamp), r.Stamp)
	r.Nested = cmp.Or(event.Nested(s.Nested), r.Nested)
	r.Identity = cmp.Or(event.Identity(s.Identity), r.Identity)
	r.RepeatWindow = s.RepeatWindow
	if len(s.Defaults) > 0 {
		defaults := maps.Clone(r.Defaults)
		if defaults == nil {
			defaults = map[string]string{}
		}
		maps.Copy(defaults, s.Defaults)
		r.Defaults = defaults
	}
	return &r
}

// Reading is how the source's files are to be read. The caller may fill in what
// is the file's: Growing, Start.
func (m *Mapping) Reading() rows.Options { return m.reading }

// Rules are those that the events are normalized with, and are to be settled
// with: the project's, with the source's own laid over.
func (m *Mapping) Rules() *event.Rules { return m.rules }

// ByPlace says that events may be known by their place in their file alone:
// rows of a file with any other content are not known again.
func (m *Mapping) ByPlace() bool {
	return m.source.Plain() || m.order != nil && m.order.id == nil || m.custom != nil && m.custom.id == nil
}

// Advice is what a person should know of a mapping that is legal, a sentence
// each.
func (m *Mapping) Advice() []string {
	var list []string
	at, rowsID := m.custom != nil && m.custom.at != nil, m.custom != nil && m.custom.id == nil
	key := "event"
	if m.order != nil {
		at, rowsID, key = m.order.at != nil, m.order.id == nil, "order"
	}
	if rowsID {
		list = append(list, rowsCost(key, at, m.source.Mode))
	}
	if m.source.Plain() {
		list = append(list, "rows without __order__ and dateTime are known by their place in the file: "+
			"the same file is taken once, but a file that holds a row again is a new file, and the row is sent again")
	}
	if m.order != nil && m.order.at == nil {
		list = append(list, "order.at is not given: sales are dated when their file is read, not when they were made")
	}
	if m.refunds != nil && m.refund != nil && m.refundPolicy.is != source.PolicySkip {
		list = append(list, "refund and refunds are both given: money that went back is sent twice where an order matches refund and lists its refunds as well")
	}
	if m.byPlaces() {
		list = append(list, headerByPlaces)
	}
	return list
}

// rowsCost tells what it costs that rows have no id.
func rowsCost(key string, at bool, mode source.Mode) string {
	switch {
	case mode == source.Follow:
		return key + ".id is rows: a row is known by its place in the journal; a journal that is begun anew with old rows in it sends them again"
	case at:
		return key + ".id is rows: a row is known by the columns that are read; " +
			"a row that was corrected, and all rows after a change of the mapping's columns, count as new"
	}
	return key + ".id is rows, and there is no " + key + ".at: a row is known only in its file; " +
		"the same file is taken once, but exports that overlap send their common rows again"
}
