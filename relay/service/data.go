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
// the relay's is refused.
func (s *Service) Purge() error {
	if err := s.onlyOurs(); err != nil {
		return err
	}
	err := os.RemoveAll(s.o.Data)
	if s.o.Witness != "" {
		err = errors.Join(err, os.RemoveAll(s.o.Witness))
	}
	return err
}

// ours are the names of what the relay has in its data folder.
var ours = []string{"spool.db", "admin.token", "drop", "log", "cert.pem", "key.pem", "config.yaml", "secrets"}

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
	for _, entry := range entries {
		if slices.ContainsFunc(ours, func(name string) bool { return strings.HasPrefix(entry.Name(), name) }) {
			return nil
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return fmt.Errorf("data folder %s: it holds other things (%s), and must be the relay's alone; set data to a folder of its own",
		s.o.Data, entries[0].Name())
}
