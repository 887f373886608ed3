package dropfolder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cleanEvery is how often done/ and rejected/ are looked through.
const cleanEvery = time.Hour

// clean empties done/ and rejected/ of dir of what lies there for longer than
// keep, as of now. Only files are deleted, and of folders only those of done/
// that are called by a date.
func clean(dir string, keep time.Duration, now time.Time) error {
	if keep <= 0 {
		return nil
	}
	return errors.Join(
		cleanDone(filepath.Join(dir, doneDir), now.Add(-keep)),
		cleanRejected(filepath.Join(dir, rejectedDir), now.Add(-keep)),
	)
}

// cleanDone goes by the folders' names: they say when the files came there.
func cleanDone(dir string, before time.Time) error {
	days, err := list(dir)
	var errs []error
	for _, day := range days {
		date, wrong := time.ParseInLocation(time.DateOnly, day.Name(), before.Location())
		if wrong != nil || !day.IsDir() || date.Before(oldest) || !date.AddDate(0, 0, 1).Before(before) {
			continue
		}
		folder := filepath.Join(dir, day.Name())
		files, err := list(folder)
		errs = append(errs, err)
		for _, f := range files {
			if f.Type().IsRegular() || f.Type()&fs.ModeSymlink != 0 {
				errs = append(errs, removeIfThere(filepath.Join(folder, f.Name())))
			}
		}
		if left, err := list(folder); err == nil && len(left) == 0 {
			errs = append(errs, os.Remove(folder))
		}
	}
	return errors.Join(append(errs, err)...)
}

// cleanRejected goes by the files' times. A file that was refused as a whole
// has its old one; what counts is that of the text beside it.
func cleanRejected(dir string, before time.Time) error {
	files, err := list(dir)
	times := make(map[string]time.Time, len(files))
	for _, f := range files {
		if info, err := f.Info(); err == nil && f.Type().IsRegular() {
			times[f.Name()] = info.ModTime()
		}
	}
	errs := []error{err}
	for name, at := range times {
		if why := times[name+whySuffix]; why.After(at) {
			at = why
		}
		part := strings.HasSuffix(name, ".part") // left by a crash
		if (part || !strings.HasPrefix(name, ".")) && at.After(oldest) && at.Before(before) {
			errs = append(errs, removeIfThere(filepath.Join(dir, name)))
		}
	}
	return errors.Join(errs...)
}

// oldest is a time that no clock which was right can have shown: what bears an
// earlier one was put there while the clock was wrong, and stays.
var oldest = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// list is what lies in dir; nothing where it is not there.
func list(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
