package control

import (
	"encoding/json"
	"time"

	"funnelrelay/relay/event"
)

// This file holds what is said of events, and what people ask about them.

// Event is one event as it is listed.
type Event struct {
	ID         string    `json:"id"`
	Project    string    `json:"project"`
	ProjectID  string    `json:"project_id"`
	Action     string    `json:"action"`
	Source     string    `json:"source"`
	State      string    `json:"state"` // pending, sent or dead
	Accepted   time.Time `json:"accepted"`
	Day        string    `json:"day"` // that it counts for, at the site
	Email      string    `json:"email,omitempty"`
	Session    string    `json:"session,omitempty"`
	Order      string    `json:"order,omitempty"`
	Totals     []Total   `json:"totals,omitempty"` // of a purchase, by currency
	Attempts   int       `json:"attempts"`
	Due        time.Time `json:"due,omitzero"`   // pending: the next attempt; absent: now
	Ended      time.Time `json:"ended,omitzero"` // sent or dead: since when
	Status     int       `json:"status,omitempty"`
	Cause      string    `json:"cause,omitempty"` // why it waits or is dead
	Flags      []string  `json:"flags,omitempty"` // confirmed, unproven, may-double, may-have-arrived, unknown, salvaged, clock-wrong
	BeingSent  bool      `json:"being_sent,omitempty"`
	Size       int       `json:"size"`                 // bytes of the body
	Replaces   string    `json:"replaces,omitempty"`   // the id of the dead event that it is the edit of
	Unreadable string    `json:"unreadable,omitempty"` // why nothing more can be shown of it
}

// Total is an amount in minor units.
type Total struct {
	Currency string `json:"currency"` // ISO 4217
	Cents    int64  `json:"cents"`    // as in __total_in_cents__
}

// EventDetail is all that is known of one event.
type EventDetail struct {
	Event
	URL      string    `json:"url,omitempty"` // where it is sent
	Body     string    `json:"body"`          // the exact bytes, as text
	Answer   string    `json:"answer,omitempty"`
	Attempts []Attempt `json:"timeline"` // oldest first; the last 20

	// What a person may do with it now; "" means: may, otherwise why not.
	MayRetry   string `json:"may_retry"`
	MayDiscard string `json:"may_discard"`
	MayEdit    string `json:"may_edit"` // with the flag may-have-arrived, it has to be forced
}

// Attempt is one POST.
type Attempt struct {
	At     time.Time `json:"at"` // when it began
	Millis float64   `json:"millis"`
	Status int       `json:"status,omitempty"` // 0: no answer
	Cause  string    `json:"cause,omitempty"`
	Answer string    `json:"answer,omitempty"` // its first kilobyte
}

// Query selects events; all that is set must hold.
type Query struct {
	Any     string    `json:"q,omitempty"` // id, order number, email, session or SKU
	Order   string    `json:"order,omitempty"`
	Email   string    `json:"email,omitempty"`
	Session string    `json:"session,omitempty"`
	SKU     string    `json:"sku,omitempty"`
	Action  string    `json:"action,omitempty"`
	Source  string    `json:"source,omitempty"`
	Project string    `json:"project,omitempty"`
	State   string    `json:"state,omitempty"`
	Cause   string    `json:"cause,omitempty"` // a part of the reason, case-blind
	From    time.Time `json:"from,omitzero"`   // accepted at or after
	To      time.Time `json:"to,omitzero"`     // accepted before
	Cursor  string    `json:"cursor,omitempty"`
	Limit   int       `json:"limit,omitempty"` // default 50, at most 500
}

// EventPage is one page of events, newest first.
type EventPage struct {
	Events []Event `json:"events"`
	// Next is the cursor of the next page; "": there is none. A search that
	// took too long stops early: the page is then shorter than the limit, and
	// SearchedTo says how far back it looked.
	Next       string    `json:"next,omitempty"`
	SearchedTo time.Time `json:"searched_to,omitzero"`
}

// Decided is what became of a decision about one event.
type Decided struct {
	ID    string `json:"id"`
	NewID string `json:"new_id,omitempty"` // of an edit
	State string `json:"state"`            // pending, discarded
}

// Edit is what a person makes of a dead event.
type Edit struct {
	Body    json.RawMessage `json:"body"`              // the new body, one JSON object
	Action  string          `json:"action,omitempty"`  // default: as it was
	Project string          `json:"project,omitempty"` // default: as it was
	Force   bool            `json:"force,omitempty"`   // though it may have arrived
}

// Checked is what live checking says of a body.
type Checked struct {
	OK     bool          `json:"ok"`
	Body   string        `json:"body,omitempty"` // as it would be sent, but for a stamp
	Errors []event.Fault `json:"errors,omitempty"`
}

// Bulk is one decision about all that a query selects.
type Bulk struct {
	Do     string   `json:"do"` // retry or discard
	Query  Query    `json:"query"`
	IDs    []string `json:"ids,omitempty"` // instead of the query
	Reason string   `json:"reason,omitempty"`
	DryRun bool     `json:"dry_run"`
}

// BulkResult says what was, or with a dry run would be, done.
type BulkResult struct {
	Matched int       `json:"matched"`
	Done    int       `json:"done"`
	Refused []Refusal `json:"refused,omitempty"` // the first 100
	Totals  []Total   `json:"totals,omitempty"`  // of what is done
	Sample  []Event   `json:"sample,omitempty"`  // the first 10
	DryRun  bool      `json:"dry_run"`
}

// Refusal is why one event was left as it was.
type Refusal struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}
