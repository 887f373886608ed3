//go:build linux || darwin

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"funnelrelay/relay/rights"
)

// Elevated says whether this process may change the system's services.
func Elevated() error {
	if os.Geteuid() == 0 {
		return nil
	}
	return fmt.Errorf("%w to change the services of this machine; run it as root, with sudo", ErrRights)
}

// prepare makes what the service needs before it can start. Everything in it
// may be done again.
func (s *Service) prepare() (warnings []string, err error) {
	if err := s.onlyOurs(); err != nil {
		return nil, err
	}
	if err := makeAccount(s.o.Account); err != nil {
		return nil, err
	}
	for _, folder := range []string{s.o.Data, s.o.Witness} {
		if folder == "" {
			continue
		}
		if err := rights.Private(folder, s.o.Account); err != nil {
			return nil, err
		}
	}
	if s.o.Drop != "" {
		if err := rights.Shared(s.o.Drop, s.o.Account); err != nil {
			return nil, err
		}
	}
	if err := s.openConfig(); err != nil {
		return nil, err
	}
	return s.secrets()
}

// openConfig lets the service's account read the config, and no other user: a
// key may stand in it. One that is still to be written is let be: the install
// that follows it opens it.
func (s *Service) openConfig() error {
	if _, err := os.Stat(s.o.Config); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	owner, group, err := ids(s.o.Account)
	if err != nil {
		return err
	}
	if owner != 0 && groupOf(s.o.Account) != s.o.Account {
		// Others are in that group too: on macOS, and on some a Linux, all users.
		if err := errors.Join(os.Chown(s.o.Config, owner, -1), os.Chmod(s.o.Config, 0o600)); err != nil {
			return fmt.Errorf("config: %w", err)
		}
		return s.openConfigFolder(group)
	}
	if err := s.openConfigFolder(group); err != nil {
		return err
	}
	if err := errors.Join(os.Chown(s.o.Config, -1, group), os.Chmod(s.o.Config, 0o640)); err != nil { //nolint:gosec // the group must read it
		return fmt.Errorf("config: %w", err)
	}
	return nil
}

// openConfigFolder lets a group pass through the folder of the config, if that is
// the relay's own, and not the data folder, whose rights are settled.
func (s *Service) openConfigFolder(group int) error {
	folder := filepath.Dir(s.o.Config)
	if filepath.Base(folder) != Name || folder == filepath.Clean(s.o.Data) {
		return nil
	}
	if err := errors.Join(os.Chown(folder, -1, group), os.Chmod(folder, 0o750)); err != nil { //nolint:gosec // the group must enter it
		return fmt.Errorf("config folder: %w", err)
	}
	return nil
}

// ids are the numbers of an account.
func ids(account string) (uid, gid int, err error) {
	u, err := user.Lookup(account)
	if err != nil {
		return 0, 0, fmt.Errorf("account %s: %w", account, err)
	}
	uid, err = strconv.Atoi(u.Uid)
	if err != nil {
		return 0, 0, fmt.Errorf("account %s: %w", account, err)
	}
	gid, err = strconv.Atoi(u.Gid)
	if err != nil {
		return 0, 0, fmt.Errorf("account %s: %w", account, err)
	}
	return uid, gid, nil
}
