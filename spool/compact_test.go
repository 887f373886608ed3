package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// TestCompactionUnderLoad compacts again and again while entries come and go:
// nothing fails for it, nothing is lost or doubled, and the file gets smaller.
func TestCompactionUnderLoad(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{KeepSent: Forget})
	const producers, each, compactions = 4, 300, 5
	stop, cancel := context.WithCancel(t.Context())
	var work, load sync.WaitGroup
	for p := range producers {
		load.Go(func() {
			for i := range each {
				e := big(p)
				e.Keys = []Key{{Name: fmt.Appendf(nil, "%d-%d", p, i)}}
				if _, err := s.Put(t.Context(), Batch{Entries: []Entry{e}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	times := map[ID]int{}
	for range 3 {
		work.Go(func() {
			for {
				c, err := s.Claim(stop, "shop")
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				times[c.ID]++
				mu.Unlock()
				if err := c.MarkSent(Outcome{Status: 200}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range compactions {
		if err := s.Compact(); err != nil {
			t.Error(err)
		}
	}
	load.Wait()
	grown := fileSize(t, path)
	soon(t, "the drain", func() {
		for s.Counts()["shop"].Sent < producers*each {
			if err := s.SetNote("look", nil); err != nil {
				t.Error(err)
				return
			}
		}
	})
	cancel()
	work.Wait()
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	if size := fileSize(t, path); size > 500e3 || size > grown {
		t.Errorf("%d bytes, was %d", size, grown)
	}
	if c := s.Counts()["shop"]; c != (Counts{Accepted: producers * each, Sent: producers * each}) {
		t.Errorf("%+v", c)
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	e := entry(1)
	e.Keys = []Key{{Name: []byte("0-0")}}
	if r := put(t, s, e); !r[0].Duplicate {
		t.Error("a key is gone")
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestCompactionThatFails leaves the file as it was, and the spool at work.
func TestCompactionThatFails(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	if err := os.Mkdir(path+".new", 0o700); err != nil { // where the copy should go
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new/in the way", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	soon(t, "compaction", func() {
		if err := s.Compact(); err == nil {
			t.Error("no error")
		}
	})
	put(t, s, entry(2))
	if c := claim(t, s); c.ID != 1 {
		t.Errorf("%+v", c)
	}
	if err := os.RemoveAll(path + ".new"); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(); err != nil {
		t.Error(err)
	}
	if c := s.Counts()["shop"]; c != (Counts{Accepted: 2, Pending: 2}) {
		t.Errorf("%+v", c)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestCompactionFindsDamage: a page that cannot be read ends the copy, half a
// transaction of it open; the file is salvaged, and the writer goes on.
func TestCompactionFindsDamage(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	for i := range 200 {
		put(t, s, big(i))
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	page := int64(os.Getpagesize())
	for at := page * 100; at < page*120; at += page { // leaves of records, header and all
		if _, err := f.WriteAt(make([]byte, page), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	soon(t, "compaction", func() {
		if err := s.Compact(); err == nil {
			t.Error("copied a damaged file")
		}
	})
	soon(t, "the salvage", func() {
		if r := put(t, s, entry(1)); r[0].ID <= 200 {
			t.Errorf("an id was given twice: %s", r[0].ID)
		}
	})
	c := s.Counts()["shop"]
	if s.Health().Salvage == nil || c.Pending < 150 || !c.Balanced() {
		t.Errorf("%+v, %+v", s.Health(), c)
	}
}
