package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

func TestCloseTwice(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, entry(1))
	c := claim(t, s)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	ctx := t.Context()
	_, put := s.Put(ctx, Batch{Entries: []Entry{entry(1)}})
	_, claim := s.Claim(ctx, "shop")
	_, newQueue := s.Claim(ctx, "other")
	_, record := s.Record(1)
	_, list := s.List("", Pending, 0, 1)
	_, note := s.Note("x")
	for what, err := range map[string]error{
		"Put": put, "Claim": claim, "Claim of a new queue": newQueue, "Record": record, "List": list, "Note": note, "Check": s.Check(),
		"SetNote": s.SetNote("x", nil), "Discard": s.Discard(1), "Compact": s.Compact(), "MarkSent": c.MarkSent(Outcome{}),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	c.Release()
	s.Health()
	s.Counts()
	s.Oldest("shop")
}

// TestCloseWhileAllWait: claims that wait, puts that come, outcomes that were
// handed over. What was handed over before Close is on disk after it.
func TestCloseWhileAllWait(t *testing.T) {
	path := temp(t)
	for round := range 20 {
		s := open(t, path, Options{Window: 8})
		var all sync.WaitGroup
		var mu sync.Mutex
		stored, sent := 0, 0
		before := s.Counts()["shop"]
		begun := make(chan struct{}, 100)
		for p := range 8 {
			all.Go(func() {
				for i := 0; ; i++ {
					e := entry(p)
					e.Keys = []Key{{Name: fmt.Appendf(nil, "%d-%d-%d", round, p, i)}}
					_, err := s.Put(context.Background(), Batch{Entries: []Entry{e}})
					if err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					stored++
					mu.Unlock()
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}
		for q := range 4 {
			queue := "shop"
			if q == 3 {
				queue = "nothing comes here"
			}
			all.Go(func() {
				for {
					c, err := s.Claim(context.Background(), queue)
					if err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Error(err)
						}
						return
					}
					if c.MarkSent(Outcome{Status: 200}) == nil {
						mu.Lock()
						sent++
						mu.Unlock()
					}
				}
			})
		}
		for range 20 + round {
			<-begun
		}
		soon(t, "Close", func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			all.Wait()
		})
		s = open(t, path, Options{})
		c := s.Counts()["shop"]
		if c.Accepted-before.Accepted != int64(stored) || c.Sent-before.Sent != int64(sent) || !c.Balanced() {
			t.Fatalf("round %d: %d stored and %d sent, counts went from %+v to %+v", round, stored, sent, before, c)
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// block keeps a spool from being opened again, until the function it returns is
// called: what clears the way for that cannot remove a folder with something in
// it. (The file itself cannot be moved away while it is open, on Windows.)
func block(t *testing.T, path string) func() {
	t.Helper()
	way := path + ".new"
	if err := os.MkdirAll(filepath.Join(way, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.RemoveAll(way); err != nil {
			t.Error(err)
		}
	}
}

// TestCloseWhileMending: the file cannot be opened again, so the writer
// is mending; Close ends that, and tells what it could not store.
func TestCloseWhileMending(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	c := claim(t, s)
	unblock := block(t, path)
	failed := errors.New("some failure of the disk")
	if err := s.do(0, func(*writeTx) error { return failed }); !errors.Is(err, ErrUnavailable) || !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if err := c.MarkSent(Outcome{Status: 200}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(2)}}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if h := s.Health(); h.Unavailable == "" || h.Since.IsZero() {
		t.Errorf("%+v", h)
	}
	soon(t, "Close", func() {
		if err := s.Close(); err == nil {
			t.Error("an outcome that was not stored is no error")
		}
	})
	unblock()
	expect(t, path, Counts{Accepted: 1, Pending: 1}, Options{})
}

// TestMend: a failure ends, and the spool is available again by itself; the
// outcome that was handed over meanwhile is stored.
func TestMend(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1), entry(2))
	c := claim(t, s)
	unblock := block(t, path)
	if err := s.do(0, func(*writeTx) error { return errors.New("failed") }); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := c.MarkSent(Outcome{Status: 200}); err != nil {
		t.Fatal(err)
	}
	claimed := make(chan *Claim)
	go func() { // waits while there is no file to read
		c, err := s.Claim(context.Background(), "shop")
		if err != nil {
			t.Error(err)
		}
		claimed <- c
	}()
	unblock()
	soon(t, "recovery", func() {
		if c := <-claimed; c.ID != 2 {
			t.Errorf("%+v", c)
		}
		for {
			if _, err := s.Put(context.Background(), Batch{Entries: []Entry{entry(3)}}); err == nil {
				break
			} else if !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
		}
	})
	if h := s.Health(); h.Unavailable != "" || !h.Since.IsZero() || h.Salvage != nil {
		t.Errorf("%+v", h)
	}
	if got := s.Counts()["shop"]; got != (Counts{Accepted: 3, Pending: 2, Sent: 1}) {
		t.Errorf("%+v", got)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestTruncatedWhileOpen: reading behind the end of a file is a fault of the
// machine, which may leave bbolt locked. The spool is salvaged, or begins anew,
// and takes entries.
func TestTruncatedWhileOpen(t *testing.T) {
	for _, size := range []int64{0, 3 * 4096} {
		path := temp(t)
		s := open(t, path, Options{})
		for i := range 20 {
			put(t, s, big(i))
		}
		err := os.Truncate(path, size)
		if err != nil && runtime.GOOS == "windows" {
			t.Skip("the system does not let it happen:", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		soon(t, "recovery", func() {
			for {
				_, err := s.Put(context.Background(), Batch{Entries: []Entry{entry(1)}})
				if err == nil {
					return
				}
				if !errors.Is(err, ErrUnavailable) {
					t.Error(err)
				}
			}
		})
		if h := s.Health(); h.Salvage == nil {
			t.Errorf("%+v", h)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
