package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotLocal says that a spool would not lie on a disk of this machine. bbolt
// maps its file and relies on its lock, and on another machine's folder neither
// can be trusted.
type ErrNotLocal struct {
	Path       string
	FileSystem string // as the system calls it: "nfs4", "fuse.sshfs"
}

func (e *ErrNotLocal) Error() string {
	return fmt.Sprintf("%s is on a network share (%s), and a spool needs a local disk", e.Path, e.FileSystem)
}

// CheckLocal returns an *ErrNotLocal for a path on a network share, be it by a
// link, and though it need not be there yet. What cannot be found out is local.
func CheckLocal(path string) error {
	real, err := realPath(path)
	if err != nil {
		real = path // opening it says what is wrong
	}
	if name := remoteFileSystem(real); name != "" {
		return &ErrNotLocal{Path: path, FileSystem: name}
	}
	return nil
}

// maxLinks is how many links that lead nowhere yet are followed.
const maxLinks = 16

// realPath follows the links of a path as far as it is there.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	missing := ""
	for links := 0; ; {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, missing), nil
		}
		parent := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || parent == path {
			return "", err
		}
		if to, err := os.Readlink(path); err == nil { // to what is not there
			if links++; links > maxLinks {
				return "", fmt.Errorf("%s: too many links", path)
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(parent, to)
			}
			path = to
			continue
		}
		missing = filepath.Join(filepath.Base(path), missing)
		path = parent
	}
}
