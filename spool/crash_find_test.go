package spool

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

// editable is a spool with a dead record and the entry that takes its place.
func editable(t *testing.T, path string) (*Spool, Entry) {
	t.Helper()
	s := open(t, path, Options{})
	put(t, s, named(1, "o:1"))
	if err := claim(t, s).Bury(Outcome{Cause: "bad"}); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	e := named(2, "o:1")
	e.Replaces = 1
	return s, e
}

func crashReplaceBefore(t *testing.T) {
	path := temp(t)
	s, e := editable(t, path)
	crashed := beforeMeta(t, path, func() { put(t, s, e) })
	after := expect(t, crashed, Counts{Accepted: 1, Dead: 1}, Options{})
	if _, gone, err := after.Gone(1); gone || err != nil {
		t.Error("gone", err)
	}
	finds(t, after, Query{Terms: [][]string{{"o:1"}}}, 1)
	if r := put(t, after, e); r[0].ID != 2 {
		t.Errorf("%+v", r)
	}
}

func crashReplaceAfter(t *testing.T) {
	path := temp(t)
	s, e := editable(t, path)
	put(t, s, e)
	after := expect(t, picture(t, path), Counts{Accepted: 2, Pending: 1, Discarded: 1}, Options{})
	if g, gone, err := after.Gone(1); !gone || err != nil || g.By != 2 {
		t.Errorf("%+v %v", g, err)
	}
	if r, err := after.Record(2); err != nil || r.Replaces != 1 {
		t.Errorf("%+v %v", r, err)
	}
	finds(t, after, Query{Terms: [][]string{{"o:1"}}}, 2)
}

// secret is in all that a record has but its keys.
const secret = "jane.doe@shop.example"

// purgeable is a spool with n sent records of one person, and one of another.
func purgeable(t *testing.T, path string, n int) *Spool {
	t.Helper()
	s := open(t, path, Options{})
	var entries []Entry
	for i := range n {
		e := named(i, "e:"+secret)
		e.Body, e.Facts = []byte("body of "+secret), []byte("facts of "+secret)
		e.Keys = []Key{{Name: []byte{byte(i), byte(i >> 8)}}}
		entries = append(entries, e)
	}
	put(t, s, entries...)
	put(t, s, named(n, "e:other"))
	for range n {
		c := claim(t, s)
		failed := Outcome{Began: time.Now(), Answer: []byte("what of " + secret), Cause: "told of " + secret}
		if c.ID == 1 {
			if err := c.Retry(time.Now(), failed); err != nil {
				t.Fatal(err)
			}
			settled(t, s)
			c = claim(t, s)
		}
		if err := c.MarkSent(Outcome{Began: time.Now(), Answer: []byte("thanks " + secret)}); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, s)
	return s
}

func ofSecret(r *Record, _ []Attempt) bool {
	return bytes.Contains(r.Body, []byte(secret)) || strings.Contains(r.Cause, secret)
}

// expectForgotten sees that the bytes are in no file.
func expectForgotten(t *testing.T, path string) {
	t.Helper()
	for _, name := range []string{path, path + ".reserve"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		if n := bytes.Count(raw, []byte("jane.doe")); n > 0 {
			t.Errorf("%s: the person is still there, %d times", name, n)
		}
	}
	if exists(path + ".new") {
		t.Error(".new is still there")
	}
}

func crashPurgeGroup(t *testing.T) {
	path := temp(t)
	const n = purgeGroup + 50
	s := purgeable(t, path, n)
	first := make([]ID, purgeGroup)
	for i := range first {
		first[i] = ID(i + 1)
	}
	p := purge{s: s, match: ofSecret}
	if err := p.remove(first); err != nil { // what Purge does in its first group
		t.Fatal(err)
	}
	after := expect(t, picture(t, path), Counts{Accepted: n + 1, Sent: n, Pending: 1}, Options{})
	before := find(t, after, Query{Terms: [][]string{{"e:" + secret}}, Limit: n})
	if len(before.Records) != 50 {
		t.Errorf("%d are left", len(before.Records))
	}
	if err := after.janitor.round(); err != nil {
		t.Fatal(err)
	}
	if purged, err := after.purged(); purged || err != nil {
		t.Error("not compacted", err)
	}
	if told, err := after.Purge(ofSecret, false, false); err != nil || told.Sent != 50 {
		t.Errorf("%+v %v", told, err)
	}
	expectForgotten(t, after.path)
}

func crashPurgeCompacting(t *testing.T) {
	path := temp(t)
	s := purgeable(t, path, 20)
	p := purge{s: s, match: ofSecret}
	list, _, _, err := p.scan(0)
	if err != nil || len(list) != 20 {
		t.Fatal(list, err)
	}
	if err := p.remove(list); err != nil {
		t.Fatal(err)
	}
	crashed := picture(t, path)
	raw, _ := os.ReadFile(crashed)
	if !bytes.Contains(raw, []byte("jane.doe")) {
		t.Error("free pages keep nothing, so that this test proves nothing")
	}
	writeFile(t, crashed+".new", raw[:len(raw)/2])
	after := expect(t, crashed, Counts{Accepted: 21, Sent: 20, Pending: 1}, Options{})
	if err := after.janitor.round(); err != nil {
		t.Fatal(err)
	}
	expectForgotten(t, crashed)
	if got := after.Counts()["shop"]; got != (Counts{Accepted: 21, Sent: 20, Pending: 1}) {
		t.Errorf("%+v", got)
	}
	if err := after.Check(); err != nil {
		t.Error(err)
	}
}

// withoutLater makes the file what a version without the later buckets leaves.
func withoutLater(t *testing.T, path string) {
	t.Helper()
	inFile(t, path, func(tx *bbolt.Tx) error {
		for _, name := range laterBuckets {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func crashLaterBuckets(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, named(1, "o:1"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	withoutLater(t, path)
	after := expect(t, path, Counts{Accepted: 1, Pending: 1}, Options{})
	finds(t, after, Query{Terms: [][]string{{"o:1"}}})
	put(t, after, named(2, "o:2"))
	finds(t, after, Query{Terms: [][]string{{"o:2"}}}, 2)
	finds(t, after, Query{From: time.Now().Add(-time.Hour)}, 2, 1)
	if err := after.Check(); err != nil {
		t.Error(err)
	}
}

func crashFlow(t *testing.T) {
	outer := t
	path := temp(t)
	var crashed string
	var began time.Time
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		put(t, s, entry(1), entry(2))
		time.Sleep(flowStep)
		put(t, s, entry(3))
		crashed = picture(outer, path)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	after := expect(t, crashed, Counts{Accepted: 3, Pending: 3}, Options{})
	flows, err := after.Flows(began, began.Add(time.Hour))
	if err != nil || len(flows) != 2 || flows[0].Accepted != 2 || flows[1].Accepted != 1 || !flows[1].At.Equal(flows[0].At.Add(flowStep)) {
		t.Errorf("%+v %v", flows, err)
	}
	if flows, err := after.Flows(began.Add(flowStep), began.Add(2*flowStep)); err != nil || len(flows) != 1 || flows[0].Accepted != 1 {
		t.Errorf("%+v %v", flows, err)
	}
}

// TestPurgeLeavesNoByte: neither in pages that are in use, nor in free ones.
func TestPurgeLeavesNoByte(t *testing.T) {
	path := temp(t)
	s := purgeable(t, path, 100)
	dead := named(200, "e:"+secret)
	dead.Body, dead.Bury = []byte(secret), "illegal: "+secret
	waits := named(201, "e:"+secret)
	waits.Body = []byte(secret)
	put(t, s, dead, waits)
	other := named(202)
	other.Body, other.Bury = []byte("of somebody else"), "illegal"
	if err := s.DiscardFor(put(t, s, other)[0].ID, "asked for by "+secret); err != nil {
		t.Fatal(err)
	}
	if n, err := s.ForgetReasons(func(cause string) bool { return strings.Contains(cause, secret) }, false); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	writeFile(t, path+".damaged-20261123-120000", []byte("old"))
	told, err := s.Purge(ofSecret, true, false)
	if err != nil || told.Sent != 100 || told.Dead != 1 || told.Pending != 1 || told.Kept != 0 || len(told.IDs) != 102 {
		t.Errorf("%+v %v", told, err)
	}
	if len(told.Copies) != 1 || told.Copies[0] != s.path+".damaged-20261123-120000" {
		t.Errorf("copies: %v", told.Copies)
	}
	expectForgotten(t, path)
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if got, want := s.Counts()["shop"], (Counts{Accepted: 104, Sent: 100, Pending: 1, Discarded: 3}); got != want {
		t.Errorf("%+v", got)
	}
	finds(t, s, Query{Terms: [][]string{{"e:" + secret}}})
	again := named(0)
	again.Keys = []Key{{Name: []byte{7, 0}}}
	if r := put(t, s, again); !r[0].Duplicate || r[0].ID != 8 {
		t.Errorf("the person came back: %+v", r)
	}
	if _, err := s.Attempts(1); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if g, ok, err := s.Gone(104); !ok || err != nil || g.Cause != "" || g.At.IsZero() {
		t.Errorf("%+v %v %v", g, ok, err)
	}
	if told, err = s.Purge(ofSecret, true, false); err != nil || told.Sent+told.Dead+told.Pending != 0 {
		t.Errorf("%+v %v", told, err)
	}
}

// TestPurgeLeavesNoByteOfWhatWasTakenOut: what was discarded before lies in free
// pages, and its reason may name the person.
func TestPurgeLeavesNoByteOfWhatWasTakenOut(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	dead := named(1, "e:"+secret)
	dead.Body, dead.Bury = []byte(secret), "illegal: "+secret
	put(t, s, dead, named(2))
	if err := s.DiscardFor(1, "asked by "+secret); err != nil {
		t.Fatal(err)
	}
	of := func(cause string) bool { return strings.Contains(cause, secret) }
	for _, dry := range []bool{true, false} {
		if n, err := s.ForgetReasons(of, dry); n != 1 || err != nil {
			t.Errorf("%d reasons, %v", n, err)
		}
	}
	if n, err := s.ForgetReasons(of, false); n != 0 || err != nil {
		t.Errorf("%d reasons are left, %v", n, err)
	}
	if told, err := s.Purge(ofSecret, true, false); err != nil || len(told.IDs) != 0 {
		t.Errorf("%+v %v", told, err)
	}
	expectForgotten(t, path)
	if g, ok, err := s.Gone(1); !ok || g.Cause != "" || err != nil {
		t.Errorf("%+v %v %v", g, ok, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestForgetReasonsOfMany: more than are looked at in one read, or changed in one
// transaction.
func TestForgetReasonsOfMany(t *testing.T) {
	s := open(t, temp(t), Options{NoSync: true})
	const n = purgeScan + 50
	for i := range n {
		dead := named(i + 1)
		dead.Bury = "x"
		put(t, s, dead)
		if err := s.DiscardFor(ID(i+1), []string{"this", "that"}[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	that := func(cause string) bool { return cause == "that" }
	for _, want := range []int{n / 2, 0} {
		if got, err := s.ForgetReasons(that, false); got != want || err != nil {
			t.Errorf("%d, want %d; %v", got, want, err)
		}
	}
}
