package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

// table is a file, or one in a zip, that is read by a mapping.
type table struct {
	name    string // in the zip, or the file's
	several bool   // there are others beside it
	format  rows.Format
	orders  *mapping.Orders
}

// outcome counts what becomes of rows.
type outcome struct{ rows, events, held, skipped, refused int }

func (o *outcome) add(r *mapping.Result) {
	o.rows += r.Counted
	switch {
	case r.Skipped != "":
		o.skipped++
	case r.Offer == nil:
		o.refused++
	case r.Offer.Held != "":
		o.held++
	default:
		o.events++
	}
}

// String says what would become of the rows: "2 events would be sent, 1 left
// out by a rule, 0 refused".
func (o *outcome) String() string {
	text := fmt.Sprintf("%s would be sent, %d left out by a rule, %d refused", plural(o.events, "event"), o.skipped, o.refused)
	if o.held > 0 {
		text += fmt.Sprintf(", %d kept as dead", o.held)
	}
	return text
}

// eachTable reads a file, and each one in a zip, as the relay would.
func eachTable(path string, way *relay.FileWay, each func(*table) error) error {
	sum, err := contentOf(path)
	if err != nil {
		return err
	}
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	pack, err := rows.Unpack(os.DirFS(folder), name)
	if err != nil {
		return err
	}
	defer func() { _ = pack.Close() }()
	for _, member := range pack.Names {
		// Rows without an id are known as the relay knows them.
		file := mapping.File{Name: path, Scope: sum, Captures: way.Captures, Now: time.Now()}
		if len(pack.Names) > 1 {
			file.Name, file.Scope = member, sum+"/"+member
		}
		if err := readTable(pack, member, file, way.Mapping, each); err != nil {
			return err
		}
	}
	return nil
}

func readTable(pack *rows.Package, member string, file mapping.File, m *mapping.Mapping, each func(*table) error) error {
	reader, err := rows.Open(pack.FS, member, m.Reading())
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	orders, err := m.Read(reader, file)
	if err != nil {
		return err
	}
	return each(&table{name: member, several: len(pack.Names) > 1, format: reader.Format(), orders: orders})
}

// contentOf is the hash of the file, in which orders without an id are at home.
func contentOf(path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", cmp.Or(err, fmt.Errorf("%s is no file", path))
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}
