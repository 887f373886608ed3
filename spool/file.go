package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Files beside the spool while it is made, compacted, migrated or salvaged. A
// crash leaves them; the next start removes them, but for salvaged, which is
// whole, and takes the place of a spool that is gone.
func (s *Spool) newPath() string      { return s.path + ".new" }
func (s *Spool) salvagedPath() string { return s.path + ".salvaged" }

// openFile opens the spool's file: it makes a missing one, migrates an older
// one, and salvages a damaged one.
func (s *Spool) openFile() (*bbolt.DB, error) {
	if err := s.clean(); err != nil {
		return nil, err
	}
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.create(); err != nil {
			return nil, err
		}
		s.replaced = true
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a folder, not a file")
	}
	db, err := s.openVerified()
	if !errors.Is(err, errDamaged) {
		return db, err
	}
	s.replaced = true
	if err := s.salvage(err); err != nil {
		return nil, fmt.Errorf("salvage: %w", err)
	}
	return s.openVerified()
}

// clean removes what a crash left half done, and completes what it left done.
func (s *Spool) clean() error {
	if err := remove(s.newPath()); err != nil {
		return err
	}
	_, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		err := rename(s.salvagedPath(), s.path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err != nil {
		return err // the salvaged file may be all there is
	}
	return remove(s.salvagedPath())
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// rename moves a file, which is then its folder's owner's, and makes that
// durable. On Windows a virus scanner may hold a file that was just written for a
// moment, so it tries for seconds.
func rename(from, to string) error {
	giveToFolders(from)
	var err error
	for wait := 10 * time.Millisecond; wait < 4*time.Second; wait *= 2 {
		err = os.Rename(from, to)
		if err == nil || errors.Is(err, fs.ErrNotExist) || !heldByOther(err) {
			break
		}
		time.Sleep(wait)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

// create makes the file under another name, so that a crash never leaves half
// a spool under its own.
func (s *Spool) create() error {
	db, err := bbolt.Open(s.newPath(), 0o600, s.boltOptions())
	if err != nil {
		return err
	}
	if err := errors.Join(db.Update(layOut), db.Sync(), db.Close()); err != nil {
		return err
	}
	return rename(s.newPath(), s.path)
}

func (s *Spool) boltOptions() *bbolt.Options {
	return &bbolt.Options{
		Timeout:      time.Second,
		FreelistType: bbolt.FreelistMapType,
		NoSync:       s.opts.NoSync,
	}
}

// openVerified opens the file and looks at what must be right in it. What it
// does not look at is found when it is read.
func (s *Spool) openVerified() (db *bbolt.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	if info.Size() < minFile {
		return nil, fmt.Errorf("%w: the file has %d bytes", errDamaged, info.Size())
	}
	if err := checkFile(s.path); err != nil {
		return nil, err
	}
	db, err = openGuarded(s.path, s.boltOptions())
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case isContent(err):
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	case err != nil:
		return nil, err // of the system; the file may be whole
	}
	var format uint64
	err = guardedView(db, func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: %d bytes of %d are missing", errDamaged, tx.Size()-info.Size(), tx.Size())
		}
		if format, err = formatOf(tx); err != nil || format < Format {
			return err
		}
		return s.verifyStart(tx)
	})
	if err == nil && format < Format {
		err = s.migrate(db, format)
	}
	if err == nil {
		err = addLater(db)
	}
	if err != nil {
		_ = closeGuarded(db)
		return nil, err
	}
	return db, nil
}

// verifyStart reads what the start needs, so that damage there is found while
// the file can still be set aside.
func (s *Spool) verifyStart(tx *bbolt.Tx) error {
	if err := tx.Bucket(bucketCounts).ForEach(func(_, v []byte) error {
		_, err := parseCounts(v)
		return err
	}); err != nil {
		return err
	}
	for _, name := range buckets {
		b := tx.Bucket(name)
		if b == nil {
			continue // a later one, which is made next
		}
		c := b.Cursor()
		c.First()
		c.Last()
	}
	if _, err := loadYoung(tx); err != nil {
		return err
	}
	return errors.Join(s.loadSalvage(tx), s.loadDoubt(tx))
}

// migrate brings an older file to the present format, and keeps a copy of it. A
// crash before the copy is synced leaves the old file and half a copy, which
// the next start makes again; one before the commit, the old file and the copy.
func (s *Spool) migrate(db *bbolt.DB, from uint64) error {
	if err := copyAside(db, fmt.Sprintf("%s.format-%d", s.path, from)); err != nil {
		return fmt.Errorf("copy before migration: %w", err)
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for ; from < Format; from++ {
			step := s.opts.migrations[from]
			if step == nil {
				return fmt.Errorf("no migration from format %d", from)
			}
			if err := step(tx); err != nil {
				return fmt.Errorf("migrate from format %d: %w", from, err)
			}
		}
		return putFormat(tx)
	})
}

// copyAside copies the whole file to path, synced.
func copyAside(db *bbolt.DB, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = guardedView(db, func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// minFile is the least size of a file that bbolt made: two meta pages, a list
// of free pages and a root, of the smallest page size that is in use.
const minFile = 4 * 4096

// isContent tells an error about the file's content from one of the system (no
// right, no memory to map it, a disk that fails): only the first is a reason
// to set the file aside.
func isContent(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, bolterrors.ErrInvalid) ||
		errors.Is(err, bolterrors.ErrVersionMismatch) || errors.Is(err, bolterrors.ErrChecksum)
}
