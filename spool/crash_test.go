package spool

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
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
	27: crashDoubtBefore, 28: crashDoubtUntold, 29: crashWitnessHalf, 30: crashWitnessBehind,
	31: crashBuried, 32: crashDecided,
	33: crashReplaceBefore, 34: crashReplaceAfter, 35: crashPurgeGroup, 36: crashPurgeCompacting,
	37: crashLaterBuckets, 38: crashFlow,
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
	if err := c.Rewrite(Outcome{}, func(*Memory) Composed { return Composed{Body: []byte("new"), Facts: []byte("f")} }); err != nil {
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
