package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// bbolt trusts its file. What follows stands between it and a file that is not
// what it wrote: a panic, a fault, a lock left behind or a loop without end is
// an error instead, and the file is salvaged.

const closeWait = 2 * time.Second // for a file that a fault may have left locked

// errPanic is a panic inside bbolt: its own checks, or a page that cannot be
// right. The file is taken for damaged.
var errPanic = errors.New("damaged file")

// rollback ends a transaction that Commit may have ended already, or left in a
// state in which even that panics.
func rollback(tx *bbolt.Tx) {
	defer func() { _ = recover() }()
	_ = tx.Rollback()
}

func openGuarded(path string, o *bbolt.Options) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return bbolt.Open(path, 0o600, o)
}

func guardedView(db *bbolt.DB, fn func(tx *bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return db.View(fn)
}

// closeGuarded closes a file that may be damaged. A fault inside bbolt can
// leave one of its locks behind; then the file is let go as it is, and salvage
// puts another in its place.
func closeGuarded(db *bbolt.DB) error {
	if db == nil {
		return nil
	}
	closed := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				closed <- fmt.Errorf("%w: %v", errDamaged, r)
			}
		}()
		closed <- db.Close()
	}()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case err := <-closed:
		return err
	case <-timer.C:
		return fmt.Errorf("close: a fault left it locked: %w", errDamaged)
	}
}

// soundFreelist looks at the page that holds the list of free pages before
// bbolt frees it: a commit believes its header, and would go through billions
// of pages that are not there.
func soundFreelist(tx *bbolt.Tx) error {
	var meta firstPage
	_, _ = tx.WriteTo(&meta)
	if len(meta) < metaBytes {
		return fmt.Errorf("%w: no meta page", errDamaged)
	}
	id := binary.LittleEndian.Uint64(meta[metaFreelist:])
	page, err := tx.Page(int(id))
	if err != nil {
		return err
	}
	pages := tx.Size() / int64(len(meta))
	if page == nil || page.Type != "freelist" || int64(id)+int64(page.OverflowCount) >= pages {
		return fmt.Errorf("%w: page %d is not the list of free pages", errDamaged, id)
	}
	return nil
}

// firstPage takes the first page that is written, and no more.
type firstPage []byte

var errEnough = errors.New("one page is enough")

func (p *firstPage) Write(b []byte) (int, error) {
	*p = b
	return 0, errEnough
}
