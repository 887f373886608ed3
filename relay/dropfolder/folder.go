package dropfolder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// folder is a watched folder opened for reading one file. No symbolic link
// leads out of it (os.Root), and on Windows others may rename and delete what
// is open (os.Root opens with FILE_SHARE_DELETE).
type folder struct {
	root  *os.Root
	bytes *atomic.Int64 // read so far

	mu  sync.Mutex // guards err
	err error      // the first one of reading that is not about the content
}

func openFolder(dir string, bytes *atomic.Int64) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &folder{root: root, bytes: bytes}, nil
}

// Open opens a file of the folder; see fs.FS.
func (f *folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // a table that is not there is a matter of the content
			f.failed(err)
		}
		return nil, err
	}
	return &counted{File: file, folder: f}, nil
}

func (f *folder) failed(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

// trouble is why the folder or its disk could not be read; nil when all
// errors so far were about what is in the files.
func (f *folder) trouble() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *folder) Close() error { return f.root.Close() }

// counted is an open file that tells how much of it was read.
type counted struct {
	*os.File
	folder *folder
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	return n, c.note(n, err)
}

// ReadAt is for zips; see io.ReaderAt.
func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.File.ReadAt(p, off)
	return n, c.note(n, err)
}

// WriteTo keeps io.Copy from going around Read.
func (c *counted) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

func (c *counted) note(n int, err error) error {
	c.folder.bytes.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		c.folder.failed(err)
	}
	return err
}

// isIndex says that a file describes others, which belong to it.
func isIndex(name string) bool { return strings.EqualFold(name, "index.xml") }

var urlElement = regexp.MustCompile(`(?i)<URL>\s*([^<]+?)\s*</URL>|<!DOCTYPE[^>]*SYSTEM\s+"([^"]+)"`)

// indexSize is how much of an index.xml is looked through; they have some
// hundred kB at most.
const indexSize = 4 << 20

// members are the files that belong to the one called name: those that an
// index.xml names and that are there, and name itself at the end.
func (f *folder) members(name string) ([]string, error) {
	if !isIndex(name) {
		return []string{name}, nil
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, indexSize))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	var list []string
	for _, m := range urlElement.FindAllStringSubmatch(string(text), -1) {
		member := m[1] + m[2]
		if strings.ContainsAny(member, `/\`) || member == name || slices.Contains(list, member) {
			continue
		}
		if info, err := f.root.Stat(member); err == nil && info.Mode().IsRegular() {
			list = append(list, member)
		}
	}
	return append(list, name), nil
}

// sum is the SHA-256 of a file's content; of a set it is made of those of all
// that belongs to it, which are in set, by name.
func (f *folder) sum(ctx context.Context, members []string) (sum string, set map[string]string, err error) {
	set = map[string]string{}
	for _, name := range members {
		if set[name], err = f.sumOf(ctx, name); err != nil {
			return "", nil, err
		}
	}
	if len(members) == 1 {
		return set[members[0]], set, nil
	}
	hash := sha256.New()
	for i, name := range members {
		fmt.Fprintf(hash, "%d %s %s\n", i, set[name], name)
	}
	return hex.EncodeToString(hash.Sum(nil)), set, nil
}

func (f *folder) sumOf(ctx context.Context, name string) (string, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, &interruptible{ctx, file})
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, file.Close())
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
