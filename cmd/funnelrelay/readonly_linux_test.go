package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestReadOnlyRemount makes the relay's disk read-only under load, and writable
// again. The kernel refuses the first while a file is open for writing, but
// where it does so by itself; so strace lets the relay's calls fail until the
// relay has let go of the spool, and ends before anything is looked at.
func TestReadOnlyRemount(t *testing.T) {
	t.Parallel()
	needRoot(t, faultNeeds, "mkfs.ext4", "mount", "strace")
	l := newFaultLoad(t)
	newImage(t, filepath.Join(l.dir, "disk.img"), 96<<20, l.data, "mkfs.ext4", "-q")
	l.up()
	l.faults(`{"latency":"100ms"}`)
	l.send(200)
	l.more(200, 202)

	tracer := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-p", strconv.Itoa(l.relay.cmd.Process.Pid),
		"-P", filepath.Join(l.data, "spool.db"), "-e", "trace=openat,pwrite64,fdatasync", "-e", "inject=openat,pwrite64,fdatasync:error=EROFS")
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	l.until("the disk is remounted read-only", func() bool {
		return unix.Mount("", l.data, "", unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOATIME, "") == nil
	})
	if err := tracer.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = tracer.Wait() // of the signal

	taken := l.count(202)
	l.more(50, 503)
	if n := l.count(202); n > taken+8 { // those that were answered while the disk was turned
		t.Errorf("%d events were acknowledged on a disk that is read-only", n-taken)
	}
	l.unwell("spool-unavailable", "cannot be written", "read-only file system")
	before, err := l.status()
	if err != nil {
		t.Fatal(err)
	}
	if c := before.Total; c.Accepted < int64(taken) || !before.Balanced {
		t.Errorf("%+v, of %d that were acknowledged", c, taken)
	}

	if err := unix.Mount("", l.data, "", unix.MS_REMOUNT|unix.MS_NOATIME, ""); err != nil {
		t.Fatal(err)
	}
	l.more(50, 202)
	if status, text := l.healthz(); status != 200 {
		t.Errorf("/healthz on the writable disk: %d %s", status, text)
	}
	l.faults(`{}`)
	l.balance()
}

// TestDiskError lets ext4 find an error on the relay's disk: the kernel makes it
// read-only at once, and for good. The relay says so, and goes on after the
// repair.
func TestDiskError(t *testing.T) {
	t.Parallel()
	needRoot(t, faultNeeds, "mkfs.ext4", "e2fsck", "mount", "losetup")
	l := newFaultLoad(t)
	image := filepath.Join(l.dir, "disk.img")
	newImage(t, image, 96<<20, l.data, "mkfs.ext4", "-q", "-e", "remount-ro")
	out, err := exec.Command("losetup", "-n", "-O", "NAME", "-j", image).Output()
	if err != nil {
		t.Fatal(err)
	}
	l.up()
	l.faults(`{"latency":"100ms"}`)
	l.send(200)
	l.more(200, 202)
	trigger := filepath.Join("/sys/fs/ext4", filepath.Base(string(out[:len(out)-1])), "trigger_fs_error")
	if err := os.WriteFile(trigger, []byte("a test of the relay"), 0); err != nil {
		t.Fatal(err)
	}
	l.more(50, 503)
	taken := l.count(202)
	l.more(50, 503)
	if n := l.count(202); n > taken {
		t.Errorf("%d events were acknowledged on a disk that is read-only", n-taken)
	}
	l.unwell("spool-unavailable", "cannot be written")

	_ = l.relay.cmd.Process.Signal(syscall.SIGTERM) // the machine goes down
	select {
	case <-l.relay.exited:
	case <-time.After(30 * time.Second):
		t.Fatalf("does not stop:\n%s", l.relay.output())
	}
	unmountAt(t, l.data)
	if out, err := exec.Command("e2fsck", "-f", "-y", image).CombinedOutput(); err != nil && err.(*exec.ExitError).ExitCode() > 1 {
		t.Fatalf("e2fsck: %v: %s", err, out)
	}
	mountAt(t, l.data, "-o", "loop,noatime", image)
	l.faults(`{}`)
	l.up()
	l.more(50, 202)
	l.balance()
}
