package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"funnelrelay/spool"
)

// Room on the disk of the data folder.
const (
	leastFree = 100 << 20 // below, a system has trouble of its own
	someFree  = 1 << 30
)

// existing is the nearest folder above path that is there, or path itself.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}

// disk says how much room there is.
func (o *Options) disk() []Check {
	c := Check{Name: "disk", About: o.Data, Verdict: OK}
	free, err := spool.DiskFree(existing(o.Data))
	if err != nil {
		c.Verdict, c.Says = Warn, "the room on the disk cannot be found out: "+plainFile(err)
		c.Remedy = "look whether the disk is there"
		return []Check{c}
	}
	used := int64(0)
	if info, err := os.Stat(o.Spool); err == nil {
		used = info.Size()
	}
	c.Says = fmt.Sprintf("%s are free", size(free))
	const make = "free space on the disk, or set `data` to a folder on a larger one"
	switch {
	case free < leastFree:
		c.Verdict, c.Remedy = Bad, make
		c.Says += ": new events will soon be refused"
	case o.MaxSpool > 0 && o.MaxSpool-used > free:
		c.Verdict, c.Remedy = Warn, make+", or make spool.max_size smaller"
		c.Says += fmt.Sprintf(", and the spool may yet grow by %s: the disk would be full before the quota is", size(o.MaxSpool-used))
	case free < someFree:
		c.Verdict, c.Remedy = Warn, make
	}
	list := []Check{c}
	if inMemory(existing(o.Data)) {
		list = append(list, Check{Name: "memory", About: o.Data, Verdict: Bad,
			Says:   "the data folder is in memory, not on a disk: what waits there is lost when the machine is switched off",
			Remedy: "set `data` to a folder on a disk; in a container, mount a volume there"})
	}
	return list
}

// What an fsync may take. Each group of events takes two; up to a hundred
// arrive in one.
const (
	syncs    = 50
	slowSync = 20 * time.Millisecond
	badSync  = 150 * time.Millisecond
	syncTime = 6 * time.Second
)

// fsync measures what every acknowledged event waits for.
func fsync(ctx context.Context, folder string) (c Check) {
	c = Check{Name: "fsync", About: folder}
	took, err := measure(ctx, folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Skipped, "the data folder is not there yet"
		return c
	case err != nil:
		c.Verdict, c.Says, c.Remedy = Bad, "nothing can be written: "+plainFile(err), "make the data folder writable for the user that runs the relay, and look whether its disk is in order"
		return c
	case len(took) == 0:
		c.Verdict, c.Says, c.Remedy = Bad, fmt.Sprintf("not one write reached the disk within %s", syncTime), "look whether the disk is in order: a spool needs one that answers"
		return c
	}
	slices.Sort(took)
	middle, worst := took[len(took)/2], took[len(took)-1]
	c.Says = fmt.Sprintf("an fsync takes %s, the longest of %d took %s", round(middle), len(took), round(worst))
	c.Verdict = OK
	switch {
	case middle > badSync || len(took) < syncs:
		c.Verdict = Bad
		c.Says += ": a till would wait for every sale"
		c.Remedy = "put the data folder on another disk: this one is worn, an SD card, or very busy"
	case middle > slowSync:
		c.Verdict = Warn
		c.Remedy = "it works; an SSD of this machine would be faster"
	}
	return c
}

// measure writes and syncs as a spool does. Fewer times than asked for come back
// when it took too long.
func measure(ctx context.Context, folder string) (took []time.Duration, err error) {
	f, err := os.CreateTemp(folder, probeName)
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}()
	page := make([]byte, 4096)
	began := time.Now()
	for range syncs {
		if ctx.Err() != nil || time.Since(began) > syncTime {
			return took, nil
		}
		one := time.Now()
		if _, err := f.Write(page); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(one))
	}
	return took, nil
}

// local says whether the data folder is on a disk of this machine.
func (o *Options) local() Check {
	c := Check{Name: "share", About: o.Data, Verdict: OK, Says: "the data folder is on a disk of this machine"}
	var remote *spool.ErrNotLocal
	if err := spool.CheckLocal(o.Data); errors.As(err, &remote) {
		c.Verdict, c.Says = Bad, fmt.Sprintf("the data folder is on a network share (%s): a spool there is damaged sooner or later", remote.FileSystem)
		c.Remedy = "set `data` to a folder on a disk of this machine; only watched folders may be on a share"
	}
	return c
}

// size shows bytes as a person would say them.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}

// plainFile takes the path out of an error of package os: the check names it.
func plainFile(err error) string {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "the rights of this user do not reach"
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.As(err, &at):
		return at.Err.Error()
	}
	return err.Error()
}
