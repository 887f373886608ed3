package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

// A site is a spool with its witness, both in one folder that the test can
// copy, put back and damage.
type site struct {
	t       *testing.T
	dir     string
	machine string
	log     text
}

// text is what was logged. It may be used concurrently.
type text struct {
	mu sync.Mutex // guards all below
	b  bytes.Buffer
}

func (t *text) Write(line []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(line)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func newSite(t *testing.T) *site { return &site{t: t, dir: t.TempDir(), machine: "one"} }

func (w *site) path() string    { return filepath.Join(w.dir, "spool.db") }
func (w *site) witness() string { return filepath.Join(w.dir, "witness.json") }

func (w *site) options() Options {
	return Options{Machine: w.machine, Witness: w.witness(), Log: slog.New(slog.NewTextHandler(&w.log, nil))}
}

// open opens it and wants a doubt of that kind; "": none.
func (w *site) open(kind string) *Spool {
	w.t.Helper()
	s := open(w.t, w.path(), w.options())
	got := ""
	if d := s.Doubt(); d != nil {
		got = d.Kind
	}
	if got != kind {
		w.t.Fatalf("in doubt: %q, want %q\n%s", got, kind, w.log.String())
	}
	if (s.Health().Doubt != nil) != (kind != "") {
		w.t.Errorf("health: %+v", s.Health().Doubt)
	}
	return s
}

// life opens the spool, lets fn use it, and closes it.
func (w *site) life(kind string, fn func(s *Spool)) {
	w.t.Helper()
	s := w.open(kind)
	if fn != nil {
		fn(s)
	}
	if err := s.Check(); err != nil {
		w.t.Error(err)
	}
	if err := s.Close(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *site) save() []byte {
	w.t.Helper()
	data, err := os.ReadFile(w.path())
	if err != nil {
		w.t.Fatal(err)
	}
	return data
}

func (w *site) put(data []byte) { writeFile(w.t, w.path(), data) }

// waits wants so many held records, and none that can be claimed.
func waits(t *testing.T, s *Spool, held int64) {
	t.Helper()
	if n, err := s.Held(); n != held || err != nil {
		t.Errorf("%d are held, want %d, %v", n, held, err)
	}
	if c, err := s.Claim(atOnce(), "shop"); !errors.Is(err, context.Canceled) {
		t.Fatalf("claimed %+v %v", c, err)
	}
}

// sendAll claims and sends n records.
func sendAll(t *testing.T, s *Spool, n int) (list []*Claim) {
	t.Helper()
	for range n {
		c, err := s.Claim(atOnce(), "shop")
		if err != nil {
			t.Fatalf("%d of %d can be claimed: %v", len(list), n, err)
		}
		list = append(list, c)
		if err := c.MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
		settled(t, s) // its lanes are free
	}
	return list
}

func TestARestartGoesOn(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1), entry(2)) })
	w.life("", func(s *Spool) { sendAll(t, s, 1) })
	w.life("", func(s *Spool) {
		if err := s.Compact(); err != nil {
			t.Fatal(err)
		}
		put(t, s, entry(3))
	})
	w.life("", nil)
	w.machine = "" // it cannot be found out any more
	w.life("", nil)
	w.machine = "one"
	w.life("", func(s *Spool) {
		sendAll(t, s, 2)
		if n, err := s.Adopt(t.Context(), true); n != 0 || err != nil {
			t.Errorf("nothing to decide on: %d %v", n, err)
		}
	})
}

func TestAnOlderStateIsHeld(t *testing.T) {
	for _, bury := range []bool{false, true} {
		t.Run(fmt.Sprint("bury ", bury), func(t *testing.T) {
			w := newSite(t)
			w.life("", func(s *Spool) { put(t, s, entry(1), entry(2), entry(3)) })
			old := w.save()
			w.life("", func(s *Spool) { sendAll(t, s, 3) })
			w.put(old)
			s := w.open(RolledBack)
			waits(t, s, 3)
			if d := s.Doubt(); d.UpTo != 3 || !strings.Contains(d.Seen, "changes") {
				t.Errorf("%+v", d)
			}
			put(t, s, entry(1), entry(9)) // the person of 1 waits behind a held record
			if c := sendAll(t, s, 1)[0]; string(c.Body) != `{"n":9}` || c.Restarted || c.Flags != 0 {
				t.Errorf("%+v", c)
			}
			waits(t, s, 3)
			s.Close()
			s = w.open(RolledBack) // it stays so, over restarts
			waits(t, s, 3)
			select {
			case <-s.Decided():
				t.Error("decided")
			default:
			}
			if n, err := s.Adopt(t.Context(), bury); n != 3 || err != nil {
				t.Fatalf("adopt: %d %v", n, err)
			}
			<-s.Decided()
			checkAdopted(t, s, bury)
			s.Close()
			w.life("", nil)
		})
	}
}

func checkAdopted(t *testing.T, s *Spool, bury bool) {
	t.Helper()
	if s.Health().Doubt != nil {
		t.Error("still in doubt")
	}
	if bury {
		if c := sendAll(t, s, 1)[0]; string(c.Body) != `{"n":1}` || c.ID != 4 {
			t.Errorf("%+v", c)
		}
		for id := ID(1); id <= 3; id++ {
			r, err := s.Record(id)
			if err != nil || r.State != Dead || r.Flags&MayArrived == 0 || !strings.Contains(r.Cause, "may have been sent before: the spool was rolled back") {
				t.Errorf("%+v %v", r, err)
			}
		}
		if got := s.Counts()["shop"]; got != (Counts{Accepted: 5, Dead: 3, Sent: 2}) {
			t.Errorf("%+v", got)
		}
		if err := s.Revive(2); err != nil {
			t.Fatal(err)
		}
		if c := sendAll(t, s, 1)[0]; c.ID != 2 || c.Flags&Unknown == 0 {
			t.Errorf("revived: %+v", c)
		}
		return
	}
	for i, c := range sendAll(t, s, 4) {
		if old := i < 3; c.ID == 5 || old != (c.Flags&Unknown != 0) || !c.Restarted {
			t.Errorf("%+v", c)
		}
	}
	if got := s.Counts()["shop"]; got != (Counts{Accepted: 5, Sent: 5}) {
		t.Errorf("%+v", got)
	}
}

func TestAnotherMachineIsHeld(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1)) })
	w.machine = "two"
	w.life(Copied, func(s *Spool) { waits(t, s, 1) })
	w.life(Copied, func(s *Spool) {
		if _, err := s.Adopt(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		sendAll(t, s, 1)
	})
	w.life("", nil)
	w.machine = "one" // and back again
	w.life(Copied, nil)
	w.machine = ""
	w.life(Copied, nil)
}

// A file of a version that knew of no machine goes on, and is known from then on.
func TestAFileWithoutIdentity(t *testing.T) {
	w := newSite(t)
	data, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	w.put(data)
	w.life("", func(s *Spool) { put(t, s, entry(1)) })
	w.machine = "two"
	w.life(Copied, nil)
	w.machine = "one"
	w.put(data) // it has no name by which the witness could know it
	w.life("", nil)
}

func TestPutBackAgainAndAgain(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1), entry(2)) })
	first := w.save()
	w.life("", func(s *Spool) { sendAll(t, s, 1) })
	last := w.save()
	w.put(first)
	w.life(RolledBack, func(s *Spool) { waits(t, s, 2) })
	undecided := w.save()
	w.put(first) // twice, while undecided
	w.life(RolledBack, func(s *Spool) { put(t, s, entry(3)); sendAll(t, s, 1); waits(t, s, 2) })
	w.put(last) // it is as far as the witness saw it, but others took its place
	w.life(RolledBack, func(s *Spool) { waits(t, s, 1) })
	w.put(undecided)
	w.life(RolledBack, func(s *Spool) {
		if n, err := s.Adopt(t.Context(), false); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		sendAll(t, s, 2)
	})
	w.life("", nil)
	w.put(undecided)
	w.life(RolledBack, nil)
	w.put(first)
	w.life(RolledBack, nil)
}

func TestASalvageGoesOn(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) {
		for i := range 3 {
			put(t, s, entry(i))
		}
	})
	whole := w.save()
	_, metas := openPages(bytes.NewReader(whole), int64(len(whole)))
	w.put(spoil(whole, os.Getpagesize(), int(metas[0].root)))
	w.life("", func(s *Spool) {
		if s.Health().Salvage == nil {
			t.Error("not salvaged")
		}
		sendAll(t, s, 2)
	})
	w.life("", nil)
	w.put(whole) // it is as far as it was, but another took its place
	w.life(RolledBack, func(s *Spool) { waits(t, s, 3) })
}

// A copy that was made while the spool was written is often torn, so that it is
// salvaged: it is an older state all the same.
func TestADamagedOlderStateIsHeld(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) {
		for i := range 3 {
			put(t, s, entry(i))
		}
	})
	old := w.save()
	w.life("", func(s *Spool) { sendAll(t, s, 3) })
	last := w.save()
	_, metas := openPages(bytes.NewReader(old), int64(len(old)))
	w.put(spoil(old, os.Getpagesize(), int(metas[0].root)))
	w.life(RolledBack, func(s *Spool) {
		if s.Health().Salvage == nil {
			t.Error("not salvaged")
		}
		waits(t, s, 2)
	})
	w.life(RolledBack, func(s *Spool) {
		if n, err := s.Adopt(t.Context(), true); n != 2 || err != nil {
			t.Error(n, err)
		}
	})
	w.life("", nil)
	w.put(last) // it is as far as it was, but another took its place
	w.life(RolledBack, nil)
}

// A salvage that falls back on the root before the last is no older state.
func TestASalvageOfTheLastStateGoesOn(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) {
		for i := range 3 {
			put(t, s, entry(i))
		}
	})
	whole := w.save()
	_, metas := openPages(bytes.NewReader(whole), int64(len(whole)))
	w.put(spoil(whole, os.Getpagesize(), int(metas[0].root)))
	w.life("", func(s *Spool) {
		if s.Health().Salvage == nil {
			t.Error("not salvaged")
		}
		if err := s.do(1, func(*writeTx) error { return errPanic }); !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
		put(t, s, entry(4)) // after another salvage, in this process
	})
	w.life("", nil)
}

// A salvage does not end a hold.
func TestASalvageKeepsTheHold(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1), entry(2)) })
	w.machine = "two"
	s := w.open(Copied)
	if err := s.do(1, func(*writeTx) error { return errPanic }); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	put(t, s, entry(3))
	if s.Health().Salvage == nil {
		t.Error("not salvaged")
	}
	if c := sendAll(t, s, 1)[0]; c.ID != 3 {
		t.Errorf("%+v", c)
	}
	waits(t, s, 2)
	s.Close()
	w.life(Copied, func(s *Spool) { waits(t, s, 2) })
}

func TestWitnessThatIsOfNoUse(t *testing.T) {
	for name, hurt := range map[string]func(w *site){
		"missing":  func(w *site) { _ = os.Remove(w.witness()) },
		"empty":    func(w *site) { writeFile(w.t, w.witness(), nil) },
		"zeros":    func(w *site) { writeFile(w.t, w.witness(), make([]byte, 300)) },
		"half":     func(w *site) { writeFile(w.t, w.witness(), []byte(`{"spools":[{"inc`)) },
		"nonsense": func(w *site) { writeFile(w.t, w.witness(), []byte(`{"spools":7}`)) },
		"another's": func(w *site) {
			writeFile(w.t, w.witness(), []byte(`{"spools":[{"incarnation":"00000000000000ff","commits":99}]}`))
		},
		"a folder": func(w *site) { _ = os.Remove(w.witness()); _ = os.Mkdir(w.witness(), 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newSite(t)
			w.life("", func(s *Spool) { put(t, s, entry(1)) })
			old := w.save()
			hurt(w)
			w.life("", func(s *Spool) { sendAll(t, s, 1) })
			w.life("", nil)
			if name == "a folder" {
				if n := strings.Count(w.log.String(), "cannot be read"); n != 2 {
					t.Errorf("told %d times\n%s", n, w.log.String())
				}
				return
			}
			w.put(old)
			w.life(RolledBack, nil)
		})
	}
}

// Where there is no folder for the witness, the spool goes on and says so once.
func TestWitnessWithoutAFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSite(t)
		o := w.options()
		o.Witness = filepath.Join(w.dir, "none", "spool.json")
		s := open(t, w.path(), o)
		for i := range 3 {
			put(t, s, entry(i))
			time.Sleep(2 * witnessPeriod) // virtual
			synctest.Wait()               // for the look at the end of it
		}
		if n := strings.Count(w.log.String(), "level=WARN"); n != 1 {
			t.Errorf("told %d times\n%s", n, w.log.String())
		}
		if err := os.Mkdir(filepath.Dir(o.Witness), 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * witnessPeriod) // virtual
		synctest.Wait()
		if !exists(o.Witness) || !strings.Contains(w.log.String(), "is written again") {
			t.Errorf("not written once it can be\n%s", w.log.String())
		}
		s.Close()
	})
}

// While it runs the witness is told, but never of the last seconds.
func TestWitnessIsToldOfWhatIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSite(t)
		s := open(t, w.path(), w.options())
		told := func() uint64 {
			k, err := readWitness(w.witness())
			if err != nil {
				t.Fatal(err)
			}
			known := k.find(s.self.identity().incarnation)
			if known == nil {
				t.Fatal("nothing is known")
			}
			return known.Commits
		}
		put(t, s, entry(1))
		if n := told(); n != 0 {
			t.Errorf("told of %d at once", n)
		}
		time.Sleep(2*witnessPeriod + time.Second) // virtual
		before := s.self.identity().commits
		if n := told(); n != before {
			t.Errorf("told of %d, want %d", n, before)
		}
		put(t, s, entry(2))
		s.Close()
		if n := told(); n != before+1 {
			t.Errorf("told of %d at the end, want %d", n, before+1)
		}
	})
}

func TestWitnessIsBounded(t *testing.T) {
	w := &witness{}
	for i := range uint64(3 * maxWitnessed) {
		w.tell(standing{incarnation: i + 2, before: i + 1, commits: 1})
	}
	if len(w.Spools) > maxWitnessed+1 || w.find(3*maxWitnessed+1) == nil || !w.find(3*maxWitnessed).Superseded {
		t.Errorf("%d entries", len(w.Spools))
	}
}

// A held record may be discarded, and a person's new events take its place in
// the lane.
func TestDiscardOfAHeldRecord(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1), entry(2)) })
	w.machine = "two"
	w.life(Copied, func(s *Spool) {
		put(t, s, entry(1))
		if err := s.Discard(1); err != nil {
			t.Fatal(err)
		}
		if c := sendAll(t, s, 1)[0]; c.ID != 3 {
			t.Errorf("%+v", c)
		}
		waits(t, s, 1)
	})
}

// A hold without guard options: what a command that only looks must not end.
func TestCommandsKeepTheHold(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1)) })
	w.machine = "two"
	s := open(t, w.path(), Options{}) // notices nothing
	if s.Doubt() != nil {
		t.Error("in doubt")
	}
	s.Close()
	w.life(Copied, nil)
	s = open(t, w.path(), Options{})
	waits(t, s, 1)
	s.Close()
}

// Some thousand records, in two queues, and a decision that is interrupted.
func TestBuryingMany(t *testing.T) {
	w := newSite(t)
	const n = 2*adoptGroup + 7
	w.life("", func(s *Spool) {
		for i := range n {
			e := entry(i)
			if i%2 == 0 {
				e.Queue = "other"
			}
			put(t, s, e)
		}
	})
	w.machine = "two"
	w.life(Copied, func(s *Spool) {
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if n, err := s.Adopt(stopped, true); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d %v", n, err)
		}
		waits(t, s, n)
	})
	w.life(Copied, func(s *Spool) {
		if got, err := s.Adopt(t.Context(), true); got != n || err != nil {
			t.Errorf("%d %v", got, err)
		}
	})
	w.life("", func(s *Spool) {
		for queue, c := range s.Counts() {
			if c.Pending != 0 || c.Dead == 0 || !c.Balanced() {
				t.Errorf("%s: %+v", queue, c)
			}
		}
	})
}

// A note that cannot be read is damage, and does not stop the start.
func TestDoubtThatIsDamaged(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1)) })
	inFile(t, w.path(), func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketNotes).Put([]byte(noteDoubt), []byte("{"))
	})
	w.life("", func(s *Spool) {
		if s.Health().Salvage == nil {
			t.Error("not salvaged")
		}
	})
}
