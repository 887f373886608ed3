//go:build unix

package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Modes of what is made. The group of a drop folder is handed down to what is
// created in it.
const (
	modePrivate     = 0o700
	modeShared      = fs.ModeSetgid | 0o770
	modePrivateFile = 0o600
	modeSharedFile  = 0o660
	passThrough     = 0o010 // the group may reach what it knows the name of
)

func systemPlaces() []string {
	return []string{"/etc/passwd", "/usr/bin", "/var/lib/dpkg", "/var/lib/rpm", "/dev", "/home", "/Users", "/Library/Apple"}
}

// owner is who gets a folder; the zero owner leaves it to who has it.
type owner struct {
	given    bool
	uid, gid int
}

func find(account string) (owner, error) {
	if account == "" {
		return owner{}, nil
	}
	u, err := user.Lookup(account)
	if err != nil {
		return owner{}, fmt.Errorf("the user %s is not there: %w", account, err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return owner{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return owner{true, uid, gid}, err
}

func private(path, account string) error {
	if err := makeFolder(path, modePrivate); err != nil {
		return err
	}
	return give(path, account, modePrivate, modePrivateFile)
}

func shared(path, account string) error {
	if err := makeFolder(path, 0o770); err != nil {
		return err
	}
	if err := give(path, account, modeShared, modeSharedFile); err != nil {
		return err
	}
	inheritGroup(path)
	return openWay(filepath.Dir(path), account)
}

// makeFolder makes the folder so that nobody looks in before it was given away.
func makeFolder(path string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return why(err)
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return why(err)
	}
	return nil
}

// openWay lets account's group pass through a folder that Private closed.
func openWay(parent, account string) error {
	info, err := os.Stat(parent)
	if err != nil {
		return why(err)
	}
	who, err := find(account)
	if err != nil {
		return err
	}
	at, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !who.given || int(at.Gid) != who.gid || info.Mode().Perm()&0o777 != modePrivate {
		return nil // is another's, who knows why it is as it is, or open already
	}
	return why(os.Chmod(parent, modePrivate|passThrough))
}

// give hands a folder and what is inside to account. It goes through an
// os.Root, as account may swap what is inside for links meanwhile: what lies
// outside is never touched.
func give(path, account string, folderMode, fileMode fs.FileMode) error {
	who, err := find(account)
	if err != nil {
		return err
	}
	root, err := openFolder(path)
	if err != nil {
		return why(err)
	}
	defer func() { _ = root.Close() }() // nothing is written through it
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = giveOne(root, name, who, folderMode, fileMode)
		}
		if errors.Is(err, fs.ErrNotExist) && name != "." {
			return nil // was moved away meanwhile, as files in a drop folder are
		}
		return why(err)
	})
}

// openFolder opens a folder that is to be given away. A link in its place is
// followed, except out of a folder that others may change, as is the one above a
// drop folder: what they make a link lead to is not theirs to be given.
func openFolder(path string) (*os.Root, error) {
	above, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = above.Close() }() // nothing is written through it
	info, err := above.Stat(".")
	if err != nil {
		return nil, err
	}
	const others = 0o022 // may write
	if at, ok := info.Sys().(*syscall.Stat_t); ok && int(at.Uid) == os.Geteuid() && info.Mode().Perm()&others == 0 {
		return os.OpenRoot(path)
	}
	root, err := above.OpenRoot(filepath.Base(path))
	if info, e := above.Lstat(filepath.Base(path)); err != nil && e == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, errors.New("is a link out of a folder that others may change, and is not followed; mount the folder here instead")
	}
	return root, err
}

func giveOne(root *os.Root, name string, who owner, folderMode, fileMode fs.FileMode) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	at, known := info.Sys().(*syscall.Stat_t)
	if who.given && (!known || int(at.Uid) != who.uid || int(at.Gid) != who.gid) {
		if known && info.Mode().IsRegular() && at.Nlink > 1 {
			return fmt.Errorf("%s has another name elsewhere (a hard link); remove one of the two", name)
		}
		if err := root.Lchown(name, who.uid, who.gid); err != nil {
			return err
		}
	}
	want := fileMode | info.Mode().Perm()&0o100
	switch {
	case info.IsDir():
		want = folderMode
	case !info.Mode().IsRegular():
		return nil // the mode of a link means nothing
	}
	if name == "." && folderMode == modePrivate {
		want |= info.Mode().Perm() & passThrough // that Shared opened
	}
	return root.Chmod(name, want)
}

func privateFile(path, account string) error {
	who, err := find(account)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return why(err)
	}
	defer func() { _ = file.Close() }() // only its rights change
	if err := file.Chmod(modePrivateFile); err != nil {
		return why(err)
	}
	if !who.given {
		return nil
	}
	return why(file.Chown(who.uid, who.gid))
}

// why says what to do where rights are missing, and leaves the path away that
// the caller names.
func why(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = fmt.Errorf("%s: %w", filepath.Base(at.Path), at.Err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; run it as root, with sudo", err)
	}
	return err
}
