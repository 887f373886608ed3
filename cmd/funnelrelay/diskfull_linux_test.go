package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDiskFull fills the relay's disk under load, by its own backlog and then by
// a foreign file to the last byte. It refuses with 507 what it cannot keep,
// starts again there, sends what it has, and takes events again once there is
// room; files stay where they are meanwhile.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	needRoot(t, faultNeeds, "mkfs.ext4", "mount")
	l := newFaultLoad(t)
	newImage(t, filepath.Join(l.dir, "disk.img"), 88<<20, l.data, "mkfs.ext4", "-q", "-m", "0")
	ballast := filepath.Join(l.data, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 24<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	l.up()
	l.faults(`{"down":true}`)
	l.send(8 << 10)
	l.more(1, 507)
	taken := l.count(202)
	drop := filepath.Join(l.data, "drop", "__commerce_action__")
	l.file(drop, "near")
	l.file(l.elsewhere(), "far")
	l.more(50, 507)
	l.unwell("spool-full", "the disk has", "left")

	foreign := fill(t, l.data)
	l.more(50, 507)
	l.relay.kill() // and the machine starts anew: there is no room for anything
	l.up()
	l.more(50, 507)
	l.faults(`{}`)
	s := l.settled(time.Minute)
	if s.Total.Sent < int64(taken) || !s.Balanced {
		t.Errorf("on the full disk: %+v, of %d that were acknowledged before", s.Total, taken)
	}
	l.more(50, 507)
	if room := diskRoom(t, l.data); room > 2<<20 { // the spool's reserve
		t.Errorf("the disk has %d bytes left: it was not full", room)
	}
	if !l.lies(drop, "near") || !l.lies(l.elsewhere(), "far") {
		t.Error("a file was taken from where it lay, on a full disk")
	}

	l.stop() // or they fill it again
	l.send(100)
	for _, path := range []string{foreign, ballast} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	l.more(50, 202)
	l.until("the files are taken", func() bool { return !l.lies(drop, "near") && !l.lies(l.elsewhere(), "far") })
	if status, text := l.healthz(); status != 200 {
		t.Errorf("/healthz with room again: %d %s", status, text)
	}
	l.balance()
}

// TestInodesFull leaves no inode on the relay's disk. Events need none; a file
// that was taken cannot be put away, and is not taken twice.
func TestInodesFull(t *testing.T) {
	t.Parallel()
	needRoot(t, faultNeeds, "mount")
	l := newFaultLoad(t)
	mountAt(t, l.data, "-t", "tmpfs", "-o", "size=128m,nr_inodes=60", "tmpfs")
	drop := filepath.Join(l.data, "drop", "__commerce_action__")
	if err := os.MkdirAll(drop, 0o700); err != nil {
		t.Fatal(err)
	}
	l.up()
	l.send(100)
	l.more(50, 202)
	others := []string{}
	for {
		path := filepath.Join(l.data, fmt.Sprintf("other-%d", len(others)))
		err := os.WriteFile(path, nil, 0o600)
		if errors.Is(err, unix.ENOSPC) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, path)
	}
	l.more(50, 202)
	last := others[len(others)-1]
	if err := os.Rename(last, filepath.Join(drop, "near.tmp")); err != nil { // the till has an inode
		t.Fatal(err)
	}
	l.file(drop, "near")
	l.file(l.elsewhere(), "far")
	l.until("the rows of the file are taken", func() bool {
		s, err := l.status()
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range s.Sources {
			if source.Source == "drop/__commerce_action__" && source.Totals.Accepted >= 3 {
				return true
			}
		}
		return false
	})
	l.relay.kill()
	l.up()
	l.more(50, 202)
	if !l.lies(drop, "near") {
		t.Error("the file is put away: the disk had inodes")
	}
	for _, path := range others[:len(others)-1] {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	l.until("the files are put away", func() bool { return !l.lies(drop, "near") && !l.lies(l.elsewhere(), "far") })
	l.balance()
}

// diskRoom is how many bytes root can still write.
func diskRoom(t *testing.T, dir string) int64 {
	t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	return int64(fs.Bfree) * int64(fs.Bsize)
}
