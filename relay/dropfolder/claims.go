package dropfolder

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// claims say which lane reads which folder, so that one which two sources reach
// by two paths is not read twice: each source has keys of its own, and every
// order would come double. Sources with the same path share it, as their patterns
// are compared file by file.
type claims struct {
	mu    sync.Mutex // guards lanes
	lanes map[*lane]*claimant
}

// claimant is a lane with the folders that it wants.
type claimant struct {
	source string
	rank   int // in the order of the config
	wants  []claim
}

// claim is a folder that a lane wants.
type claim struct {
	dir     string
	info    os.FileInfo
	granted bool // the lane reads it
}

// A doubled is a folder that is left alone, as it is read by another path.
type doubled struct {
	dir   string
	as    string // that path
	other string // the source that reads it
}

// look sets what a lane wants. The path of the source that stands first is
// granted, once no lane reads the folder by another one. Who got it keeps it until
// it looks again, so that a file which it reads is read by nobody else.
func (c *claims) look(l *lane, source string, rank int, wants []claim) (granted map[string]bool, left []doubled) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes[l] = &claimant{source: source, rank: rank, wants: wants}
	granted = make(map[string]bool, len(wants))
	for i := range wants {
		w := &wants[i]
		if first := c.firstLocked(w, c.lanes[l], wants[:i]); first != nil {
			left = append(left, *first)
			continue
		}
		w.granted = !c.takenLocked(l, w)
		granted[w.dir] = w.granted
	}
	return granted, left
}

// firstLocked is who reads the folder by another path and stands before own;
// nil where the path of w is the first one. Before are own's folders that stand
// before w.
func (c *claims) firstLocked(w *claim, own *claimant, before []claim) *doubled {
	first, path := own, w.dir
	for i := range before {
		if os.SameFile(before[i].info, w.info) {
			path = before[i].dir
			break
		}
	}
	for _, other := range c.lanes {
		if other.rank >= first.rank {
			continue
		}
		if i := slices.IndexFunc(other.wants, func(o claim) bool { return os.SameFile(o.info, w.info) }); i >= 0 {
			first, path = other, other.wants[i].dir
		}
	}
	if samePath(path, w.dir) {
		return nil
	}
	return &doubled{dir: w.dir, as: path, other: first.source}
}

// takenLocked says that another lane reads the folder by another path.
func (c *claims) takenLocked(l *lane, w *claim) bool {
	for lane, other := range c.lanes {
		if lane == l {
			continue
		}
		if slices.ContainsFunc(other.wants, func(o claim) bool {
			return o.granted && os.SameFile(o.info, w.info) && !samePath(o.dir, w.dir)
		}) {
			return true
		}
	}
	return false
}

// release forgets a lane that has ended.
func (c *claims) release(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lanes, l)
}

// samePath knows that the case of letters does not count on Windows.
func samePath(a, b string) bool {
	rel, err := filepath.Rel(a, b)
	return err == nil && rel == "."
}

// claim keeps those of the folders that are this lane's to read.
func (l *lane) claim(s *Source, folders []watched, v *visit) (ours []watched) {
	var wants []claim
	for _, f := range folders {
		info, err := os.Stat(f.dir)
		if err != nil {
			v.failed(err)
			continue
		}
		os.SameFile(info, info) // on Windows it asks the disk, once: not while others wait
		wants = append(wants, claim{dir: f.dir, info: info})
	}
	granted, left := l.watcher.claims.look(l, s.Name, l.watcher.rank(s), wants)
	for _, f := range folders {
		if granted[f.dir] {
			ours = append(ours, f)
			continue
		}
		if _, refused := granted[f.dir]; refused || slices.ContainsFunc(left, func(d doubled) bool { return d.dir == f.dir }) {
			l.leaveFolder(f.dir)
		}
	}
	l.doubledAlarm(s, left)
	return ours
}

// leaveFolder forgets what lies in a folder that another lane reads. Notes stay.
func (l *lane) leaveFolder(dir string) {
	for path, f := range l.files {
		if f.dir == dir {
			delete(l.files, path)
		}
	}
}

// doubledAlarm tells of folders that another source reads by another path, until
// it does not.
func (l *lane) doubledAlarm(s *Source, left []doubled) {
	name := "source-same-folder/" + s.Name
	others := slices.DeleteFunc(slices.Clone(left), func(d doubled) bool { return d.other == s.Name })
	for _, d := range left {
		if d.other == s.Name {
			l.once("same folder "+d.dir, "a folder is reached by two paths of the source, and is read as "+d.as, d.dir)
		}
	}
	if len(others) == 0 {
		l.clear(name)
		return
	}
	d := others[0]
	text := fmt.Sprintf("source %s takes nothing from %s: that is the same folder as %s, which source %s reads; it stands first", s.Name, d.dir, d.as, d.other)
	if len(others) > 1 {
		text += fmt.Sprintf("; and %d more folders", len(others)-1)
	}
	l.raise(name, text, "write the same path for both in their watch, as "+d.as+", or leave the folder to one of them")
}

// rank is the place of a source in the order of the config; those of the drop
// folder stand last.
func (w *Watcher) rank(s *Source) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.configured {
		if other.Name == s.Name {
			return i
		}
	}
	n := len(w.configured)
	for name, l := range w.lanes {
		if l.source.Load().dir != "" && name < s.Name {
			n++
		}
	}
	return n
}
