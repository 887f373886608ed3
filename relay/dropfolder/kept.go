package dropfolder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What may be wrong with a file of done/ or rejected/ that is asked for.
var (
	ErrNoFile   = errors.New("there is no such file in done or rejected of the source")
	ErrNotAgain = errors.New("the file cannot be read again")
)

// Kept is a file in rejected/: refused rows, or a file that could not be read.
type Kept struct {
	Source string
	File   string // its path from the source's folder, with slashes: "rejected/sales.csv"
	Path   string
	Size   int64
	At     time.Time
	Rows   int64  // of a file of refused rows; 0: not counted
	Why    string // of a file that could not be read: the text beside it
}

const (
	mostWhy     = 4 << 10
	mostCounted = 1 << 20 // bytes of a file whose rows are counted
)

// shelf is a folder of a source, in which done/ and rejected/ lie.
type shelf struct {
	source *Source
	dir    string
}

// shelves are the folders of a source, or with "" of all, whether they are being
// looked through or not.
func (w *Watcher) shelves(name string) (list []shelf, err error) {
	w.mu.Lock()
	sources := slices.Clone(w.configured)
	w.mu.Unlock()
	known := name == ""
	for _, s := range sources {
		if name != "" && s.Name != name {
			continue
		}
		known = true
		v := &visit{lane: newLane(w, s), source: s} // what cannot be read has an alarm
		for _, f := range s.folders(v) {
			list = append(list, shelf{s, f.dir})
		}
	}
	entries, err := listed(w.o.Drop)
	if err != nil {
		return list, err
	}
	for _, e := range entries {
		dir := filepath.Join(w.o.Drop, e.Name())
		s := &Source{Name: "drop/" + e.Name(), dir: dir}
		w.mu.Lock()
		watched := w.watchedLocked(dir)
		if l := w.lanes[s.Name]; l != nil {
			s = l.source.Load()
		}
		w.mu.Unlock()
		if e.IsDir() && !ours(e.Name()) && !watched && (name == "" || s.Name == name) {
			known = true
			list = append(list, shelf{s, dir})
		}
	}
	if !known {
		return nil, fmt.Errorf("source %s: %w", name, ErrNoFile)
	}
	return list, nil
}

func listed(dir string) ([]fs.DirEntry, error) {
	if dir == "" {
		return nil, nil
	}
	return list(dir)
}

// Rejected lists what lies in rejected/ of a source, or with "" of all that can
// be looked into, the newest first.
func (w *Watcher) Rejected(source string) ([]Kept, error) {
	shelves, err := w.shelves(source)
	if err != nil {
		return nil, err
	}
	var all []Kept
	seen := map[string]bool{} // two sources may watch one folder
	for _, s := range shelves {
		if seen[s.dir] {
			continue
		}
		seen[s.dir] = true
		found, err := s.rejected()
		switch {
		case err == nil:
			all = append(all, found...)
		case source != "":
			return nil, err
		default: // a share that is away has an alarm, and hides nothing of the others
			w.o.Log.Debug("rejected files cannot be listed", "source", s.source.Name, "err", err)
		}
	}
	slices.SortStableFunc(all, func(a, b Kept) int { return b.At.Compare(a.At) })
	return all, nil
}

// rejected lists what lies in rejected/ of one folder.
func (s shelf) rejected() ([]Kept, error) {
	dir := filepath.Join(s.dir, rejectedDir)
	entries, err := list(dir)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read
	var found []Kept
	for _, e := range entries {
		if kept, ok := s.look(root, filepath.Join(dir, e.Name()), e.Name()); ok {
			found = append(found, kept)
		}
	}
	return found, nil
}

// look tells of one file of rejected/; false for what is none: a link, a text
// beside a file, a file that is not finished.
func (s shelf) look(root *os.Root, path, name string) (Kept, bool) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || ignored(name) {
		return Kept{}, false
	}
	k := Kept{Source: s.source.Name, File: rejectedDir + "/" + name, Path: path, Size: info.Size(), At: info.ModTime()}
	if file, err := root.Open(name + whySuffix); err == nil {
		text, _ := io.ReadAll(io.LimitReader(file, mostWhy)) // what can be read of it
		if beside, err := file.Stat(); err == nil {
			k.At = beside.ModTime() // the file itself has its old one
		}
		_ = file.Close()
		k.Why = strings.TrimSpace(strings.ToValidUTF8(string(text), "\uFFFD"))
	} else if rejectsName.MatchString(name) && k.Size <= mostCounted {
		if text, err := root.ReadFile(name); err == nil {
			k.Rows = countRows(name, text)
		}
	}
	return k, true
}

// countRows counts the rows of a file of refused ones.
func countRows(name string, text []byte) (rows int64) {
	if strings.HasSuffix(strings.ToLower(name), ".ndjson") {
		for line := range bytes.Lines(text) {
			if len(bytes.TrimSpace(line)) > 0 {
				rows++
			}
		}
		return rows
	}
	quoted, blank := false, true
	for _, c := range text {
		switch {
		case c == '"':
			quoted, blank = !quoted, false
		case c == '\n' && !quoted:
			if !blank {
				rows++
			}
			blank = true
		case c != '\r':
			blank = false
		}
	}
	if !blank {
		rows++
	}
	return max(0, rows-1) // the header
}

// OpenRejected opens one of the files that Rejected lists, by File or Path.
func (w *Watcher) OpenRejected(source, file string) (*os.File, Kept, error) {
	s, sub, name, err := w.find(source, file)
	if err != nil {
		return nil, Kept{}, err
	}
	if sub != rejectedDir {
		return nil, Kept{}, fmt.Errorf("%s: %w", file, ErrNoFile)
	}
	dir := filepath.Join(s.dir, sub)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Kept{}, err
	}
	defer func() { _ = root.Close() }() // what was opened through it stays open
	kept, ok := s.look(root, filepath.Join(dir, name), name)
	if !ok {
		return nil, Kept{}, fmt.Errorf("%s: %w", file, ErrNoFile)
	}
	opened, err := root.Open(name)
	if err != nil {
		return nil, Kept{}, err
	}
	info, err := opened.Stat()
	listed, again := root.Lstat(name)
	if err != nil || again != nil || !os.SameFile(info, listed) || !listed.Mode().IsRegular() {
		return nil, Kept{}, errors.Join(fmt.Errorf("%s: %w", file, ErrNoFile), opened.Close())
	}
	return opened, kept, nil
}

// find finds the one file of done/ or rejected/ that is meant: by its path, or by
// the one from the source's folder. sub is "rejected" or "done/DATE". Nothing
// else is ever found, whatever the path.
func (w *Watcher) find(source, file string) (s shelf, sub, name string, err error) {
	shelves, err := w.shelves(source)
	if err != nil {
		return s, "", "", err
	}
	var found []shelf
	for _, try := range shelves {
		rel := filepath.FromSlash(file)
		if filepath.IsAbs(rel) {
			if rel, err = filepath.Rel(try.dir, rel); err != nil {
				continue
			}
		}
		at, base, ok := within(filepath.ToSlash(rel))
		if !ok {
			continue
		}
		info, err := os.Lstat(filepath.Join(try.dir, filepath.FromSlash(at), base))
		if err != nil || !info.Mode().IsRegular() || slices.ContainsFunc(found, func(o shelf) bool { return o.dir == try.dir }) {
			continue
		}
		found, s, sub, name = append(found, try), try, filepath.FromSlash(at), base
	}
	switch len(found) {
	case 0:
		return s, "", "", fmt.Errorf("%s: %w", file, ErrNoFile)
	case 1:
		return s, sub, name, nil
	}
	return s, "", "", fmt.Errorf("%s is in several folders; name it by its whole path: %w", file, ErrNoFile)
}

// within takes a path with slashes apart, if it is one of a file in done/DATE or
// rejected/.
func within(path string) (sub, name string, ok bool) {
	parts := strings.Split(path, "/")
	switch {
	case len(parts) == 2 && parts[0] == rejectedDir:
		sub, name = rejectedDir, parts[1]
	case len(parts) == 3 && parts[0] == doneDir:
		if _, err := time.Parse(time.DateOnly, parts[1]); err != nil {
			return "", "", false
		}
		sub, name = doneDir+"/"+parts[1], parts[2]
	default:
		return "", "", false
	}
	// IsLocal knows Windows's devices and streams.
	return sub, name, name != "." && filepath.IsLocal(name) && !strings.ContainsAny(name, `/\`+"\x00") && !ignored(name)
}
