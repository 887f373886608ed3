//go:build unix

package spool

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// DiskFree is how many bytes an unprivileged writer may still use in the folder dir.
func DiskFree(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// noSpace says that a write failed because the disk, a disk quota or a limit of
// the process is used up. bbolt wraps some errors as text only.
func noSpace(err error) bool {
	for _, full := range []unix.Errno{unix.ENOSPC, unix.EDQUOT, unix.EFBIG} {
		if err != nil && (errors.Is(err, full) || strings.HasSuffix(err.Error(), full.Error())) {
			return true
		}
	}
	return false
}

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
