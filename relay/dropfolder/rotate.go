package dropfolder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"funnelrelay/relay/event"
)

// rename lets the notes of a folder's journals go with them: a journal whose
// path is gone, or has another content, is looked for under another name.
func (l *lane) rename(ctx context.Context, s *Source, dir string) error {
	r := &renaming{lane: l, source: s, under: map[string]bool{}}
	for path, f := range l.files {
		if f.dir == dir && s.follows(f) {
			if err := r.path(ctx, path); err != nil {
				return err
			}
		}
	}
	for path := range l.gone {
		if filepath.Dir(path) == dir {
			if err := r.path(ctx, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// renaming is one look at the names of a folder's journals.
type renaming struct {
	lane   *lane
	source *Source
	under  map[string]bool // paths that are being looked at
}

// path lets the note of the journal that lay at path go with it, and path begin
// anew. What the new name was called before is renamed first.
func (r *renaming) path(ctx context.Context, path string) error {
	if r.under[path] {
		return nil // names that were swapped
	}
	r.under[path] = true
	defer delete(r.under, path)
	l, own := r.lane, noteName(r.source.Name, path)
	n, err := l.recalled(own)
	if err != nil || !n.Journal.begun() {
		return err
	}
	as, err := n.Journal.continues(path)
	gone := errors.Is(err, fs.ErrNotExist)
	if as != nil || err != nil && !gone {
		return err
	}
	to, err := r.find(path, n.Journal)
	if err != nil {
		return err
	}
	if to != "" {
		if err := r.path(ctx, to); err != nil {
			return err
		}
	}
	followed := to != "" && r.followed(to)
	switch f := l.files[path]; {
	case followed && l.files[to] == nil:
		return errChanged // names change just now: the next look sees it there
	case !followed && (gone || f == nil):
		return nil // it may come back; where it is not followed, it is read when its place is taken
	case followed:
	case to != "":
		if n, err = r.finish(ctx, f, n, to); err != nil {
			return err
		}
	default:
		l.watcher.o.Log.Warn("a journal began anew, and what it was before is not found beside it: what was written last to the old one may not have been read",
			"source", r.source.Name, "file", path, "read", n.Journal.Size)
	}
	anew := note{Journal: &place{Path: path, Generation: rand.Int64()}}
	notes := map[string][]byte{own: anew.encode()}
	if to != "" {
		notes[noteName(r.source.Name, to)] = n.encode()
	}
	if _, err := l.watcher.o.Sink.Accept(ctx, event.Batch{Project: r.source.Project, Source: r.source.Name, Notes: notes}); err != nil {
		return err
	}
	for name := range notes {
		delete(l.stale, name)
	}
	if to != "" {
		l.watcher.o.Log.Info("a journal was renamed, and a new one begins in its place", "source", r.source.Name, "file", path, "renamed", to)
	}
	return nil
}

// followed says that a file is a journal that the source looks for.
func (r *renaming) followed(path string) bool {
	_, ok := r.source.match(path)
	return ok && Original(path) == path && r.lane.watcher.owner(r.source, path) == nil
}

// find is the file beside path that goes on with the journal; "" when there is
// none. One that goes on with another journal is none: those that were hardly
// begun look alike.
func (r *renaming) find(path string, p *place) (string, error) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		other := filepath.Join(dir, e.Name())
		if other == path || !e.Type().IsRegular() || ignored(e.Name()) {
			continue
		}
		if as, err := p.continues(other); as == nil || err != nil {
			continue // what cannot be read is told of when it is its turn
		}
		n, err := r.lane.recalled(noteName(r.source.Name, other))
		if err != nil {
			return "", err
		}
		if j := n.Journal; j.begun() && (j.Path != p.Path || j.Generation != p.Generation) {
			if as, err := j.continues(other); as != nil || err != nil {
				continue
			}
		}
		return other, nil
	}
	return "", nil
}

// finish reads the rest of a journal, which was called as f, under the name that
// it has now.
func (r *renaming) finish(ctx context.Context, f *sighting, n note, renamed string) (note, error) {
	as, err := n.Journal.continues(renamed)
	switch {
	case err != nil:
		return n, err
	case as == nil:
		return n, errChanged
	}
	t := &taking{
		lane: r.lane, source: r.source, file: f, begun: time.Now(), name: noteName(r.source.Name, f.path), note: n,
		path: renamed, as: as, ended: true,
	}
	err = t.goOn(ctx, true)
	return t.note, err
}

// begun says that something of a journal was read, by which it is known again.
func (p *place) begun() bool { return p != nil && p.Check != "" }

// continues says that the file at path is the one that was read, and may have
// grown: what is known of that file, or nil.
func (p *place) continues(path string) (as os.FileInfo, err error) {
	if as, err = identified(path); err != nil {
		return nil, err
	}
	check, err := checkOf(path, p.Size)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, nil
	case err != nil, check != p.Check:
		return nil, err
	}
	return as, nil
}

// identified is what is known of a file, with its identity: Windows only looks
// that up when it is first asked for.
func identified(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil {
		os.SameFile(info, info)
	}
	return info, err
}
