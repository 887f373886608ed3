package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"funnelrelay/relay/rights"
)

// Store is a folder of secrets. Its methods may be called concurrently, also
// by several processes: the last Set of a name wins.
type Store struct {
	// Folder need not be there; Set makes it.
	Folder string

	// Account is who gets the folder when Set makes it, and so what is stored
	// in it. Default: the present user.
	Account string
}

// Folder is where the secrets of a config file are stored.
func Folder(config string) string { return filepath.Join(filepath.Dir(config), "secrets") }

// Beside is the store of a config file.
func Beside(config string) Store { return Store{Folder: Folder(config)} }

// Limits of a secret.
const (
	longestName  = 64       // bytes
	longestValue = 64 << 10 // bytes
)

// CheckName says what is wrong with a name. One is made of letters, digits, -,
// _ and ., as it is a file's name, and a credential's of systemd.
func CheckName(name string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	switch {
	case name == "":
		return errors.New("a secret needs a name")
	case strings.Trim(name, allowed) != "" || len(name) > longestName || name[0] == '.' || name[len(name)-1] == '.':
		return fmt.Errorf("a secret cannot be called %q; use up to %d letters, digits, -, _ and .", name, longestName)
	case !filepath.IsLocal(name):
		return fmt.Errorf("a secret cannot be called %q: Windows takes it for a device; use another name", name)
	}
	return nil
}

// checkValue refuses what could not have been meant.
func checkValue(value string) error {
	switch {
	case value == "":
		return errors.New("the value is empty")
	case len(value) > longestValue:
		return errors.New("the value is larger than 64 KiB; a secret is one line")
	case !utf8.ValidString(value):
		return errors.New("the value is not text in UTF-8")
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("the value holds a line end or another invisible character; a secret is one line")
	}
	return nil
}

// Path is the file of a secret, whether it is there or not.
func (s Store) Path(name string) string { return filepath.Join(s.Folder, name) }

// Set stores a value under a name, in the place of the one before. When it
// returns nil the value is on disk; on error the old one is still there.
func (s Store) Set(name, value string) error {
	err := CheckName(name)
	if err == nil {
		err = checkValue(value)
	}
	if err == nil {
		err = s.write(name, value)
	}
	if err != nil {
		return fmt.Errorf("store secret %s: %w", name, err)
	}
	return nil
}

// write makes a whole file, gives it to whom the folder belongs before the
// value is in it, and puts it in the place of the old one.
func (s Store) write(name, value string) (err error) {
	data, err := seal(name, value)
	if err != nil {
		return err
	}
	if err := s.makeFolder(); err != nil {
		return err
	}
	file, err := os.CreateTemp(s.Folder, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close() // may be closed already
			_ = os.Remove(file.Name())
		}
	}()
	if err := follow(file, s.Folder); err != nil {
		return err
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), s.Path(name)); err != nil {
		return err
	}
	return syncFolder(s.Folder)
}

// makeFolder makes the folder where it is missing. One that is there keeps its
// rights: an install settles them.
func (s Store) makeFolder() error {
	if _, err := os.Stat(s.Folder); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	folder, err := filepath.Abs(s.Folder)
	if err != nil {
		return err
	}
	return rights.Private(folder, s.Account)
}

// Get is the value of a name. The error is fs.ErrNotExist where nothing is
// stored under it; none of its errors holds the value.
func (s Store) Get(name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	value, err := s.read(name)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	return value, nil
}

func (s Store) read(name string) (string, error) {
	path := s.Path(name)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("is not stored in %s: %w", s.Folder, fs.ErrNotExist)
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file; remove it, and store the secret again", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0:
		return "", fmt.Errorf("%s can be read by every user of this machine; run `chmod o-rwx %[1]s`", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, 4*longestValue))
	if err != nil {
		return "", err
	}
	value, err := unseal(name, data)
	if err != nil {
		return "", err
	}
	return value, checkValue(value)
}

// List names what is stored, sorted. A folder that is not there holds nothing.
func (s Store) List() ([]string, error) {
	entries, err := os.ReadDir(s.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && CheckName(e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Remove forgets a name. The error is fs.ErrNotExist where nothing is stored
// under it.
func (s Store) Remove(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	err := os.Remove(s.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secret %s: is not stored in %s: %w", name, s.Folder, fs.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("secret %s: %w", name, err)
	}
	return syncFolder(s.Folder)
}
