package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// named is an entry that is found by words.
func named(i int, terms ...string) Entry {
	e := entry(i)
	e.Terms = terms
	return e
}

func ids(list []Record) (ids []ID) {
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func find(t testing.TB, s *Spool, q Query) Found {
	t.Helper()
	found, err := s.Find(q)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func finds(t testing.TB, s *Spool, q Query, want ...ID) Found {
	t.Helper()
	found := find(t, s, q)
	if got := ids(found.Records); !slices.Equal(got, want) {
		t.Errorf("%+v: found %v, want %v", q, got, want)
	}
	return found
}

func TestFindByTerms(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	for i := 1; i <= 200; i++ {
		put(t, s, named(i, fmt.Sprintf("o:%d", i), fmt.Sprintf("e:%d", i%2), fmt.Sprintf("s:%d", i%50)))
	}
	put(t, s, entry(201))
	for range 2 {
		finds(t, s, Query{Terms: [][]string{{"o:7"}}}, 7)
		finds(t, s, Query{Terms: [][]string{{"o:7"}, {"e:0"}}})
		finds(t, s, Query{Terms: [][]string{{"o:7", "o:200", "o:64"}, {"e:0", "x"}}}, 200, 64)
		finds(t, s, Query{Terms: [][]string{{"s:14"}}}, 164, 114, 64, 14)
		finds(t, s, Query{Terms: [][]string{{"s:14"}}, Before: 114}, 64, 14)
		finds(t, s, Query{Terms: [][]string{{"s:14"}}, Keep: func(r *Record) bool { return r.ID != 114 }}, 164, 64, 14)
		page := finds(t, s, Query{Terms: [][]string{{"s:14"}}, Limit: 2}, 164, 114)
		page = finds(t, s, Query{Terms: [][]string{{"s:14"}}, Limit: 2, Before: page.Next}, 64, 14)
		if page = finds(t, s, Query{Terms: [][]string{{"s:14"}}, Limit: 2, Before: page.Next}); page.Next != 0 {
			t.Errorf("the page behind the last has %+v", page)
		}
		finds(t, s, Query{Terms: [][]string{{"e:1"}}, Limit: 2, State: Dead})
		finds(t, s, Query{Terms: [][]string{{"nothing"}}})
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		if err := s.Compact(); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s = open(t, path, Options{})
	}
}

func TestFindByStateAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, temp(t), Options{})
		start := time.Now()
		for i := 1; i <= 300; i++ {
			e := entry(i)
			if i%3 == 0 {
				e.Queue = "other"
			}
			put(t, s, e)
			time.Sleep(time.Minute)
		}
		for _, id := range []ID{1, 2} {
			c := claim(t, s)
			if err := c.MarkSent(Outcome{}); err != nil || c.ID != id {
				t.Fatal(c.ID, err)
			}
		}
		if err := claim(t, s).Bury(Outcome{Cause: "bad"}); err != nil {
			t.Fatal(err)
		}
		settled(t, s)
		finds(t, s, Query{Limit: 3}, 300, 299, 298)
		finds(t, s, Query{State: Sent}, 2, 1)
		finds(t, s, Query{State: Dead}, 4)
		finds(t, s, Query{State: Pending, Before: 9, Limit: 20}, 8, 7, 6, 5, 3)
		finds(t, s, Query{State: Pending, Queue: "other", Before: 9}, 6, 3)
		finds(t, s, Query{Queue: "other", Before: 9}, 6, 3)
		finds(t, s, Query{Queue: "none", State: Pending})
		finds(t, s, Query{From: start.Add(10 * time.Minute), To: start.Add(13 * time.Minute)}, 13, 12, 11)
		finds(t, s, Query{From: start.Add(10 * time.Minute), To: start.Add(13 * time.Minute), State: Pending, Queue: "other"}, 12)
		finds(t, s, Query{To: start.Add(2 * time.Minute)}, 2, 1)
		finds(t, s, Query{From: start.Add(298 * time.Minute)}, 300, 299)
		if !errors.Is(func() error { _, err := s.Attempts(999); return err }(), ErrNotFound) {
			t.Error("attempts of a record that is not there")
		}
		c := claim(t, s)
		if !s.BeingSent("shop", c.ID) || s.BeingSent("shop", 8) || s.BeingSent("none", 1) {
			t.Error("BeingSent")
		}
		c.Release()
		if s.BeingSent("shop", c.ID) {
			t.Error("BeingSent after a release")
		}
	})
}

func TestReplaces(t *testing.T) {
	s := open(t, temp(t), Options{})
	old := named(1, "o:1")
	old.Keys = []Key{{Name: []byte("k")}}
	put(t, s, old, named(2, "o:2"))
	if err := claim(t, s).Bury(Outcome{Status: 400, Cause: "bad"}); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	edit := old
	edit.Body, edit.Replaces = []byte("edited"), 1
	receipts := put(t, s, edit)
	if r, err := s.Record(receipts[0].ID); err != nil || r.Replaces != 1 || string(r.Body) != "edited" {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := s.Record(1); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if g, ok, err := s.Gone(1); err != nil || !ok || g.By != receipts[0].ID || g.At.IsZero() {
		t.Errorf("%+v %v %v", g, ok, err)
	}
	finds(t, s, Query{Terms: [][]string{{"o:1"}}}, receipts[0].ID)
	// What cannot be replaced changes nothing.
	c := claim(t, s)
	for _, id := range []ID{1, c.ID, 99} {
		edit.Replaces = id
		var not *ErrNotReplaced
		if _, err := s.Put(context.Background(), Batch{Entries: []Entry{entry(7), edit}}); !errors.As(err, &not) || not.ID != id ||
			errors.Is(err, ErrClaimed) != (id == c.ID) {
			t.Errorf("%v", err)
		}
	}
	c.Release()
	edit.Replaces, edit.Keys = 2, old.Keys
	var not *ErrNotReplaced
	if _, err := s.Put(context.Background(), Batch{Entries: []Entry{entry(7), edit}}); !errors.As(err, &not) || not.First != receipts[0].ID {
		t.Errorf("%v", err)
	}
	if got, want := s.Counts()["shop"], (Counts{Accepted: 3, Pending: 2, Discarded: 1}); got != want {
		t.Errorf("%+v", got)
	}
	if err := s.DiscardFor(2, "a test"); err != nil {
		t.Fatal(err)
	}
	if g, ok, err := s.Gone(2); err != nil || !ok || g.By != 0 || g.Cause != "a test" {
		t.Errorf("%+v %v %v", g, ok, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := temp(t)
		s := open(t, path, Options{})
		put(t, s, entry(1), entry(2))
		began := time.Now()
		outcome := func(status int, cause, answer string) Outcome {
			return Outcome{Status: status, Cause: cause, Answer: []byte(answer), Began: began, Took: 1500 * time.Microsecond}
		}
		for range 30 {
			if err := claim(t, s).Retry(time.Now(), outcome(503, "answered 503", "down")); err != nil {
				t.Fatal(err)
			}
			settled(t, s)
		}
		for range 2 {
			if err := claim(t, s).MarkSent(outcome(200, "", "taken")); err != nil {
				t.Fatal(err)
			}
		}
		settled(t, s)
		s.Close()
		s = open(t, path, Options{})
		list, err := s.Attempts(1)
		if err != nil || len(list) != 20 {
			t.Fatal(len(list), err)
		}
		want := Attempt{Began: fromMilli(began.UnixMilli()), Took: 1500 * time.Microsecond, Status: 503, Cause: "answered 503", Answer: []byte("down")}
		if got := list[0]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
		want.Status, want.Cause, want.Answer = 200, "", []byte("taken")
		if got := list[19]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
		if list, err := s.Attempts(2); err != nil || len(list) != 1 || fmt.Sprint(list[0]) != fmt.Sprint(want) {
			t.Errorf("%v %v", list, err)
		}
		flows, err := s.Flows(began.Add(-time.Hour), began.Add(time.Hour))
		if err != nil || len(flows) != 1 || flows[0].Accepted != 2 || flows[0].Sent != 2 || flows[0].Queue != "shop" {
			t.Errorf("%+v %v", flows, err)
		}
	})
}

func TestPurge(t *testing.T) {
	s := open(t, temp(t), Options{})
	for i := 1; i <= 10; i++ {
		put(t, s, named(i, fmt.Sprintf("e:%d", i%2)))
	}
	for range 3 {
		if err := claim(t, s).MarkSent(Outcome{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := claim(t, s).Bury(Outcome{}); err != nil {
		t.Fatal(err)
	}
	c := claim(t, s)
	settled(t, s)
	odd := func(r *Record, _ []Attempt) bool { return r.ID%2 == 1 }
	for _, step := range []struct {
		pending, dry bool
		want         string
	}{
		{false, true, "{2 0 0 3 [1 3] [5 7 9]}"}, {false, false, "{2 0 0 3 [1 3] [5 7 9]}"},
		{true, true, "{0 0 3 0 [5 7 9] []}"}, {true, false, "{0 0 2 1 [7 9] [5]}"},
	} {
		p, err := s.Purge(odd, step.pending, step.dry)
		type plain struct {
			Sent, Dead, Pending, Kept int64
			IDs, KeptIDs              []uint64
		}
		got := plain{p.Sent, p.Dead, p.Pending, p.Kept, nil, nil}
		for _, id := range p.IDs {
			got.IDs = append(got.IDs, uint64(id))
		}
		for _, id := range p.KeptIDs {
			got.KeptIDs = append(got.KeptIDs, uint64(id))
		}
		if err != nil || fmt.Sprint(got) != step.want {
			t.Errorf("%+v: %v %v", step, got, err)
		}
	}
	finds(t, s, Query{Terms: [][]string{{"e:1"}}}, 5)
	if err := c.MarkSent(Outcome{}); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	if got, want := s.Counts()["shop"], (Counts{Accepted: 10, Pending: 3, Sent: 4, Dead: 1, Discarded: 2}); got != want {
		t.Errorf("%+v", got)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestFindByTimeAfterClockJumps: a search by time finds what was accepted then
// by the record's own time, wherever the clock has been.
func TestFindByTimeAfterClockJumps(t *testing.T) {
	bubble(t, Options{NoSync: true}, func(t *testing.T, s *Spool, path string) {
		for i, jump := range []time.Duration{0, 30 * 24 * time.Hour, -30 * 24 * time.Hour, 5 * time.Hour, -40 * time.Minute, 0, 300 * 24 * time.Hour, -299 * 24 * time.Hour} {
			s.clock.shifted(jump)
			if jump < -time.Hour {
				s.Observe(time.Now()) // the upstream says that it was wrong
			}
			for j := range 150 {
				put(t, s, named(i*1000+j, fmt.Sprintf("j:%d", i)))
				time.Sleep(time.Minute)
			}
		}
		all := find(t, s, Query{Limit: 10000}).Records
		if len(all) != 8*150 {
			t.Fatal(len(all))
		}
		for _, at := range []int{0, 100, 200, 333, 500, 700, 900, 1100, 1199} {
			for _, width := range []time.Duration{time.Minute, 3 * time.Hour, 40 * 24 * time.Hour} {
				from := all[at].Accepted
				q := Query{From: from, To: from.Add(width), Limit: 10000}
				var want []ID
				for _, r := range all {
					if !r.Accepted.Before(q.From) && r.Accepted.Before(q.To) {
						want = append(want, r.ID)
					}
				}
				finds(t, s, q, want...)
				q.State = Pending
				finds(t, s, q, want...)
			}
		}
	})
}

// TestFindWithinABudget: a search that takes too long says how far it came, and
// the next one goes on there.
func TestFindWithinABudget(t *testing.T) {
	s := open(t, temp(t), Options{NoSync: true})
	var entries []Entry
	for i := range 5000 {
		entries = append(entries, named(i, "w:till"))
	}
	put(t, s, entries...)
	for _, q := range []Query{
		{Terms: [][]string{{"w:till"}}}, {State: Pending}, {}, {To: time.Now().Add(-time.Hour)}, {Terms: [][]string{{"w:till"}}, To: time.Now().Add(-time.Hour)},
	} {
		q.Budget, q.Keep = time.Nanosecond, func(r *Record) bool { return r.ID == 3 }
		if !q.To.IsZero() {
			q.Keep = nil
		}
		var got []ID
		pages := 0
		for {
			found := find(t, s, q)
			got = append(got, ids(found.Records)...)
			if pages++; found.Next == 0 {
				break
			}
			if found.To.IsZero() || q.Before != 0 && found.Next >= q.Before {
				t.Fatalf("%+v after %d", found, q.Before)
			}
			q.Before = found.Next
		}
		least := 10
		if runtime.GOOS == "windows" { // whose clock may stand still for all of a search
			least = 1
		}
		if want := 1; q.To.IsZero() && (len(got) != want || pages < least) || !q.To.IsZero() && len(got) != 0 {
			t.Errorf("%+v: found %v in %d pages", q, got, pages)
		}
	}
}

// TestFindLooks: what is handed on while it is read is not held as well, and the
// next page goes on behind it.
func TestFindLooks(t *testing.T) {
	s := open(t, temp(t), Options{NoSync: true})
	put(t, s, named(1, "w:till"), named(2, "w:till"), named(3, "w:till"))
	var got []ID
	q := Query{Limit: 2, Look: func(r *Record) {
		if len(r.Body) == 0 {
			t.Errorf("record %s without its body", r.ID)
		}
		got = append(got, r.ID)
	}}
	for range 2 {
		found := find(t, s, q)
		if q.Before = found.Next; len(found.Records) > 0 {
			t.Errorf("%v", ids(found.Records))
		}
	}
	if fmt.Sprint(got) != "[0000000000000003 0000000000000002 0000000000000001]" || q.Before != 0 {
		t.Errorf("%v, next %s", got, q.Before)
	}
}

// TestLargeRecordsEndAReadSooner: a long read keeps the file from growing.
func TestLargeRecordsEndAReadSooner(t *testing.T) {
	s := open(t, temp(t), Options{NoSync: true})
	large := bytes.Repeat([]byte{'x'}, 1<<20)
	for i := range 10 {
		e := named(i, "w:till")
		e.Body = large
		put(t, s, e)
	}
	// The clock of Windows may stand still for all of a search.
	if found := find(t, s, Query{Budget: time.Nanosecond}); runtime.GOOS != "windows" && (len(found.Records) != 1 || found.To.IsZero()) {
		t.Errorf("%d records, to %s", len(found.Records), found.To)
	}
	p := purge{s: s, match: func(*Record, []Attempt) bool { return true }}
	if list, last, done, err := p.scan(0); len(list) != 4 || last != 4 || done || err != nil {
		t.Errorf("%v, last %s, done %v, %v", list, last, done, err)
	}
}
