package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	idleFolders = 200
	idleDone    = 10_000 // files that lie in their done folders
	dropPatient = 10 * time.Minute
)

// dropSources are the config of the watched folders: a till's CSV, a shop's
// JSON, and as many folders as a head office has branches.
const dropSources = `sources:
  till:
    watch: %[1]q
    values: { date: "yyyy-MM-dd HH:mm:ss", zone: UTC, money: "1234.56" }
    const: { currency: EUR }
    order: { id: receipt, at: time, email: email }
    items: { sku: sku, label: label, qty: qty, price: price }
  shop:
    watch: %[2]q
    values: { date: iso, money: "1234.56" }
    order: { id: id, at: created, email: customer.email, currency: currency }
    items: { each: lines, sku: sku, label: name, total: total }
`

// writer makes the n-th record of a file.
type writer struct {
	name       string
	head, tail string
	orders     func(n uint64) uint64                      // in so many records
	record     func(w *bufio.Writer, n uint64, last bool) // an error is w's, told by Flush
}

// csvFile has five rows for every two orders, or as many rows as orders.
func csvFile(rows, orders uint64) writer {
	return writer{
		name: "till-1.csv", head: "receipt,time,email,sku,label,qty,price,cashier,till\n",
		orders: func(n uint64) uint64 { return (n*orders + rows - 1) / rows },
		record: func(w *bufio.Writer, i uint64, _ bool) {
			n := i * orders / rows
			fmt.Fprintf(w, "R-%08d,2026-11-23 %02d:%02d:%02d,buyer%07d@shop.example,SKU-%05d,\"Coffee, large\",%d,%d.%02d,cashier %d,till %d\n",
				n, n/3600%24, n/60%60, n%60, n%1_000_000, i%50_000, 1+i%3, 1+i%90, i%100, n%20, n%7)
		},
	}
}

var jsonFile = writer{
	name: "shop-1.json", head: "[\n", tail: "]\n",
	orders: func(n uint64) uint64 { return n },
	record: func(w *bufio.Writer, n uint64, last bool) {
		fmt.Fprintf(w, `{"id":%d,"created":"2026-11-23T%02d:%02d:%02d+01:00","currency":"EUR","customer":{"email":"buyer%07d@shop.example"},"lines":[{"sku":"SKU-%05d","name":"Coffee, large","total":"%d.%02d"}]}`,
			5_000_000_000_000_000_000+n, n/3600%24, n/60%60, n%60, n%1_000_000, n%50_000, 1+n%90, n%100)
		if !last {
			_ = w.WriteByte(',')
		}
		_ = w.WriteByte('\n')
	},
}

// write makes the file and shows it under its name when it is whole.
func (f writer) write(folder string, n uint64) (size int64, err error) {
	path := filepath.Join(folder, f.name)
	file, err := os.Create(path + ".tmp")
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	_, _ = w.WriteString(f.head)
	for i := range n {
		f.record(w, i, i == n-1)
	}
	_, _ = w.WriteString(f.tail)
	if err := w.Flush(); err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if err := file.Close(); err != nil {
		return 0, err
	}
	return info.Size(), os.Rename(path+".tmp", path)
}

// dropped measures how fast a large file becomes events that are on disk, on
// one core, while the upstream is down.
func dropped(f writer) func(s *site) error {
	return func(s *site) error {
		s.keep = keep{size: "20GB"}
		s.cores = 1
		if err := s.watchFolders(); err != nil {
			return err
		}
		n := s.o.backlog
		size, err := f.write(s.inbox(), n)
		if err != nil {
			return err
		}
		seen := time.Now()
		first, last, err := s.accepted(float64(f.orders(n)))
		if err != nil {
			return err
		}
		s.figure("rows", float64(n)/last.Sub(first).Seconds(), "/s")
		s.figure("orders", float64(f.orders(n))/last.Sub(first).Seconds(), perSecond)
		s.figure("read", megabytes(size)/last.Sub(first).Seconds(), "MB/s")
		s.figure("size", megabytes(size), "MB")
		s.figure("dropped to first event on disk", first.Sub(seen).Seconds(), "s")
		if peak := s.process.peak.Load(); peak > 0 {
			s.figure("peak RssAnon", megabytes(peak), "MB")
		}
		return s.putAway(f.name)
	}
}

// inbox is the folder that is watched.
func (s *site) inbox() string { return filepath.Join(s.dir, "inbox") }

// watchFolders starts a relay that watches the inbox.
func (s *site) watchFolders() error {
	if err := s.fresh(); err != nil {
		return err
	}
	if err := os.Mkdir(s.inbox(), 0o700); err != nil {
		return err
	}
	s.keep.sources = fmt.Sprintf(dropSources, filepath.Join(s.inbox(), "till-*.csv"), filepath.Join(s.inbox(), "shop-*.json"))
	return s.start()
}

// accepted waits until n events are on disk, and tells when the first was.
func (s *site) accepted(n float64) (first, last time.Time, err error) {
	for end := time.Now().Add(dropPatient); ; {
		got, err := s.metric("accepted_total")
		now := time.Now()
		switch {
		case err != nil:
			return first, last, err
		case got >= n:
			return first, now, nil
		case now.After(end):
			return first, last, fmt.Errorf("%.0f of %.0f records were taken after %s:\n%s", got, n, dropPatient, s.process.log())
		case got > 0 && first.IsZero():
			first = now
		}
		poll := 10 * time.Millisecond
		if !first.IsZero() {
			poll *= 10 // to be asked costs the relay some of its one core
		}
		if err := s.pause(poll); err != nil {
			return first, last, err
		}
	}
}

// putAway waits until the file was moved.
func (s *site) putAway(name string) error {
	for end := time.Now().Add(patience); ; {
		if _, err := os.Stat(filepath.Join(s.inbox(), name)); os.IsNotExist(err) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s was taken and not moved", name)
		}
		if err := s.pause(20 * time.Millisecond); err != nil {
			return err
		}
	}
}

// idleFoldersRun measures what many folders cost in which nothing happens, and
// in whose done folders many files lie.
func idleFoldersRun(s *site) error {
	if err := s.fresh(); err != nil {
		return err
	}
	s.keep.sources = "sources:\n"
	for i := range idleFolders {
		folder := filepath.Join(s.dir, fmt.Sprintf("branch-%03d", i))
		done := filepath.Join(folder, "done", "2026-11-22")
		if err := os.MkdirAll(done, 0o700); err != nil {
			return err
		}
		for k := range idleDone / idleFolders {
			if err := os.WriteFile(filepath.Join(done, fmt.Sprintf("sales-%d.csv", k)), nil, 0o600); err != nil {
				return err
			}
		}
		s.keep.sources += fmt.Sprintf("  branch-%03d: { watch: %q }\n", i, filepath.Join(folder, "*.csv"))
	}
	if err := s.start(); err != nil {
		return err
	}
	if err := s.pause(calmDown); err != nil {
		return err
	}
	before, err := processorTime(s.process.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if err := s.pause(2 * idleWatch); err != nil {
		return err
	}
	after, err := processorTime(s.process.cmd.Process.Pid)
	if err != nil {
		return err
	}
	s.figure("of a core", 100*(after-before).Seconds()/(2*idleWatch).Seconds(), "%")
	memory, err := anonymousMemory(s.process.cmd.Process.Pid)
	s.figure("RssAnon", megabytes(memory), "MB")
	return err
}
