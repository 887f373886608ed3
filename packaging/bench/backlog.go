package main

import (
	"errors"
	"os"
	"time"

	"go.etcd.io/bbolt"
)

const (
	smallFile  = 10e6             // bytes; a drained file is to be smaller
	shrinkTime = 30 * time.Second // in which it is to get there
	largeQuota = 1_500_000        // events from which the default quota is too small
)

// weight is what a backlog of some size costs.
type weight struct {
	accepted, sent float64 // events a second, while so many wait
}

// backlog measures the relay with n events waiting beside n/10. Nothing that
// was sent is kept.
func backlog(s *site) error {
	n := s.o.backlog
	s.keep = keep{sent: "0"}
	if n >= largeQuota {
		s.keep.size = "20GB"
	}
	small, err := s.weigh(n / 10)
	if err != nil {
		return err
	}
	large, err := s.weigh(n) // its figures replace those of the small one
	if err != nil {
		return err
	}
	s.figure("accepted", large.accepted, perSecond)
	s.figure("accepted, of that with a tenth", 100*large.accepted/small.accepted, "%")
	s.figure("sent", large.sent, perSecond)
	s.figure("sent, of that with a tenth", 100*large.sent/small.sent, "%")
	if err := s.shrink("file after the drain"); err != nil {
		return err
	}
	// What is left are the keys, which stay for 800 days. Once more with as
	// little memory as the config allows.
	s.keep.keys, s.keep.repeats = "1d", "0"
	if err := s.begin(); err != nil {
		return err
	}
	if _, err := s.fill(n); err != nil {
		return err
	}
	if _, err := s.restart(); err != nil {
		return err
	}
	if err := s.audit(); err != nil {
		return err
	}
	return s.shrink("file with the shortest memory")
}

// weigh fills a fresh spool with n events and more, drains it from a cold
// start, and leaves the relay running.
func (s *site) weigh(n uint64) (weight, error) {
	var w weight
	if err := s.begin(); err != nil {
		return w, err
	}
	filled, err := s.fill(n)
	if err != nil {
		return w, err
	}
	taken, err := s.single(manyConnections)
	if err != nil {
		return w, err
	}
	peak := s.process.peak.Load()
	if err := s.stop(); err != nil {
		return w, err
	}
	full, err := os.Stat(spoolFile(s.dir))
	if err != nil {
		return w, err
	}
	cache := dropCache(spoolFile(s.dir))
	if cache != nil && !errors.Is(cache, errors.ErrUnsupported) {
		return w, cache
	}
	a, err := s.restart()
	if err != nil {
		return w, err
	}
	start := "start to first delivery, cold"
	if cache != nil {
		start = "start to first delivery, warm"
	}
	s.figure(start, s.webhook.firstAt().Sub(s.process.started).Seconds(), "s")
	if peak = max(peak, s.process.peak.Load()); peak > 0 {
		s.figure("peak RssAnon", megabytes(peak), "MB")
	}
	s.figure("filled", filled.rate(), perSecond)
	s.figure("file when full", megabytes(full.Size()), "MB")
	w.accepted, w.sent = taken.rate(), a.speed
	return w, s.audit()
}

// shrink waits until the drained file is small, or for as long as that may
// take, and says how large it is, and with what.
func (s *site) shrink(name string) error {
	begin := time.Now()
	var size int64
	for {
		info, err := os.Stat(spoolFile(s.dir))
		if err == nil {
			size = info.Size()
		} else if !errors.Is(err, os.ErrNotExist) { // it may be changing places with a new one
			return err
		}
		if size < smallFile || time.Since(begin) > shrinkTime {
			break
		}
		if err := s.pause(100 * time.Millisecond); err != nil {
			return err
		}
	}
	s.figure(name, megabytes(size), "MB")
	s.figure(name+", looked at after", time.Since(begin).Seconds(), "s")
	if err := s.stop(); err != nil {
		return err
	}
	return s.split(name)
}

// split says what the pages of the spool file are used for; what it does not
// name is less than a tenth of a megabyte.
func (s *site) split(file string) error {
	db, err := bbolt.Open(spoolFile(s.dir), 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		rest := tx.Size()
		err := tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			used := b.Stats()
			size := int64(used.BranchAlloc + used.LeafAlloc)
			rest -= size
			if megabytes(size) >= 0.1 {
				s.figure(file+", "+string(name), megabytes(size), "MB")
			}
			return nil
		})
		s.figure(file+", free", megabytes(rest), "MB")
		return err
	})
	return errors.Join(err, db.Close())
}
