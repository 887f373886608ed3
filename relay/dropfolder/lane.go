package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
)

// lane is one source: it looks through its folders and takes one file at a
// time. All but what is said otherwise belongs to its goroutine.
type lane struct {
	watcher *Watcher
	source  atomic.Pointer[Source]
	renew   atomic.Bool   // a drop folder's source is to be made anew
	poke    chan struct{} // of size 1; anyone
	done    chan struct{} // closed when run is over
	cancel  context.CancelFunc
	ledger  ledger

	files  map[string]*sighting
	gone   map[string]bool   // paths of journals that are not there just now: their notes stay
	stale  map[string][]byte // notes to delete with the next batch
	hinted map[string]bool   // folders
	said   map[string]bool   // what was logged once
	raised map[string]bool   // alarms
	dirty  map[string]bool   // folders in which something was renamed since they were synced

	roots   []string  // of the patterns, as far as they are there
	leased  time.Time // when their leases were looked at last
	cleaned time.Time // when done/ and rejected/ were looked through last
}

func newLane(w *Watcher, s *Source) *lane {
	l := &lane{
		watcher: w, poke: make(chan struct{}, 1), done: make(chan struct{}),
		files: map[string]*sighting{}, gone: map[string]bool{}, stale: map[string][]byte{}, hinted: map[string]bool{},
		said: map[string]bool{}, raised: map[string]bool{}, dirty: map[string]bool{},
	}
	l.source.Store(s)
	return l
}

// look has the folders looked through now.
func (l *lane) look() { wake(l.poke) }

// stop ends the lane and waits until it has.
func (l *lane) stop() {
	if l.cancel == nil {
		return // it was never started
	}
	l.cancel()
	<-l.done
	for name := range l.raised {
		l.watcher.o.Alarms.Clear(name)
	}
}

// raise opens an alarm that ends with the lane at the latest.
func (l *lane) raise(name, text, do string) {
	l.raised[name] = true
	l.watcher.o.Alarms.Raise(name, text, do)
}

func (l *lane) clear(name string) {
	if l.raised[name] {
		delete(l.raised, name)
		l.watcher.o.Alarms.Clear(name)
	}
}

const (
	shortest   = 100 * time.Millisecond // between two looks, however much happens
	journalGap = 500 * time.Millisecond // the same of a journal, which changes with each row
	longest    = 30 * time.Second       // between two looks of a folder that takes long to look through
	idleCost   = 100                    // a look takes at most this part of the time
)

func (l *lane) run(ctx context.Context) {
	defer l.unhint()
	for ctx.Err() == nil {
		s := l.source.Load()
		begun := time.Now()
		ready, next := l.lookThrough(ctx, s)
		cost := time.Since(begun)
		again := l.takeAll(ctx, s, ready)
		l.syncDirty()
		l.forgetNotes(ctx, s)
		l.clean(s)

		wait := min(max(l.watcher.o.Every, idleCost*cost), longest)
		if until := time.Until(next); !next.IsZero() {
			wait = min(wait, until)
		}
		if again {
			wait = 0
		}
		gap := shortest
		if s.Spec.Mode == source.Follow {
			gap = journalGap
		}
		wait = max(wait, gap, 10*cost)
		if !pause(ctx, gap, nil) || !pause(ctx, wait-gap, l.poke) {
			return
		}
	}
}

// takeAll takes what is ready. It is true when looking again at once is worth
// it.
func (l *lane) takeAll(ctx context.Context, s *Source, ready []*sighting) (again bool) {
	held := map[string]bool{} // roots
	if time.Since(l.leased) >= leaseLook {
		l.leased = time.Now()
		for _, root := range l.roots {
			held[root] = l.hold(ctx, s, root)
		}
	}
	for _, f := range ready {
		if ctx.Err() != nil || l.source.Load() != s {
			return true
		}
		ours, asked := held[f.root]
		if !asked {
			ours = l.hold(ctx, s, f.root)
			held[f.root] = ours
		}
		if !ours {
			f.notBefore = time.Now().Add(l.watcher.o.Every)
			continue
		}
		if !l.enter(ctx) {
			return false
		}
		err := l.take(ctx, s, f)
		l.leave()
		l.after(ctx, s, f, err)
		if len(l.dirty) > 0 && len(l.stale) >= 200 {
			l.forgetNotes(ctx, s)
		}
	}
	return false
}

// enter waits for a slot; leave gives it back.
func (l *lane) enter(ctx context.Context) bool {
	select {
	case l.watcher.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *lane) leave() { <-l.watcher.slots }

// own says that a folder lies in our data folder, which no other relay reads.
func (w *Watcher) own(root string) bool { return w.o.Drop != "" && inside(w.o.Drop, root) }

// hold says whether files may be taken below root.
func (l *lane) hold(ctx context.Context, s *Source, root string) bool {
	if l.watcher.own(root) {
		return true
	}
	name := "source-lease/" + s.Name
	ok, err := l.watcher.leases.hold(ctx, root)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the folder itself is not there, and has an alarm
	case errors.As(err, new(*taken)):
		l.raise(name, fmt.Sprintf("source %s takes nothing: %v", s.Name, err),
			"stop one of the two, or give each a folder of its own; if the other is gone for good, this one takes over after some minutes")
	case err != nil:
		do := "let the relay's user write to the folder"
		if noRoom(err) {
			do = "make room on the disk of the folder; it goes on by itself then"
		}
		l.raise(name, fmt.Sprintf("source %s takes nothing: its lease cannot be written: %v", s.Name, err), do)
	case ok:
		l.clear(name)
	}
	return ok
}

// errChanged says that a file changed while it was read: it is left, and begun
// anew when it stands still.
var errChanged = errors.New("it changed while it was read")

// fileAlarm begins the name of the alarm of a source's file that cannot be read
// or put away; it is over when there is none left.
const fileAlarm = "source-file/"

// after notes how taking a file went.
func (l *lane) after(ctx context.Context, s *Source, f *sighting, err error) {
	switch {
	case err == nil:
		f.tries = 0
		return
	case ctx.Err() != nil, errors.Is(err, errReplaced):
		return
	case errors.As(err, new(*awaited)):
		l.once("table "+f.path, "an index.xml waits for a table, which is not there: "+err.Error(), f.path)
		f.notBefore = time.Now().Add(awaitEvery)
		return
	case errors.Is(err, errChanged):
		l.watcher.o.Log.Info("a file changed while it was read, it is read anew when it stands still", "source", s.Name, "file", f.path)
		f.looks, f.since, f.taken = 0, time.Now(), false
		return
	}
	f.tries++
	wait := min(time.Second<<min(f.tries-1, 6), time.Minute)
	f.notBefore = time.Now().Add(wait)
	if busy(err) && f.tries < 4 {
		return // a till that is still at it
	}
	text := fmt.Sprintf("source %s: file %s: %v", s.Name, f.path, err)
	do := "let the relay's user read and write the folder and its disk have room; the file stays, and is tried again"
	switch {
	case busy(err):
		do = "close the file in the other program, or let the relay's user read and write it; it is tried again"
	case f.taken:
		text = fmt.Sprintf("source %s: file %s was taken, but cannot be put away: %v", s.Name, f.path, err)
		do = "let the relay's user write the folder, and its disk have room; the file is not sent twice, moving it is tried again"
	}
	if tooLong(err) {
		do = "give the file a shorter name: the relay adds to it in rejected and done; nothing of it is sent twice"
	}
	l.raise(fileAlarm+s.Name, text, do)
}

// once logs a thing the first time.
func (l *lane) once(key, text, path string) {
	if l.said[key] {
		return
	}
	l.said[key] = true
	l.watcher.o.Log.Warn(text, "source", l.source.Load().Name, "path", path)
}

// overlap says that two sources ask for one file.
func (l *lane) overlap(s, other *Source, path string) {
	l.once("overlap "+other.Name, "two sources ask for the same file; source "+other.Name+", which stands first, takes it: narrow one of the patterns", path)
}

// keepHints asks the system to tell of the folders that could be read. One that
// vanished and came back is another to the system, and is asked for anew.
func (l *lane) keepHints(folders []watched, read map[string]bool) {
	now := map[string]bool{}
	for _, f := range folders {
		if !read[f.dir] {
			continue
		}
		now[f.dir] = true
		l.watcher.hints.watch(f.dir, l.poke)
		if !l.hinted[f.dir] {
			l.hinted[f.dir] = true
			l.look() // what came between the look and the hint
		}
	}
	for dir := range l.hinted {
		if !now[dir] {
			l.watcher.hints.forget(dir, l.poke)
			delete(l.hinted, dir)
		}
	}
}

func (l *lane) unhint() {
	for dir := range l.hinted {
		l.watcher.hints.forget(dir, l.poke)
	}
}

// syncDirty makes the renames so far durable. A crash before it brings a file
// back at worst, whose events are known.
func (l *lane) syncDirty() {
	for dir := range l.dirty {
		if err := syncDir(dir); err != nil {
			l.watcher.o.Log.Debug("sync of a folder", "folder", dir, "err", err)
		}
	}
	clear(l.dirty)
}

// forgetNotes deletes the notes of files that are put away, after the renames
// are durable.
func (l *lane) forgetNotes(ctx context.Context, s *Source) {
	if len(l.stale) == 0 {
		return
	}
	l.syncDirty()
	_, err := l.watcher.o.Sink.Accept(ctx, event.Batch{Project: s.Project, Source: s.Name, Notes: l.stale})
	if err != nil {
		return // they go with the next ones
	}
	clear(l.stale)
}

// clean empties done/ and rejected/, now and then.
func (l *lane) clean(s *Source) {
	now, believed := l.watcher.o.Now()
	if !believed || !l.cleaned.IsZero() && time.Since(l.cleaned) < cleanEvery {
		return
	}
	l.cleaned = time.Now()
	for dir := range l.hinted {
		if err := clean(dir, s.Spec.KeepDone, now); err != nil {
			l.watcher.o.Log.Warn("done and rejected cannot be emptied", "source", s.Name, "folder", dir, "err", err)
		}
	}
}
