package spool

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func crashCompactCopying(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	crashed := picture(t, path)
	data, _ := os.ReadFile(crashed)
	writeFile(t, crashed+".new", data[:len(data)/2])
	expect(t, crashed, Counts{Accepted: 1, Pending: 1}, Options{})
	if exists(crashed + ".new") {
		t.Error(".new is still there")
	}
}

func crashCompactClosed(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	crashed := picture(t, path)
	if err := s.copyInto(crashed + ".new"); err != nil {
		t.Fatal(err)
	}
	expect(t, crashed, Counts{Accepted: 1, Pending: 1}, Options{})
	if exists(crashed + ".new") {
		t.Error(".new is still there")
	}
}

func crashCompactRenamed(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	crashed := temp(t)
	if err := s.copyInto(crashed); err != nil {
		t.Fatal(err)
	}
	after := expect(t, crashed, Counts{Accepted: 1, Pending: 1}, Options{})
	if r := put(t, after, entry(2)); r[0].ID != 2 {
		t.Errorf("the next id is %s", r[0].ID)
	}
}

func crashMigrateCopying(t *testing.T) {
	path := olderFile(t)
	writeFile(t, path+".format-0", []byte("half"))
	expectMigrated(t, path)
}

func crashMigrateBefore(t *testing.T) {
	path := olderFile(t)
	old, _ := os.ReadFile(path)
	writeFile(t, path+".format-0", old)
	expectMigrated(t, path)
}

func crashMigrateAfter(t *testing.T) {
	path := olderFile(t)
	open(t, path, testMigration()).Close()
	expectMigrated(t, path)
}

// damagedFile is a spool with a pending record and no root page.
func damagedFile(t *testing.T) (path string, good []byte) {
	t.Helper()
	path = temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, _ = os.ReadFile(path)
	bad := slices.Clone(good)
	clear(bad[:2*os.Getpagesize()])
	writeFile(t, path, bad)
	return path, good
}

// expectSalvaged opens a file and finds the one record in it.
func expectSalvaged(t *testing.T, path string, aside int) {
	t.Helper()
	s := open(t, path, Options{})
	if got := s.Counts()["shop"]; got.Pending != 1 || !got.Balanced() {
		t.Errorf("got %+v", got)
	}
	if c := claim(t, s); string(c.Body) != `{"n":1}` {
		t.Errorf("%q", c.Body)
	}
	if list, _ := filepath.Glob(path + ".damaged-*"); len(list) != aside {
		t.Errorf("set aside: %v", list)
	}
	for _, name := range []string{".new", ".salvaged"} {
		if exists(path + name) {
			t.Errorf("%s is still there", name)
		}
	}
}

func crashSalvageCopying(t *testing.T) {
	path, _ := damagedFile(t)
	writeFile(t, path+".new", []byte(strings.Repeat("half", 1000)))
	expectSalvaged(t, path, 1)
}

func crashSalvageMade(t *testing.T) {
	path, good := damagedFile(t)
	writeFile(t, path+".salvaged", good[:len(good)/2]) // not looked at
	expectSalvaged(t, path, 1)
}

func crashSalvageAside(t *testing.T) {
	path, good := damagedFile(t)
	writeFile(t, path+".salvaged", good)
	if err := os.Rename(path, path+".damaged-20261123-120000"); err != nil {
		t.Fatal(err)
	}
	expectSalvaged(t, path, 1)
}

func crashSalvageDone(t *testing.T) {
	path, good := damagedFile(t)
	if err := os.Rename(path, path+".damaged-20261123-120000"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, good)
	expectSalvaged(t, path, 1)
}

func crashReserveShort(t *testing.T) {
	path := temp(t)
	writeFile(t, path+".reserve", make([]byte, 1000))
	expect(t, path, Counts{}, Options{})
	if info, err := os.Stat(path + ".reserve"); err != nil || info.Size() != reserveSize {
		t.Errorf("%v %v", info, err)
	}
}

func crashReserveGone(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	if !s.giveReserve() || exists(path+".reserve") || s.giveReserve() {
		t.Error("not given up, or twice")
	}
	put(t, s, entry(1))
	after := expect(t, picture(t, path), Counts{Accepted: 1, Pending: 1}, Options{})
	if !exists(after.reservePath()) {
		t.Error("not made again")
	}
}

func crashClock(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	crashed := picture(t, path)
	after := open(t, crashed, Options{})
	now := time.Now()
	after.clock.mu.Lock()
	floor := after.clock.floor()
	after.clock.mu.Unlock()
	if floor.After(now.Add(time.Second)) || floor.Before(now.Add(-time.Minute)) {
		t.Errorf("floor %s at %s", floor, now)
	}
}

func crashLock(t *testing.T) {
	path := temp(t)
	writeFile(t, path+".lock", nil)
	s := expect(t, path, Counts{}, Options{})
	if _, err := Open(path, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("second opener: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, path, Counts{}, Options{})
}
