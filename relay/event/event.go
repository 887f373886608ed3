package event

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// CommerceAction is the only action that is shown as a purchase, and the only
// one that may carry purchase_data ("the URL to use for the requests is ONLY
// the following").
const CommerceAction = "__commerce_action__"

// An Event is one call of the webhook, normalized: it is legal for the
// upstream but for the dateTime, which Settle adds where the sender gave none.
// An Event is not changed after Normalize and may be shared.
type Event struct {
	Action  string    // decoded, for people; at most 1 kB
	Path    string    // the action as the sender escaped it in the URL; sent as it came
	Body    []byte    // one JSON object
	Time    time.Time // the dateTime in Body; zero: none, to be stamped
	Email   string    // trimmed and lower-cased; empty: none
	Session string    // as text (123 is "123"); empty: none
	Order   string    // __order__ of the first purchase item; empty: no purchase
	Totals  []Total   // per currency, of the purchase's items; nil: no purchase

	// Set by Normalize. In an event made by hand all of it is zero.
	cut   span     // of the dateTime's value; where it is to come, both ends are the same
	form  form     // how the sender's own dateTime is written
	base  [16]byte // the hash of action and body without the dateTime; see marks.go
	total [1]Total // what Totals begins with
	terms []string // by which the purchase's items are found; nil: no purchase
}

// Anonymous says that every such event makes a new user upstream ("If no
// session or email is passed every event received will create a new user").
func (e *Event) Anonymous() bool { return e.Email == "" && e.Session == "" }

// Total is what a purchase adds up to in one currency.
type Total struct {
	Currency string // ISO 4217
	Cents    int64  // as in __total_in_cents__
}

// A Fault is one way in which a body breaks the contract.
type Fault struct {
	Pointer string `json:"pointer"` // RFC 6901, into the body as it was sent
	Detail  string `json:"detail"`  // what is wrong and what to write instead
}

// Faults are all the faults of one body. Malformed says that it is not even
// JSON in UTF-8 (HTTP 400); otherwise it breaks the contract (422).
type Faults struct {
	Malformed bool
	List      []Fault
}

func (f *Faults) Error() string {
	var b strings.Builder
	for i, fault := range f.List {
		if i > 0 {
			b.WriteString("; ")
		}
		if fault.Pointer != "" {
			fmt.Fprintf(&b, "%s: ", fault.Pointer)
		}
		b.WriteString(fault.Detail)
	}
	return b.String()
}

// An Offer is an event on its way into the spool, or a body that broke the
// contract and is to be held as dead (Held says why).
type Offer struct {
	Event *Event
	Key   *Key   // the sender's own, nil: none
	Held  string // not empty: keep as dead, with this reason; Event has the body as it came

	// Changed says what becomes of it where Key came before with other content.
	Changed Changed

	// Replaces is the id of an event whose place this one takes: it is
	// discarded in the same transaction. Empty: none.
	Replaces string
}

// Changed says what becomes of an offer that came before with other content: an
// order that was changed since.
type Changed string

// What becomes of a changed offer. The empty value is ChangedIgnore.
const (
	ChangedIgnore Changed = "ignore" // a duplicate like any other: the first one stands
	ChangedHold   Changed = "hold"   // kept as dead, for a person to decide
	ChangedSend   Changed = "send"   // a further event
)

// Instead is what is taken in the place of o where its Key came before with
// other content; nil: nothing, it is a duplicate. Its own key holds the
// content, so that it is taken once.
func (o *Offer) Instead() *Offer {
	if o.Key == nil || o.Held != "" || o.Changed != ChangedHold && o.Changed != ChangedSend {
		return nil
	}
	second := &Offer{Event: o.Event, Key: &Key{Name: string(changedKey(o.Key))}}
	if o.Changed == ChangedHold {
		second.Held = "it came again with other content; the first one stands"
		if o.Event.Order != "" {
			second.Held = "order " + o.Event.Order + " came again with other content; the first one stands"
		}
	}
	return second
}

// Why is the reason for which what r tells of was kept as dead; "" where it was
// not.
func (o *Offer) Why(r Receipt) string {
	if r.Dead && r.Changed && o.Held == "" {
		o = o.Instead()
	}
	if !r.Dead || o == nil {
		return ""
	}
	return o.Held
}

// Key is a sender's own name for an event.
type Key struct {
	Name    string // Idempotency-Key and index, or source + order + kind
	Content uint64 // hash of the raw input
	Strict  bool   // the same name with other content is an error, not a duplicate
}

// Batch is accepted as a whole or not at all.
type Batch struct {
	Project string
	Source  string // configured name of the way in; "http" for the port
	Offers  []Offer

	// Rules are the source's own, with which the offers were normalized. Nil:
	// the project's.
	Rules *Rules

	// Notes are kept in the same transaction as the offers, by name: how far a
	// file was read. A nil value deletes.
	Notes map[string][]byte
}

// Receipt tells what became of an offer.
type Receipt struct {
	ID        string
	Duplicate bool // ID is that of the first one
	Changed   bool // the Key came before with other content: a Duplicate, unless it was kept instead
	Dead      bool // held as dead
}

// Sink takes events over.
//
// Accept returns nil only when every event is on disk; the caller may then
// forget its input. On error the caller keeps its input and may offer it
// again: known keys are not stored twice. It may be called concurrently.
type Sink interface {
	Accept(ctx context.Context, b Batch) ([]Receipt, error)
}

// Why a Sink refuses.
var (
	ErrFull        = errors.New("no room for new events")
	ErrUnavailable = errors.New("the spool cannot be written just now")
	ErrProject     = errors.New("no such project")
)

// ErrNotReplaced says why an event could not take the place of another.
type ErrNotReplaced struct {
	ID        string // of the other
	BeingSent bool   // it is being sent just now
	First     string // the new one would repeat this event; empty: the other one is not there, or was sent
}

func (e *ErrNotReplaced) Error() string {
	switch {
	case e.BeingSent:
		return "event " + e.ID + " is being sent now"
	case e.First != "":
		return "the new event would repeat event " + e.First
	}
	return "there is no event " + e.ID + " that is pending or dead"
}

// ErrKeyReused says that a strict key came with other content than before.
type ErrKeyReused struct{ First string }

func (e *ErrKeyReused) Error() string {
	return "this key was used before, with another body, for event " + e.First
}
