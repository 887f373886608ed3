package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"funnelrelay/relay/source"
)

const (
	demoEvery  = 20 // sales at the port between two files
	demoOrders = 6  // in a file
)

// tillSource reads the files of the demo's second till, which can do nothing
// but write them.
func tillSource(folder string) source.Source {
	s := source.Default()
	s.Name = "till"
	s.Watch = []string{filepath.Join(folder, "export-*.csv")}
	s.Settle = 300 * time.Millisecond
	s.Values = source.Values{Date: []string{"dd.MM.yyyy HH:mm:ss"}, Money: "1.234,56"}
	s.Const = []source.Field{{Name: "currency", Value: source.Value{"EUR"}}}
	s.Order = &source.Order{
		ID: source.Value{"Bon"}, At: source.Value{"{Datum} {Zeit}"},
		Extra: []source.Field{{Name: "sale", Value: source.Value{`= num("Bon")`}}},
	}
	s.Items = &source.Items{Label: source.Value{"Artikel"}, Qty: source.Value{"Menge"}, Price: source.Value{"Preis"}}
	return s
}

// droppedFile is an export of the till, and the sales in it.
type droppedFile struct {
	name  string
	sales []int
}

// export drops a file with the next sales, the first of which is n, under a
// temporary name first, as good tills do.
func (d *demo) export(n int) (*droppedFile, error) {
	file := &droppedFile{name: fmt.Sprintf("export-%d.csv", len(d.dropped)+1)}
	var b strings.Builder
	b.WriteString("Bon;Datum;Zeit;Artikel;Menge;Preis\r\n")
	now := time.Now()
	for i := range demoOrders {
		file.sales = append(file.sales, n+i)
		head := fmt.Sprintf("%d;%s;%s;", n+i, now.Format("02.01.2006"), now.Format("15:04:05"))
		b.WriteString(head + "Coffee;2;3,20\r\n")
		if i%2 == 0 {
			b.WriteString(head + "\"Cake; with cream\";1;1.004,50\r\n")
		}
	}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(d.folder, file.name)
	if err := os.WriteFile(path+".tmp", []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return nil, err
	}
	d.dropped = append(d.dropped, file)
	return file, nil
}

// collect takes note of files that were moved to done: their sales are on disk.
func (d *demo) collect(say func(string)) (waiting int) {
	for _, file := range d.dropped {
		if file.sales == nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(d.folder, file.name)); err == nil {
			waiting++
			continue
		}
		d.mu.Lock()
		for _, n := range file.sales {
			d.acked[n] = true
		}
		d.mu.Unlock()
		say(fmt.Sprintf("%s became %d sales, and lies in done", file.name, len(file.sales)))
		file.sales = nil
	}
	return waiting
}
