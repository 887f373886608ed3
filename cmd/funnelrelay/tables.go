package main

import (
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

// eachTable reads a file, and each one in a zip, as the relay would.
func eachTable(path, scope string, way *relay.FileWay, each func(*table) error) error {
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
		if err := readTable(pack, member, path, scope, way, each); err != nil {
			return err
		}
	}
	return nil
}

func readTable(pack *rows.Package, member, path, scope string, way *relay.FileWay, each func(*table) error) error {
	reader, err := rows.Open(pack.FS, member, way.Mapping.Reading())
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	orders, err := way.Mapping.Read(reader, mapping.File{Name: path, Scope: scope + member, Captures: way.Captures, Now: time.Now()})
	if err != nil {
		return err
	}
	return each(&table{name: member, several: len(pack.Names) > 1, format: reader.Format(), orders: orders})
}
