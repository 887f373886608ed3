package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"

	"funnelrelay/relay/rights"
)

// prepare makes what the service needs before it can start. Everything in it
// may be done again.
func (s *Service) prepare() (warnings []string, err error) {
	if err := s.keepAccount(); err != nil {
		return nil, err
	}
	if err := s.reachable(); err != nil {
		return nil, err
	}
	if err := s.onlyOurs(); err != nil {
		return nil, err
	}
	if err := s.closeFolders(); err != nil {
		return nil, err
	}
	if s.o.Drop != "" {
		if err := rights.Shared(s.o.Drop, s.o.Account); err != nil {
			return nil, err
		}
	}
	for _, folder := range s.o.Watched {
		if warning := s.openWatched(folder); warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return warnings, nil
}

// reachable refuses places that a service does not see.
func (s *Service) reachable() error {
	for _, place := range append([]string{s.o.Executable, s.o.Config, s.o.Data}, s.o.Watched...) {
		if mappedDrive(place) {
			return fmt.Errorf("%s: a service does not see drive letters that a user has mapped; write it as \\\\server\\share\\folder", place)
		}
	}
	home, err := os.UserHomeDir()
	if err == nil && within(home, s.o.Executable) {
		return fmt.Errorf(`%s: the program lies in the folder of a user, where the service's account may not go; `+
			`move it to %s, and install it from there`, s.o.Executable, filepath.Join(os.Getenv("ProgramFiles"), Name))
	}
	return nil
}

// mappedDrive says that path is on a drive letter that stands for a share, or
// for nothing that this process sees: an elevated one does not see the letters
// of its own user.
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

// within says that path is folder itself or lies in it.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, `..\`)
}

// closeFolders gives what is the service's to its account alone.
func (s *Service) closeFolders() error {
	folders := []string{s.o.Data}
	if folder := filepath.Dir(s.o.Config); filepath.Base(folder) == Name && !within(s.o.Data, folder) {
		folders = append(folders, folder)
	} else if !within(s.o.Data, s.o.Config) {
		// The folder is somebody's, who goes on changing the config there.
		if _, err := rights.Allow(s.o.Config, s.o.Account); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if s.o.Witness != "" {
		folders = append(folders, s.o.Witness)
	}
	if _, err := os.Stat(s.o.Secrets); s.o.Secrets != "" && err == nil && !within(s.o.Data, s.o.Secrets) {
		folders = append(folders, s.o.Secrets)
	}
	for _, folder := range folders {
		if err := rights.Private(folder, s.o.Account); err != nil {
			return err
		}
	}
	return nil
}

// openWatched lets the account take files out of a folder, and says what it
// did, or what a person has to do. It takes rights from nobody.
func (s *Service) openWatched(folder string) string {
	if strings.HasPrefix(folder, `\\`) {
		return fmt.Sprintf("watched folder %s: on the other machine, allow this machine (%s$) to change files there; "+
			"outside of a domain, give the service a user's account and password in the Services window",
			folder, os.Getenv("COMPUTERNAME"))
	}
	added, err := rights.Allow(folder, s.o.Account)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("watched folder %s: is not there yet; install again when it is, so that the service's account may take files from it", folder)
	case err != nil:
		return fmt.Sprintf("watched folder: %v; let %s change files there by hand", err, s.o.Account)
	case added:
		return fmt.Sprintf("watched folder %s: %s may now change files there, as it moves them to done", folder, s.o.Account)
	}
	return ""
}
