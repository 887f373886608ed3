package spool

import (
	"encoding/json"
	"errors"
	"time"
)

// keeper lets the spool's file know whose it is, and the witness how far it is.
// Neither ever stops the spool: what cannot be written is tried again.
type keeper struct {
	s       *Spool
	w       *witness
	todo    *identity // to be written into the file; nil: nothing
	sampled standing  // what the witness is told next
	failed  bool      // the last write of the witness
	stopped chan struct{}
}

// newKeeper reads the witness and looks at the file; the writer need not run.
// nil: the spool's user asked for neither.
func newKeeper(s *Spool) *keeper {
	if s.opts.Machine == "" && s.opts.Witness == "" {
		return nil
	}
	w, err := readWitness(s.opts.Witness)
	switch {
	case errors.Is(err, errDamaged):
		s.opts.Log.Warn("the witness of the spool is damaged, and is made anew: a copy put back just now would not be noticed",
			"file", s.opts.Witness, "cause", err)
	case err != nil:
		s.opts.Log.Warn("the witness of the spool cannot be read: a copy put back would not be noticed", "file", s.opts.Witness, "cause", err)
		w.path = "" // what it knows is not to be written over
	}
	return &keeper{s: s, w: w, todo: s.recognize(w), stopped: make(chan struct{})}
}

// run keeps both up to date until Close. begin was called before.
func (k *keeper) run() {
	defer close(k.stopped)
	ticker := time.NewTicker(witnessPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-k.s.closing:
			return
		case <-ticker.C:
		}
		if k.identify() {
			k.tell(k.sampled)
			k.sampled = k.s.self.standing()
		}
	}
}

// begin writes what has to be on disk before anything else is done. The writer
// runs.
func (k *keeper) begin() {
	if k.identify() {
		now := k.s.self.standing()
		k.tell(standing{now.incarnation, now.before, 0})
	}
}

// end tells the witness of the last commit. The writer and run have ended.
func (k *keeper) end() {
	if k.todo == nil {
		k.tell(k.s.self.standing())
	}
}

// identify writes the identity that the file ought to have, and a doubt that it
// does not hold, and says whether it holds both now: before that the witness
// must not be told that the file was seen. A crash before the commit leaves the
// file as it was, and the next start sees the same; one between the commit and
// the witness, a file that knows which incarnation it superseded, and tells
// then.
func (k *keeper) identify() bool {
	s := k.s
	if k.todo == nil && !s.doubtLost.Load() {
		return true
	}
	next := k.todo
	err := s.doThen(300, func(tx *writeTx) error {
		if doubt := s.Doubt(); doubt != nil {
			note, err := json.Marshal(doubt)
			if err != nil {
				return err
			}
			if err := tx.setNote(noteDoubt, note); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		return putIdentity(tx.bolt, *next)
	}, func() {
		s.doubtLost.Store(false)
		if next != nil {
			s.self.rename(*next)
		}
	})
	if err != nil {
		s.opts.Log.Debug("identity of the spool is not written", "cause", err)
		return false
	}
	k.todo, k.sampled = nil, standing{}
	return true
}

// tell writes the witness, if there is news. It logs the first failure.
func (k *keeper) tell(n standing) {
	if k.w.path == "" || !k.w.tell(n) && !k.failed {
		return
	}
	err := k.w.write()
	if err != nil && !k.failed {
		k.s.opts.Log.Warn("the witness of the spool cannot be written: an older copy that is put back would not be noticed",
			"file", k.w.path, "cause", err)
	}
	if err == nil && k.failed {
		k.s.opts.Log.Info("the witness of the spool is written again", "file", k.w.path)
	}
	k.failed = err != nil
}
