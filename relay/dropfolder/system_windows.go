package dropfolder

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"golang.org/x/sys/windows"
)

// exclusive fails while another program has the file open: os.Open succeeds
// then, as it shares the file for reading and writing.
func exclusive(path string) error {
	name, err := windows.UTF16PtrFromString(extended(path))
	if err != nil {
		return err
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return err
	}
	return windows.CloseHandle(handle)
}

// longestPlain is the longest path that the system takes as it is written.
const longestPlain = 247

// extended is a long path as the system wants it; package os does so by itself.
func extended(path string) string {
	switch {
	case len(path) <= longestPlain || strings.HasPrefix(path, `\\?\`) || !filepath.IsAbs(path):
		return path
	case strings.HasPrefix(path, `\\`):
		return `\\?\UNC\` + path[2:]
	}
	return `\\?\` + path
}

// mappedDrive says that path is on a drive letter that stands for a share:
// such letters belong to a person's session, and a service has none.
func mappedDrive(path string) bool {
	volume := filepath.VolumeName(path)
	if len(volume) != 2 || volume[1] != ':' {
		return false
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	if err != nil {
		return false
	}
	kind := windows.GetDriveType(root)
	return kind == windows.DRIVE_REMOTE || kind == windows.DRIVE_NO_ROOT_DIR
}

// busy says that another program holds the file just now.
func busy(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// tooLong says that no file can have such a long name.
func tooLong(err error) bool {
	var at *fs.PathError
	if errors.As(err, &at) && len(utf16.Encode([]rune(filepath.Base(at.Path)))) > longestName {
		return true // whatever the volume calls it
	}
	return errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE) || errors.Is(err, windows.ERROR_BUFFER_OVERFLOW)
}

// longestName is the most that a file system of Windows takes as a name, in
// UTF-16.
const longestName = 255

// otherVolume says that a rename failed as both ends are on different volumes.
func otherVolume(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// syncDir does nothing: NTFS journals its folders, and a folder cannot be
// flushed through a handle of this kind.
func syncDir(string) error { return nil }

// noRoom says that the volume, or what the user may have of it, is full.
func noRoom(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// readOnly says that nobody can write to the volume.
func readOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }
