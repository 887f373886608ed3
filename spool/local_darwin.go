package spool

import (
	"errors"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// remoteFileSystem is the name of the file system that a path is on, if the
// system does not call it local.
func remoteFileSystem(path string) string {
	var st unix.Statfs_t
	err := unix.Statfs(path, &st)
	for errors.Is(err, unix.ENOENT) && path != filepath.Dir(path) {
		path = filepath.Dir(path)
		err = unix.Statfs(path, &st)
	}
	if err != nil || st.Flags&unix.MNT_LOCAL != 0 {
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
