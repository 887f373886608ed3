package spool

import "errors"

// replaced is a record whose place an entry takes, while that is being done.
type replaced struct {
	id   ID
	from Record
	held bool // by us, so that no claim comes between
}

// replace finds the record whose place an entry takes; nil: none.
func (o *putOp) replace(tx *writeTx, id ID) (*replaced, error) {
	if id == 0 {
		return nil, nil
	}
	var r *replaced
	for _, known := range o.replaced { // apply may run again
		if known.id == id {
			r = known
		}
	}
	if r == nil {
		r = &replaced{id: id}
		o.replaced = append(o.replaced, r)
	}
	if err := o.s.holdFor(tx, id, &r.from, &r.held); err != nil {
		return nil, &ErrNotReplaced{ID: id, Cause: err}
	}
	return r, nil
}

// discard takes the record out and links the one that took its place to it.
func (r *replaced) discard(tx *writeTx, by ID) error {
	link := tries{replaces: r.id}
	return errors.Join(tx.discard(&r.from, Gone{By: by}), tx.attempts.Put(by.key(), link.append(nil)))
}

// end brings the window in line with what became of it.
func (r *replaced) end(s *Spool, err error) {
	switch {
	case !r.held:
	case err == nil:
		s.queue(r.from.Queue).remove(r.id)
	default:
		s.queue(r.from.Queue).letGo(r.id)
	}
}
