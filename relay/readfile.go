package relay

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

// FileTable is a file, or one in a zip, that is read by a mapping.
type FileTable struct {
	Name    string // in the zip, or the file's
	Several bool   // there are others beside it
	Format  rows.Format
	Orders  *mapping.Orders
}

// FileRead is a file that is read by a mapping as the relay would, for who looks
// at what would become of it.
type FileRead struct {
	LeftOut []string // of a zip: what is no table by its name

	path   string
	way    *FileWay
	pack   *rows.Package // nil: data is no zip
	data   []byte        // of a file that came as bytes; nil: it lies at path
	zipped bool
	scope  string // in which rows without an id are known, as the relay knows them
}

// ReadFile opens a file, or the ones in a zip. The caller closes it.
func ReadFile(path string, way *FileWay) (*FileRead, error) {
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
	return &FileRead{path: path, way: way, pack: pack, zipped: pack.FS != fsys, scope: scope, LeftOut: pack.LeftOut}, nil
}

// ReadBytes is ReadFile for a file that came as bytes, under path as its path.
func ReadBytes(path string, data []byte, way *FileWay) (*FileRead, error) {
	f := &FileRead{path: path, way: way, data: data, scope: fmt.Sprintf("%x", sha256.Sum256(data))}
	if way.Journal {
		f.scope = path + "#1"
	}
	pack, err := rows.UnpackBytes(filepath.Base(path), data)
	if err != nil {
		return nil, err
	}
	if f.pack = pack; pack != nil {
		f.zipped, f.LeftOut = true, pack.LeftOut
	}
	return f, nil
}

// Close gives back what was opened. A file is only read.
func (f *FileRead) Close() {
	if f.pack != nil {
		_ = f.pack.Close()
	}
}

// open begins to read one of the files.
func (f *FileRead) open(member string) (*rows.Reader, *mapping.Orders, error) {
	var reader *rows.Reader
	var err error
	if f.pack == nil {
		reader, err = rows.OpenBytes(member, f.data, f.way.Mapping.Reading())
	} else {
		reader, err = rows.Open(f.pack.FS, member, f.way.Mapping.Reading())
	}
	if err != nil {
		return nil, nil, err
	}
	file := mapping.File{
		Name: f.path, Scope: f.scope, Captures: f.way.Captures, Now: time.Now(), Growing: f.way.Journal, Flush: f.way.Journal,
	}
	if f.pack != nil && len(f.pack.Names) > 1 {
		file.Name, file.Scope = member, f.scope+"/"+member
	}
	orders, err := f.way.Mapping.Read(reader, file)
	if err != nil {
		return nil, nil, errors.Join(err, reader.Close())
	}
	return reader, orders, nil
}

// Sound is the error for which the relay would take nothing of the file at all.
func (f *FileRead) Sound(ctx context.Context) error {
	if f.way.Journal {
		return nil
	}
	pack := f.pack
	if pack == nil {
		pack = &rows.Package{Names: []string{filepath.Base(f.path)}}
	}
	return dropfolder.Sound(ctx, pack, f.zipped, f.way.Mapping, func(member string) (*rows.Reader, error) {
		reader, _, err := f.open(member)
		return reader, err
	})
}

// Each reads the files, one after the other.
func (f *FileRead) Each(each func(*FileTable) error) error {
	names := []string{filepath.Base(f.path)}
	if f.pack != nil {
		names = f.pack.Names
	}
	for _, member := range names {
		reader, orders, err := f.open(member)
		if err != nil {
			return err
		}
		err = each(&FileTable{Name: member, Several: len(names) > 1, Format: reader.Format(), Orders: orders})
		_ = reader.Close() // only read
		if err != nil {
			return err
		}
	}
	return nil
}

// contentOf is the hash of the file, in which orders without an id are at home.
func contentOf(path string) (string, error) {
	if err := Regular(path); err != nil {
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

// Regular refuses what is no file: a pipe may never end.
func Regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	return err
}
