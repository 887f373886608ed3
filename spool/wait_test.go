package spool

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWindowIsBounded: neither a backlog, nor a lane that holds all up, nor a
// thousand that come back from the dead make it grow.
func TestWindowIsBounded(t *testing.T) {
	s := open(t, temp(t), Options{Window: 16, NoSync: true})
	entries := make([]Entry, 500)
	for i := range entries {
		entries[i] = laned(1)
		if i >= 250 {
			entries[i].Bury = "dead"
		}
	}
	put(t, s, entries...)
	c := claim(t, s)
	q := s.queue("shop")
	for id := ID(251); id <= 500; id++ {
		if err := s.Revive(id); err != nil {
			t.Fatal(err)
		}
		if len(q.items) > 2*16+1 {
			t.Fatalf("the window holds %d", len(q.items))
		}
	}
	for want := c.ID; ; want++ {
		if c.ID != want {
			t.Fatalf("claimed %s, want %s", c.ID, want)
		}
		if err := c.MarkSent(Outcome{}); err != nil {
			t.Fatal(err)
		}
		if want == 500 {
			break
		}
		c = claim(t, s)
	}
}

// TestClaimWaits in virtual time: for an entry, for a due time, for a lane.
func TestClaimWaits(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Spool, _ string) {
		claims := make(chan *Claim)
		next := func() {
			go func() {
				c, err := s.Claim(context.Background(), "shop")
				if err != nil {
					t.Error(err)
				}
				claims <- c
			}()
			synctest.Wait()
		}
		next()
		put(t, s, laned(1))
		c := <-claims
		put(t, s, laned(1))
		next()
		select {
		case <-claims:
			t.Fatal("two of a lane in flight")
		case <-time.After(time.Hour):
		}
		start := time.Now()
		if err := c.Retry(start.Add(20*time.Minute), Outcome{}); err != nil {
			t.Fatal(err)
		}
		if c = <-claims; c.ID != 1 || time.Since(start).Round(time.Second) != 20*time.Minute {
			t.Errorf("%+v after %s", c, time.Since(start))
		}
		next()
		if err := c.MarkSent(Outcome{}); err != nil {
			t.Fatal(err)
		}
		if c = <-claims; c.ID != 2 {
			t.Errorf("%+v", c)
		}
		if at, ok := s.Oldest("shop"); !ok || time.Since(at) < time.Hour {
			t.Errorf("oldest %s %t", at, ok)
		}
	})
}

func TestRewriteOfWhatIsNoRecord(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, entry(1), entry(2))
	c := claim(t, s)
	if err := c.Rewrite(Outcome{}, func(*Memory) Composed { return Composed{Duplicate: 2} }); !errors.Is(err, ErrInvalid) {
		t.Errorf("as a duplicate: %v", err)
	}
	if err := c.Rewrite(Outcome{}, func(*Memory) Composed { panic("x") }); !errors.Is(err, ErrInvalid) {
		t.Errorf("with a panic: %v", err)
	}
	if string(c.Body) != `{"n":1}` {
		t.Errorf("%q", c.Body)
	}
	c.Release()
	if err := c.Rewrite(Outcome{}, func(*Memory) Composed { return Composed{} }); !errors.Is(err, ErrSettled) {
		t.Errorf("after Release: %v", err)
	}
}
