//go:build unix

package dropfolder

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exclusive says that nobody else has the file open; where locks are advisory,
// nobody can tell.
func exclusive(string) error { return nil }

// mappedDrive says that path is on a drive letter that stands for a share;
// there are none.
func mappedDrive(string) bool { return false }

// busy says that another program holds the file just now.
func busy(error) bool { return false }

// tooLong says that no file can have such a long name.
func tooLong(err error) bool { return errors.Is(err, unix.ENAMETOOLONG) }

// otherVolume says that a rename failed as both ends are on different volumes.
func otherVolume(err error) bool { return errors.Is(err, unix.EXDEV) }

// syncDir makes renames in dir durable, where its file system can do that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EBADF) {
		err = nil // a share that knows no such thing
	}
	return errors.Join(err, d.Close())
}

// noRoom says that the volume, or what the user may have of it, is full.
func noRoom(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// readOnly says that nobody can write to the volume.
func readOnly(err error) bool { return errors.Is(err, unix.EROFS) }
