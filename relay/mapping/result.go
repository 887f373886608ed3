package mapping

import (
	"fmt"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
)

// Kind is what happened, as a row tells it.
type Kind string

// The kinds. Kind is empty where a row was refused or left out before it was
// known.
const (
	KindSale   Kind = "sale"
	KindRefund Kind = "refund"
	KindVoid   Kind = "void"
	KindAction Kind = "action" // a custom action
)

// What leaves rows out, besides the kinds' own names.
const (
	skippedOrder  = "skip"
	skippedItems  = "items.skip"
	skippedRecord = "not a record"
)

// Result is what becomes of an order, or of rows that are none. Exactly one of
// Offer, Skipped and Reason is set.
type Result struct {
	Kind  Kind
	Order string        // its id; empty: none, or not known
	At    rows.Position // of the first row
	Rows  []*rows.Row   // all of it; blank cells are filled as read.fill says

	// Counted is how many rows are accounted for by this result: all of Rows,
	// or 0 for a further event of rows that were counted before (a refund
	// within an order). The sum over a file is the number of its rows.
	Counted int

	Offer   *event.Offer
	Skipped string   // the rule that left it out: skip, void, refund, items.skip, not a record
	Reason  string   // why it is refused, with the columns
	Notes   []string // what a person should know of one that was taken, as of an hour that the clocks show twice

	changed string // policy.changed, for the offer
	action  string // what it was to be
	body    []byte // as far as one was made
}

// Place names the result's rows for a message: "row 3 (line 7)".
func (r *Result) Place() string {
	if len(r.Rows) > 1 {
		last := r.Rows[len(r.Rows)-1].At
		return fmt.Sprintf("rows %d to %d (lines %d to %d)", r.At.Record, last.Record, r.At.Line, last.Line)
	}
	return fmt.Sprintf("row %d (line %d)", r.At.Record, r.At.Line)
}

// Hold turns a refused result into an offer that is kept as dead with the
// reason (invalid: hold). The body is the one that was refused, or the row as
// it was read where there is none. It does nothing to other results.
func (r *Result) Hold() {
	if r.Reason == "" {
		return
	}
	action := r.action
	if action == "" {
		action = event.CommerceAction
	}
	body := r.body
	if body == nil && len(r.Rows) > 0 {
		body = appendRow(nil, r.Rows[0])
	}
	if body == nil {
		body = []byte("{}")
	}
	e := &event.Event{Action: action, Path: event.EscapeAction(action), Body: body}
	r.Offer, r.Reason = &event.Offer{Event: e, Held: r.Reason}, ""
}

// appendRow writes a row as a JSON object, or whatever JSON it was.
func appendRow(dst []byte, row *rows.Row) []byte {
	if row.Value != nil {
		return append(dst, row.Value.JSON()...)
	}
	var names []string
	if row.Header != nil {
		names = row.Header.Names
	}
	dst = append(dst, '{')
	for i, cell := range row.Cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i < len(names) && names[i] != "" {
			dst = appendQuoted(dst, names[i])
		} else {
			dst = fmt.Appendf(dst, `"%d"`, i)
		}
		dst = appendQuoted(append(dst, ':'), cell)
	}
	return append(dst, '}')
}
