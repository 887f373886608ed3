package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

const (
	reserveSize = 2 << 20                // bytes of the file that is given up when the disk is full
	roomPeriod  = 200 * time.Millisecond // how often the disk's free space is asked for
)

// state is what Health tells, and what intake is decided by.
type state struct {
	mu      sync.Mutex // guards all below
	cause   error      // why the file cannot be written; nil: it can
	since   time.Time  // of cause
	refused int64      // bytes that intake was refused for last, 0: it is not refused
	size    int64      // bytes of the file in use or free
	free    int64      // bytes of it that are free
	disk    int64      // bytes free on the disk
	asked   time.Time  // when disk was found out
	reserve bool       // the reserve file is there
	salvage *Salvage
	whole   bool   // the file that was set aside last had nothing wrong in it
	doubt   *Doubt // not changed any more; nil: none
}

// Health is the condition of a spool.
type Health struct {
	Unavailable string    `json:"unavailable,omitempty"` // why it cannot be written just now
	Since       time.Time `json:"since,omitzero"`        // of Unavailable
	Full        string    `json:"full,omitempty"`        // why new entries are refused
	Size        int64     `json:"size"`                  // bytes of the file
	Used        int64     `json:"used"`                  // bytes of it that count for the quota
	MaxSize     int64     `json:"max_size"`              // the quota
	DiskFree    int64     `json:"disk_free"`
	ClockWrong  bool      `json:"clock_wrong"`
	Salvage     *Salvage  `json:"salvage,omitempty"` // the last one, until it is marked as seen
	Doubt       *Doubt    `json:"doubt,omitempty"`   // until a person has decided
}

// Health reports the condition of the spool.
func (s *Spool) Health() Health {
	s.measureDisk() // who asks while nothing is written shall hear of a disk that others fill
	_, believed := s.clock.now()
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	h := Health{
		Since: st.since, Size: st.size, Used: st.size - st.free, MaxSize: s.opts.MaxSize,
		DiskFree: st.disk, ClockWrong: !believed, Salvage: st.salvage, Doubt: st.doubt,
	}
	if st.cause != nil {
		h.Unavailable = st.cause.Error()
	}
	if full := st.fullFor(max(1, st.refused), &s.opts); full != nil {
		h.Full = full.Error()
	}
	return h
}

// setUnavailable notes why the file cannot be written, or with nil that it can
// again. It logs the first and the last of a row of failures.
func (s *Spool) setUnavailable(cause error) {
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case cause != nil && st.cause == nil:
		st.since = time.Now()
		s.opts.Log.Error("spool is not available", "cause", cause)
	case cause == nil && st.cause != nil:
		s.opts.Log.Info("spool is available again", "after", time.Since(st.since).Round(time.Millisecond))
		st.since = time.Time{}
	}
	st.cause = cause
}

// measureDisk finds out, now and then, how much room the disk has. The writer
// calls it before each transaction, and Health.
func (s *Spool) measureDisk() {
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if time.Since(st.asked) < roomPeriod {
		return
	}
	st.asked = time.Now()
	if free, err := DiskFree(filepath.Dir(s.path)); err == nil {
		st.disk = free
	}
}

// measureFile notes what of the file is in use. The writer calls it after each
// commit; swap is held.
func (s *Spool) measureFile(db *bbolt.DB) {
	var size int64
	if err := guardedView(db, func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
		return // the next commit finds that out, too
	}
	stats := db.Stats()
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.size = size
	s.state.free = int64(stats.FreePageN+stats.PendingPageN) * int64(db.Info().PageSize)
}

// room says whether so many bytes more may be taken in. Settling is never
// asked: it must always be possible, and frees room.
func (s *Spool) room(size int) error {
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	full := st.fullFor(int64(size), &s.opts)
	switch {
	case full != nil && st.refused == 0:
		s.opts.Log.Warn("spool takes nothing new", "cause", full)
	case full == nil && st.refused != 0:
		s.opts.Log.Info("spool takes new entries again")
	}
	st.refused = 0
	if full != nil {
		st.refused = max(1, int64(size))
	}
	if st.size-st.free > s.opts.MaxSize/10*9 {
		s.janitor.kick()
	}
	return full
}

// fullFor says why so many bytes more cannot be taken in. mu is held.
func (st *state) fullFor(size int64, o *Options) error {
	used := st.size - st.free
	switch {
	case used+size > o.MaxSize:
		return fmt.Errorf("%w: %s of %s used", ErrFull, megabytes(used), megabytes(o.MaxSize))
	case st.disk < o.MinFree+size:
		return fmt.Errorf("%w: the disk has %s left, and %s stay free", ErrFull, megabytes(st.disk), megabytes(o.MinFree))
	}
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// reservePath is a file of zeros beside the spool. It is removed when the disk
// is full, so that what is sent can still be settled.
func (s *Spool) reservePath() string { return s.path + ".reserve" }

// holdReserve makes the reserve if there is room for it.
func (s *Spool) holdReserve() {
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if info, err := os.Stat(s.reservePath()); err == nil && info.Size() == reserveSize {
		st.reserve = true
		return
	}
	free, err := DiskFree(filepath.Dir(s.path))
	if err != nil || free < 4*reserveSize+s.opts.MinFree {
		return
	}
	if err := os.WriteFile(s.reservePath(), make([]byte, reserveSize), 0o600); err != nil {
		_ = os.Remove(s.reservePath())
		return
	}
	giveToFolders(s.reservePath()) // a command that root runs must not leave what the relay cannot remove
	st.reserve = true
}

// giveReserve removes the reserve and reports whether there was one.
func (s *Spool) giveReserve() bool {
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.reserve {
		return false
	}
	st.reserve = false
	return os.Remove(s.reservePath()) == nil
}

// Salvage tells what became of a damaged file.
type Salvage struct {
	At         time.Time `json:"at"`
	Cause      string    `json:"cause"`      // what was wrong with the file
	Aside      string    `json:"aside"`      // where the damaged file is now
	Records    int64     `json:"records"`    // read from it
	Pending    int64     `json:"pending"`    // of them to be sent
	Unsure     int64     `json:"unsure"`     // of those, whose state was unreadable: they may have been sent before
	Unreadable int64     `json:"unreadable"` // pending or dead records that are lost; -1: cannot be known
}

const noteSalvage = "salvage"

// loadSalvage reads the account of a salvage that nobody has seen yet.
func (s *Spool) loadSalvage(tx *bbolt.Tx) error {
	v := tx.Bucket(bucketNotes).Get([]byte(noteSalvage))
	var report *Salvage
	if v != nil {
		report = &Salvage{}
		if err := json.Unmarshal(v, report); err != nil {
			return fmt.Errorf("note %s: %w", noteSalvage, errors.Join(err, errDamaged))
		}
	}
	s.state.mu.Lock()
	s.state.salvage = report
	s.state.mu.Unlock()
	return nil
}

// SalvageSeen ends the report of a salvage in Health.
func (s *Spool) SalvageSeen() error {
	err := s.SetNote(noteSalvage, nil)
	if err == nil {
		s.state.mu.Lock()
		s.state.salvage = nil
		s.state.mu.Unlock()
	}
	return err
}
