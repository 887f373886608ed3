//go:build linux || darwin

package service

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// TestConfigIsOpenToTheAccountAlone says that no other user may read the config,
// also where the account shares its group with others.
func TestConfigIsOpenToTheAccountAlone(t *testing.T) {
	const account = "nobody"
	u, err := user.Lookup(account)
	if os.Geteuid() != 0 || err != nil || groupOf(account) == account {
		t.Skip("needs root, and an account in a group of another name")
	}
	folder := filepath.Join(t.TempDir(), Name)
	config := filepath.Join(folder, "config.yaml")
	for _, data := range []string{folder, filepath.Join(t.TempDir(), "data")} { // on macOS config and data share a folder
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(config, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := &Service{o: Options{Config: config, Data: data, Account: account}}
		if err := s.openConfig(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(config)
		if err != nil {
			t.Fatal(err)
		}
		if at := info.Sys().(*syscall.Stat_t); strconv.Itoa(int(at.Uid)) != u.Uid || info.Mode().Perm() != 0o600 {
			t.Errorf("data in %s: the config belongs to %d, with %v", data, at.Uid, info.Mode())
		}
		want := fs.FileMode(0o750)
		if data == folder {
			want = 0o700
		}
		if info, err = os.Stat(folder); err != nil || info.Mode().Perm() != want {
			t.Errorf("data in %s: the folder has %v, want %v, %v", data, info.Mode(), want, err)
		}
	}
}
