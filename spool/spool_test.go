package spool

import (
	"fmt"
	"path/filepath"
	"testing"
)

func open(t testing.TB, path string, o Options) *Spool {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "spool.db") }

func entry(i int) Entry {
	return Entry{
		Queue: "shop", Body: fmt.Appendf(nil, `{"n":%d}`, i), Day: "2026-11-23",
		Lanes:   []Lane{Lane(i)},
		Tallies: []Tally{{"http\x00shop\x00EUR", 100}},
	}
}

func TestPutAndClaim(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	ctx := t.Context()
	for i := range 10 {
		e := entry(i)
		e.Keys = []Key{{Name: fmt.Appendf(nil, "k%d", i)}}
		r, err := s.Put(ctx, Batch{Entries: []Entry{e, e}})
		if err != nil || r[0].ID != ID(i+1) || r[0].Duplicate || !r[1].Duplicate || r[1].ID != r[0].ID {
			t.Fatal(r, err)
		}
	}
	for i := range 5 {
		c, err := s.Claim(ctx, "shop")
		if err != nil || c.ID != ID(i+1) || string(c.Body) != fmt.Sprintf(`{"n":%d}`, i) {
			t.Fatal(c, err)
		}
		if err := c.MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	got := s.Counts()["shop"]
	if want := (Counts{Accepted: 10, Duplicates: 10, Pending: 5, Sent: 5}); got != want {
		t.Fatalf("got %+v", got)
	}
	c, err := s.Claim(ctx, "shop")
	if err != nil || c.ID != 6 || !c.Restarted {
		t.Fatal(c, err)
	}
}
