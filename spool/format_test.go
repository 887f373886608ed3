package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

var update = flag.Bool("update", false, "write the fixtures of testdata anew")

const (
	fixture      = "testdata/format1.db"       // of the version before the later buckets; it cannot be written any more
	laterFixture = "testdata/format1-later.db" // with them
)

// olderFile is a spool of a format 0, which never was: all but the name of the
// bucket notes is as in format 1.
func olderFile(t *testing.T) string {
	t.Helper()
	path := temp(t)
	s := open(t, path, Options{})
	put(t, s, entry(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	inFile(t, path, func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket(bucketNotes); err != nil {
			return err
		}
		return tx.Bucket(bucketMeta).Put(metaFormat, make([]byte, 8))
	})
	return path
}

// inFile changes a closed spool behind its back.
func inFile(t *testing.T, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func testMigration() Options {
	return Options{migrations: map[uint64]migration{0: func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucketNotes)
		return err
	}}}
}

func expectMigrated(t *testing.T, path string) {
	t.Helper()
	s := expect(t, path, Counts{Accepted: 1, Pending: 1}, testMigration())
	if c := claim(t, s); string(c.Body) != `{"n":1}` {
		t.Errorf("%q", c.Body)
	}
	db, err := bbolt.Open(path+".format-0", 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(bucketMeta).Get(metaFormat); binary.BigEndian.Uint64(v) != 0 {
			return fmt.Errorf("the copy is of format %x", v)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestOlderFormatIsMigratedWithACopyFirst(t *testing.T) {
	path := olderFile(t)
	before, _ := os.ReadFile(path)
	if _, err := Open(path, Options{}); err == nil || errors.Is(err, errDamaged) {
		t.Errorf("without a migration: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("a migration that is missing changed the file")
	}
	broken := errors.New("broken step")
	_, err := Open(path, Options{migrations: map[uint64]migration{0: func(tx *bbolt.Tx) error {
		return errors.Join(tx.DeleteBucket(bucketRecords), broken)
	}}})
	if !errors.Is(err, broken) {
		t.Errorf("step that fails: %v", err)
	}
	expectMigrated(t, path)
}

func TestNewerFormatIsRefusedAndLeftAsItIs(t *testing.T) {
	path := temp(t)
	open(t, path, Options{}).Close()
	inFile(t, path, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(metaFormat, binary.BigEndian.AppendUint64(nil, Format+1))
	})
	before, _ := os.ReadFile(path)
	if _, err := Open(path, Options{}); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("got %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrNewerFormat) { // the lock was given back
		t.Errorf("again: %v", err)
	}
}

// TestFormat1 opens files that earlier versions wrote, with all that they may
// hold. The later one is written anew only on purpose: go test -run Format1 -update.
func TestFormat1(t *testing.T) {
	if *update {
		writeFixture(t)
	}
	for _, name := range []string{fixture, laterFixture} {
		t.Run(name, func(t *testing.T) { testFormat1(t, name) })
	}
}

func testFormat1(t *testing.T, fixture string) {
	t.Helper()
	s := expect(t, picture(t, fixture), Counts{Accepted: 6, Duplicates: 1, Pending: 3, Sent: 1, Dead: 1, Discarded: 1}, Options{})
	for id, want := range map[ID]Record{
		1: {State: Sent, Status: 201, Attempts: 1, Flags: Confirmed},
		2: {State: Dead, Status: 422, Attempts: 1, Cause: "refused", Answer: []byte("no")},
		3: {State: Pending, Status: 0, Attempts: 1, Cause: "down", Flags: Unknown},
		4: {State: Pending},
		6: {State: Pending},
	} {
		r, err := s.Record(id)
		if err != nil || r.State != want.State || r.Status != want.Status || r.Attempts != want.Attempts || r.Cause != want.Cause ||
			r.Flags != want.Flags || !bytes.Equal(r.Answer, want.Answer) || r.Queue != "shop" || r.Day != "2026-11-23" ||
			len(r.Tallies) != 1 || r.Tallies[0] != (Tally{"http\x00shop\x00EUR", 100}) || string(r.Facts) != "facts" || r.Accepted.Year() != 2026 {
			t.Errorf("%s: %+v %v", id, r, err)
		}
	}
	if _, err := s.Record(5); !errors.Is(err, ErrNotFound) {
		t.Errorf("discarded: %v", err)
	}
	if r, err := s.Record(6); err != nil || string(r.Body) != "composed" {
		t.Errorf("%q %v", r.Body, err)
	}
	if fixture == laterFixture {
		testLater(t, s)
	}
	if v, err := s.Note("progress"); err != nil || string(v) != "12" {
		t.Errorf("note %q %v", v, err)
	}
	if c := claim(t, s); c.ID != 3 || c.Attempts != 1 || string(c.Body) != `{"n":3}` { // unknown first
		t.Errorf("%+v", c)
	}
	e := entry(9)
	e.Compose = func(m *Memory) Composed {
		id, link, ok := m.Seen(1790000000000, Hash{1, 2, 3})
		if !ok || link != 1790000000005 {
			t.Errorf("memory: %d %d %t", id, link, ok)
		}
		return Composed{Duplicate: ID(id)}
	}
	if r := put(t, s, e); !r[0].Duplicate || r[0].ID != 6 {
		t.Errorf("%+v", r)
	}
	rows, err := s.Days("2026-11-23", "2026-11-23")
	want := Row{
		Day: "2026-11-23", Key: "http\x00shop\x00EUR", Accepted: Sum{6, 600}, Duplicates: Sum{2, 200},
		Sent: Sum{1, 100}, Dead: Sum{1, 100}, Discarded: Sum{1, 100},
	}
	if err != nil || len(rows) != 1 || rows[0] != want {
		t.Errorf("%+v %v", rows, err)
	}
}

func writeFixture(t *testing.T) {
	t.Helper()
	path := temp(t)
	s := open(t, path, Options{})
	var entries []Entry
	for i := 1; i <= 5; i++ {
		e := entry(i)
		e.Facts = []byte("facts")
		e.Keys = []Key{{Name: fmt.Appendf(nil, "key-%d", i), Within: time.Hour, Content: 7}}
		e.Terms = []string{fmt.Sprintf("o:%d", i), "w:till"}
		entries = append(entries, e)
	}
	e := entry(6)
	e.Compose = func(m *Memory) Composed {
		m.Remember(1790000000000, Hash{1, 2, 3}, 1790000000005)
		return Composed{Body: []byte("composed"), Facts: []byte("facts")}
	}
	entries = append(entries, e, entries[0])
	if _, err := s.Put(t.Context(), Batch{Entries: entries, Notes: map[string][]byte{"progress": []byte("12")}}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := errors.Join(
		claim(t, s).MarkSent(Outcome{Status: 201, Flags: Confirmed, Began: began, Took: time.Second}),
		claim(t, s).Bury(Outcome{Status: 422, Cause: "refused", Answer: []byte("no"), Began: began, Took: time.Minute}),
		claim(t, s).Retry(time.Now(), Outcome{Cause: "down", Flags: Unknown, Began: began}),
		s.DiscardFor(5, "a reason"),
	); err != nil {
		t.Fatal(err)
	}
	settled(t, s)
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, laterFixture, data)
}

// testLater looks at what the later buckets hold.
func testLater(t *testing.T, s *Spool) {
	t.Helper()
	finds(t, s, Query{Terms: [][]string{{"o:3"}, {"w:till"}}}, 3)
	finds(t, s, Query{Terms: [][]string{{"w:till"}}}, 4, 3, 2, 1)
	if g, ok, err := s.Gone(5); err != nil || !ok || g.Cause != "a reason" || g.By != 0 || g.At.Year() != 2026 {
		t.Errorf("%+v %t %v", g, ok, err)
	}
	for id, want := range map[ID]string{1: "201 1s", 2: "422 1m0s refused no", 3: "0 0s down", 4: ""} {
		list, err := s.Attempts(id)
		got := ""
		for _, a := range list {
			got += strings.Join(strings.Fields(fmt.Sprintf("%d %s %s %s", a.Status, a.Took, a.Cause, a.Answer)), " ")
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, want %q, %v", id, got, want, err)
		}
	}
	flows, err := s.Flows(time.Unix(0, 0), time.Unix(1<<40, 0))
	if err != nil || len(flows) != 1 || flows[0].Accepted != 6 || flows[0].Sent != 1 || flows[0].Dead != 1 || flows[0].Discarded != 1 {
		t.Errorf("%+v %v", flows, err)
	}
}
