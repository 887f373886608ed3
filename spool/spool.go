package spool

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"go.etcd.io/bbolt"
)

// Spool is a durable queue in one file. Its methods may be called
// concurrently.
type Spool struct {
	path  string
	opts  Options
	lock  *flock.Flock // beside the file, since the file itself is replaced by compaction
	clock *clock

	puts    sync.Pool     // of *putOp
	ops     chan op       // to the writer, the only one that changes the file
	handing sync.RWMutex  // held for reading while an op is handed over
	closing chan struct{} // closed when Close begins
	sealed  chan struct{} // closed when no op can come any more
	stopped chan struct{} // closed when the writer has ended
	close   func() error  // once
	janitor *janitor
	keeper  *keeper // nil: nobody asked for one

	swap sync.RWMutex // held for writing while db is exchanged, for reading while it is used
	db   *bbolt.DB    // nil while the file cannot be opened

	// The writer's own, once Open is done.
	young     *young // keys that are not yet in their buckets
	attempted uint64 // txid of the transaction that was begun and does not stand; 0: none
	undoing   bool   // its meta page is being taken back, and that is not on disk yet
	pageSize  int    // of the file
	replaced  bool   // openFile found another content than before: salvaged, or new
	unsaved   error  // outcomes that Close could not store

	firstOwn ID // the first id that this process gives; fixed in Open

	queuesMu sync.Mutex // guards queues
	queues   map[string]*queue

	countsMu sync.Mutex // guards counts
	counts   map[string]Counts

	self        self
	adopting    sync.Mutex    // held while a person's decision is carried out
	heldUpTo    atomic.Uint64 // the ID up to which records are held; 0: none is
	doubtLost   atomic.Bool   // there is a Doubt that the file does not hold
	decided     chan struct{} // closed when there is no Doubt
	noneInDoubt func()        // closes decided; may be called again

	damage atomic.Bool // a reader found some, and the writer has been told
	state  state
}

// Open opens the spool at path, or makes one. A damaged file is set aside,
// what can be read of it is kept, and Health tells of it; only ErrLocked,
// ErrNewerFormat, an *ErrNotLocal and errors of the file system are returned. One
// that is a copy, or was rolled back, opens all the same; see Doubt.
func Open(path string, opts Options) (*Spool, error) {
	opts = opts.withDefaults()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", path, err)
	}
	if err := CheckLocal(path); err != nil {
		return nil, fmt.Errorf("open spool %s: %w", path, err)
	}
	s := &Spool{
		path: path, opts: opts, clock: newClock(opts.BuildDate), decided: make(chan struct{}),
		ops: make(chan op, maxGroup), closing: make(chan struct{}), sealed: make(chan struct{}), stopped: make(chan struct{}),
		queues: map[string]*queue{}, counts: map[string]Counts{}, puts: sync.Pool{New: newPutOp},
	}
	if s.lock, err = lockBeside(path); err != nil {
		return nil, fmt.Errorf("open spool %s: %w", path, err)
	}
	if err = s.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool %s: %w", path, err), s.lock.Close())
	}
	s.janitor = newJanitor(s)
	s.keeper = newKeeper(s)
	s.close = sync.OnceValue(s.shut)
	s.noneInDoubt = sync.OnceFunc(func() { close(s.decided) })
	if s.Doubt() == nil {
		s.noneInDoubt()
	}
	go s.write()
	go s.janitor.run()
	if s.keeper != nil {
		s.keeper.begin()
		go s.keeper.run()
	}
	return s, nil
}

func lockBeside(path string) (*flock.Flock, error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, err
	case !held:
		return nil, ErrLocked
	}
	giveToFolders(lock.Path())
	return lock, nil
}

// start opens the file and reads what is kept in memory of it.
func (s *Spool) start() error {
	if err := s.takeUp(); err != nil {
		return err
	}
	s.holdReserve()
	return s.view(func(tx *bbolt.Tx) error {
		s.firstOwn = ID(tx.Bucket(bucketRecords).Sequence() + 1)
		s.clock.load(tx)
		return nil
	})
}

// takeUp opens the file, for the first time or again, and reads what is kept in
// memory of it. swap is held, or nobody else is there yet. If the content is
// not what it was, windows are read anew.
func (s *Spool) takeUp() error {
	db, err := s.openFile()
	if err != nil {
		return err
	}
	err = guardedView(db, func(tx *bbolt.Tx) error {
		if s.young, err = loadYoung(tx); err != nil {
			return err
		}
		s.self.load(readIdentity(tx))
		return s.readCounts(tx)
	})
	if err != nil {
		return errors.Join(err, closeGuarded(db))
	}
	s.db, s.pageSize, s.attempted, s.undoing = db, db.Info().PageSize, 0, false
	s.measureDisk()
	s.measureFile(db)
	if s.replaced {
		s.replaced = false
		s.damage.Store(false)
		s.resetQueues()
	}
	return nil
}

// readCounts takes the counts of all queues from the file.
func (s *Spool) readCounts(tx *bbolt.Tx) error {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	clear(s.counts)
	return tx.Bucket(bucketCounts).ForEach(func(k, v []byte) error {
		c, err := parseCounts(v)
		s.counts[string(k)] = c
		return err
	})
}

// Close stores what was handed over and closes the file. Claims that wait, and
// puts that come after it, fail with ErrClosed. An error means that the file
// could not be closed, or that outcomes of claims could not be stored: their
// records are due again at the next start. It may be called twice.
func (s *Spool) Close() error { return s.close() }

func (s *Spool) shut() error {
	close(s.closing)
	s.handing.Lock() // waits for those who are handing an op over
	close(s.sealed)
	s.handing.Unlock()
	s.queuesMu.Lock()
	for _, q := range s.queues {
		q.close()
	}
	s.queuesMu.Unlock()
	<-s.stopped
	<-s.janitor.stopped
	if s.keeper != nil {
		<-s.keeper.stopped
		s.keeper.end()
	}
	s.swap.Lock()
	defer s.swap.Unlock()
	err := closeGuarded(s.db)
	s.db = nil
	return errors.Join(s.unsaved, err, s.lock.Close())
}

// view reads the file. A panic inside bbolt, or a page behind the end of a
// truncated file, is an error.
func (s *Spool) view(fn func(tx *bbolt.Tx) error) (err error) {
	s.swap.RLock()
	defer s.swap.RUnlock()
	switch {
	case s.db != nil:
	case s.isClosing():
		return ErrClosed
	default:
		return ErrUnavailable
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
			s.reportDamage(err)
		}
	}()
	return s.db.View(fn)
}

// reportDamage makes the writer fail on purpose, once, so that it sets the
// file aside and salvages it. It does not wait.
func (s *Spool) reportDamage(err error) {
	if s.damage.CompareAndSwap(false, true) {
		c := &call{fn: func(*writeTx) error { return err }, result: make(chan error, 1)}
		go func() {
			if s.submit(context.Background(), c) == nil {
				_ = s.await(c.result)
			}
			s.damage.Store(false) // if it was refused before its turn, the next reader tells again
		}()
	}
}

// queue is the queue of a name; a new one costs nothing until it is used.
func (s *Spool) queue(name string) *queue {
	s.queuesMu.Lock()
	defer s.queuesMu.Unlock()
	q := s.queues[name]
	if q == nil {
		q = newQueue(s, name)
		q.closed = s.isClosing()
		s.queues[name] = q
	}
	return q
}

func (s *Spool) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Counts is the balance of each queue, as of the last commit.
func (s *Spool) Counts() map[string]Counts {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	counts := make(map[string]Counts, len(s.counts))
	for queue, c := range s.counts {
		counts[queue] = c
	}
	return counts
}

// Now is the time to stamp with: the clock's, or, when that cannot be right,
// the high-water mark of the times seen so far, and false.
func (s *Spool) Now() (now time.Time, believed bool) { return s.clock.now() }

// Observe tells the spool a time that it may believe: the Date of an answer
// of the upstream.
func (s *Spool) Observe(date time.Time) { s.clock.observe(date) }
