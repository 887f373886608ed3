package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// How often a fresh file is renamed, and how long somebody else may hold it.
const (
	renames   = 20
	renameTry = 300 * time.Millisecond
)

// locks looks for a program that opens every file which is written, and holds it
// for a moment: a file that is held cannot be renamed on Windows.
func (o *Options) locks(ctx context.Context) Check {
	c := Check{Name: "locks", About: o.Data, Verdict: OK}
	if runtime.GOOS != "windows" {
		c.Verdict, c.Says = Skipped, "only Windows keeps a file from being renamed that another program reads"
		return c
	}
	held, worst, err := renameFresh(ctx, o.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Skipped, "the data folder is not there yet"
	case errors.Is(err, fs.ErrPermission) && held == 0:
		c.Verdict, c.Says = Skipped, "nothing can be written into the data folder"
	case err != nil:
		c.Verdict, c.Says = Bad, "a fresh file cannot be renamed: "+plainFile(err)
		c.Remedy = exclusion(o.Data)
	case held > 0:
		c.Verdict = Warn
		c.Says = fmt.Sprintf("%d of %d fresh files were held by another program, the longest for %s: most likely an antivirus program, or one for backups", held, renames, round(worst))
		c.Remedy = exclusion(o.Data)
	default:
		c.Says = fmt.Sprintf("none of %d fresh files was held by another program", renames)
	}
	return c
}

func exclusion(folder string) string {
	return "except the folder " + folder + " and the program funnelrelay.exe from what the antivirus program looks at (Windows Security: Virus & threat protection, Manage settings, Exclusions), and from backups while the relay runs"
}

// renameFresh writes and renames files, and says how many of them were held by
// somebody, and for how long.
func renameFresh(ctx context.Context, folder string) (held int, worst time.Duration, err error) {
	for range renames {
		f, err := os.CreateTemp(folder, probeName)
		if err != nil {
			return held, worst, err
		}
		name := f.Name()
		_, err = f.WriteString("a file of the doctor's, which is gone in a moment\n")
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return held, worst, errors.Join(err, os.Remove(name))
		}
		began := time.Now()
		target := filepath.Join(folder, filepath.Base(name)+"2.tmp")
		tries, err := patiently(ctx, func() error { return os.Rename(name, target) })
		if tries > 1 {
			held++
			worst = max(worst, time.Since(began))
		}
		if err != nil {
			return held, worst, errors.Join(err, os.Remove(name))
		}
		if _, err := patiently(ctx, func() error { return os.Remove(target) }); err != nil {
			return held, worst, err
		}
	}
	return held, worst, nil
}

// patiently tries until it succeeds, or the time for it is over.
func patiently(ctx context.Context, do func() error) (tries int, err error) {
	for end := time.Now().Add(renameTry); ; {
		tries++
		if err = do(); err == nil || time.Now().After(end) {
			return tries, err
		}
		select {
		case <-ctx.Done():
			return tries, err
		case <-time.After(5 * time.Millisecond):
		}
	}
}
