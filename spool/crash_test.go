package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// crashRows has a test for each row of the crash table in doc.go, by number.
var crashRows = map[int]func(t *testing.T){
	1: crashCreating, 2: crashCreated,
	3: crashPutBefore, 4: crashPutAfter,
	5: crashFailedKept, 6: crashFailedUndone,
	7: crashOutcomeBefore, 8: crashOutcomeAfter, 9: crashRetry,
	10: crashRewriteBefore, 11: crashRewriteAfter, 12: crashRetention,
	13: crashCompactCopying, 14: crashCompactClosed, 15: crashCompactRenamed,
	16: crashMigrateCopying, 17: crashMigrateBefore, 18: crashMigrateAfter,
	19: crashSalvageCopying, 20: crashSalvageMade, 21: crashSalvageAside, 22: crashSalvageDone,
	23: crashReserveShort, 24: crashReserveGone, 25: crashClock, 26: crashLock,
}

func TestCrashTable(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var rows []int
	for _, m := range regexp.MustCompile(`(?m)^//\t *(\d+) \| (.*?) +\|`).FindAllStringSubmatch(string(doc), -1) {
		n, _ := strconv.Atoi(m[1])
		rows = append(rows, n)
		test := crashRows[n]
		if test == nil {
			t.Errorf("row %d has no test", n)
			continue
		}
		t.Run(fmt.Sprintf("%02d %s", n, m[2]), func(t *testing.T) { test(t) })
	}
	if len(rows) != len(crashRows) || !slices.IsSorted(rows) || rows[len(rows)-1] != len(rows) {
		t.Errorf("rows %v, tests for %d", rows, len(crashRows))
	}
}

// picture copies the spool's file as a crash would leave it now. The spool must
// be at rest.
func picture(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := temp(t)
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// metaSlots is the bytes of the two meta pages.
func metaSlots(t *testing.T, path string) (slots [2][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range slots {
		slots[i] = make([]byte, os.Getpagesize())
		if _, err := f.ReadAt(slots[i], int64(i*os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
	}
	return slots
}

// beforeMeta is a picture of the file with the pages of the transaction that
// change commits, but not yet its meta page.
func beforeMeta(t *testing.T, path string, change func()) string {
	t.Helper()
	old := metaSlots(t, path)
	change()
	to := picture(t, path)
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	changed := 0
	for i, slot := range metaSlots(t, path) {
		if !slices.Equal(slot, old[i]) {
			changed++
			if _, err := f.WriteAt(old[i], int64(i*os.Getpagesize())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if changed != 1 {
		t.Fatalf("%d meta pages changed, want one transaction", changed)
	}
	return to
}

func put(t testing.TB, s *Spool, entries ...Entry) []Receipt {
	t.Helper()
	r, err := s.Put(t.Context(), Batch{Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func claim(t testing.TB, s *Spool) *Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settled makes sure that all outcomes that were handed over are on disk.
func settled(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.SetNote("settled", []byte("x")); err != nil {
		t.Fatal(err)
	}
}

// expect opens the file and looks at its whole state.
func expect(t *testing.T, path string, want Counts, o Options) *Spool {
	t.Helper()
	s := open(t, path, o)
	if got := s.Counts()["shop"]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if h := s.Health(); h.Salvage != nil {
		t.Errorf("salvaged: %+v", h.Salvage)
	}
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func crashCreating(t *testing.T) {
	path := temp(t)
	writeFile(t, path+".new", make([]byte, 5000))
	expect(t, path, Counts{}, Options{})
	if exists(path + ".new") {
		t.Error(".new is still there")
	}
}

func crashCreated(t *testing.T) {
	path := temp(t)
	open(t, path, Options{})
	expect(t, picture(t, path), Counts{}, Options{})
}

func crashPutBefore(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	crashed := beforeMeta(t, path, func() { put(t, s, entry(2), entry(3)) })
	after := expect(t, crashed, Counts{Accepted: 1, Pending: 1}, Options{})
	if r := put(t, after, entry(2)); r[0].ID != 2 {
		t.Errorf("the next id is %s", r[0].ID)
	}
}

func crashPutAfter(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	e := entry(1)
	e.Keys = []Key{{Name: []byte("k")}}
	put(t, s, e, entry(2))
	after := expect(t, picture(t, path), Counts{Accepted: 2, Pending: 2}, Options{})
	if r := put(t, after, e); !r[0].Duplicate || r[0].ID != 1 {
		t.Errorf("asked again: %+v", r[0])
	}
}

// A commit that reported a failure may be whole in the file all the same. The
// file is then what row 4 leaves, or, before its meta page, what row 3 leaves.
func crashFailedKept(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	before := beforeMeta(t, path, func() { put(t, s, entry(2)) })
	expect(t, before, Counts{Accepted: 1, Pending: 1}, Options{})
	expect(t, picture(t, path), Counts{Accepted: 2, Pending: 2}, Options{})
}

func crashFailedUndone(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	put(t, s, entry(2))
	txid := uint64(0)
	_ = s.view(func(tx *bbolt.Tx) error { txid = uint64(tx.ID()); return nil })
	crashed := &Spool{path: picture(t, path), pageSize: os.Getpagesize(), attempted: txid}
	if err := crashed.revert(); err != nil {
		t.Fatal(err)
	}
	after := expect(t, crashed.path, Counts{Accepted: 1, Pending: 1}, Options{})
	put(t, after, entry(2))
	if err := after.Check(); err != nil {
		t.Error(err)
	}
}

func crashOutcomeBefore(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	c := claim(t, s)
	crashed := beforeMeta(t, path, func() {
		if err := c.MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
		s.Close() // waits until it is stored
	})
	after := expect(t, crashed, Counts{Accepted: 1, Pending: 1}, Options{})
	if c := claim(t, after); c.ID != 1 || !c.Restarted || c.Attempts != 0 {
		t.Errorf("%+v", c)
	}
}

func crashOutcomeAfter(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1), entry(2))
	if err := errors.Join(claim(t, s).MarkSent(Outcome{Status: 200}), claim(t, s).Bury(Outcome{Status: 400, Cause: "bad"})); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	after := expect(t, picture(t, path), Counts{Accepted: 2, Sent: 1, Dead: 1}, Options{})
	r, err := after.Record(2)
	if err != nil || r.State != Dead || r.Status != 400 || r.Cause != "bad" || r.Attempts != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func crashRetry(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1), entry(2))
	near, far := time.Now().Add(30*time.Minute), time.Now().Add(48*time.Hour)
	if err := errors.Join(claim(t, s).Retry(near, Outcome{Status: 503, Cause: "down"}), claim(t, s).Retry(far, Outcome{})); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	after := expect(t, picture(t, path), Counts{Accepted: 2, Pending: 2}, Options{})
	if c := claim(t, after); c.ID != 2 || c.Attempts != 1 {
		t.Errorf("a due time that cannot be is now: %+v", c)
	}
	r, err := after.Record(1)
	if err != nil || r.Due.UnixMilli() != near.UnixMilli() || r.Attempts != 1 || r.Cause != "down" {
		t.Errorf("%+v %v", r, err)
	}
}

func rewritten(t *testing.T, s *Spool) {
	t.Helper()
	put(t, s, entry(1))
	settled(t, s)
}

func rewrite(t *testing.T, c *Claim) {
	t.Helper()
	if err := c.Rewrite(func(*Memory) Composed { return Composed{Body: []byte("new"), Facts: []byte("f")} }); err != nil {
		t.Fatal(err)
	}
	if string(c.Body) != "new" || string(c.Facts) != "f" {
		t.Errorf("claim has %q, %q", c.Body, c.Facts)
	}
}

func crashRewriteBefore(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	rewritten(t, s)
	c := claim(t, s)
	crashed := beforeMeta(t, path, func() { rewrite(t, c) })
	after := expect(t, crashed, Counts{Accepted: 1, Pending: 1}, Options{})
	if c := claim(t, after); string(c.Body) != `{"n":1}` {
		t.Errorf("%q", c.Body)
	}
}

func crashRewriteAfter(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	rewritten(t, s)
	rewrite(t, claim(t, s))
	after := expect(t, picture(t, path), Counts{Accepted: 1, Pending: 1}, Options{})
	if c := claim(t, after); string(c.Body) != "new" || string(c.Facts) != "f" {
		t.Errorf("%q %q", c.Body, c.Facts)
	}
}

func crashRetention(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	sent(t, s, expireGroup+100)
	if err := s.do(0, func(tx *writeTx) error { // what expireSent does in its first group
		for id := ID(1); id <= expireGroup; id++ {
			if err := errors.Join(tx.records.Delete(id.key()), tx.sent.Delete(id.key())); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	after := expect(t, picture(t, path), Counts{Accepted: expireGroup + 100, Sent: expireGroup + 100}, Options{KeepSent: Forget})
	if err := inRound(after, after.janitor.expireSent); err != nil {
		t.Fatal(err)
	}
	if left, err := after.List("", Sent, 0, 1000); err != nil || len(left) != 0 {
		t.Errorf("%d left, %v", len(left), err)
	}
}

// sent puts n records and marks them as sent.
func sent(t testing.TB, s *Spool, n int) {
	t.Helper()
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = entry(i)
	}
	put(t, s, entries...)
	for range n {
		if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, s)
}

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
