package source

// Order is a purchase.
type Order struct {
	// Group is what rows of one order have in common. Default: id.
	Group Value `yaml:"group"`

	// Adjacent says that an order's rows stand together, so that an order ends
	// where the next begins. Default: false, an order's rows may stand anywhere
	// in a file (of up to some 8 MB; further apart, they are refused).
	Adjacent bool `yaml:"adjacent"`

	// ID makes the order's key, together with the source and the kind: what
	// comes again is taken once. "rows" for files without one: a row's hash,
	// and its ordinal among equal ones; in one file only, unless the order has
	// a time (at). Required.
	ID Value `yaml:"id"`

	// Number is sent as __order__. Default: id.
	Number Value `yaml:"number"`

	// At is the time of the order, sent as dateTime. Default: none, the relay
	// stamps it.
	At Value `yaml:"at"`

	// Email is the buyer's. Default: none.
	Email Value `yaml:"email"`

	// Session is the buyer's, as the Funnelytics script knows it. Default: none.
	Session Value `yaml:"session"`

	// Currency is the ISO 4217 code. Default: const's.
	Currency Value `yaml:"currency"`

	// Extra are further fields of the event. Default: none.
	Extra []Field `yaml:"extra"`
}

// RowsID is the id of orders and events that have none.
const RowsID = "rows"

// Items are what was bought: an item a row, unless each, columns or from says
// where in the row they are. Total wins; else it is price × qty − discount.
type Items struct {
	// Each is the path of an array in a JSON order. Default: none.
	Each string `yaml:"each"`

	// Columns are columns that hold an item each, as in line_item_*. Default:
	// none.
	Columns string `yaml:"columns"`

	// Pairs are the two characters that part the pairs of an item in one cell,
	// and a pair's name from its value: "|:" for name:Tea|quantity:1. The
	// names are columns for the keys here. Required with columns.
	Pairs string `yaml:"pairs"`

	// From is one column with all items of the order. Default: none.
	From string `yaml:"from"`

	// Match finds each item in From: a regular expression (RE2) with groups whose
	// names are columns for the keys here: (?<qty>[0-9.]+) x (?<label>[^,]+).
	// Required with from.
	Match string `yaml:"match"`

	// Skip are lines that are no item. Default: none.
	Skip Matcher `yaml:"skip"`

	// SKU is sent as __sku__. Default: the label.
	SKU Value `yaml:"sku"`

	// Label is sent as __label__. Default: the SKU.
	Label Value `yaml:"label"`

	// Qty is how many, where the total is made of the price. Default: 1.
	Qty Value `yaml:"qty"`

	// Price is that of one. Default: none.
	Price Value `yaml:"price"`

	// Discount is that of the line. Default: none.
	Discount Value `yaml:"discount"`

	// Total is the line's amount, sent as __total_in_cents__. Default: price ×
	// qty − discount.
	Total Value `yaml:"total"`

	// Extra are further fields of the item. Default: none.
	Extra []Field `yaml:"extra"`

	// Balance is one more item, so that the items add up to the order's total.
	// Default: none.
	Balance *Balance `yaml:"balance"`
}

// Balance is what is missing from the items to the order's total.
type Balance struct {
	// Total is the order's. Required.
	Total Value `yaml:"total"`

	// Label is the balance's __label__, and its __sku__. Default: Balance.
	Label Text `yaml:"label"`
}

// Event is a custom action.
type Event struct {
	// Action is its name, or "{Column}" for one from the row. Default: the
	// folder's name, as in drop/Lead.
	Action Text `yaml:"action"`

	// ID makes the event's key, as in an order. Default: rows.
	ID Value `yaml:"id"`

	// At is the time of the event. Default: none, the relay stamps it.
	At Value `yaml:"at"`

	// Email is the person's. Default: none.
	Email Value `yaml:"email"`

	// Session is the person's. Default: none.
	Session Value `yaml:"session"`

	// Extra are the further fields. Default: every column that no key names.
	Extra []Field `yaml:"extra"`
}

// Refunds are elements of a JSON order.
type Refunds struct {
	// Each is the path of the array. Required.
	Each string `yaml:"each"`

	// ID makes the key, with the element's own paths before the order's.
	// Required.
	ID Value `yaml:"id"`

	// At is the time. Default: the order's.
	At Value `yaml:"at"`

	// Total is the amount; its sign does not matter. Required.
	Total Value `yaml:"total"`

	// Extra are further fields of the event. Default: none.
	Extra []Field `yaml:"extra"`
}
