package spool

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"
	"time"
)

// big is an entry of about 4 kB.
func big(i int) Entry {
	e := entry(i)
	e.Body = make([]byte, 4000)
	return e
}

// fill puts until the spool is full, and returns how many it took.
func fillUp(t *testing.T, s *Spool) int64 {
	t.Helper()
	for n := int64(0); ; n++ {
		if _, err := s.Put(t.Context(), Batch{Entries: []Entry{big(int(n))}}); errors.Is(err, ErrFull) {
			return n
		} else if err != nil || n > 10000 {
			t.Fatal(n, err)
		}
	}
}

// inRound does a part of the janitor's round, while it does not itself.
func inRound(s *Spool, part func() error) error {
	s.janitor.busy.Lock()
	defer s.janitor.busy.Unlock()
	return part()
}

func TestQuota(t *testing.T) {
	const quota = 2 << 20
	path := temp(t)
	o := Options{MaxSize: quota}
	s := open(t, path, o)
	n := fillUp(t, s)
	if n < quota/4000/2 || n > quota/4000 {
		t.Errorf("%d entries of 4 kB in %d bytes", n, quota)
	}
	if h := s.Health(); h.Full == "" || h.Used > quota || h.MaxSize != quota {
		t.Errorf("%+v", h)
	}
	if err := s.SetNote("pause", []byte("x")); err != nil {
		t.Errorf("a note at the quota: %v", err)
	}
	if _, err := s.Put(t.Context(), Batch{Notes: map[string][]byte{"progress": []byte("1")}}); err != nil {
		t.Errorf("progress at the quota: %v", err)
	}
	for range n {
		if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, s)
	// Sent records are kept for 30 days, but give way at nine tenths.
	for tries := 0; ; tries++ {
		if err := inRound(s, s.janitor.expireSent); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Put(t.Context(), Batch{Entries: []Entry{big(1)}}); err == nil {
			break
		} else if tries == 10 {
			t.Fatal(err)
		}
	}
	if h := s.Health(); h.Full != "" || h.Used > quota/10*9+100e3 {
		t.Errorf("%+v", h)
	}
	c := s.Counts()["shop"]
	if c.Sent != n || c.Accepted != n+1 || !c.Balanced() {
		t.Errorf("%+v", c)
	}
	left, err := s.List("", Sent, 0, 10000)
	if err != nil || len(left) == 0 || int64(len(left)) == n {
		t.Errorf("history: %d of %d are left, %v", len(left), n, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestPendingNeverGivesWay(t *testing.T) {
	s := open(t, temp(t), Options{MaxSize: 2 << 20, KeepSent: Forget, KeepKeys: time.Hour})
	n := fillUp(t, s)
	if err := s.janitor.round(); err != nil {
		t.Fatal(err)
	}
	if c := s.Counts()["shop"]; c.Pending != n || c.Accepted != n {
		t.Errorf("%+v", c)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestDiskThatRunsLow(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{MinFree: math.MaxInt64 / 2})
	if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(2)}}); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	if h := s.Health(); h.Full == "" || h.DiskFree == 0 {
		t.Errorf("%+v", h)
	}
	if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	if c := s.Counts()["shop"]; c != (Counts{Accepted: 1, Sent: 1}) {
		t.Errorf("%+v", c)
	}
}

// TestForget drains a backlog with KeepSent off: the file gets small again by
// itself, in one process.
func TestForget(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{KeepSent: Forget})
	const n = 4000
	for i := range n / 500 {
		entries := make([]Entry, 500)
		for j := range entries {
			entries[j] = big(i*500 + j)
		}
		put(t, s, entries...)
	}
	before := fileSize(t, path)
	for range n {
		if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, s)
	if err := s.janitor.round(); err != nil {
		t.Fatal(err)
	}
	if after := fileSize(t, path); before < 15e6 || after > compactMin { // what is smaller is let be
		t.Errorf("%d bytes before, %d after", before, after)
	}
	if c := s.Counts()["shop"]; c != (Counts{Accepted: n, Sent: n}) {
		t.Errorf("%+v", c)
	}
	if list, err := s.List("", Sent, 0, 10); len(list) != 0 || err != nil {
		t.Errorf("%d are left, %v", len(list), err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if r := put(t, s, entry(1)); r[0].ID != n+1 {
		t.Errorf("the next id is %s", r[0].ID)
	}
}

func fileSize(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestRetentionLeavesFewPagesFree: bbolt writes the list of free pages with
// each commit, so what cannot go cheaply waits for a compaction.
func TestRetentionLeavesFewPagesFree(t *testing.T) {
	s := open(t, temp(t), Options{NoSync: true})
	s.janitor.busy.Lock() // so that it does nothing by itself
	t.Cleanup(s.janitor.busy.Unlock)
	const n = 9000
	for i := range n / 500 {
		entries := make([]Entry, 500)
		for j := range entries {
			entries[j] = big(i*500 + j)
		}
		put(t, s, entries...)
	}
	for range n * 5 / 6 {
		if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, s)
	s.opts.KeepSent = 0
	if err := s.janitor.expireSent(); err != nil {
		t.Fatal(err)
	}
	s.swap.RLock()
	free := s.freePages()
	s.swap.RUnlock()
	if free < maxFree || free > maxFree+2*expireGroup {
		t.Errorf("%d pages are free", free)
	}
	if err := s.janitor.countUseless(); err != nil {
		t.Fatal(err)
	}
	left, err := s.List("", Sent, 0, n)
	if err != nil || len(left) == 0 {
		t.Fatal(len(left), err)
	}
	if want := int64(len(left)) * 4000; s.janitor.useless < want || s.janitor.useless > want*11/10 {
		t.Errorf("%d bytes are of no use, counted %d", want, s.janitor.useless)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestKeysAreForgottenAfterKeepKeys(t *testing.T) {
	s := open(t, temp(t), Options{KeepKeys: 24 * time.Hour})
	e := entry(1)
	for i := range 100 {
		e.Keys = append(e.Keys, Key{Name: fmt.Appendf(nil, "key %d", i)})
	}
	old, now := time.Now().Add(-25*time.Hour).UnixMilli(), time.Now().UnixMilli()
	e.Compose = func(m *Memory) Composed {
		m.Remember(old, Hash{1}, old)
		m.Remember(now, Hash{1}, now)
		return Composed{Body: e.Body}
	}
	put(t, s, e)
	if err := s.do(0, func(tx *writeTx) error { // half of the keys were seen long ago
		for i := range 50 {
			v := keyValue{id: 1, seen: old / 1000}
			tx.remember(spaceKeys, fmt.Appendf(nil, "key %d", i), v.append(nil))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := inRound(s, func() error { _, err := s.janitor.expireKeys(); return err }); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]bool{0: false, 49: false, 50: true, 99: true} {
		e := entry(2)
		e.Keys = []Key{{Name: fmt.Appendf(nil, "key %d", i)}}
		if got := put(t, s, e)[0].Duplicate; got != want {
			t.Errorf("key %d: duplicate %t", i, got)
		}
	}
	e = entry(3)
	e.Compose = func(m *Memory) Composed {
		if _, _, ok := m.Seen(old, Hash{1}); ok {
			t.Error("the old body is still known")
		}
		if id, link, ok := m.Seen(now, Hash{1}); !ok || id != 1 || link != now {
			t.Error("the new body is forgotten")
		}
		return Composed{Body: []byte("x")}
	}
	put(t, s, e)
}

// TestKeysOfACommitInWhichTheYoungAge: what is remembered before and after the
// young go into their buckets, all in one commit.
func TestKeysOfACommitInWhichTheYoungAge(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	keyed := func(name string) Entry {
		e := entry(1)
		e.Keys = []Key{{Name: []byte(name)}}
		return e
	}
	put(t, s, keyed("before"))
	if err := s.do(0, func(tx *writeTx) error {
		v := keyValue{id: 1, seen: tx.now.Unix()}
		tx.remember(spaceKeys, []byte("same"), v.append(nil))
		err := tx.emptyYoung()
		tx.remember(spaceKeys, []byte("after"), v.append(nil))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	put(t, s, keyed("later"))
	for range 2 {
		for _, name := range []string{"before", "same", "after", "later"} {
			if r := put(t, s, keyed(name)); !r[0].Duplicate {
				t.Errorf("key %q is forgotten", name)
			}
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Error(err)
		}
		s = open(t, path, Options{})
	}
}
