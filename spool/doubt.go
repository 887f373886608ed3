package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Kinds of a Doubt.
const (
	Copied     = "copied"      // the file ran on another machine before
	RolledBack = "rolled back" // the file was further on before, or goes on elsewhere already
)

// Doubt says that the file is a copy, or an older state of itself: what it has
// pending may have been sent since, by the other one. Records up to UpTo are
// held: no claim takes them until a person decides (Adopt). Newer ones go, but
// for those that share a lane with a held one, which wait behind it. Held ones
// take room in the window: where they fill it, newer ones wait.
type Doubt struct {
	Kind  string    `json:"kind"`  // Copied or RolledBack
	Since time.Time `json:"since"` // when it was noticed
	UpTo  ID        `json:"up_to"` // the last id that was given then
	Seen  string    `json:"seen"`  // by what, in words
}

const noteDoubt = "doubt"

func parseDoubt(v []byte) (*Doubt, error) {
	d := &Doubt{}
	if err := json.Unmarshal(v, d); err != nil {
		return nil, fmt.Errorf("note %s: %w", noteDoubt, errors.Join(err, errDamaged))
	}
	return d, nil
}

// loadDoubt takes over what an earlier process noticed and nobody has decided
// on. What is only in memory, as it could not be written yet, stays.
func (s *Spool) loadDoubt(tx *bbolt.Tx) error {
	v := tx.Bucket(bucketNotes).Get([]byte(noteDoubt))
	if v == nil {
		s.doubtLost.Store(s.Doubt() != nil)
		return nil
	}
	d, err := parseDoubt(v)
	if err == nil {
		s.setDoubt(d)
	}
	return err
}

// setDoubt begins a hold.
func (s *Spool) setDoubt(d *Doubt) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.doubt = d
	s.heldUpTo.Store(uint64(d.UpTo))
}

// clearDoubt ends a hold. The writer calls it once that is on disk.
func (s *Spool) clearDoubt() {
	s.state.mu.Lock()
	s.state.doubt = nil
	s.heldUpTo.Store(0)
	s.state.mu.Unlock()
	s.resetQueues()
	s.noneInDoubt()
}

// Doubt is what waits for a person's decision; nil: nothing does.
func (s *Spool) Doubt() *Doubt {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.doubt
}

// Decided is closed once no Doubt is left.
func (s *Spool) Decided() <-chan struct{} { return s.decided }

// MostHeld is where Held stops counting.
const MostHeld = 1_000_000

// Held counts the records that are held, up to MostHeld. It costs nothing while
// there is no Doubt.
func (s *Spool) Held() (n int64, err error) {
	upTo := ID(s.heldUpTo.Load())
	if upTo == 0 {
		return 0, nil
	}
	err = s.view(func(tx *bbolt.Tx) error {
		n = 0
		pending := tx.Bucket(bucketPending)
		return pending.ForEachBucket(func(name []byte) error {
			c := pending.Bucket(name).Cursor()
			for k, _ := c.First(); k != nil && idFromKey(k) <= upTo && n < MostHeld; k, _ = c.Next() {
				n++
			}
			return nil
		})
	})
	return n, err
}

// recognize finds out, once in Open, whether the file is the one that ran here
// last. It holds what is in doubt at once; the keeper writes that down.
func (s *Spool) recognize(w *witness) (todo *identity) {
	id, ours := s.self.identity(), hashMachine(s.opts.Machine)
	next := id
	if ours != 0 {
		next.machine = ours
	}
	d := w.judge(id, ours)
	if d != nil || id.incarnation == 0 {
		next.incarnation, next.before = newIncarnation(), id.incarnation
	}
	if d != nil && d.Kind == RolledBack && w.find(id.incarnation) == nil {
		next.before = id.before // a salvage's, which it never ran as: the one before is replaced
	}
	if d != nil {
		d.Since, d.UpTo = time.Now().Round(time.Second), s.firstOwn-1
		s.opts.Log.Error("spool was "+d.Kind+": what waits in it is held until a person decides", "seen", d.Seen, "up to", d.UpTo)
		s.setDoubt(d)
	}
	if next == id {
		return nil
	}
	return &next
}

// salvageLoses is how many commits a salvage may go back, as it falls back on the
// older of two roots: that is damage, and no older file.
const salvageLoses = 1

// judge says what is wrong with a file of this identity; nil: nothing.
func (w *witness) judge(id identity, machine uint64) *Doubt {
	if id.incarnation == 0 {
		return nil
	}
	if id.machine != 0 && machine != 0 && id.machine != machine {
		return &Doubt{Kind: Copied, Seen: "it ran on another machine before"}
	}
	known := w.find(id.incarnation)
	switch {
	case known != nil && known.Superseded:
		return &Doubt{Kind: RolledBack, Seen: "it was replaced or decided on before, on " + known.At.Format(time.DateTime)}
	case known != nil && id.commits < known.Commits:
		return &Doubt{Kind: RolledBack, Seen: fmt.Sprintf("it has seen %d changes, and had seen %d on %s",
			id.commits, known.Commits, known.At.Format(time.DateTime))}
	case known != nil:
		return nil
	}
	// A salvage gave it a new incarnation, perhaps just now: the one before tells.
	before := w.find(id.before)
	switch {
	case before == nil || id.before == 0:
	case before.Superseded:
		return &Doubt{Kind: RolledBack, Seen: "a damaged file was put back that was replaced before, on " + before.At.Format(time.DateTime)}
	case id.commits != 0 && id.commits+salvageLoses < before.Commits:
		return &Doubt{Kind: RolledBack, Seen: fmt.Sprintf("a damaged file was put back that has seen %d changes, and had seen %d on %s",
			id.commits, before.Commits, before.At.Format(time.DateTime))}
	}
	return nil
}
