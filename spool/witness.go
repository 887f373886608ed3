package spool

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

const (
	witnessPeriod = 5 * time.Second // how often it is written, if there is news
	maxWitnessed  = 256             // incarnations that it remembers
	maxWitness    = 1 << 20         // bytes of the file
)

// witness remembers outside of the data folder how far each incarnation was that
// ran on this machine, so that a folder which is put back as a whole is known.
// It is told of commits some seconds after they were synced: a disk that loses
// its last writes in a power cut, though it said otherwise, is no roll-back. A
// file that is missing or damaged knows nothing, and is made anew.
type witness struct {
	path   string      // "": it is not kept
	Spools []witnessed `json:"spools"` // the one at hand last
}

// witnessed is one incarnation.
type witnessed struct {
	Incarnation string    `json:"incarnation"`
	Commits     uint64    `json:"commits"` // that were made to it
	At          time.Time `json:"at"`      // when that was written
	Superseded  bool      `json:"superseded,omitempty"`
}

// readWitness reads the file. On an error it knows nothing; that of a damaged
// file is errDamaged.
func readWitness(path string) (*witness, error) {
	w := &witness{path: path}
	if path == "" {
		return w, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	if info.Size() > maxWitness {
		return w, errors.Join(errors.New("is too large"), errDamaged)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(text, w); err != nil {
		w.Spools = nil
		return w, errors.Join(err, errDamaged)
	}
	return w, nil
}

func (w *witness) find(incarnation uint64) *witnessed {
	name := showIncarnation(incarnation)
	for i := range w.Spools {
		if w.Spools[i].Incarnation == name {
			return &w.Spools[i]
		}
	}
	return nil
}

// tell takes over how things stand; false: it knew.
func (w *witness) tell(n standing) (news bool) {
	if n.incarnation == 0 {
		return false
	}
	if n.before != 0 {
		old := w.find(n.before)
		if old == nil {
			w.Spools = append(w.Spools, witnessed{Incarnation: showIncarnation(n.before), At: time.Now().Round(time.Second)})
			old = w.find(n.before)
		}
		if !old.Superseded {
			old.Superseded, old.At, news = true, time.Now().Round(time.Second), true
		}
	}
	last := witnessed{Incarnation: showIncarnation(n.incarnation), Commits: n.commits, At: time.Now().Round(time.Second)}
	if known := w.find(n.incarnation); known != nil {
		if known.Commits >= n.commits {
			return news
		}
		w.Spools = slices.DeleteFunc(w.Spools, func(o witnessed) bool { return o.Incarnation == last.Incarnation })
	}
	w.Spools = append(w.Spools, last)
	if over := len(w.Spools) - maxWitnessed; over > 0 {
		w.Spools = slices.Delete(w.Spools, 0, over)
	}
	return true
}

// write puts the file in the place of the one before, whole.
func (w *witness) write() error {
	text, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	temp := w.path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) // no secret, and another user's command may have to read it
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = rename(temp, w.path)
	}
	if err != nil {
		return errors.Join(err, remove(temp))
	}
	return nil
}
