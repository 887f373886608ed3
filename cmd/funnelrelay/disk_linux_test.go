package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// needRoot skips a test that mounts disks or limits memory, unless the stage of
// the gate that brings what it needs says by the variable that it must run.
func needRoot(t *testing.T, variable string, tools ...string) {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skipf("needs root, %s, and %s=1", strings.Join(tools, ", "), variable)
	}
	if os.Geteuid() != 0 {
		t.Fatalf("%s is set, and this is not root", variable)
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal(err)
		}
	}
}

// system runs a command that must succeed.
func system(t *testing.T, line ...string) {
	t.Helper()
	if out, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", line, err, out)
	}
}

// newImage makes a file system in a file of so many bytes and mounts it.
func newImage(t *testing.T, image string, size int64, at string, mkfs ...string) {
	t.Helper()
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, size); err != nil {
		t.Fatal(err)
	}
	system(t, append(mkfs, image)...)
	mountAt(t, at, "-o", "loop,noatime", image)
}

// mountAt mounts until the test ends, or unmountAt.
func mountAt(t *testing.T, at string, args ...string) {
	t.Helper()
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	system(t, append(append([]string{"mount"}, args...), at)...)
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) }) // already gone after unmountAt
}

func unmountAt(t *testing.T, at string) {
	t.Helper()
	if err := unix.Unmount(at, 0); err != nil {
		t.Fatalf("unmount %s: %v", at, err)
	}
}

// fill takes the disk's last byte, as another program's log would, and returns
// the file that did.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "foreign.log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	_ = f.Sync() // it may say that there is no room: that is what it is for
	return path
}
