package spool

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows"
)

// DiskFree is how many bytes the user may still use in the folder dir.
func DiskFree(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(free), nil
}

// noSpace says that a write failed because the disk, or a quota, is used up.
// bbolt wraps some errors as text only.
func noSpace(err error) bool {
	for _, full := range []windows.Errno{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED} {
		if err != nil && (errors.Is(err, full) || strings.HasSuffix(err.Error(), full.Error())) {
			return true
		}
	}
	return false
}

// syncDir does nothing: NTFS journals its directories, and a folder cannot be
// flushed through a handle of this kind.
func syncDir(string) error { return nil }
