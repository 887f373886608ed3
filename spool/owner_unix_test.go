//go:build unix

package spool

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRootLeavesTheFilesToTheirOwner says that a command of root's, which may
// find a spool that has to be salvaged or compacted, does not lock the relay out.
func TestRootLeavesTheFilesToTheirOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root opens another user's spool")
	}
	const other = 65534
	path := filepath.Join(t.TempDir(), "spool.db")
	if err := os.Chown(filepath.Dir(path), other, other); err != nil {
		t.Skip(err)
	}
	owned := func(after string) {
		t.Helper()
		for _, name := range []string{path, path + ".lock"} {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if at := info.Sys().(*syscall.Stat_t); at.Uid != other || at.Gid != other {
				t.Errorf("after %s, %s belongs to %d:%d", after, name, at.Uid, at.Gid)
			}
		}
	}
	s := open(t, path, Options{})
	owned("the first start")
	put(t, s, entry(1), entry(2))
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	owned("a compaction")
	put(t, s, entry(3))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, metas := openPages(bytes.NewReader(data), int64(len(data)))
	writeFile(t, path, spoil(data, os.Getpagesize(), int(metas[0].root)))
	s = open(t, path, Options{})
	if s.Health().Salvage == nil {
		t.Error("not salvaged")
	}
	owned("a salvage")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
