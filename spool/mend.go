package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
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
	full := noSpace(cause)
	if full {
		s.giveReserve()
	}
	err := s.reopen(errors.Is(cause, errPanic) || errors.Is(cause, errDamaged))
	refusal := fmt.Errorf("%w: %w", ErrUnavailable, cause)
	if full {
		refusal = fmt.Errorf("%w: %w", ErrFull, cause)
	}
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
			err = s.commit(keep)
		}
		if err == nil {
			break
		}
		s.setUnavailable(err)
		if keep = s.refuse(keep, pause, err); s.isClosing() {
			for _, o := range keep {
				o.done(ErrClosed)
			}
			return
		}
		err = s.reopen(errors.Is(err, errPanic) || errors.Is(err, errDamaged))
	}
	for _, o := range keep {
		o.done(nil)
	}
	s.setUnavailable(nil)
}

// refuse answers what comes in during the pause, and keeps what must last.
func (s *Spool) refuse(keep []op, pause time.Duration, cause error) []op {
	refusal := fmt.Errorf("%w: %w", ErrUnavailable, cause)
	if noSpace(cause) {
		refusal = fmt.Errorf("%w: %w", ErrFull, cause)
	}
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

// reopen closes the file, takes back the transaction that failed, and opens
// the file again.
func (s *Spool) reopen(damaged bool) error {
	s.swap.Lock()
	defer s.swap.Unlock()
	if s.db != nil {
		_ = closeGuarded(s.db) // it failed before, and is not written again
		s.db = nil
		if err := s.revert(); err != nil {
			return fmt.Errorf("take back a transaction: %w", err)
		}
	}
	if damaged {
		if err := s.salvage(errDamaged); err != nil {
			return fmt.Errorf("salvage: %w", err)
		}
	}
	db, err := s.openFile()
	if err != nil {
		return err
	}
	s.db = db
	s.attempted = 0
	err = guardedView(db, s.readCounts)
	if damaged && err == nil {
		s.resetQueues()
		s.damage.Store(false)
	}
	return err
}

// resetQueues lets the windows be read anew after a salvage.
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
// again before the next.
func (s *Spool) revert() error {
	if s.attempted == 0 {
		return nil
	}
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	pageSize := int64(s.pageSize)
	page := make([]byte, metaBytes)
	at := int64(s.attempted%2) * pageSize
	if _, err := f.ReadAt(page, at); err != nil {
		return err
	}
	if binary.LittleEndian.Uint64(page[metaTxid:]) != s.attempted {
		s.attempted = 0
		return nil // it was never written
	}
	if _, err := f.WriteAt(make([]byte, metaBytes), at); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	s.attempted = 0
	return nil
}

// Offsets in a meta page of bbolt (its internal/common/meta.go), in the byte
// order of the machine; all that we build for are little-endian.
const (
	metaTxid  = 16 + 48 // page header; magic, version, page size, flags, root, freelist, high-water mark
	metaBytes = 16 + 64
)

func openGuarded(path string, o *bbolt.Options) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return bbolt.Open(path, 0o600, o)
}

func guardedView(db *bbolt.DB, fn func(tx *bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return db.View(fn)
}

// closeGuarded closes a file that may be damaged.
func closeGuarded(db *bbolt.DB) (err error) {
	if db == nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return db.Close()
}
