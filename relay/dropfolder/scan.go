package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/source"
)

// signature is what changes when somebody writes to a file.
type signature struct {
	size int64
	time int64 // nanoseconds since 1970; only compared with itself, so no clock matters
	info os.FileInfo
}

func signatureOf(info os.FileInfo) signature {
	return signature{size: info.Size(), time: info.ModTime().UnixNano(), info: info}
}

func (s signature) equal(o signature) bool {
	return s.size == o.size && s.time == o.time && os.SameFile(s.info, o.info)
}

// sighting is a file that was seen and matches.
type sighting struct {
	path, dir, name string
	root            string // of the pattern, where the lease lies
	captures        map[string]string

	sig   signature
	since time.Time // when sig was seen first, by the monotonic clock
	looks int       // how often sig was seen
	first time.Time // when the file was seen first

	marked    bool        // its marker is there
	taken     bool        // all of it was handed over, it is only to be put away
	known     bool        // its note was asked for
	handled   signature   // of a file that stays: read as it was then
	passed    signature   // of a journal: read as it was then, but for its last order
	half      bool        // of a journal: it stands still, and its last line has no end
	untold    Totals      // counted, and not told of yet
	told      time.Time   // when it was told of
	beside    []signature // of the files that are read with it
	tables    []string    // of those, what is joined with it; by their names in dir
	missing   string      // a table that is read with it, and is not there
	notBefore time.Time   // it failed, and is tried again then
	tries     int
}

// corrected says that the file holds rows which a person mended: it comes once,
// whatever the others do.
func (f *sighting) corrected() bool { return Original(f.path) != f.path }

// emptyWait is how long a file may hold nothing: some tills make the file long
// before they write to it.
const emptyWait = time.Minute

// look goes through the folders of the source. It tells what is ready, the
// oldest first, and when it is worth looking again: zero when nothing is seen
// that waits.
func (l *lane) lookThrough(ctx context.Context, s *Source) (ready []*sighting, next time.Time) {
	v := &visit{lane: l, source: s, now: time.Now(), seen: make(map[string]bool, len(l.files))}
	asked := s.folders(v)
	folders := l.claim(s, asked, v)
	var roots, there []string
	for _, f := range asked {
		if !slices.Contains(roots, f.root) {
			roots = append(roots, f.root)
		}
	}
	for _, f := range folders {
		v.folder(f.dir, f.root)
		if v.read[f.dir] && !slices.Contains(there, f.root) {
			there = append(there, f.root)
		}
	}
	if !slices.Equal(l.roots, there) {
		l.leased = time.Time{} // a new lease is only sure after a while: the first file shall not wait for that
	}
	l.roots = there
	l.folderAlarm(s, v.errs)
	l.keepHints(folders, v.read)
	l.forgetGone(s, v)
	waiting, failed := 0, false
	for _, file := range l.files {
		failed = failed || file.tries > 0
		if l.settled(s, file) {
			continue
		}
		waiting++
		due := l.due(s, file, v.now)
		if !due.After(v.now) {
			ready = append(ready, file)
		} else if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	slices.SortFunc(ready, func(a, b *sighting) int {
		if a.sig.time != b.sig.time {
			if a.sig.time < b.sig.time {
				return -1
			}
			return 1
		}
		return strings.Compare(a.path, b.path)
	})
	if !failed {
		l.clear(fileAlarm + s.Name)
	}
	l.ledger.looked(roots, waiting)
	l.ledger.lookedInto(v)
	return ready, next
}

// settled says that there is nothing to do about the file until it changes. One
// that is written anew all day and holds nothing is not written yet.
func (l *lane) settled(s *Source, f *sighting) bool {
	if s.Spec.Mode == source.Rewrite && f.sig.size == 0 && !f.corrected() {
		return true
	}
	return f.handled.info != nil && f.handled.equal(f.sig)
}

// due is when the file may be taken as far as one can tell now.
func (l *lane) due(s *Source, f *sighting, now time.Time) time.Time {
	due := f.since.Add(s.settle())
	switch {
	case f.taken:
		due = now
	case s.Spec.Marker != "" && !f.corrected():
		if !f.marked {
			return now.Add(time.Hour) // whoever brings the marker changes the folder
		}
		due = now
	case s.follows(f):
		return later(l.journalDue(s, f, now), f.notBefore)
	case f.looks < 2 && !due.After(now):
		due = now.Add(time.Millisecond)
	}
	if f.sig.size == 0 {
		due = later(due, f.since.Add(emptyWait))
	}
	if f.missing != "" && !f.taken {
		due = later(due, f.since.Add(tableWait))
	}
	return later(due, f.notBefore)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// visit is one look through all folders of a source.
type visit struct {
	lane   *lane
	source *Source
	now    time.Time
	seen   map[string]bool // paths
	read   map[string]bool // folders that could be read
	errs   []error
}

func (v *visit) failed(err error) { v.errs = append(v.errs, err) }

// folder looks at each file in dir.
func (v *visit) folder(dir, root string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		v.failed(err)
		return
	}
	if v.read == nil {
		v.read = map[string]bool{}
	}
	v.read[dir] = true
	names := make(map[string]bool)
	marker := v.source.Spec.Marker
	if marker != "" {
		for _, e := range entries {
			names[e.Name()] = true
		}
	}
	for _, e := range entries {
		name := e.Name()
		if ignored(name) || marker != "" && strings.HasSuffix(name, marker) || e.IsDir() && ours(name) {
			continue
		}
		path := filepath.Join(dir, name)
		captures, ok := v.source.match(Original(path))
		if !ok && !e.IsDir() {
			v.spelt(dir, name)
		}
		if !ok || v.source.dir != "" && e.IsDir() {
			continue
		}
		info, ok := v.regular(path, root, e)
		if !ok {
			continue
		}
		if other := v.lane.watcher.owner(v.source, Original(path)); other != nil {
			v.lane.overlap(v.source, other, path)
			continue
		}
		f := v.lane.see(v, path, info)
		f.root, f.captures, f.marked = root, captures, false
		for _, m := range markersOf(name, marker) {
			f.marked = f.marked || marker != "" && names[m]
		}
	}
	v.sets(dir, entries)
}

// spelt tells of a file that is left alone for the case of its letters only, as
// tills write SALES.CSV.
func (v *visit) spelt(dir, name string) {
	for _, other := range [...]string{strings.ToLower(name), strings.ToUpper(name)} {
		if other == name {
			continue
		}
		path := filepath.Join(dir, name)
		if _, ok := v.source.match(filepath.Join(dir, other)); ok && !v.lane.watcher.wanted(path) {
			v.lane.once("spelt "+path, "a file is left alone, as the source's watch has other capital letters; add a pattern for it", path)
		}
	}
}

// regular is what is known of a file; false for what is none, or lies
// elsewhere.
func (v *visit) regular(path, root string, e fs.DirEntry) (os.FileInfo, bool) {
	switch {
	case e.IsDir():
		v.lane.once("folder "+path, "a folder is called as a file to take, and is left alone", path)
		return nil, false
	case e.Type()&fs.ModeSymlink != 0:
		to, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, false // it leads nowhere just now
		}
		real, err := filepath.EvalSymlinks(root)
		if err != nil || !inside(real, to) {
			v.lane.once("link "+path, "a link leads out of the watched folder, and is not followed", path)
			return nil, false
		}
		info, err := os.Stat(path)
		return info, err == nil && info.Mode().IsRegular()
	}
	info, err := os.Lstat(path) // what Windows lists of a folder may be old
	if err != nil || !info.Mode().IsRegular() {
		return nil, false // gone again, a pipe, a socket
	}
	return info, true
}

// inside says that path lies below dir.
func inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// see notes that a file was seen as info says.
func (l *lane) see(v *visit, path string, info os.FileInfo) *sighting {
	v.seen[path] = true
	sig := signatureOf(info)
	f := l.files[path]
	if f == nil {
		f = &sighting{path: path, dir: filepath.Dir(path), name: filepath.Base(path), first: v.now}
		l.files[path] = f
		delete(l.gone, path)
		l.recall(v.source, f, sig)
	}
	if f.looks > 0 {
		if f.sig.equal(sig) {
			f.looks++
			return f
		}
		f.taken = false // what it holds now may be another thing, and not be complete
	}
	f.sig, f.since, f.looks, f.tries, f.notBefore = sig, v.now, 1, 0, time.Time{}
	return f
}

// forgetGone forgets files that are no longer there; what was remembered of
// their progress goes with the next batch.
func (l *lane) forgetGone(s *Source, v *visit) {
	for path, f := range l.files {
		if v.seen[path] || !v.read[f.dir] && !errors.Is(folderThere(f.dir), errGone) {
			continue
		}
		delete(l.files, path)
		if s.follows(f) {
			l.gone[path] = true // it may come back, or have another name
			continue
		}
		if v.read[f.dir] && f.known {
			l.stale[noteName(s.Name, path)] = nil
		}
	}
}

// errGone is the error of a folder that is not there.
var errGone = errors.New("gone")

func folderThere(dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return errGone
	}
	return nil
}

// folderAlarm tells of folders that cannot be read, until they can.
func (l *lane) folderAlarm(s *Source, errs []error) {
	name := "source-folder/" + s.Name
	if len(errs) == 0 {
		l.clear(name)
		return
	}
	err := errs[0]
	text, do := fmt.Sprintf("source %s: %v", s.Name, err), "look at the folder; it is tried again every few seconds"
	switch {
	case errors.As(err, new(*mapped)):
		do = "write the share's own name, as in \\\\server\\share\\folder, and let the service's user read and write it"
	case errors.Is(err, fs.ErrNotExist):
		do = "make the folder, or connect the disk or share that it lies on; files are taken when it is there"
	case errors.Is(err, fs.ErrPermission):
		do = "let the relay's user read and write the folder"
	}
	if len(errs) > 1 {
		text += fmt.Sprintf("; and %d more folders", len(errs)-1)
	}
	l.raise(name, text, do)
}

// A mapped is the error of a folder on a mapped drive letter.
type mapped struct{ path string }

func (m *mapped) Error() string {
	return m.path + ": a mapped drive letter is not seen by a service"
}
