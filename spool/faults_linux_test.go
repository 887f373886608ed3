package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// strace is the command line of strace that injects a fault into the calls of
// a child, or skips the test where it cannot.
func strace(t *testing.T, injections ...string) []string {
	t.Helper()
	if err := exec.Command("strace", "-qq", "-o", "/dev/null", "true").Run(); err != nil {
		if os.Getenv("FUNNELRELAY_NEED_STRACE") != "" {
			t.Fatalf("strace is needed: %v", err)
		}
		t.Skipf("no strace: %v", err)
	}
	line := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync,pwrite64"}
	for _, injection := range injections {
		line = append(line, "-e", "inject="+injection)
	}
	return line
}

// TestDiskFaults lets a call of the disk fail, or the process die in it, at one
// place after the other. strace counts the calls of each thread, so the place
// is not exact; all are tried where FUNNELRELAY_NEED_STRACE is set (.ci/run).
// The first commit of a put is about the fifth sync and the tenth write; each
// commit has two syncs, before and after its meta page.
func TestDiskFaults(t *testing.T) {
	// Each fault lets a sender fail a few times before it insists.
	const most, some = loadProducers * (loadEach - 3*loadTries), 1
	ci := os.Getenv("FUNNELRELAY_NEED_STRACE") != ""
	type fault struct {
		injections []string
		least      int  // entries that must be acknowledged, though something failed
		hurts      bool // some entry must have been refused
	}
	faults := map[string]fault{}
	for n := 5; n <= 12; n++ {
		if !ci && n != 7 && n != 8 {
			continue
		}
		faults[fmt.Sprintf("kill at sync %d", n)] = fault{[]string{fmt.Sprintf("fdatasync:signal=KILL:when=%d", n)}, 0, false}
		faults[fmt.Sprintf("EIO at sync %d", n)] = fault{[]string{fmt.Sprintf("fdatasync:error=EIO:when=%d", n)}, most, n > 6}
	}
	for _, n := range []int{12, 15, 20, 21, 22, 23} {
		if !ci && n != 21 {
			continue
		}
		faults[fmt.Sprintf("ENOSPC at write %d", n)] = fault{[]string{fmt.Sprintf("pwrite64:error=ENOSPC:when=%d", n)}, most, false}
		faults[fmt.Sprintf("kill at write %d", n)] = fault{[]string{fmt.Sprintf("pwrite64:signal=KILL:when=%d", n)}, 0, false}
		faults[fmt.Sprintf("ENOSPC from write %d on", n)] = fault{[]string{fmt.Sprintf("pwrite64:error=ENOSPC:when=%d+", n)}, 0, true}
	}
	faults["EIO from sync 11 on"] = fault{[]string{"fdatasync:error=EIO:when=11+"}, some, true}
	faults["EIO from sync 12 on"] = fault{[]string{"fdatasync:error=EIO:when=12+"}, some, true}
	faults["EIO at each sync and the taking back"] = fault{[]string{"fdatasync:error=EIO:when=11+", "fsync:error=EIO:when=4+"}, some, true}
	faults["EIO at every sixth sync"] = fault{[]string{"fdatasync:error=EIO:when=8+6"}, some, true}
	faults["EIO at three taking backs"] = fault{[]string{"fdatasync:error=EIO:when=12", "fsync:error=EIO:when=4..6"}, some, true}

	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := temp(t)
			cmd := child(t, "load", path, strace(t, f.injections...)...)
			output, _ := cmd.Output() // the kills end it with an error
			told := listen(t, output)
			if !told.opened {
				t.Logf("did not open: %s", output)
			}
			if len(told.ok) < f.least || f.hurts && len(told.no) == 0 {
				t.Errorf("%d acknowledged, %d refused", len(told.ok), len(told.no))
			}
			told.verify(t, path)
		})
	}
}

// TestFileLimit lets the file reach a size at which the system refuses more,
// and raises that again.
func TestFileLimit(t *testing.T) {
	path := temp(t)
	out, err := child(t, "limit", path).Output()
	if err != nil || strings.TrimSpace(string(out)) != "done" {
		t.Fatalf("%s %v", out, err)
	}
	s := open(t, path, Options{})
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if c := s.Counts()["shop"]; c.Sent != 5 || c.Pending == 0 {
		t.Errorf("%+v", c)
	}
}

func init() { children["limit"] = childLimit }

func childLimit(path string) {
	signal.Ignore(unix.SIGXFSZ)
	ctx := context.Background()
	s, err := Open(path, Options{MinFree: 1})
	if err != nil {
		report("open %v", err)
		return
	}
	var before unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_FSIZE, &before)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 300 << 10, Max: before.Max}); err != nil {
		report("limit %v", err)
		return
	}
	e := entry(1)
	e.Body = make([]byte, 20<<10)
	for err == nil {
		_, err = s.Put(ctx, Batch{Entries: []Entry{e}})
	}
	if !errors.Is(err, ErrFull) {
		report("at the limit: %v", err)
		return
	}
	for range 5 {
		c, err := s.Claim(ctx, "shop")
		if err != nil {
			report("claim at the limit: %v", err)
			return
		}
		if err := c.MarkSent(Outcome{Status: 200}); err != nil {
			report("outcome at the limit: %v", err)
			return
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		report("limit %v", err)
		return
	}
	for tries := 0; ; tries++ {
		if _, err = s.Put(ctx, Batch{Entries: []Entry{e}}); err == nil {
			break
		}
		if tries == 1000 {
			report("after the limit: %v", err)
			return
		}
	}
	if err := s.Close(); err != nil {
		report("close %v", err)
		return
	}
	report("done")
}

// TestFullDisk fills a small file system to the last byte: puts are refused,
// outcomes still go to disk, thanks to the reserve.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("no small file system to fill: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "spool.db")
	s := open(t, path, Options{MinFree: 1})
	e := entry(1)
	e.Body = make([]byte, 8<<10)
	stored := int64(0)
	var err error
	for err == nil {
		if _, err = s.Put(t.Context(), Batch{Entries: []Entry{e}}); err == nil {
			stored++
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("at the end of the disk: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "other"), make([]byte, 16<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("another program took the rest: %v", err)
	}
	for range stored {
		if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "Close on a full disk", func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	expect(t, path, Counts{Accepted: stored, Sent: stored}, Options{MinFree: 1}).Close()
}
