package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/dropfolder"
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

// opened is a file that is read by a mapping as the relay would.
type opened struct {
	path   string
	way    *relay.FileWay
	pack   *rows.Package
	zipped bool
	scope  string // in which rows without an id are known, as the relay knows them
}

// openFile opens a file, or the ones in a zip. The caller closes the pack.
func openFile(path string, way *relay.FileWay) (*opened, error) {
	scope, err := contentOf(path)
	if err != nil {
		return nil, err
	}
	if way.Journal {
		full, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		scope = full + "#1" // the first of its generations
	}
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	fsys := os.DirFS(folder)
	pack, err := rows.Unpack(fsys, name)
	if err != nil {
		return nil, err
	}
	return &opened{path: path, way: way, pack: pack, zipped: pack.FS != fsys, scope: scope}, nil
}

// open begins to read one of the files.
func (o *opened) open(member string) (*rows.Reader, *mapping.Orders, error) {
	reader, err := rows.Open(o.pack.FS, member, o.way.Mapping.Reading())
	if err != nil {
		return nil, nil, err
	}
	file := mapping.File{
		Name: o.path, Scope: o.scope, Captures: o.way.Captures, Now: time.Now(), Growing: o.way.Journal, Flush: o.way.Journal,
	}
	if len(o.pack.Names) > 1 {
		file.Name, file.Scope = member, o.scope+"/"+member
	}
	orders, err := o.way.Mapping.Read(reader, file)
	if err != nil {
		return nil, nil, errors.Join(err, reader.Close())
	}
	return reader, orders, nil
}

// sound is the error for which the relay would take nothing of the file at all.
func (o *opened) sound(ctx context.Context) error {
	if o.way.Journal {
		return nil
	}
	return dropfolder.Sound(ctx, o.pack, o.zipped, o.way.Mapping, func(member string) (*rows.Reader, error) {
		reader, _, err := o.open(member)
		return reader, err
	})
}

// each reads the files, one after the other.
func (o *opened) each(each func(*table) error) error {
	for _, member := range o.pack.Names {
		reader, orders, err := o.open(member)
		if err != nil {
			return err
		}
		err = each(&table{name: member, several: len(o.pack.Names) > 1, format: reader.Format(), orders: orders})
		_ = reader.Close() // only read
		if err != nil {
			return err
		}
	}
	return nil
}

// eachTable reads a file, and each one in a zip, as the relay would.
func eachTable(path string, way *relay.FileWay, each func(*table) error) error {
	o, err := openFile(path, way)
	if err != nil {
		return err
	}
	defer func() { _ = o.pack.Close() }() // only read
	return o.each(each)
}

// contentOf is the hash of the file, in which orders without an id are at home.
func contentOf(path string) (string, error) {
	if err := regular(path); err != nil {
		return "", err
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

// regular refuses what is no file: a pipe may never end.
func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	return err
}
