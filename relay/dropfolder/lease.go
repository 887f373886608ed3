package dropfolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	leaseEvery = time.Minute      // a lease is renewed
	leaseLook  = 20 * time.Second // it is looked at
	leaseStale = 3 * time.Minute  // it stood still for so long: whoever held it is gone
)

// leases keep two relays off one folder: each writes its id into a file there
// and takes nothing while the file is another's and still renewed. Whether it
// is renewed is seen by looking, as clocks of two machines differ.
type leases struct {
	machine string
	host    string
	write   func(ctx context.Context, path string, text []byte) error // writeWhole

	mu   sync.Mutex // guards held
	held map[string]*lease
}

// lease is that of one folder.
type lease struct {
	dir string

	mu    sync.Mutex // guards all below; held while the folder's disk or share answers
	text  string     // of the file, when it was read last
	since time.Time  // when text was seen for the first time
	wrote time.Time  // when it was renewed by us; zero: it is not ours
	sure  bool       // the file was read back, and is ours
}

// leaseFile is the content of a lease.
type leaseFile struct {
	Machine string    `json:"machine"`
	Host    string    `json:"host"`
	Renewed time.Time `json:"renewed"`
}

func newLeases(machine string) *leases {
	host, err := os.Hostname()
	if err != nil {
		host = "" // only shown to people
	}
	return &leases{machine: machine, host: host, write: writeWhole, held: map[string]*lease{}}
}

// A taken is the error of a folder that another relay reads.
type taken struct{ dir, host string }

func (t *taken) Error() string {
	return fmt.Sprintf("folder %s: another relay (on %s) reads it", t.dir, t.host)
}

// hold says whether files may be taken from dir, and renews the lease when it
// is time. It is false without an error when the lease was only just written:
// the next look decides. The error is a *taken, or one of the file system.
func (s *leases) hold(ctx context.Context, dir string) (bool, error) {
	if s.machine == "" {
		return true, nil
	}
	s.mu.Lock()
	l := s.held[dir]
	if l == nil {
		l = &lease{dir: dir}
		s.held[dir] = l
	}
	s.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	path := filepath.Join(dir, leaseName)
	text, err := os.ReadFile(path)
	now := time.Now()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.renewLocked(ctx, path, l, false)
	case err != nil:
		return false, err
	}
	var file leaseFile
	if err := json.Unmarshal(text, &file); err != nil {
		file = leaseFile{} // half written by a relay that died: as if it stood still
	}
	if file.Machine == s.machine {
		if !l.wrote.IsZero() && now.Sub(l.wrote) < leaseEvery {
			l.sure = true
			return true, nil
		}
		return s.renewLocked(ctx, path, l, true)
	}
	l.wrote, l.sure = time.Time{}, false
	if string(text) != l.text {
		l.text, l.since = string(text), now
	}
	if now.Sub(l.since) < leaseStale {
		return false, &taken{dir: dir, host: file.Host}
	}
	return s.renewLocked(ctx, path, l, false)
}

// keep renews what is ours, however long a file takes, until ctx ends.
func (s *leases) keep(ctx context.Context) {
	for pause(ctx, leaseLook, nil) {
		for _, l := range s.all() {
			l.mu.Lock()
			ours := l.sure
			l.mu.Unlock()
			if ours {
				// What is wrong is said by whoever wants a file next.
				_, _ = s.hold(ctx, l.dir)
			}
		}
	}
}

func (s *leases) all() []*lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.held))
}

// renewLocked writes the lease. ours says that it was ours before.
func (s *leases) renewLocked(ctx context.Context, path string, l *lease, ours bool) (bool, error) {
	text, err := json.Marshal(leaseFile{Machine: s.machine, Host: s.host, Renewed: time.Now().UTC().Round(0)})
	if err != nil {
		return false, err
	}
	text = append(text, '\n')
	err = s.write(ctx, path, text)
	if ours && noRoom(err) {
		if err = writeInPlace(path, text); noRoom(err) {
			return true, nil // it stays ours until another relay writes it, which is seen
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission), readOnly(err):
		return true, nil // nobody can write here, and files that stay may still be read
	case err != nil:
		return false, err
	}
	l.wrote, l.sure = time.Now(), ours
	return ours, nil
}

// writeInPlace writes over a small file, which needs no room.
func writeInPlace(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Truncate(int64(len(text)))
	}
	return errors.Join(err, file.Close())
}

// release removes the leases that are ours, so that another relay need not wait.
// One that was only just written is ours if it still says so.
func (s *leases) release() error {
	var errs []error
	for _, l := range s.all() {
		l.mu.Lock()
		path := filepath.Join(l.dir, leaseName)
		var file leaseFile
		if text, err := os.ReadFile(path); !l.wrote.IsZero() && err == nil && json.Unmarshal(text, &file) == nil && file.Machine == s.machine {
			errs = append(errs, removeIfThere(path))
		}
		l.wrote, l.sure = time.Time{}, false
		l.mu.Unlock()
	}
	return errors.Join(errs...)
}
