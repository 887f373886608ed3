package spool

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
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

func BenchmarkPut(b *testing.B) {
	for _, producers := range []int{1, 64} {
		b.Run(fmt.Sprint(producers), func(b *testing.B) {
			s := open(b, temp(b), Options{})
			ctx := context.Background()
			body := make([]byte, 400)
			var wg sync.WaitGroup
			b.ResetTimer()
			for p := range producers {
				wg.Go(func() {
					for i := p; i < b.N; i += producers {
						e := entry(i)
						e.Body = body
						if _, err := s.Put(ctx, Batch{Entries: []Entry{e}}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func BenchmarkDrain(b *testing.B) {
	s := open(b, temp(b), Options{})
	ctx := context.Background()
	for i := 0; i < b.N; i += 1000 {
		var batch Batch
		for j := i; j < min(b.N, i+1000); j++ {
			e := entry(j)
			e.Body = make([]byte, 400)
			batch.Entries = append(batch.Entries, e)
		}
		if _, err := s.Put(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for p := range 64 {
		wg.Go(func() {
			for i := p; i < b.N; i += 64 {
				c, err := s.Claim(ctx, "shop")
				if err != nil {
					b.Error(err)
					return
				}
				if err := c.MarkSent(Outcome{Status: 200}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
