package dropfolder

import (
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Refused are the files in the rejected folders of a source: refused rows, and
// what could not be read at all.
type Refused struct {
	Source string
	Files  []RefusedFile // in no order

	// Unsure says that a folder could not be looked into just now, so that there
	// may be more.
	Unsure bool
}

// RefusedFile is one of them.
type RefusedFile struct {
	Path string
	At   time.Time // by the clock of the file system that it lies on
}

// inside is what a lane looked into.
type insides struct {
	dirs  []string // all that could be read
	whole bool     // there are no others
}

// lookedInto notes which folders the last look could read.
func (l *ledger) lookedInto(v *visit) {
	now := insides{whole: len(v.errs) == 0}
	for dir, read := range v.read {
		if read {
			now.dirs = append(now.dirs, dir)
		}
	}
	slices.Sort(now.dirs)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.insides = now
}

// Refused lists what was refused of each source, by its name. It asks for names
// and times only, as it is asked for often, and may lie on a network share.
func (w *Watcher) Refused() []Refused {
	w.mu.Lock()
	lanes := make([]*lane, 0, len(w.lanes))
	for _, l := range w.lanes {
		lanes = append(lanes, l)
	}
	w.mu.Unlock()
	all := make([]Refused, len(lanes))
	for i, l := range lanes {
		l.ledger.mu.Lock()
		inside := l.ledger.insides
		l.ledger.mu.Unlock()
		all[i] = Refused{Source: l.source.Load().Name, Unsure: !inside.whole}
		for _, dir := range inside.dirs {
			all[i].look(filepath.Join(dir, rejectedDir))
		}
	}
	slices.SortFunc(all, func(a, b Refused) int { return strings.Compare(a.Source, b.Source) })
	return all
}

// look adds what lies in a rejected folder; one that is not there has nothing.
func (r *Refused) look(dir string) {
	entries, err := list(dir)
	r.Unsure = r.Unsure || err != nil
	for _, e := range entries {
		name, whole := strings.CutSuffix(e.Name(), whySuffix)
		if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || !whole && !rejectsName.MatchString(name) {
			continue // of a file that was refused as a whole the text beside it counts: its time is of now
		}
		info, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		r.Files = append(r.Files, RefusedFile{Path: filepath.Join(dir, name), At: info.ModTime()})
	}
}
