package control

import (
	"errors"
	"fmt"
	"time"

	"funnelrelay/relay/event"
)

// Why a question or a decision is refused.
var (
	ErrNotFound   = errors.New("not found")
	ErrQuery      = errors.New("the query is wrong")
	ErrNotRunning = errors.New("the relay is not running") // and only a running one can do this
)

// Gone says that an event was taken out of the spool by a person.
type Gone struct {
	ID    string
	At    time.Time // at the site; zero: not remembered
	By    string    // the id of the event that took its place; "": none
	Cause string    // the person's reason
}

func (g *Gone) Error() string {
	text := "event " + g.ID + " was discarded"
	if g.By != "" {
		text = "event " + g.ID + " was replaced by " + g.By
	}
	if !g.At.IsZero() {
		text += " at " + g.At.Format(time.DateTime)
	}
	if g.Cause != "" {
		text += ": " + g.Cause
	}
	return text
}

// Refused says why something cannot be done as things are, and the way out.
type Refused struct {
	Why    string
	Faults *event.Faults // in a body that would be refused again; nil: none
}

func (r *Refused) Error() string {
	if r.Faults != nil {
		return r.Why + ": " + r.Faults.Error()
	}
	return r.Why
}

func refused(format string, args ...any) error { return &Refused{Why: fmt.Sprintf(format, args...)} }

func queryError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrQuery, fmt.Sprintf(format, args...))
}

func notFound(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrNotFound)
}
