package spool

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"
)

// loader writes pairs into the new file, many a transaction.
type loader struct {
	db   *bbolt.DB
	tx   *bbolt.Tx
	open map[place]*bbolt.Bucket // of tx
	size int
	n    int
}

func (l *loader) bucket(at place) (*bbolt.Bucket, error) {
	if l.tx == nil {
		tx, err := l.db.Begin(true)
		if err != nil {
			return nil, err
		}
		l.tx, l.open, l.size, l.n = tx, map[place]*bbolt.Bucket{}, 0, 0
	}
	if b := l.open[at]; b != nil {
		return b, nil
	}
	b := l.tx.Bucket([]byte(at.bucket))
	if at.queue != "" {
		var err error
		if b, err = b.CreateBucketIfNotExists([]byte(at.queue)); err != nil {
			return nil, fmt.Errorf("queue %.40q: %w", at.queue, err)
		}
	}
	b.FillPercent = max(0.9, fill([]byte(at.bucket))) // in order, so pages may be full
	l.open[at] = b
	return b, nil
}

func (l *loader) put(at place, k, v []byte) error {
	b, err := l.bucket(at)
	if err != nil {
		return err
	}
	// bbolt keeps the value until the commit, and v lies in a page's buffer.
	if err := b.Put(k, bytes.Clone(v)); err != nil {
		return err
	}
	l.n++
	if l.size += len(k) + len(v); l.size > loadSize || l.n > loadPairs {
		return l.flush()
	}
	return nil
}

// get reads what was put.
func (l *loader) get(at place, k []byte) ([]byte, error) {
	b, err := l.bucket(at)
	if err != nil {
		return nil, err
	}
	return b.Get(k), nil
}

func (l *loader) flush() error {
	if l.tx == nil {
		return nil
	}
	err := l.tx.Commit()
	l.tx = nil
	return err
}

// close ends a transaction that failed, without which the file cannot be
// closed.
func (l *loader) close() error {
	if l.tx != nil {
		rollback(l.tx)
		l.tx = nil
	}
	return l.db.Close()
}
