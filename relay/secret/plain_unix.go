//go:build unix

package secret

import (
	"os"
	"strings"
	"syscall"
)

// seal makes of a value what the file holds. systemd reads it too.
func seal(_, value string) ([]byte, error) { return []byte(value + "\n"), nil }

// unseal reads also what an editor wrote.
func unseal(_ string, data []byte) (string, error) {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(string(data), "\ufeff"), "\n"), "\r"), nil
}

// follow gives a new file, which CreateTemp made for its maker alone, to whom
// the folder belongs, where that is another.
func follow(file *os.File, folder string) error {
	above, err := os.Stat(folder)
	if err != nil {
		return err
	}
	own, err := file.Stat()
	if err != nil {
		return err
	}
	theirs, ok := above.Sys().(*syscall.Stat_t)
	ours, also := own.Sys().(*syscall.Stat_t)
	if !ok || !also || theirs.Uid == ours.Uid {
		return nil
	}
	return file.Chown(int(theirs.Uid), int(theirs.Gid))
}

// syncFolder makes a rename or removal last.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
