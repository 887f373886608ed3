package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Purge removes the data folder with all that is in it, and the witness's. It
// is for a service that was uninstalled. A data folder that holds what is not
// the relay's is refused, and nothing of it removed.
func (s *Service) Purge() error {
	entries, err := os.ReadDir(s.o.Data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	for _, entry := range entries {
		if !isOurs(entry.Name()) {
			return fmt.Errorf("data folder %s: it holds what is not the relay's (%s), and is not removed; move that elsewhere, and try again",
				s.o.Data, entry.Name())
		}
	}
	err = os.RemoveAll(s.o.Data)
	if s.o.Witness != "" {
		err = errors.Join(err, os.RemoveAll(s.o.Witness))
	}
	return err
}

// ours are the names of what the relay has in its data folder.
var ours = []string{"spool.db", "admin.token", "drop", "log", "cert.pem", "key.pem", "config.yaml", "secrets"}

// isOurs says that a name in the data folder is of ours, or of what is beside
// such a one while it is made, set aside or edited.
func isOurs(name string) bool {
	return strings.HasPrefix(name, "."+Name+"-") || slices.ContainsFunc(ours, func(our string) bool {
		return name == our || name == our+"~" || strings.HasPrefix(strings.TrimPrefix(name, "."), our+".")
	})
}

// onlyOurs refuses a data folder that is somebody else's: all in it is about to
// be given to the service's account.
func (s *Service) onlyOurs() error {
	entries, err := os.ReadDir(s.o.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("data folder: %w", err)
	}
	if len(entries) == 0 || slices.ContainsFunc(entries, func(entry fs.DirEntry) bool { return isOurs(entry.Name()) }) {
		return nil
	}
	return fmt.Errorf("data folder %s: it holds other things (%s), and must be the relay's alone; set data to a folder of its own",
		s.o.Data, entries[0].Name())
}
