package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	mendFirst = 20 * time.Millisecond // the first pause between two tries to recover
	mendLast  = 2 * time.Second       // the longest
)

// mend recovers from a commit that failed. The group is not in the file, or it
// is there and nobody may rely on it (a failed fsync tells nothing). So the
// file is closed, taken back to the state before the group, and opened again;
// then those who wait are told that nothing was stored, and what must not be
// lost is committed. A crash in here leaves the group whole or not at all, and
// nobody has been told that it was stored.
//
// A page that cannot be right ends here too: then the file is set aside and
// salvaged, as at a start.
func (s *Spool) mend(group []op, cause error) {
	s.setUnavailable(cause)
	if noSpace(cause) {
		s.giveReserve()
	}
	err := s.reopen(damageIn(cause))
	refusal := refusalFor(cause)
	var keep []op
	for _, o := range group {
		if o.lasting() {
			keep = append(keep, o)
		} else {
			o.done(refusal)
		}
	}
	for pause := mendFirst; ; pause = min(2*pause, mendLast) {
		if err == nil {
			err = s.commit(keep, true)
		}
		if err == nil {
			break
		}
		s.setUnavailable(err)
		last := s.isClosing()
		if keep = s.refuse(keep, pause, err); last {
			s.giveUp(keep, err)
			return
		}
		if noSpace(err) {
			s.giveReserve()
		}
		err = s.reopen(damageIn(err))
	}
	for _, o := range keep {
		o.done(nil)
	}
	s.setUnavailable(nil)
}

// giveUp ends ops that cannot be stored before Close.
func (s *Spool) giveUp(keep []op, cause error) {
	for _, o := range keep {
		o.done(ErrClosed)
	}
	if len(keep) > 0 {
		s.unsaved = errors.Join(s.unsaved, fmt.Errorf("close spool: %d outcomes are not stored: %w", len(keep), cause))
	}
}

// refusalFor is what those are told who put something in while the file cannot
// be written for this cause.
func refusalFor(cause error) error {
	if noSpace(cause) {
		return fmt.Errorf("%w: %w", ErrFull, cause)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, cause)
}

// damageIn is err if it is about the file's content, else nil.
func damageIn(err error) error {
	if errors.Is(err, errPanic) || errors.Is(err, errDamaged) {
		return err
	}
	return nil
}

// refuse answers what comes in during the pause, and keeps what must last.
func (s *Spool) refuse(keep []op, pause time.Duration, cause error) []op {
	refusal := refusalFor(cause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case o := <-s.ops:
			if o.lasting() {
				keep = append(keep, o)
			} else {
				o.done(refusal)
			}
		case <-timer.C:
			return keep
		case <-s.closing:
			return keep
		}
	}
}

// reopen closes the file, takes back the transaction that failed, salvages the
// file if it is damaged, and opens it again.
func (s *Spool) reopen(damage error) error {
	s.swap.Lock()
	defer s.swap.Unlock()
	_ = closeGuarded(s.db) // it failed before, and is not written again
	s.db = nil
	if err := s.revert(); err != nil {
		return fmt.Errorf("take back a transaction: %w", err)
	}
	if damage != nil {
		s.replaced = true
		if err := s.salvage(damage); err != nil {
			return fmt.Errorf("salvage: %w", err)
		}
	}
	return s.takeUp()
}

// resetQueues lets the windows be read anew.
func (s *Spool) resetQueues() {
	s.queuesMu.Lock()
	defer s.queuesMu.Unlock()
	for _, q := range s.queues {
		q.reset()
	}
}

// revert undoes the transaction that was attempted last, if it got as far as
// its meta page: bbolt keeps two, and writes them in turn. Without the newer
// one the file is what the last good commit left, since its pages are not used
// again before the next. It is tried until it is on disk: those whose entries
// were in the transaction are told that nothing was stored.
func (s *Spool) revert() error {
	if s.attempted == 0 {
		return nil
	}
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		s.attempted, s.undoing = 0, false
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	page := make([]byte, metaBytes)
	at := int64(s.attempted%2) * int64(s.pageSize)
	if _, err := f.ReadAt(page, at); err != nil && err != io.EOF {
		return err
	}
	if !s.undoing && binary.LittleEndian.Uint64(page[metaTxid:]) != s.attempted {
		s.attempted = 0
		return nil // it was never written
	}
	s.undoing = true // from here on: zeros that are not synced must be written again
	if _, err := f.WriteAt(make([]byte, metaBytes), at); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	s.attempted, s.undoing = 0, false
	return nil
}

// Offsets in a meta page of bbolt (its internal/common/meta.go), in the byte
// order of the machine; all that we build for are little-endian.
const (
	metaFreelist = 16 + 32
	metaTxid     = 16 + 48 // page header; magic, version, page size, flags, root, freelist, high-water mark
	metaBytes    = 16 + 64
)
