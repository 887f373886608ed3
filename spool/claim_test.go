package spool

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// laned is an entry that holds lanes.
func laned(lanes ...Lane) Entry {
	e := entry(1)
	e.Lanes = lanes
	return e
}

// TestLanesUnderLoad: many at once, with windows of all sizes: of each lane one
// is in flight at most, and they go in the order of acceptance.
func TestLanesUnderLoad(t *testing.T) {
	for _, window := range []int{1, 4, 100, 8192} {
		t.Run(fmt.Sprint(window), func(t *testing.T) {
			s := open(t, temp(t), Options{Window: window, NoSync: true})
			const n, lanes = 1200, 7
			var mu sync.Mutex
			inFlight, last, tries := map[Lane]ID{}, map[Lane]ID{}, map[ID]int{}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var all sync.WaitGroup
			left := n
			for range 8 {
				all.Go(func() {
					for {
						c, err := s.Claim(ctx, "shop")
						if err != nil {
							return
						}
						held := slices.Compact(slices.Sorted(slices.Values(c.lanes)))
						mu.Lock()
						for _, l := range held {
							if inFlight[l] != 0 || last[l] > c.ID {
								t.Errorf("%s claimed while %s is in flight, after %s", c.ID, inFlight[l], last[l])
							}
							inFlight[l], last[l] = c.ID, c.ID
						}
						tries[c.ID]++
						again := tries[c.ID] == 1 && c.ID%5 == 0
						mu.Unlock()
						runtime.Gosched()
						mu.Lock()
						for _, l := range held {
							delete(inFlight, l)
						}
						if !again {
							if left--; left == 0 {
								cancel()
							}
						}
						mu.Unlock()
						if again {
							err = c.Retry(time.Now(), Outcome{Flags: Unknown})
						} else {
							err = c.MarkSent(Outcome{Status: 200})
						}
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			for i := range n / 4 {
				a, b := Lane(i%lanes), Lane(i%3)
				put(t, s, laned(a), laned(a, b), laned(), laned(a, a, b))
			}
			soon(t, "the drain", all.Wait)
			settled(t, s)
			if c := s.Counts()["shop"]; c != (Counts{Accepted: n, Sent: n}) {
				t.Errorf("%+v", c)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestClaimOther(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, entry(1), entry(2))
	for _, want := range []ID{2, 1} {
		c, err := s.ClaimOther(t.Context(), "shop", 1)
		if err != nil || c.ID != want {
			t.Errorf("%+v %v, want %d", c, err, want)
		}
	}
}

func TestUnknownGoesFirst(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1), entry(2), entry(3))
	claim(t, s).Release()
	c1, c2, c3 := claim(t, s), claim(t, s), claim(t, s)
	if err := errors.Join(
		c1.Retry(time.Time{}, Outcome{Status: 503}), c2.Retry(time.Time{}, Outcome{Status: 503}), c3.Retry(time.Time{}, Outcome{Flags: Unknown}),
	); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	c := claim(t, s)
	if c.ID != 3 || c.Flags&Unknown == 0 || c.Attempts != 1 {
		t.Errorf("%+v", c)
	}
	c.Release()
	s.Close()
	s = open(t, path, Options{})
	if c := claim(t, s); c.ID != 3 || !c.Restarted {
		t.Errorf("after a restart: %+v", c)
	}
}

// TestNobodyIsForgotten: of those who wait, one gives up just as it is handed a
// record, or the word to look again. Another gets it.
func TestNobodyIsForgotten(t *testing.T) {
	s := open(t, temp(t), Options{Window: 2, NoSync: true})
	const n = 300
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[ID]bool{}
	take := func(c *Claim) {
		mu.Lock()
		defer mu.Unlock()
		if got[c.ID] {
			t.Errorf("%s twice", c.ID)
		}
		got[c.ID] = true
		if len(got) == n {
			cancel()
		}
	}
	all.Go(func() { // the one who must not starve
		for {
			c, err := s.Claim(ctx, "shop")
			if err != nil {
				return
			}
			take(c)
			_ = c.MarkSent(Outcome{})
		}
	})
	for range 6 {
		all.Go(func() { // those who give up
			for ctx.Err() == nil {
				brief, stop := context.WithTimeout(ctx, 50*time.Microsecond)
				if c, err := s.Claim(brief, "shop"); err == nil {
					take(c)
					_ = c.MarkSent(Outcome{})
				}
				stop()
			}
		})
	}
	for i := range n {
		put(t, s, entry(i))
	}
	soon(t, "the last claim", all.Wait)
}

// TestDecisions: a person and the senders never have a record at the same time.
func TestDecisions(t *testing.T) {
	s := open(t, temp(t), Options{Window: 8, NoSync: true})
	const n = 300
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = entry(i % 5)
	}
	put(t, s, entries...)
	var all sync.WaitGroup
	var mu sync.Mutex
	sent, discarded := map[ID]bool{}, map[ID]bool{}
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		all.Go(func() {
			for {
				c, err := s.Claim(ctx, "shop")
				if err != nil {
					return
				}
				mu.Lock()
				sent[c.ID] = true
				mu.Unlock()
				if c.ID%7 == 0 && c.Attempts == 0 && c.Flags == 0 {
					err = c.Bury(Outcome{Flags: MayArrived})
				} else {
					err = c.MarkSent(Outcome{})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var people sync.WaitGroup
	people.Go(func() {
		for id := ID(n); id > 0; id -= 3 {
			err := s.Discard(id)
			if err == nil {
				mu.Lock()
				discarded[id] = true
				mu.Unlock()
			} else if !errors.Is(err, ErrClaimed) && !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
		}
	})
	people.Go(func() {
		for range 3 {
			for id := ID(7); id <= n; id += 7 {
				if err := s.Revive(id); err != nil && !errors.Is(err, ErrClaimed) && !errors.Is(err, ErrNotFound) {
					t.Error(err)
				}
			}
		}
	})
	people.Wait()
	soon(t, "the drain", func() {
		for s.Counts()["shop"].Pending > 0 {
			if err := s.SetNote("look", nil); err != nil {
				t.Error(err)
				return
			}
		}
	})
	cancel()
	all.Wait()
	c := s.Counts()["shop"]
	if c.Discarded != int64(len(discarded)) || !c.Balanced() || c.Accepted != n {
		t.Errorf("%+v, discarded %d", c, len(discarded))
	}
	for id := range discarded {
		if sent[id] && id%7 != 0 {
			t.Errorf("%s was discarded, and sent all the same", id)
		}
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestHeldOutsideTheWindow: a record that a person decides on comes into the
// window meanwhile. It waits for the decision.
func TestHeldOutsideTheWindow(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, entry(1), laned(2), laned(2))
	q := s.queue("shop")
	if !q.hold(2) {
		t.Fatal("held by somebody else")
	}
	if c := claim(t, s); c.ID != 1 {
		t.Fatalf("%+v", c)
	}
	if c, err := s.Claim(atOnce(), "shop"); err == nil {
		t.Errorf("claimed %s, which is held", c.ID)
	}
	q.letGo(2)
	c := claim(t, s)
	if c.ID != 2 || q.hold(2) {
		t.Errorf("%+v", c)
	}
}

// TestResetKeepsClaims: after a salvage the window is read anew, but what is in
// flight stays so.
func TestResetKeepsClaims(t *testing.T) {
	s := open(t, temp(t), Options{Window: 4})
	for range 3 {
		put(t, s, laned(1), laned(2), laned(1, 2), laned(3))
	}
	c1, c2 := claim(t, s), claim(t, s)
	s.resetQueues()
	var got []ID
	for {
		c, err := s.Claim(atOnce(), "shop")
		if err != nil {
			break
		}
		got = append(got, c.ID)
	}
	if !slices.Equal(got, []ID{4}) {
		t.Errorf("claimed %v beside %s and %s", got, c1.ID, c2.ID)
	}
	if err := errors.Join(c1.MarkSent(Outcome{}), c2.MarkSent(Outcome{})); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	if c := claim(t, s); c.ID != 3 {
		t.Errorf("%+v", c)
	}
}
