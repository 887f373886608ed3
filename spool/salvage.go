package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// salvage sets the damaged file aside, unchanged, and puts what can be read of
// it into a new file in its place. On an error the damaged file is where it
// was, or aside, and clean completes the rest. Nobody else uses the file
// meanwhile.
//
// A crash at any step loses nothing:
//
//	after                      left behind               the next start
//	a part of the copy         path, .new                removes .new, and salvages path
//	.new -> .salvaged          path, .salvaged           removes .salvaged, and salvages path
//	path -> .damaged-<time>    .salvaged, .damaged-...   makes .salvaged the spool
//	.salvaged -> path          path, .damaged-...        opens path
func (s *Spool) salvage(cause error) error {
	report := &Salvage{At: time.Now().Round(time.Second), Cause: firstLine(cause), Aside: s.asidePath()}
	whole, err := s.copyReadable(report)
	if noSpace(err) && s.dropReserve() {
		whole, err = s.copyReadable(report)
	}
	if err != nil {
		return errors.Join(err, remove(s.newPath()))
	}
	if whole && s.wasWhole() {
		// Twice, the file had nothing wrong in it: something else is, and
		// setting a file aside each time would fill the disk.
		return remove(s.newPath())
	}
	if err := rename(s.newPath(), s.salvagedPath()); err != nil {
		return err
	}
	if err := rename(s.path, report.Aside); err != nil {
		return err
	}
	if err := rename(s.salvagedPath(), s.path); err != nil {
		return err
	}
	s.state.mu.Lock()
	s.state.whole = whole
	s.state.mu.Unlock()
	s.opts.Log.Error("spool was damaged: what is readable of it is in a new file",
		"cause", report.Cause, "aside", report.Aside, "records", report.Records,
		"pending", report.Pending, "unsure", report.Unsure, "unreadable", report.Unreadable)
	return nil
}

// wasWhole says whether the file that was set aside last was whole.
func (s *Spool) wasWhole() bool {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.whole
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return clip(line, maxCause)
}

// asidePath is a name that no file has. Only we make such names, under lock.
func (s *Spool) asidePath() string {
	base := s.path + ".damaged-" + time.Now().Format("20060102-150405")
	path := base
	for n := 2; ; n++ {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
		path = fmt.Sprintf("%s-%d", base, n)
	}
}

// dropReserve gives the reserve up for the copy; false when there is none.
func (s *Spool) dropReserve() bool {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.reserve = false
	return os.Remove(s.reservePath()) == nil
}

// copyReadable puts what can be read of the file into a new one, synced, and
// fills the report. whole says that there was nothing wrong with any of it.
func (s *Spool) copyReadable(report *Salvage) (whole bool, err error) {
	file, err := os.Open(s.path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	if err := remove(s.newPath()); err != nil {
		return false, err
	}
	options := s.boltOptions()
	options.NoSync = true // once, at the end
	db, err := bbolt.Open(s.newPath(), 0o600, options)
	if err != nil {
		return false, err
	}
	dst := &loader{db: db}
	defer func() { err = errors.Join(err, dst.close()) }()
	if err := db.Update(layOut); err != nil {
		return false, err
	}
	src, metas := openPages(file, info.Size())
	was := s.self.identity()
	r := &rescue{src: src, dst: dst, lost: map[place][]span{}, was: was.incarnation, commits: was.commits}
	if err := r.run(metas); err != nil {
		return false, err
	}
	if src.failed != nil && src.reads == 0 {
		return false, src.failed // the disk is gone, not the file
	}
	b := &balance{db: db, rescue: r, queues: map[string]*tally{}}
	if err := b.run(report); err != nil {
		return false, err
	}
	whole = !r.adrift && !r.strays && r.free != nil && len(r.lost) == 0 && b.lost == 0 && report.Unsure == 0
	return whole, db.Sync()
}
