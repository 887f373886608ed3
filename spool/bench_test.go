package spool

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// saleEntry is what a sale of a shop is to the spool: a body of 400 bytes, two
// lanes, a key of its own, a tally of the day, and a stamp that must be free.
func saleEntry(i int) Entry {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
	var hash Hash
	copy(hash[:], sum[:])
	at := 1_790_000_000_000 + int64(i)/100*1000
	return Entry{
		Queue: "shop", Day: "2026-11-23", Facts: sum[:24],
		Keys:    []Key{{Name: sum[:20], Content: 1, Strict: true}},
		Lanes:   []Lane{Lane(binary.BigEndian.Uint64(sum[:])), Lane(binary.BigEndian.Uint64(sum[8:]))},
		Tallies: []Tally{{"http\x00shop\x00EUR", 100}},
		Compose: func(m *Memory) Composed {
			if _, _, ok := m.Seen(at, hash); ok {
				panic("two equal sales")
			}
			m.Remember(at, hash, at)
			return Composed{Body: make([]byte, 400)}
		},
	}
}

func perSecond(b *testing.B, n int) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

// saleTerms are the words by which a sale is found.
func saleTerms(i int) []string {
	return []string{
		fmt.Sprintf("o:2026-%07d", i), fmt.Sprintf("e:jane.%d@shop.example", i%100_000), fmt.Sprintf("s:SKU-%04d", i%2000),
		"a:__commerce_action__", "w:till", fmt.Sprintf("u:%08x", i),
	}
}

func termedEntry(i int) Entry {
	e := saleEntry(i)
	e.Terms = saleTerms(i)
	return e
}

// putMany puts the entries from and to, each in a batch of its own.
func putMany(b *testing.B, s *Spool, senders, from, to int, entry func(i int) Entry) {
	b.Helper()
	var all sync.WaitGroup
	for p := range senders {
		all.Go(func() {
			for i := from + p; i < to; i += senders {
				if _, err := s.Put(context.Background(), Batch{Entries: []Entry{entry(i)}}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkPut is entries of one sender, and of 64 at once, each in a batch of
// its own and fsynced before its answer.
func BenchmarkPut(b *testing.B) {
	for _, senders := range []int{1, 64} {
		b.Run(fmt.Sprint(senders), func(b *testing.B) {
			s := open(b, temp(b), Options{MaxSize: 100e9})
			b.ResetTimer()
			putMany(b, s, senders, 0, b.N, termedEntry)
			perSecond(b, b.N)
		})
	}
}

// BenchmarkPutBatch is one sender of batches of 500.
func BenchmarkPutBatch(b *testing.B) {
	s := open(b, temp(b), Options{MaxSize: 100e9})
	b.ResetTimer()
	for i := range b.N {
		entries := make([]Entry, 500)
		for j := range entries {
			entries[j] = saleEntry(i*500 + j)
		}
		if _, err := s.Put(context.Background(), Batch{Entries: entries}); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N*500)
}

// backlog puts n sales.
func backlog(b *testing.B, s *Spool, n int) {
	b.Helper()
	for i := 0; i < n; i += 1000 {
		var entries []Entry
		for j := i; j < min(n, i+1000); j++ {
			entries = append(entries, saleEntry(j))
		}
		if _, err := s.Put(context.Background(), Batch{Entries: entries}); err != nil {
			b.Fatal(err)
		}
	}
}

// drainAll claims n records and marks them as sent, with 64 connections to an
// upstream that answers at once.
func drainAll(b *testing.B, s *Spool, n int) {
	b.Helper()
	var all sync.WaitGroup
	for p := range 64 {
		all.Go(func() {
			for i := p; i < n; i += 64 {
				c, err := s.Claim(context.Background(), "shop")
				if err == nil {
					err = c.MarkSent(Outcome{Status: 200})
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	settled(b, s)
}

func BenchmarkDrain(b *testing.B) {
	s := open(b, temp(b), Options{MaxSize: 100e9})
	backlog(b, s, b.N)
	b.ResetTimer()
	drainAll(b, s, b.N)
	perSecond(b, b.N)
}

// BenchmarkBacklog is what a big backlog costs: an open with a cold page cache
// and the first claim, and one commit after the other, before and after it was
// drained.
func BenchmarkBacklog(all *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	path := filepath.Join(all.TempDir(), "spool.db")
	o := Options{MaxSize: 100e9, KeepSent: Forget}
	s := open(all, path, o)
	backlog(all, s, n)
	next := n
	commits := func(b *testing.B) {
		for range b.N {
			if _, err := s.Put(context.Background(), Batch{Entries: []Entry{saleEntry(next)}}); err != nil {
				b.Fatal(err)
			}
			next++
		}
	}
	all.Run("commit", commits)
	all.Run("open", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			dropCache(b, path)
			b.StartTimer()
			s = open(all, path, o)
			claim(b, s).Release()
		}
	})
	all.Run("drain", func(b *testing.B) {
		if b.N > 1 {
			b.Skip("there is one backlog")
		}
		start, waiting := time.Now(), int(s.Counts()["shop"].Pending)
		drainAll(b, s, waiting)
		b.ReportMetric(float64(waiting)/time.Since(start).Seconds(), "events/s")
	})
	all.Run("commit after", commits)
	all.Run("file after", func(b *testing.B) {
		drainAll(b, s, int(s.Counts()["shop"].Pending))
		if err := s.janitor.round(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(fileSize(b, path)), "bytes")
	})
}
