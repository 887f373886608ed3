package dropfolder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"funnelrelay/relay/rows"
)

// note is what is remembered of a file, by its path: in the same transaction
// as the events that were made of it.
type note struct {
	Sum   string `json:"sum,omitempty"`   // SHA-256 of the content that the rest is about
	Print string `json:"print,omitempty"` // of the source as it read it

	// Set are the sums of an index.xml and of the files that it names, by name.
	Set map[string]string `json:"set,omitempty"`

	// Results is how many results were handed over.
	Results int64 `json:"results,omitempty"`

	// Taken says that all of it was handed over, and that the file is only to
	// be put away: first its rejects, then itself.
	Taken   bool     `json:"taken,omitempty"`
	Rejects []string `json:"rejects,omitempty"` // names in rejected/; each lies there as partName of it at first
	Target  string   `json:"target,omitempty"`  // of the file itself, from its folder

	// Known are the hashes of the rejects of a file that stays: what was
	// refused before need not be shown again.
	Known []string `json:"known,omitempty"`

	// Part is the name in rejected/ of a journal's rejects, and PartSize how
	// much of what lies under its partName goes with the rest of the note.
	Part     string `json:"part,omitempty"`
	PartSize int64  `json:"part_size,omitempty"`

	// Size and Time are those of the file when it was read; Time is in
	// nanoseconds since 1970.
	Size int64 `json:"size,omitempty"`
	Time int64 `json:"time,omitempty"`

	Journal *place `json:"journal,omitempty"`
}

// place is how far a journal was read.
type place struct {
	At         rows.Position `json:"at"`
	Path       string        `json:"path"`       // that it had at first
	Generation int64         `json:"generation"` // 1, or drawn when that path began anew: no two journals share it
	Size       int64         `json:"size"`       // of the file when it was read
	Check      string        `json:"check"`      // hash of the last checked bytes before Size; empty: nothing was read
}

// noteName is the name of the note of a source's file.
func noteName(source, path string) string {
	sum := sha256.Sum256([]byte(path))
	return "file/" + source + "/" + hex.EncodeToString(sum[:16])
}

// readNote is the note by that name; an empty one where there is none, or one
// that cannot be read.
func (w *Watcher) readNote(name string) (note, error) {
	var n note
	text, err := w.o.Note(name)
	if err != nil {
		return n, fmt.Errorf("progress: %w", err)
	}
	if text == nil {
		return n, nil
	}
	if err := json.Unmarshal(text, &n); err != nil {
		w.o.Log.Warn("the progress of a file cannot be read, the file is read from its start", "note", name, "err", err)
		return note{}, nil
	}
	return n, nil
}

// holds says that the files of a set, by their sums, are some of those that the
// note is about.
func (n *note) holds(set map[string]string) bool {
	for name, sum := range set {
		if n.Set[name] != sum {
			return false
		}
	}
	return len(set) > 0
}

func (n *note) encode() []byte {
	text, err := json.Marshal(n)
	if err != nil { // it is plain data; none means: from the start
		return nil
	}
	return text
}

// recalled is the note by that name, as it will be when what is to be deleted
// is.
func (l *lane) recalled(name string) (note, error) {
	if _, gone := l.stale[name]; gone {
		return note{}, nil
	}
	return l.watcher.readNote(name)
}

// recall lets a file that is seen for the first time be what it was before a
// restart.
func (l *lane) recall(s *Source, f *sighting, sig signature) {
	n, err := l.recalled(noteName(s.Name, f.path))
	if err != nil || n.Sum == "" && n.Journal == nil {
		return // take asks again
	}
	f.known = true
	if !n.Taken || n.Size != sig.size || n.Time != sig.time {
		return
	}
	switch {
	case s.stays(f) && n.Print == s.print():
		f.handled = sig
	case !s.stays(f):
		_, err := os.Lstat(filepath.Join(f.dir, n.Target))
		f.taken = errors.Is(err, fs.ErrNotExist)
	}
}

// notesWith are the notes for a batch: one to set, and those to delete.
func (l *lane) notesWith(name string, value []byte) map[string][]byte {
	delete(l.stale, name)
	notes := maps.Clone(l.stale)
	notes[name] = value
	return notes
}
