package dropfolder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// insist is for how long a rename is tried again while another program (a virus
// scanner, Explorer) holds the file.
const insist = 5 * time.Second

// free is a name in dir that is not in use yet: name, or "name (2)".
func free(dir, name string) (string, error) {
	for n := 1; ; n++ {
		candidate := withNumber(name, n)
		_, err := os.Lstat(filepath.Join(dir, candidate))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return candidate, nil
		case err != nil:
			return "", err
		}
	}
}

// move renames from to to, which is in no use. Across volumes it copies,
// compares and then removes; so it does with a link, which may lead nowhere from
// another folder. The folders are for the caller to sync.
func move(ctx context.Context, from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return moveAcross(ctx, from, to)
	}
	err = patiently(ctx, func() error { return os.Rename(from, to) })
	if err == nil || !otherVolume(err) {
		return err
	}
	return moveAcross(ctx, from, to)
}

// patiently repeats do while another program holds the file.
func patiently(ctx context.Context, do func() error) error {
	begun := time.Now()
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		err := do()
		if err == nil || !busy(err) || time.Since(begun)+pause > insist {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// moveAcross moves a file to another volume, or what a link leads to. Its copy appears under its name
// when it is whole and on disk, and only then is the file removed.
func moveAcross(ctx context.Context, from, to string) error {
	temp := filepath.Join(filepath.Dir(to), "."+filepath.Base(to)+".part")
	sum, err := copySynced(ctx, from, temp)
	if err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	again, err := sumOf(ctx, temp)
	switch {
	case err != nil:
		return errors.Join(err, removeIfThere(temp))
	case !bytes.Equal(sum, again):
		return errors.Join(fmt.Errorf("copy to %s: it is not what was written", to), removeIfThere(temp))
	}
	if err := os.Rename(temp, to); err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	if err := syncDir(filepath.Dir(to)); err != nil {
		return err
	}
	return patiently(ctx, func() error { return os.Remove(from) })
}

// copySynced copies from to to, on disk, and is the SHA-256 of what it read.
func copySynced(ctx context.Context, from, to string) (sum []byte, err error) {
	src, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, hash), &interruptible{ctx, src})
	if err == nil {
		err = dst.Sync()
	}
	return hash.Sum(nil), errors.Join(err, dst.Close(), os.Chtimes(to, time.Time{}, info.ModTime()))
}

func sumOf(ctx context.Context, path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, &interruptible{ctx, file})
	return hash.Sum(nil), err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeWhole writes a small file under a temporary name and renames it.
func writeWhole(ctx context.Context, path string, text []byte) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = patiently(ctx, func() error { return os.Rename(temp, path) })
	}
	if err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	return nil
}
