package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stamped is an entry whose body gets the first free time from at on, as a
// sale without a dateTime does: one look-up by the link of the first.
func stamped(at int64, body Hash) Entry {
	e := entry(1)
	e.Compose = func(m *Memory) Composed {
		free := at
		if _, link, ok := m.Seen(at, body); ok {
			free = link + 1
		}
		m.Remember(at, body, free)
		if free != at {
			m.Remember(free, body, free)
		}
		return Composed{Body: fmt.Appendf(nil, "at %d", free), Facts: fmt.Append(nil, m.ID())}
	}
	return e
}

// TestSixtyFourEqualBodies: those who come at once, in one commit or in many,
// get as many different stamps.
func TestSixtyFourEqualBodies(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	const at = 1_790_000_000_000
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if _, err := s.Put(context.Background(), Batch{Entries: []Entry{stamped(at, Hash{1}), stamped(at, Hash{1})}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	put(t, s, stamped(at, Hash{2}))
	list, err := s.List("", Pending, 0, 100)
	if err != nil || len(list) != 65 {
		t.Fatal(len(list), err)
	}
	seen := map[string]bool{}
	for _, r := range list[:64] {
		if seen[string(r.Body)] || string(r.Facts) != r.ID.String() {
			t.Errorf("%s: %q %q", r.ID, r.Body, r.Facts)
		}
		seen[string(r.Body)] = true
	}
	if !seen["at 1790000000063"] || string(list[64].Body) != "at 1790000000000" {
		t.Errorf("%v, other body %q", seen, list[64].Body)
	}
	s.Close()
	s = open(t, path, Options{})
	if r := put(t, s, stamped(at, Hash{1})); r[0].Duplicate {
		t.Error("a stamped sale is a duplicate")
	}
	if r, err := s.Record(66); err != nil || string(r.Body) != "at 1790000000064" {
		t.Errorf("after a restart: %q %v", r.Body, err)
	}
}

func TestComposedDuplicate(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, entry(1))
	e := entry(1)
	e.Compose = func(*Memory) Composed { return Composed{Duplicate: 1} }
	if r := put(t, s, e); r[0] != (Receipt{ID: 1, Duplicate: true}) {
		t.Errorf("%+v", r)
	}
	if c := s.Counts()["shop"]; c != (Counts{Accepted: 1, Duplicates: 1, Pending: 1}) {
		t.Errorf("%+v", c)
	}
}

// TestBatchIsAllOrNothing: a refusal stores nothing of its batch, and takes
// nothing from those that share its commit.
func TestBatchIsAllOrNothing(t *testing.T) {
	s := open(t, temp(t), Options{})
	keyed := func(name string, content uint64, strict bool) Entry {
		e := entry(1)
		e.Keys = []Key{{Name: []byte(name), Content: content, Strict: strict}}
		return e
	}
	panics := entry(1)
	panics.Compose = func(*Memory) Composed { panic("a fault of the caller") }
	put(t, s, keyed("order", 1, true))

	var others sync.WaitGroup
	for i := range 20 {
		others.Go(func() {
			for j := range 10 {
				if _, err := s.Put(context.Background(), Batch{Entries: []Entry{keyed(fmt.Sprint(i, j), 1, false)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	reused := func(b ...Entry) *ErrKeyReused {
		t.Helper()
		_, err := s.Put(t.Context(), Batch{Entries: b})
		var got *ErrKeyReused
		if !errors.As(err, &got) {
			t.Fatalf("got %v", err)
		}
		return got
	}
	for range 10 {
		if got := reused(entry(1), keyed("order", 2, true)); got.Index != 1 || got.First != 1 {
			t.Errorf("%+v", got)
		}
		if got := reused(keyed("twice", 1, true), keyed("twice", 2, true)); got.Index != 1 || got.First != 0 {
			t.Errorf("%+v", got)
		}
		if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(1), panics}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("a panic in Compose: %v", err)
		}
	}
	others.Wait()
	if c := s.Counts()["shop"]; c != (Counts{Accepted: 201, Pending: 201}) {
		t.Errorf("%+v", c)
	}
	if h := s.Health(); h.Salvage != nil || h.Unavailable != "" {
		t.Errorf("%+v", h)
	}
	if r := put(t, s, keyed("order", 2, false)); !r[0].Duplicate || !r[0].Changed || r[0].ID != 1 {
		t.Errorf("%+v", r)
	}
	if r := put(t, s, keyed("order", 0, true)); !r[0].Duplicate || r[0].Changed {
		t.Errorf("content 0 is compared: %+v", r)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestInvalidEntries(t *testing.T) {
	s := open(t, temp(t), Options{})
	for what, change := range map[string]func(b *Batch, e *Entry){
		"no queue":        func(_ *Batch, e *Entry) { e.Queue = "" },
		"long queue":      func(_ *Batch, e *Entry) { e.Queue = strings.Repeat("q", 256) },
		"long day":        func(_ *Batch, e *Entry) { e.Day = strings.Repeat("d", 256) },
		"zero in the day": func(_ *Batch, e *Entry) { e.Day = "2026\x00" },
		"many lanes":      func(_ *Batch, e *Entry) { e.Lanes = make([]Lane, 256) },
		"many tallies":    func(_ *Batch, e *Entry) { e.Tallies = make([]Tally, 256) },
		"long tally":      func(_ *Batch, e *Entry) { e.Tallies = []Tally{{Key: strings.Repeat("t", 40000)}} },
		"empty key":       func(_ *Batch, e *Entry) { e.Keys = []Key{{}} },
		"long key":        func(_ *Batch, e *Entry) { e.Keys = []Key{{Name: make([]byte, 1025)}} },
		"nameless note":   func(b *Batch, _ *Entry) { b.Notes = map[string][]byte{"": nil} },
		"long note":       func(b *Batch, _ *Entry) { b.Notes = map[string][]byte{strings.Repeat("n", 40000): nil} },
	} {
		b := Batch{Entries: []Entry{entry(1), entry(2)}}
		change(&b, &b.Entries[1])
		if _, err := s.Put(t.Context(), b); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.SetNote("", []byte("x")); !errors.Is(err, ErrInvalid) {
		t.Errorf("a note without a name: %v", err)
	}
	if c := s.Counts(); len(c) != 0 || s.Health().Unavailable != "" {
		t.Errorf("%+v", c)
	}
}

// TestLimitsOfEntries: the largest of everything goes in and comes out.
func TestLimitsOfEntries(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	e := Entry{Queue: strings.Repeat("q", 255), Day: strings.Repeat("d", 255), Body: bytes.Repeat([]byte("b"), 5<<20), Facts: make([]byte, 100e3)}
	for i := range 255 {
		e.Lanes = append(e.Lanes, Lane(i/2))
		e.Tallies = append(e.Tallies, Tally{Key: strings.Repeat("t", 1000) + fmt.Sprint(i), Amount: -1 << 63})
	}
	e.Keys = []Key{{Name: make([]byte, 1024)}}
	empty := Entry{Queue: "empty"}
	put(t, s, e, e, empty)
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	s.Close()
	s = open(t, path, Options{})
	c, err := s.Claim(t.Context(), e.Queue)
	if err != nil || !bytes.Equal(c.Body, e.Body) || len(c.Facts) != len(e.Facts) {
		t.Fatal(err)
	}
	if err := c.MarkSent(Outcome{Status: 200, Cause: strings.Repeat("ü", 1000), Answer: make([]byte, 5000)}); err != nil {
		t.Error(err)
	}
	if c, err := s.Claim(t.Context(), "empty"); err != nil || len(c.Body) != 0 {
		t.Error(c, err)
	} else if err := c.Bury(Outcome{Cause: strings.Repeat("ü", 1000), Answer: make([]byte, 5000)}); err != nil {
		t.Error(err)
	}
	settled(t, s)
	r, err := s.Record(2)
	if err != nil || len(r.Cause) != maxCause || len(r.Answer) != maxAnswer {
		t.Errorf("cause of %d, answer of %d bytes, %v", len(r.Cause), len(r.Answer), err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestBornDead(t *testing.T) {
	s := open(t, temp(t), Options{})
	put(t, s, entry(1))
	claim(t, s).Release() // the window has seen all there is
	e := entry(2)
	e.Bury, e.Keys = "breaks the contract", []Key{{Name: []byte("k")}}
	put(t, s, e)
	r, err := s.Record(2)
	if err != nil || r.State != Dead || r.Cause != e.Bury || r.Attempts != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if r := put(t, s, e); !r[0].Duplicate {
		t.Error("taken twice")
	}
	if c := claim(t, s); c.ID != 1 {
		t.Errorf("%+v", c)
	}
	if err := s.Revive(2); err != nil { // an id that the window never saw
		t.Fatal(err)
	}
	if c := claim(t, s); c.ID != 2 || c.Attempts != 0 {
		t.Errorf("%+v", c)
	}
}

// TestPutWaitsNoLongerThanItsContext: while the writer is busy and its queue is
// full, a put waits for its context. One that the writer has taken is stored.
func TestPutWaitsNoLongerThanItsContext(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Spool, _ string) {
		busy, block := make(chan struct{}), make(chan struct{})
		e := entry(1)
		e.Compose = func(*Memory) Composed { close(busy); <-block; return Composed{} }
		var all sync.WaitGroup
		all.Go(func() { put(t, s, e) })
		<-busy
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var taken, late atomic.Int64
		for range maxGroup + 20 {
			all.Go(func() {
				switch _, err := s.Put(ctx, Batch{Entries: []Entry{entry(2)}}); {
				case err == nil:
					taken.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		<-ctx.Done()
		synctest.Wait()
		if late.Load() != 20 {
			t.Errorf("%d were refused, want 20", late.Load())
		}
		if _, err := s.Put(ctx, Batch{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that has ended: %v", err)
		}
		close(block)
		all.Wait()
		if c := s.Counts()["shop"]; taken.Load() != maxGroup || c.Accepted != maxGroup+1 {
			t.Errorf("%d taken, %+v", taken.Load(), c)
		}
	})
}

func TestPackageOfIDs(t *testing.T) {
	for _, id := range []ID{1, 0xabc, 1<<64 - 1} {
		if got, err := ParseID(id.String()); got != id || err != nil || len(id.String()) != idLen {
			t.Errorf("%s: %d %v", id, got, err)
		}
	}
	for _, text := range []string{"", "1", "0000000000000000", "000000000000000g", "00000000000000001", "+000000000000001"} {
		if id, err := ParseID(text); err == nil {
			t.Errorf("%q: %d", text, id)
		}
	}
}

// An order that comes again with other content is kept in the form that its
// entry says, once for each content.
func TestInstead(t *testing.T) {
	s := open(t, temp(t), Options{})
	order := func(content uint64) Entry {
		e := entry(int(content))
		e.Keys = []Key{{Name: []byte("order"), Content: content}}
		e.Instead = func() *Entry {
			return &Entry{Queue: e.Queue, Body: []byte("changed"), Day: e.Day, Tallies: e.Tallies, Bury: "came again otherwise",
				Keys: []Key{{Name: fmt.Append(nil, "order/", content)}}}
		}
		return e
	}
	if r := put(t, s, order(1)); r[0].Duplicate || r[0].Changed {
		t.Fatalf("the first: %+v", r[0])
	}
	if r := put(t, s, order(1)); !r[0].Duplicate || r[0].Changed {
		t.Fatalf("the same again: %+v", r[0])
	}
	if r := put(t, s, order(2), order(2)); r[0].Duplicate || !r[0].Changed || r[0].ID != 2 || !r[1].Duplicate || r[1].ID != 2 {
		t.Fatalf("changed, twice: %+v", r)
	}
	if r := put(t, s, order(1)); !r[0].Duplicate || r[0].ID != 1 {
		t.Fatalf("the first content once more: %+v", r[0])
	}
	e := order(3)
	e.Instead = func() *Entry { return &Entry{} }
	if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(7), e}}); !errors.Is(err, ErrInvalid) {
		t.Fatalf("an Instead without a queue: %v", err)
	}
	e.Instead = func() *Entry { panic("a fault of the caller") }
	if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(7), e}}); !errors.Is(err, ErrInvalid) {
		t.Fatalf("a panic in Instead: %v", err)
	}
	e.Instead = func() *Entry { return nil }
	if r := put(t, s, e); !r[0].Duplicate || !r[0].Changed || r[0].ID != 1 {
		t.Fatalf("nothing instead: %+v", r)
	}
	if c := s.Counts()[e.Queue]; c.Accepted != 2 || c.Dead != 1 || !c.Balanced() {
		t.Fatalf("counts %+v", c)
	}
}
