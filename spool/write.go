package spool

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
)

// An op is one change that waits for the writer.
type op interface {
	// apply makes the change in the transaction of its group. An error makes
	// the whole group fail, so a refusal (a key used twice, a full spool) is
	// not one: the op keeps it for itself and changes nothing. Only an error
	// that isOwn is the op's alone: the group is done again without it, so
	// apply may run more than once.
	apply(tx *writeTx) error
	// done is called once, after the commit or when there will be none.
	done(err error)
	// weight is about how many bytes the op writes.
	weight() int
	// lasting ops are tried again after an I/O error; the others fail with it.
	lasting() bool
}

const (
	maxGroup       = 1000    // ops of one transaction
	maxGroupWeight = 8 << 20 // bytes of one transaction, to bound its memory
)

// write is the writer: the only goroutine that changes the file. It takes all
// ops that queued while the last group was synced, and never waits to make a
// group bigger: the sync itself is the delay in which the next group forms.
func (s *Spool) write() {
	defer close(s.stopped)
	group := make([]op, 0, maxGroup)
	for {
		select {
		case o := <-s.ops:
			group = s.gather(append(group[:0], o))
		case <-s.sealed:
			for group = s.gather(group[:0]); len(group) > 0; group = s.gather(group[:0]) {
				s.commitOrMend(group)
			}
			return
		}
		s.commitOrMend(group)
		clear(group)
	}
}

// gather adds the ops that are waiting.
func (s *Spool) gather(group []op) []op {
	weight := 0
	for _, o := range group {
		weight += o.weight()
	}
	for len(group) < maxGroup && weight < maxGroupWeight {
		select {
		case o := <-s.ops:
			group = append(group, o)
			weight += o.weight()
		default:
			return group
		}
	}
	return group
}

// commitOrMend commits the group, less the ops that cannot be done at all. If
// that fails it brings the file back to what it was, answers those who wait,
// and commits what must not be lost.
func (s *Spool) commitOrMend(group []op) {
	err := s.commit(group, false)
	for bad := (*badOp)(nil); errors.As(err, &bad); err = s.commit(group, false) {
		group[bad.index].done(bad.cause)
		group = slices.Delete(group, bad.index, bad.index+1)
	}
	if err == nil {
		for _, o := range group {
			o.done(nil)
		}
		return
	}
	s.mend(group, err)
}

// badOp says which op of a group is to blame, and that it alone is.
type badOp struct {
	index int
	cause error
}

func (b *badOp) Error() string { return b.cause.Error() }

// commit makes all of the group's changes in one transaction, if it has any or
// must prove that the file can be written. When it returns nil they are on
// disk. On error nothing of it counts, but the file may hold it: see mend.
func (s *Spool) commit(group []op, prove bool) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
			s.opts.Log.Debug("panic in a commit", "cause", err, "stack", string(debug.Stack()))
		}
	}()
	s.swap.RLock()
	defer s.swap.RUnlock()
	if s.db == nil {
		return ErrUnavailable
	}
	s.measureDisk()
	bolt, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	s.attempted = uint64(bolt.ID())
	committed := false
	defer func() {
		if !committed {
			rollback(bolt)
		}
	}()
	tx := newWriteTx(bolt, s.clock, s.young)
	for i, o := range group {
		if err := o.apply(tx); isOwn(err) {
			return &badOp{i, err}
		} else if err != nil {
			return err
		}
	}
	if !tx.changed && !prove {
		return nil // all were refused, or came too late
	}
	if err := tx.finish(); err != nil {
		return err
	}
	if err := s.clock.persist(bolt); err != nil {
		return err
	}
	number, err := countCommit(bolt)
	if err != nil {
		return err
	}
	if err := soundFreelist(bolt); err != nil {
		return err
	}
	// A crash before the meta page is on disk leaves the file as it was before
	// the group; after it, with the group whole. Nobody has an answer yet.
	if err = bolt.Commit(); err != nil {
		return err
	}
	committed = true
	s.attempted = 0 // it stands, and must never be taken back
	s.self.committed(number)
	s.young.committed(tx)
	s.noteCommit(tx)
	s.measureFile(s.db)
	return nil
}

// isOwn says that an error of apply is the op's alone: the caller is to blame, or
// it turned out too late that the op has to be refused.
func isOwn(err error) bool {
	var not *ErrNotReplaced
	return errors.Is(err, ErrInvalid) || errors.As(err, &not)
}

// noteCommit brings the counts in memory up to date.
func (s *Spool) noteCommit(tx *writeTx) {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	for queue, delta := range tx.deltas {
		c := s.counts[queue]
		c.add(&delta.Counts)
		s.counts[queue] = c
	}
}

// submit hands an op to the writer; it does not wait for the commit. What it
// took before Close began, the writer gets to see.
func (s *Spool) submit(ctx context.Context, o op) error {
	s.handing.RLock()
	defer s.handing.RUnlock()
	if s.isClosing() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.ops <- o:
		return nil
	case <-s.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call is an op that somebody waits for.
type call struct {
	fn     func(tx *writeTx) error
	size   int
	then   func()     // called by the writer when it is on disk; nil: nothing
	result chan error // of size 1
}

func (c *call) apply(tx *writeTx) error {
	tx.changed = true
	return c.fn(tx)
}

func (c *call) done(err error) {
	if err == nil && c.then != nil {
		c.then()
	}
	c.result <- err
}

func (c *call) weight() int   { return c.size }
func (c *call) lasting() bool { return false }

// do runs fn inside the next transaction and waits until it is on disk.
func (s *Spool) do(size int, fn func(tx *writeTx) error) error { return s.doThen(size, fn, nil) }

// doThen is do, and lets the writer call then before its next transaction.
func (s *Spool) doThen(size int, fn func(tx *writeTx) error, then func()) error {
	c := &call{fn, size, then, make(chan error, 1)}
	if err := s.submit(context.Background(), c); err != nil {
		return err
	}
	return s.await(c.result)
}

// await waits for an op's answer, or for the writer's end.
func (s *Spool) await(result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-s.stopped:
	}
	select {
	case err := <-result:
		return err
	default:
		return ErrClosed // the writer never took it
	}
}
