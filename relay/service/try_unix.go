//go:build linux || darwin

package service

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"funnelrelay/relay/rights"
)

// Try runs the program as the service's account with args, and the stored
// secrets as systemd would give them, and returns what it printed. That finds a
// config or a folder that the account may not touch before the service does.
func (s *Service) Try(args ...string) (string, error) {
	uid, gid, err := ids(s.o.Account)
	if err != nil {
		return "", err
	}
	lent, err := os.MkdirTemp(memoryFolder(), Name+"-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(lent) }()
	if err := s.lend(lent); err != nil {
		return "", fmt.Errorf("secrets: %w", err)
	}
	cmd := exec.Command(s.o.Executable, args...) //nolint:gosec // this program
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "CREDENTIALS_DIRECTORY="+lent, "STATE_DIRECTORY="+s.o.Data)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{
			Uid: uint32(uid), Gid: uint32(gid), Groups: groups(s.o.Account), //nolint:gosec // ids are small
		}}
	}
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(bytes.ToValidUTF8(out, []byte("?"))))
	if errors.Is(err, os.ErrPermission) {
		return text, fmt.Errorf("account %s may not run %s; put the program where every user may, as in /usr/local/bin", s.o.Account, s.o.Executable)
	}
	return text, err
}

// groups are the further groups of an account: a till's folder may be open to
// one of them.
func groups(account string) []uint32 {
	u, err := user.Lookup(account)
	if err != nil {
		return nil
	}
	names, err := u.GroupIds()
	if err != nil {
		return nil
	}
	var list []uint32
	for _, name := range names {
		if id, err := strconv.ParseUint(name, 10, 32); err == nil {
			list = append(list, uint32(id))
		}
	}
	return list
}

// lend copies the stored secrets for the account to read.
func (s *Service) lend(folder string) error {
	entries, err := os.ReadDir(s.o.Secrets)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(s.o.Secrets, entry.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, entry.Name()), text, 0o600); err != nil {
			return err
		}
	}
	return rights.Private(folder, s.o.Account)
}

// memoryFolder is one that is not on disk, where there is one.
func memoryFolder() string {
	if info, err := os.Stat("/run"); err == nil && info.IsDir() {
		return "/run"
	}
	return ""
}
