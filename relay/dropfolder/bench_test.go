package dropfolder

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// BenchmarkRows takes a CSV of a million sales into a spool that syncs, and
// tells rows a second.
func BenchmarkRows(b *testing.B) {
	const rows = 1_000_000
	dir := b.TempDir()
	path := filepath.Join(dir, "in", "big.csv")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		writeSales(b, path, rows)
		b.StartTimer()
		s := &site{t: b, drop: filepath.Dir(path), data: b.TempDir(), log: &journal{}}
		var err error
		if s.spool, err = spool.Open(filepath.Join(s.data, "spool.db"), spool.Options{}); err != nil {
			b.Fatal(err)
		}
		s.take(b, path)
		if err := s.spool.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func writeSales(b *testing.B, path string, rows int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "order,at,email,label,sku,qty,total,store,cashier")
	for i := range rows {
		fmt.Fprintf(w, "%08d,2026-11-%02dT12:%02d:%02d+01:00,buyer%d@example.org,Espresso doppio %d,SKU-%05d,1,%d.%02d,Berlin Mitte,Till 4\n",
			i, i%28+1, i/60%60, i%60, i%5000, i%100, i%1000, i%90, i%100)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// take has a file taken at once.
func (s *site) take(b *testing.B, path string) {
	spec := sales(func(spec *source.Source) {
		spec.Order.At, spec.Order.Email = source.Value{"at"}, source.Value{"email"}
		spec.Items.SKU, spec.Items.Qty = source.Value{"sku"}, source.Value{"qty"}
		spec.Order.Extra = []source.Field{{Name: "store", Value: source.Value{"store"}}}
	})
	w := New(s.options())
	src := s.source(spec, "*.csv")
	l := newLane(w, &src)
	ready, _ := l.lookThrough(b.Context(), &src)
	w.slots <- struct{}{}
	if len(ready) != 0 || len(l.files) != 1 {
		b.Fatal("the file is not seen as it should be")
	}
	for _, f := range l.files {
		if err := l.take(b.Context(), &src, f); err != nil {
			b.Fatal(err)
		}
	}
	if got := s.spool.Counts()["shop"]; got.Pending == 0 {
		b.Fatalf("%+v", got)
	}
}

// BenchmarkIdle looks through 200 watched folders with 50 files in the done of
// each, as a relay does every three seconds, and tells what part of a core that
// takes.
func BenchmarkIdle(b *testing.B) {
	dir := b.TempDir()
	s := &site{t: b, drop: filepath.Join(dir, "in"), data: dir, log: &journal{}}
	var err error
	if s.spool, err = spool.Open(filepath.Join(dir, "spool.db"), spool.Options{NoSync: true}); err != nil {
		b.Fatal(err)
	}
	defer s.spool.Close()
	w := New(s.options())
	var lanes []*lane
	for i := range 200 {
		folder := fmt.Sprintf("shop%03d", i)
		for j := range 50 {
			s.put(fmt.Sprintf("%s/done/2026-11-%02d/%d.csv", folder, j%20+1, j), "id\n")
		}
		src := s.source(leads(nil), folder+"/*.csv")
		lanes = append(lanes, newLane(w, &src))
	}
	for b.Loop() {
		for _, l := range lanes {
			l.lookThrough(b.Context(), l.source.Load())
		}
	}
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N)/w.o.Every.Seconds(), "%core")
}
