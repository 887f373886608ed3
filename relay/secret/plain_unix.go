//go:build unix

package secret

import (
	"os"
	"strings"
)

// seal makes of a value what the file holds. systemd reads it too.
func seal(_, value string) ([]byte, error) { return []byte(value + "\n"), nil }

// unseal reads also what an editor wrote.
func unseal(_ string, data []byte) (string, error) {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(string(data), "\ufeff"), "\n"), "\r"), nil
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
