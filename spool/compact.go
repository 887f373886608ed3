package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

const (
	compactMin   = 4 << 20   // a smaller file is not worth it
	compactSlow  = 256 << 20 // what takes a second or so to copy
	compactChunk = 4 << 20   // bytes of one transaction into the new file
)

// compactIfWorth compacts the file when it is mostly free or of no use, or must
// be, and the disk has room for twice what is left.
func (s *Spool) compactIfWorth(useless int64, must bool) error {
	size, free := s.sizeOf()
	live := max(0, size-free-useless)
	worth := size / 2
	if live > compactSlow {
		worth = size / 4 // intake waits for the copy
	}
	if !must && (size < compactMin || live > worth) {
		return nil
	}
	disk, err := DiskFree(filepath.Dir(s.path))
	if err != nil || disk < 2*live+s.opts.MinFree {
		return err
	}
	return s.Compact()
}

// Compact copies what is to be kept into a new file, which takes the place of
// the old one. Puts and outcomes wait meanwhile, and nothing fails for it;
// claims go on but for the moment of the exchange. It fails with ErrClosed or
// an error of the file system; the file is then what it was.
func (s *Spool) Compact() error {
	c := &compaction{result: make(chan error, 1), s: s}
	if err := s.submit(context.Background(), c); err != nil {
		return err
	}
	return s.await(c.result)
}

// compaction is an op, so that it runs in the writer: nothing is written while
// the file is copied. It changes nothing in its group's transaction, and does
// its work when that is committed.
type compaction struct {
	s      *Spool
	result chan error
}

func (c *compaction) apply(*writeTx) error { return nil }
func (c *compaction) weight() int          { return maxGroupWeight } // ends its group
func (c *compaction) lasting() bool        { return false }

func (c *compaction) done(err error) {
	switch {
	case err != nil:
		c.result <- err
	case c.s.isClosing():
		c.result <- ErrClosed
	default:
		err = c.s.compact()
		c.result <- err
		if c.s.db == nil || damageIn(err) != nil {
			c.s.mend(nil, err)
		}
	}
}

// compact makes the new file beside the old one. A crash before the rename
// leaves the old file and a new one that the next start removes; after it, the
// new one, whole.
func (s *Spool) compact() error {
	if s.db == nil {
		return ErrUnavailable
	}
	start := time.Now()
	before, _ := s.sizeOf()
	s.swap.RLock()
	err := s.copyInto(s.newPath())
	s.swap.RUnlock()
	if err != nil {
		return errors.Join(fmt.Errorf("compact: %w", err), remove(s.newPath()))
	}
	s.swap.Lock()
	defer s.swap.Unlock()
	// Windows cannot rename over an open file, so it is closed before; a crash
	// between the two is a crash before the rename.
	err = closeGuarded(s.db)
	s.db = nil
	if err == nil {
		err = rename(s.newPath(), s.path)
	}
	if again := s.takeUp(); again != nil {
		err = errors.Join(err, fmt.Errorf("open again: %w", again)) // done lets the writer mend it
	}
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	after, _ := s.sizeOf()
	s.opts.Log.Info("spool compacted", "from", before, "to", after, "took", time.Since(start).Round(time.Millisecond))
	return nil
}

// sizeOf is how many bytes the file has, and how many of them are free.
func (s *Spool) sizeOf() (size, free int64) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.size, s.state.free
}

// copyInto copies all that is to be kept into a file at path, synced.
func (s *Spool) copyInto(path string) (err error) {
	if err := remove(path); err != nil {
		return err
	}
	options := s.boltOptions()
	options.NoSync = true // once, at the end
	dst, err := bbolt.Open(path, 0o600, options)
	if err != nil {
		return err
	}
	cp := &copier{dst: dst, outdated: s.outdatedKeys()}
	defer func() { err = errors.Join(err, cp.close()) }()
	if err := dst.Update(layOut); err != nil {
		return err
	}
	err = guardedView(s.db, func(src *bbolt.Tx) error {
		cp.expired = s.expired(src)
		cp.records = src.Bucket(bucketRecords).Cursor()
		for _, name := range buckets {
			if err := cp.bucket(src.Bucket(name), [][]byte{name}); err != nil {
				return err
			}
		}
		return cp.flush()
	})
	if err != nil {
		return err
	}
	return dst.Sync()
}

// expired says of a record whether it need not be kept.
func (s *Spool) expired(src *bbolt.Tx) func(id []byte) bool {
	before, _ := s.janitor.sentBefore()
	sent := src.Bucket(bucketSent)
	return func(id []byte) bool {
		v := sent.Get(id)
		if v == nil {
			return false
		}
		e, err := parseEnding(v, tagSent)
		return err == nil && e.at < before
	}
}

// copier copies buckets, many keys a transaction.
type copier struct {
	dst      *bbolt.DB
	tx       *bbolt.Tx
	size     int
	expired  func(id []byte) bool
	records  *bbolt.Cursor // of the old file
	outdated outdatedKeys
}

// keep says whether a key goes into the new file.
func (c *copier) keep(bucket, k, v []byte) bool {
	switch string(bucket) {
	case "records", "sent":
		return !c.expired(k)
	case "attempts":
		at, _ := c.records.Seek(k)
		return bytes.Equal(at, k) && !c.expired(k)
	case "terms":
		return len(k) != 8 || blockInUse(c.records, uint64(idFromKey(k)), c.expired)
	case "notes":
		return string(k) != notePurge
	}
	return !c.outdated.of(bucket, k, v)
}

func (c *copier) bucket(src *bbolt.Bucket, path [][]byte) error {
	if c.tx == nil {
		if err := c.begin(); err != nil {
			return err
		}
	}
	dst, err := c.open(path)
	if err != nil {
		return err
	}
	if err := dst.SetSequence(src.Sequence()); err != nil {
		return err
	}
	cur := src.Cursor()
	for k, v := cur.First(); k != nil; k, v = cur.Next() {
		if v == nil {
			if err := c.bucket(src.Bucket(k), append(path[:len(path):len(path)], k)); err != nil {
				return err
			}
			dst = nil // its transaction may have ended in there
			continue
		}
		if !c.keep(path[0], k, v) {
			continue
		}
		if c.size += len(k) + len(v); c.size > compactChunk {
			if err := c.flush(); err != nil {
				return err
			}
			if err := c.begin(); err != nil {
				return err
			}
			dst = nil
		}
		if dst == nil {
			if dst, err = c.open(path); err != nil {
				return err
			}
		}
		if err := dst.Put(k, v); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) begin() (err error) {
	c.tx, err = c.dst.Begin(true)
	c.size = 0
	return err
}

func (c *copier) flush() error {
	if c.tx == nil {
		return nil
	}
	err := c.tx.Commit()
	c.tx = nil
	return err
}

// close closes the new file. A copy that failed leaves a transaction open, for
// which bbolt's Close would wait for ever.
func (c *copier) close() error {
	if c.tx != nil {
		rollback(c.tx)
	}
	return c.dst.Close()
}

// open walks down to a bucket of the new file.
func (c *copier) open(path [][]byte) (*bbolt.Bucket, error) {
	b := c.tx.Bucket(path[0])
	b.FillPercent = max(0.9, fill(path[0])) // in order, so pages may be full
	for _, name := range path[1:] {
		var err error
		if b, err = b.CreateBucketIfNotExists(name); err != nil {
			return nil, err
		}
		b.FillPercent = 1
	}
	return b, nil
}
