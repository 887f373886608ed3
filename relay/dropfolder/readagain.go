package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadAgain puts a file of done/ or rejected/ back into its folder, so that it is
// taken like a new one, under a name that is free. What was taken of it before
// is known by the keys of its orders; what is remembered of a file that had the
// name is forgotten. The file is called as in Rejected, or by its path.
func (w *Watcher) ReadAgain(ctx context.Context, source, file string) error {
	s, sub, name, err := w.find(source, file)
	if err != nil {
		return err
	}
	if _, ok := s.source.match(Original(filepath.Join(s.dir, name))); !ok {
		return fmt.Errorf("source %s takes no file that is called %s: %w", s.source.Name, name, ErrNotAgain)
	}
	from := filepath.Join(s.dir, sub)
	in, err := openFolder(from, nil)
	if err != nil {
		return err
	}
	names, err := in.members(name) // the tables of an index.xml, and itself
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	if len(names) > 1 || isIndex(name) {
		if err := s.vacant(names); err != nil {
			return err
		}
	}
	for _, n := range names[:len(names)-1] {
		if err := putBack(ctx, filepath.Join(from, n), filepath.Join(s.dir, n)); err != nil {
			return err
		}
	}
	target, err := w.forgotten(ctx, s, from, name)
	if err != nil {
		return err
	}
	if marker := s.source.Spec.Marker; marker != "" && Original(target) == target {
		if err := s.mark(ctx, from, name, target, marker); err != nil {
			return err
		}
	}
	if err := removeIfThere(filepath.Join(from, name+whySuffix)); err != nil {
		w.o.Log.Warn("the reason beside a file that is read again stays behind", "file", name, "err", err)
	}
	for _, dir := range []string{s.dir, from} {
		if err := syncDir(dir); err != nil {
			w.o.Log.Debug("sync of a folder", "folder", dir, "err", err)
		}
	}
	w.o.Log.Info("file is put back, to be read again", "source", s.source.Name, "file", filepath.Join(s.dir, target))
	w.mu.Lock()
	if l := w.lanes[s.source.Name]; l != nil {
		l.look()
	}
	w.mu.Unlock()
	return nil
}

// vacant says that none of the names is in use in the folder: the files of a set
// know each other by them.
func (s shelf) vacant(names []string) error {
	for _, n := range names {
		if _, err := os.Lstat(filepath.Join(s.dir, n)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, and the files of a set keep their names: %w", filepath.Join(s.dir, n), ErrNotAgain)
		}
	}
	return nil
}

// forgotten puts the file back under a free name, whose note is deleted first: it
// may be that of the file's own first time, which says that it is taken and only
// to be put away.
func (w *Watcher) forgotten(ctx context.Context, s shelf, from, name string) (target string, err error) {
	for range 100 {
		if target, err = free(s.dir, name); err != nil {
			return "", err
		}
		if isIndex(name) {
			target = name // vacant looked
		}
		path := filepath.Join(s.dir, target)
		if _, ok := s.source.match(Original(path)); !ok {
			return "", fmt.Errorf("a file called %s is there already, and source %s takes none that is called %s; move that one first: %w",
				name, s.source.Name, target, ErrNotAgain)
		}
		if err = w.o.SetNote(noteName(s.source.Name, path), nil); err != nil {
			return "", err
		}
		if err = putBack(ctx, filepath.Join(from, name), path); !errors.Is(err, fs.ErrExist) {
			return target, err
		}
	}
	return "", err
}

// mark brings the marker back, or makes one: without it the file would wait for
// ever.
func (s shelf) mark(ctx context.Context, from, name, target, marker string) error {
	for _, m := range markersOf(target, marker) {
		if _, err := os.Lstat(filepath.Join(s.dir, m)); err == nil {
			return nil
		}
	}
	to := filepath.Join(s.dir, markersOf(target, marker)[0])
	for _, m := range markersOf(name, marker) {
		err := putBack(ctx, filepath.Join(from, m), to)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return writeWhole(ctx, to, nil)
}

// putBack moves a file to a name at which nothing is overwritten: fs.ErrExist
// where somebody else has just taken it. A link of the file is made first where
// the file system knows that, as a rename overwrites.
func putBack(ctx context.Context, from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return patiently(ctx, func() error { return os.Remove(from) })
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	return move(ctx, from, to)
}
