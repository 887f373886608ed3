package dropfolder

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// hints says that something may have happened in a folder. Nothing depends on
// them: shares send none, and bursts overflow.
type hints struct {
	log *slog.Logger

	mu      sync.Mutex // guards all below
	system  *fsnotify.Watcher
	folders map[string]map[chan struct{}]bool // who is told
	full    bool                              // the system gives no more; it was said
}

func newHints(log *slog.Logger) *hints {
	return &hints{log: log, folders: map[string]map[chan struct{}]bool{}}
}

// open begins. On systems that need a file handle for each file in a folder
// (kqueue) there are no hints.
func (h *hints) open() {
	switch runtime.GOOS {
	case "linux", "windows", "illumos", "solaris":
	default:
		return
	}
	system, err := fsnotify.NewWatcher()
	if err != nil {
		h.log.Info("the system tells nothing of new files, folders are looked through every few seconds", "err", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.system = system
}

// watch tells poke, which has room for one, of what happens in dir, from now on.
// It may be called again: a folder that was removed meanwhile is another to the
// system.
func (h *hints) watch(dir string, poke chan struct{}) {
	h.mu.Lock()
	system := h.system
	known := h.folders[dir][poke]
	if system != nil && !known {
		if h.folders[dir] == nil {
			h.folders[dir] = map[chan struct{}]bool{}
		}
		h.folders[dir][poke] = true
	}
	h.mu.Unlock()
	if system == nil || known {
		return
	}
	err := system.Add(dir) // may take as long as a share that does not answer
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil && !h.full {
		h.log.Info("the system does not tell of new files in a folder, it is looked through every few seconds", "folder", dir, "err", err)
		h.full = true
	}
}

// forget ends what watch began.
func (h *hints) forget(dir string, poke chan struct{}) {
	h.mu.Lock()
	system := h.system
	delete(h.folders[dir], poke)
	last := len(h.folders[dir]) == 0
	if last {
		delete(h.folders, dir)
	}
	h.mu.Unlock()
	if system == nil || !last {
		return
	}
	if err := system.Remove(dir); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
		h.log.Debug("end of a folder's watch", "folder", dir, "err", err)
	}
}

// run hands the hints on until ctx ends. By then nobody may call watch and forget
// any more: on Windows, a call that the end overtakes never returns.
func (h *hints) run(ctx context.Context) {
	h.mu.Lock()
	system := h.system
	h.mu.Unlock()
	if system == nil {
		return
	}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.system = nil
		if err := end(system); err != nil {
			h.log.Debug("end of the folders' watch", "err", err)
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-system.Events:
			if !ok {
				return
			}
			h.tell(e.Name)
			if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
				h.removed(e.Name)
			}
		case err, ok := <-system.Errors:
			if !ok {
				return
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				h.log.Debug("the system's word of new files", "err", err)
			}
			h.tellAll()
		}
	}
}

// end closes a watcher. On Windows it waits until somebody has heard what the
// system still says, and an error that comes up meanwhile makes it forget that it
// was to end; so it is listened to, and the folders go first: an answer to a call
// after that shows that what they had to say was said.
func end(system *fsnotify.Watcher) error {
	ended := make(chan struct{})
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			select {
			case <-system.Events:
			case _ = <-system.Errors:
			case <-ended:
				return
			}
		}
	})
	for _, dir := range append(system.WatchList(), ".") {
		_ = system.Remove(dir) // gone, or never watched
	}
	err := system.Close()
	close(ended)
	listening.Wait()
	return err
}

func (h *hints) tell(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for poke := range h.folders[filepath.Dir(path)] {
		wake(poke)
	}
	for poke := range h.folders[path] {
		wake(poke)
	}
}

// removed forgets a folder that the system does not watch any more.
func (h *hints) removed(dir string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.folders, dir)
}

func (h *hints) tellAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, pokes := range h.folders {
		for poke := range pokes {
			wake(poke)
		}
	}
}

// wake pokes whoever listens; once is enough.
func wake(poke chan struct{}) {
	select {
	case poke <- struct{}{}:
	default:
	}
}
