package source

import "time"

// Source is a way in besides the webhook's own path: a watched folder, or
// POST /api/v1/sources/{source}.
type Source struct {
	// Name is the source's key in the file: small letters, digits, - and _, at
	// most 64. It is a part of the key of each order: renamed, the source
	// takes again what it took before.
	Name string

	// Preset stands for the whole entry of a known export, as in
	// square-items; any key beside it wins. Default: none.
	Preset string `yaml:"preset"`

	// Project is the project that the events go to. Default: the first.
	Project string `yaml:"project"`

	// Watch is the files to take: one pattern or a list. * and ? stand for
	// what a name holds between two slashes, {name} for a part of the path
	// that is to be put into texts, {name:yyyyMMdd} for one that is a date.
	// Relative to the data folder. Default: none, and the source is open for
	// HTTP only.
	Watch []string `yaml:"watch"`

	// Mode is once (a file is taken when it is complete), follow (a journal
	// that only grows and stays where it is) or rewrite (a file that is
	// written anew all day and stays). Default: once.
	Mode Mode `yaml:"mode"`

	// Settle is for how long size and time of a file stand still before it is
	// taken; in a journal, for how long its last order waits for more rows.
	// Default: 1s; 30s for a journal (mode: follow).
	Settle time.Duration `yaml:"settle"`

	// Marker is the end of the name of a file that says that the other one is
	// complete: with .done, sales.csv waits for sales.csv.done or sales.done.
	// Default: none.
	Marker string `yaml:"marker"`

	// After is what becomes of a file that was taken: done (moved to
	// done/DATE beside it), delete or keep. Default: done.
	After After `yaml:"after"`

	// KeepDone is how long files lie in done and rejected; 0: for ever.
	// Default: 90d.
	KeepDone time.Duration `yaml:"keep_done"`

	// Read says how the files are written. Default: found in each file.
	Read Read `yaml:"read"`

	// Values says how dates and amounts are written.
	Values Values `yaml:"values"`

	// Skip leaves out an order; it is not remembered, so that it is taken when
	// it comes again otherwise, as when it was paid. Default: none.
	Skip Matcher `yaml:"skip"`

	// Void is an order that was cancelled. Default: none.
	Void Matcher `yaml:"void"`

	// Refund is an order that gives money back. A sale whose items sum to less
	// than zero is one, too. Default: none.
	Refund Matcher `yaml:"refund"`

	// Const are values that the files do not hold: currency, or any name for
	// the event. Default: none.
	Const []Field `yaml:"const"`

	// Event makes each row (or group of rows) a custom action. Without event,
	// order and items, columns or keys are taken by the webhook's own names.
	// Default: none.
	Event *Event `yaml:"event"`

	// Order makes rows of one order a purchase, together with items. Default:
	// none.
	Order *Order `yaml:"order"`

	// Items are what was bought. Default: none.
	Items *Items `yaml:"items"`

	// Refunds are given back within an order: one more event for each. Default:
	// none.
	Refunds *Refunds `yaml:"refunds"`

	// Policy is what becomes of orders that are no plain sale.
	Policy Policy `yaml:"policy"`

	// Stamp is as in a project. Default: the project's.
	Stamp string `yaml:"stamp"`

	// Nested is as in a project. Default: the project's.
	Nested string `yaml:"nested"`

	// Identity is as in a project. Default: the project's.
	Identity string `yaml:"identity"`

	// Invalid is as in a project; reject writes the rows to the rejects. Default:
	// the project's.
	Invalid string `yaml:"invalid"`

	// Defaults are as in a project. Default: the project's.
	Defaults map[string]string `yaml:"defaults"`

	// RepeatWindow is as in a project, for what has no key of its own. Default:
	// 0, as rows have one.
	RepeatWindow time.Duration `yaml:"repeat_window"`

	// Hours are the opening hours of the source, as in alarm.hours. Default:
	// those.
	Hours Hours `yaml:"hours"`

	// Silence is after how long without a new sale from the source, within
	// hours, there is an alarm; 0: never. For a source of custom actions (event)
	// each new one counts. Default: 0.
	Silence time.Duration `yaml:"silence"`
}

// FollowSettle is the default of settle in a journal: a till writes the lines
// of a receipt as they are rung up.
const FollowSettle = 30 * time.Second

// Default is a source in which every key was left out.
func Default() Source {
	return Source{Mode: Once, Settle: time.Second, After: AfterDone, KeepDone: 90 * 24 * time.Hour}
}

// Plain says that no mapping was written: columns and keys are the webhook's
// own names.
func (s *Source) Plain() bool {
	return s.Event == nil && s.Order == nil && s.Items == nil && s.Refunds == nil
}

// Mode is how a file comes about.
type Mode string

// How a file comes about.
const (
	Once    Mode = "once"
	Follow  Mode = "follow"
	Rewrite Mode = "rewrite"
)

// After is what becomes of a file that was taken.
type After string

// What becomes of a file.
const (
	AfterDone   After = "done"
	AfterDelete After = "delete"
	AfterKeep   After = "keep"
)

// Value says where a value comes from: one text in one of the forms of the
// package's doc, or several, of which the first that is not empty counts. Nil:
// not given.
type Value []string

// Text is a literal with {Column} put in, or a calculation (= expr). Empty: not
// given.
type Text string

// Field is a named value of an event or a purchase's item, in the order of the
// file.
type Field struct {
	Name  string
	Value Value
}

// Matcher is a condition: one of its alternatives holds. Nil never holds.
type Matcher []Condition

// Condition holds when all of its tests do.
type Condition []Test

// Test looks at one column or JSON path (a number is a place in a row without
// header, from 0). It holds when one of Is does: a text that is equal,
// /regex/, present, absent, or "<0", "<=0", ">0", ">=0" with any number.
type Test struct {
	Column string
	Is     []string
}

// Names of what Policy may hold.
const (
	PolicySend     = "send"     // as it stands
	PolicyNegative = "negative" // as a purchase whose amounts are negative
	PolicySkip     = "skip"     // left out
	PolicyHold     = "hold"     // kept as dead, for a person to decide
	PolicyAction   = "action"   // a custom action; "action NAME" gives it a name
	PolicyIgnore   = "ignore"   // changed only: the first one stands
)

// Policy is what becomes of orders that are no plain sale.
type Policy struct {
	// Refund is action (a custom action Refund with flat fields, as the
	// contract knows no negative sale), action NAME, negative, send, skip or
	// hold. Default: action.
	Refund string `yaml:"refund"`

	// Void is skip, action (Void), action NAME, negative, send or hold.
	// Default: skip.
	Void string `yaml:"void"`

	// Changed is an order that comes again with other money, things, person or
	// time: hold (the new one is kept as dead), ignore (the first one stands,
	// and the log names it) or send (as a further event). Default: hold for
	// purchases, ignore for custom actions.
	Changed string `yaml:"changed"`
}
