package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is the unit of times in /proc: USER_HZ is 100 on all of Linux.
const clockTicks = 100

// anonymousMemory is the RssAnon of a process in bytes: what it needs, without
// the pages of a mapped file, which the kernel can take back.
func anonymousMemory(pid int) (int64, error) {
	kB, err := statusField(fmt.Sprintf("/proc/%d/status", pid), "RssAnon:")
	return kB << 10, err
}

// voluntarySwitches is how often the threads of a process have gone to sleep
// so far: each is a wake-up later on.
func voluntarySwitches(pid int) (int64, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, path := range threads {
		n, err := statusField(path, "voluntary_ctxt_switches:")
		if errors.Is(err, os.ErrNotExist) {
			continue // the thread has ended since
		}
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// processorTime is what a process has used of the processors so far.
func processorTime(pid int) (time.Duration, error) {
	path := fmt.Sprintf("/proc/%d/stat", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	// The name, in brackets, may hold spaces; what follows it is numbers.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: only %d fields", path, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / clockTicks, err
}

func statusField(path, name string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			return strconv.ParseInt(strings.Fields(value)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("%s: no %s", path, name)
}

// dropCache takes a file out of the page cache, so that its next reader waits
// for the disk.
func dropCache(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Fsync(int(f.Fd())); err != nil { // what is dirty stays in the cache
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// usage is how much CPU time was used so far: by all programs and the
// hypervisor, and by this one with the children that it has waited for.
type usage struct {
	at       time.Time
	all, own time.Duration
}

func usedSoFar() (usage, error) {
	u := usage{at: time.Now()}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	// cpu user nice system idle iowait irq softirq steal …
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		switch i {
		case 1, 2, 3, 6, 7, 8:
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return u, err
			}
			u.all += time.Duration(ticks) * time.Second / clockTicks
		}
	}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var r unix.Rusage
		if err := unix.Getrusage(who, &r); err != nil {
			return u, err
		}
		u.own += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return u, nil
}

// othersSince is how many cores other programs used since then, on average.
// Children that were started since must have been waited for. Over less than a
// second the kernel's counts are too coarse.
func othersSince(then usage) (cores float64, err error) {
	now, err := usedSoFar()
	others := (now.all - then.all) - (now.own - then.own)
	return max(0, others.Seconds()/now.at.Sub(then.at).Seconds()), err
}
