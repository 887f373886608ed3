package spool

import "fmt"

// Memory is the spool's memory of bodies, kept under the time that each body
// carries, so that what is looked up together lies together. It is valid only
// inside the Compose that got it.
type Memory struct {
	tx *writeTx
	id ID // of the record being composed
}

// Hash stands for a body without its time.
type Hash = [16]byte

// ID is the id that the record will have if it is stored.
func (m *Memory) ID() ID { return m.id }

// Seen reports the record that carries body at time at (any unit of the
// caller's, for example milliseconds since 1970) and the link kept with it.
func (m *Memory) Seen(at int64, body Hash) (id uint64, link int64, ok bool) {
	return m.tx.bodySeen(at, body)
}

// Remember notes that the record being composed carries body at time at. It
// keeps a link, a number of the caller's own use. A mark that is there already
// keeps its record and takes the new link.
func (m *Memory) Remember(at int64, body Hash, link int64) {
	m.tx.rememberBody(at, body, m.id, link)
}

// compose calls the caller's function.
func (tx *writeTx) compose(fn func(m *Memory) Composed, id ID) (c Composed, err error) {
	defer caught("compose record", id, &err)
	return fn(&Memory{tx: tx, id: id}), nil
}

// caught is deferred where the writer calls a function of the caller's. If it
// panics, the fault is the caller's own and no reason to take the file for
// damaged.
func caught(what string, id ID, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s %s: %v: %w", what, id, r, ErrInvalid)
	}
}
