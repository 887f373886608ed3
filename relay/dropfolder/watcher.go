package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"funnelrelay/relay/event"
)

// Watcher takes files out of folders. Its methods may be called concurrently.
//
//	fsnotify ─hint─┐                       ┌─► Sink (events and progress)
//	  every few s ─┴─► lane: look ─► take ─┤
//	                  (one a source)       └─► done/, rejected/
type Watcher struct {
	o      Options
	leases *leases
	claims claims
	hints  *hints
	slots  chan struct{} // of a file that is being read

	mu         sync.Mutex // guards all below
	lanes      map[string]*lane
	configured []*Source       // in their order
	ctx        context.Context // of Run; nil before
	running    sync.WaitGroup
}

// New makes a Watcher without sources; see Update.
func New(o Options) *Watcher {
	o = o.withDefaults()
	return &Watcher{
		o: o, leases: newLeases(o.Machine), claims: claims{lanes: map[*lane]*claimant{}}, hints: newHints(o.Log),
		slots: make(chan struct{}, o.Parallel), lanes: map[string]*lane{},
	}
}

// Update sets the sources, before Run or while it runs. A source that was
// there before goes on with what it had under way; the new one counts from the
// next file on.
func (w *Watcher) Update(sources []Source) {
	w.mu.Lock()
	var gone []*lane
	w.configured = nil
	names := map[string]bool{}
	for i := range sources {
		s := &sources[i]
		s = &Source{Name: s.Name, Project: s.Project, Spec: s.Spec, Mapping: s.Mapping, Globs: s.Globs}
		w.configured = append(w.configured, s)
		names[s.Name] = true
		w.setLocked(s)
	}
	for name, l := range w.lanes {
		dir := l.source.Load().dir
		if dir == "" && !names[name] || dir != "" && w.watchedLocked(dir) {
			delete(w.lanes, name)
			gone = append(gone, l)
		} else if dir != "" {
			l.renew.Store(true) // what a project says may have changed
		}
	}
	w.mu.Unlock()
	for _, l := range gone {
		l.stop()
	}
}

// setLocked hands a source to its lane, and makes one where there is none.
func (w *Watcher) setLocked(s *Source) {
	if l := w.lanes[s.Name]; l != nil {
		l.source.Store(s)
		l.look()
		return
	}
	l := newLane(w, s)
	w.lanes[s.Name] = l
	if w.ctx != nil && w.ctx.Err() == nil {
		w.startLocked(l)
	}
}

func (w *Watcher) startLocked(l *lane) {
	ctx, cancel := context.WithCancel(w.ctx)
	l.cancel = cancel
	w.running.Go(func() {
		defer close(l.done)
		defer cancel()
		defer w.claims.release(l)
		l.run(ctx)
	})
}

// Run takes files until ctx ends, and returns when all its goroutines are gone.
// It is called once. What was under way is gone on with after the next start.
func (w *Watcher) Run(ctx context.Context) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	if !w.o.Unhinted {
		w.hints.open()
	}
	w.mu.Lock()
	w.ctx = inner
	for _, l := range w.lanes {
		w.startLocked(l)
	}
	w.mu.Unlock()
	// The hints end last, after all that asks for them.
	told, untold := context.WithCancel(context.WithoutCancel(ctx))
	defer untold()
	var hinting, side sync.WaitGroup
	hinting.Go(func() { w.hints.run(told) })
	side.Go(func() { w.leases.keep(inner) })
	if w.o.Drop != "" {
		side.Go(func() { w.discover(inner) })
	}
	<-ctx.Done()
	w.mu.Lock() // from here on no lane is started
	cancel()
	w.mu.Unlock()
	side.Wait()
	w.running.Wait()
	untold()
	hinting.Wait()
	if err := w.leases.release(); err != nil {
		w.o.Log.Warn("the lease of a folder stays behind, another relay takes over after some minutes", "err", err)
	}
}

// owner is the first source, in the order of the config, that asks for path;
// nil where none before s does.
func (w *Watcher) owner(s *Source, path string) *Source {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, other := range w.configured {
		if other.Name == s.Name {
			return nil
		}
		if _, ok := other.match(path); ok {
			return other
		}
	}
	return nil
}

// wanted says that a source asks for the file.
func (w *Watcher) wanted(path string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.configured, func(s *Source) bool {
		_, ok := s.match(path)
		return ok
	})
}

// watchedLocked says that a source of the config watches dir, a folder of the
// drop folder, which is no action's then.
func (w *Watcher) watchedLocked(dir string) bool {
	return slices.ContainsFunc(w.configured, func(s *Source) bool { return s.Through(dir) })
}

// readme stands in the drop folder.
const readme = `Each folder in here is an action: what lies in it is sent as events of that
action. Put sales into the folder __commerce_action__, and what else you want to
count into a folder of any name, as Lead.

Files are CSV or JSON whose columns or keys are the webhook's own names. Other
files need a source in the config: funnelrelay learn FILE writes one.

A file that was taken lies in done/ beside it afterwards. What could not be
taken lies in rejected/, with the reason.
`

// discover finds the folders of the drop folder.
func (w *Watcher) discover(ctx context.Context) {
	poke := make(chan struct{}, 1)
	for hinted := false; ; {
		err := w.makeDrop()
		if err == nil {
			err = w.lookForActions()
		}
		switch {
		case err != nil:
			hinted = false
			w.o.Alarms.Raise("drop-folder", fmt.Sprintf("the drop folder %s cannot be read: %v", w.o.Drop, err),
				"let the relay's user read and write it")
		default:
			w.o.Alarms.Clear("drop-folder")
			if !hinted {
				w.hints.watch(w.o.Drop, poke)
				hinted = true
			}
		}
		if !pause(ctx, w.o.Every, poke) {
			return
		}
	}
}

// pause waits, and is false when ctx has ended.
func pause(ctx context.Context, d time.Duration, poke <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-poke:
	}
	return true
}

// makeDrop makes the drop folder with its README where there is none.
func (w *Watcher) makeDrop() error {
	_, err := os.Lstat(w.o.Drop)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Join(w.o.Drop, event.CommerceAction), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.o.Drop, readmeName), []byte(readme), 0o644)
}

// lookForActions starts a lane for each folder that is new, and ends those of
// folders that are gone.
func (w *Watcher) lookForActions() error {
	entries, err := os.ReadDir(w.o.Drop)
	if err != nil {
		return err
	}
	there, stray := map[string]bool{}, 0
	for _, e := range entries {
		switch {
		case e.IsDir() && !ours(e.Name()):
			there[e.Name()] = w.action(e.Name())
		case !e.IsDir() && !ignored(e.Name()) && e.Name() != readmeName:
			stray++
		}
	}
	if stray > 0 {
		w.o.Alarms.Raise("drop-stray", fmt.Sprintf("%d files lie in %s itself, and are not taken", stray, w.o.Drop),
			"move them into a folder of it that is called as the action, as "+event.CommerceAction+" for sales")
	} else {
		w.o.Alarms.Clear("drop-stray")
	}
	for _, a := range w.o.Alarms.Open() {
		if folder, ok := strings.CutPrefix(a.Name, dropAlarm); ok && !there[folder] {
			w.o.Alarms.Clear(a.Name)
		}
	}
	w.mu.Lock()
	var gone []*lane
	for name, l := range w.lanes {
		if dir := l.source.Load().dir; dir != "" && !there[filepath.Base(dir)] {
			delete(w.lanes, name)
			gone = append(gone, l)
		}
	}
	w.mu.Unlock()
	for _, l := range gone {
		l.stop()
	}
	return nil
}

// dropAlarm is what the names of the alarms of such folders begin with.
const dropAlarm = "drop-folder/"

// action makes the source of a folder of the drop folder, if it is new or the
// config has changed. It is false for a folder that is no action's.
func (w *Watcher) action(folder string) bool {
	alarm, dir := dropAlarm+folder, filepath.Join(w.o.Drop, folder)
	w.mu.Lock()
	l, watched := w.lanes["drop/"+folder], w.watchedLocked(dir)
	w.mu.Unlock()
	if watched || l != nil && !l.renew.Swap(false) {
		return !watched
	}
	action, err := ActionOf(folder)
	var s *Source
	if err == nil {
		s, err = w.o.Plain(action)
	}
	if err != nil {
		w.o.Alarms.Raise(alarm, fmt.Sprintf("folder %s is not watched: %v", dir, err),
			"give the folder the name of an action")
		return true
	}
	w.o.Alarms.Clear(alarm)
	s = &Source{
		Name: "drop/" + folder, Project: s.Project, Spec: s.Spec, Mapping: s.Mapping, dir: dir,
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchedLocked(dir) {
		return false // since now
	}
	w.setLocked(s)
	return true
}

// ActionOf is the action that a folder is called by: escaped as in a URL, as a
// file system cannot hold every name, or as it stands.
func ActionOf(folder string) (string, error) {
	if name, err := url.PathUnescape(folder); err == nil {
		if action, faults := event.DecodeAction(event.EscapeAction(name)); faults == nil {
			return action, nil
		}
	}
	action, faults := event.DecodeAction(event.EscapeAction(folder))
	if faults != nil {
		return "", faults
	}
	return action, nil
}
