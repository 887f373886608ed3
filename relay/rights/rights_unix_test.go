//go:build unix

package rights

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// modes fails unless each path below folder has its mode.
func modes(t *testing.T, folder string, want map[string]fs.FileMode) {
	t.Helper()
	for name, mode := range want {
		info, err := os.Lstat(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		} else if got := info.Mode() & (fs.ModePerm | fs.ModeSetgid); got != mode {
			t.Errorf("%s has mode %v, want %v", name, got, mode)
		}
	}
}

func TestModes(t *testing.T) {
	folder := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	data := filepath.Join(folder, "a/data")
	if err := os.MkdirAll(data, 0o705); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o705); err != nil {
		t.Fatal(err)
	}
	write(t, outside, data+"/spool.db", data+"/drop/Sale/x.csv")
	if err := os.Symlink(outside, data+"/link"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // everything can be run twice
		if err := Private(data, ""); err != nil {
			t.Fatal(err)
		}
		modes(t, data, map[string]fs.FileMode{".": 0o700, "spool.db": 0o600, "drop": 0o700, "drop/Sale/x.csv": 0o600})
		if err := Shared(data+"/drop", ""); err != nil {
			t.Fatal(err)
		}
		modes(t, data, map[string]fs.FileMode{
			".": 0o700, "drop": fs.ModeSetgid | 0o770, "drop/Sale": fs.ModeSetgid | 0o770, "drop/Sale/x.csv": 0o660,
		})
	}
	modes(t, filepath.Dir(outside), map[string]fs.FileMode{"outside": 0o644})
	if err := PrivateFile(outside, ""); err != nil {
		t.Fatal(err)
	}
	modes(t, filepath.Dir(outside), map[string]fs.FileMode{"outside": 0o600})
	if err := PrivateFile(data+"/link", ""); err == nil {
		t.Error("a link was followed")
	}
}

// TestUmask says that a folder which a user makes in a drop folder can be
// emptied by the relay, whatever the user's umask.
func TestUmask(t *testing.T) {
	drop := filepath.Join(t.TempDir(), "drop")
	if err := Shared(drop, ""); err != nil {
		t.Fatal(err)
	}
	probe := make([]byte, 64)
	if n, err := getDefaultList(drop, probe); err != nil || n == 0 {
		t.Skipf("this file system has no access lists: %v", err)
	}
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	if err := os.Mkdir(drop+"/Sale", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(drop+"/Sale/x.csv", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	modes(t, drop, map[string]fs.FileMode{"Sale": fs.ModeSetgid | 0o770, "Sale/x.csv": 0o660})
}

// TestAccount gives folders to another user, which root alone can do.
func TestAccount(t *testing.T) {
	const account = "nobody"
	u, err := user.Lookup(account)
	if err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	write(t, data+"/spool.db", data+"/drop/x.csv")
	if os.Geteuid() != 0 {
		if err := Private(data, account); err == nil {
			t.Error("another user's folder was made without rights")
		}
		return
	}
	if err := Private(data, account); err != nil {
		t.Fatal(err)
	}
	if err := Shared(data+"/drop", account); err != nil {
		t.Fatal(err)
	}
	modes(t, data, map[string]fs.FileMode{".": 0o710, "spool.db": 0o600, "drop": fs.ModeSetgid | 0o770, "drop/x.csv": 0o660})
	if err := Private(data, account); err != nil {
		t.Fatal(err)
	}
	modes(t, data, map[string]fs.FileMode{".": 0o710}) // the users' way stays open
	for _, name := range []string{".", "spool.db", "drop", "drop/x.csv"} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		at := info.Sys().(*syscall.Stat_t)
		if strconv.Itoa(int(at.Uid)) != u.Uid || strconv.Itoa(int(at.Gid)) != u.Gid {
			t.Errorf("%s belongs to %d:%d, want %s:%s", name, at.Uid, at.Gid, u.Uid, u.Gid)
		}
	}

	// A link to another's file, laid by the account, does not give it away.
	secret := filepath.Join(folder, "secret")
	write(t, secret)
	if err := os.Link(secret, data+"/spool.key"); err != nil {
		t.Fatal(err)
	}
	if err := Private(data, account); err == nil {
		t.Error("a hard link to a file of root was given away")
	}
}

// TestLinkInThePlaceOfAFolder says that the account, to which the data folder
// belongs, cannot have root give away what it lays a link to.
func TestLinkInThePlaceOfAFolder(t *testing.T) {
	const account = "nobody"
	if os.Geteuid() != 0 {
		t.Skip("only root gives folders away")
	}
	folder := t.TempDir()
	data, others := filepath.Join(folder, "data"), filepath.Join(folder, "others")
	write(t, data+"/spool.db", others+"/file")
	if err := Private(data, account); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(others, data+"/drop"); err != nil {
		t.Fatal(err)
	}
	if err := Shared(data+"/drop", account); err == nil || !strings.Contains(err.Error(), "is a link out of a folder") {
		t.Errorf("got %v", err)
	}
	modes(t, others, map[string]fs.FileMode{".": 0o755, "file": 0o644})

	// Where only root may lay a link, as for data on a second disk, it counts.
	link := filepath.Join(folder, "link")
	if err := os.Symlink(others, link); err != nil {
		t.Fatal(err)
	}
	if err := Private(link, account); err != nil {
		t.Error(err)
	}
	modes(t, others, map[string]fs.FileMode{".": 0o710, "file": 0o600})
}
