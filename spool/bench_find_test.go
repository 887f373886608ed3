package spool

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkFind is a search among a million records with six terms each: by the
// number of an order, by what one in 2000 has, by what nobody has, and by time.
// With -short, or where it only has to run (-benchtime 1x), there are 100,000.
func BenchmarkFind(all *testing.B) {
	n := 1_000_000
	if testing.Short() || flag.Lookup("test.benchtime").Value.String() == "1x" {
		n = 100_000
	}
	s := open(all, temp(all), Options{MaxSize: 100e9, NoSync: true})
	for i := 0; i < n; i += 1000 {
		entries := make([]Entry, 0, 1000)
		for j := i; j < i+1000; j++ {
			e := saleEntry(j)
			e.Compose, e.Body, e.Keys, e.Terms = nil, make([]byte, 400), nil, saleTerms(j)
			entries = append(entries, e)
		}
		if _, err := s.Put(context.Background(), Batch{Entries: entries}); err != nil {
			all.Fatal(err)
		}
	}
	middle, err := s.Record(ID(n / 2))
	if err != nil {
		all.Fatal(err)
	}
	for _, question := range []struct {
		name string
		q    Query
		want int
	}{
		{"order", Query{Terms: [][]string{{fmt.Sprintf("o:2026-%07d", n/3)}}}, 1},
		{"email or order", Query{Terms: [][]string{{"o:x", "e:x", "s:x", "u:x", fmt.Sprintf("o:2026-%07d", n/3)}}}, 1},
		{"sku and source", Query{Terms: [][]string{{"s:SKU-0007"}, {"w:till"}}}, 50},
		{"nothing", Query{Terms: [][]string{{"o:none"}}}, 0},
		{"newest", Query{}, 50},
		{"pending", Query{State: Pending, Queue: "shop"}, 50},
		{"before a time", Query{To: middle.Accepted}, 50},
		{"before all time", Query{To: time.UnixMilli(1)}, 0},
	} {
		all.Run(question.name, func(b *testing.B) {
			for range b.N {
				found, err := s.Find(question.q)
				if err != nil || len(found.Records) != question.want {
					b.Fatal(len(found.Records), err)
				}
			}
		})
	}
}

// BenchmarkTermsCost says how much longer Put takes with six terms than
// without, in percent: the median over pairs of short runs that take turns, as
// the machine's own speed changes by more than that.
func BenchmarkTermsCost(b *testing.B) {
	for _, senders := range []int{1, 64} {
		b.Run(fmt.Sprint(senders), func(b *testing.B) {
			plain := open(b, temp(b), Options{MaxSize: 100e9})
			termed := open(b, temp(b), Options{MaxSize: 100e9})
			n := 40 * senders
			timed := func(s *Spool, from int, entry func(i int) Entry) time.Duration {
				start := time.Now()
				putMany(b, s, senders, from, from+n, entry)
				return time.Since(start)
			}
			ratios := make([]float64, b.N)
			for i := range ratios {
				var without, with time.Duration
				if i%2 == 0 {
					without, with = timed(plain, i*n, saleEntry), timed(termed, i*n, termedEntry)
				} else {
					with, without = timed(termed, i*n, termedEntry), timed(plain, i*n, saleEntry)
				}
				ratios[i] = with.Seconds() / without.Seconds()
			}
			slices.Sort(ratios)
			b.ReportMetric(100*(ratios[len(ratios)/2]-1), "%more")
			b.ReportMetric(0, "ns/op")
		})
	}
}
