package dropfolder

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"funnelrelay/relay/source"
)

// putAway does what the note says, which is on disk: every step may have been
// done before.
func (t *taking) putAway(ctx context.Context) error {
	l, f := t.lane, t.file
	f.taken, f.known = true, true
	l.watcher.o.fault(stepTaken)
	for _, name := range t.note.Rejects {
		if err := keepRejects(ctx, filepath.Join(f.dir, rejectedDir), name); err != nil {
			return err
		}
		l.dirty[filepath.Join(f.dir, rejectedDir)] = true
	}
	l.watcher.o.fault(stepRejects)
	err := t.same() // what came since is not put away with what was taken
	switch {
	case t.source.stays(t.file):
		err = t.stay()
	case err != nil:
	case t.source.Spec.After == source.AfterDelete:
		err = t.remove(ctx)
	default:
		err = t.toDone(ctx)
	}
	if err != nil {
		return err
	}
	l.watcher.o.fault(stepMoved)
	if !t.again {
		t.finish("")
	}
	return nil
}

// stay leaves the file, and its note with it.
func (t *taking) stay() error {
	if t.again { // it was touched, no more
		t.note.Size, t.note.Time = t.file.sig.size, t.file.sig.time
		if err := t.lane.watcher.o.SetNote(t.name, t.note.encode()); err != nil {
			return err
		}
	}
	t.file.taken, t.file.handled = false, t.file.sig
	return nil
}

// gone forgets a file that is put away.
func (t *taking) gone() {
	delete(t.lane.files, t.file.path)
	t.lane.stale[t.name] = nil
	t.lane.dirty[t.file.dir] = true
}

// belongings are what goes with the file: its markers, and the tables of an
// index.xml. The file itself is the last.
func (t *taking) belongings() ([]string, error) {
	in, err := openFolder(t.file.dir, &t.under.bytes)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // only read
	var list []string
	if marker := t.source.Spec.Marker; marker != "" {
		for _, m := range markersOf(t.file.name, marker) {
			if _, err := in.root.Lstat(m); err == nil && m != t.file.name {
				list = append(list, m)
			}
		}
	}
	members, err := in.members(t.file.name)
	return append(list, members...), err
}

func (t *taking) remove(ctx context.Context) error {
	names, err := t.belongings()
	if err != nil {
		return err
	}
	for i, name := range names {
		if i == len(names)-1 {
			t.lane.watcher.o.fault(stepMarker)
		}
		path := filepath.Join(t.file.dir, name)
		if err := patiently(ctx, func() error { return removeIfThere(path) }); err != nil {
			return err
		}
	}
	t.gone()
	return nil
}

// toDone moves the file to done/DATE, under a name that is free.
func (t *taking) toDone(ctx context.Context) error {
	own := filepath.Join(t.file.dir, t.note.Target)
	dir := filepath.Dir(own)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	names, err := t.belongings()
	if err != nil {
		return err
	}
	for i, name := range names {
		if i == len(names)-1 {
			t.lane.watcher.o.fault(stepMarker)
		}
		prefer := name
		if i == len(names)-1 {
			prefer = filepath.Base(own)
		}
		target, err := free(dir, prefer)
		if err != nil {
			return err
		}
		if err := move(ctx, filepath.Join(t.file.dir, name), filepath.Join(dir, target)); err != nil {
			return err
		}
	}
	t.lane.dirty[dir] = true
	t.gone()
	return nil
}

// target is where the file is to lie in done/, from its folder. That done/ can
// be written is not known yet.
func (t *taking) target() string {
	now, _ := t.lane.watcher.o.Now()
	day := filepath.Join(doneDir, now.Format(time.DateOnly))
	name, err := free(filepath.Join(t.file.dir, day), t.file.name)
	if err != nil {
		name = t.file.name
	}
	return filepath.Join(day, name)
}
