package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// damaged is a specimen with the root of a large bucket spoiled, so that every
// start notices.
func damaged(t testing.TB) (*specimen, []byte) {
	t.Helper()
	m := newSpecimen(t, 100)
	_, metas := openPages(bytes.NewReader(m.file), int64(len(m.file)))
	return m, spoil(m.file, m.pageSize, int(metas[0].root))
}

// Every row of the crash table at Spool.salvage: the start after it finds all
// that a start without a crash finds, and leaves no half file.
func TestSalvageCrash(t *testing.T) {
	m, file := damaged(t)
	path := write(t, file)
	bare := &Spool{path: path, opts: Options{NoSync: true}.withDefaults()}
	report := &Salvage{At: time.Now(), Aside: bare.asidePath()}
	if _, err := bare.copyReadable(report); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(bare.newPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		after string
		left  map[string][]byte // by the ending of the name
		aside bool              // was done before
	}{
		{"nothing", map[string][]byte{"": file}, false},
		{"a part of the copy", map[string][]byte{"": file, ".new": whole[:len(whole)/3]}, false},
		{"the copy", map[string][]byte{"": file, ".new": whole}, false},
		{".new -> .salvaged", map[string][]byte{"": file, ".salvaged": whole}, false},
		{"path -> aside", map[string][]byte{".salvaged": whole, ".damaged-20261123-101112": file}, true},
		{".salvaged -> path", map[string][]byte{"": whole, ".damaged-20261123-101112": file}, true},
	} {
		t.Run(row.after, func(t *testing.T) {
			path := temp(t)
			for name, b := range row.left {
				if err := os.WriteFile(path+name, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s := open(t, path, Options{NoSync: true})
			if gone := m.audit(t, s); gone != 0 {
				t.Errorf("%d are gone", gone)
			}
			works(t, s, m)
			for _, left := range []string{s.newPath(), s.salvagedPath()} {
				if _, err := os.Stat(left); err == nil {
					t.Errorf("%s is left", left)
				}
			}
			asides, err := filepath.Glob(path + ".damaged-*")
			if err != nil || len(asides) != 1 {
				t.Fatal(asides, err)
			}
			if b, err := os.ReadFile(asides[0]); err != nil || !bytes.Equal(b, file) {
				t.Errorf("the damaged file is not what it was: %v", err)
			}
		})
	}
}

// A salvage that cannot be done changes nothing, and a later start does it.
func TestSalvageFails(t *testing.T) {
	m, file := damaged(t)
	path := write(t, file)
	if err := os.MkdirAll(filepath.Join(path+".salvaged", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	bare := &Spool{path: path, opts: Options{NoSync: true}.withDefaults()}
	if err := bare.salvage(errDamaged); err == nil {
		t.Fatal("want an error")
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, file) {
		t.Errorf("the damaged file is not what it was: %v", err)
	}
	if err := os.RemoveAll(path + ".salvaged"); err != nil {
		t.Fatal(err)
	}
	m.audit(t, open(t, path, Options{NoSync: true}))
}

// Two damaged files in one second keep a name each.
func TestAsideIsNeverOverwritten(t *testing.T) {
	path := write(t, []byte("first"))
	bare := &Spool{path: path, opts: Options{NoSync: true}.withDefaults()}
	for i := range 3 {
		if err := os.WriteFile(path, fmt.Append(nil, i), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := bare.salvage(errDamaged); err != nil {
			t.Fatal(err)
		}
	}
	asides, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(asides) != 3 {
		t.Fatal(asides, err)
	}
}

// A cause that is not the file's must not fill the disk with copies.
func TestWholeFileIsSetAsideOnce(t *testing.T) {
	m := newSpecimen(t, 20)
	path := write(t, m.file)
	bare := &Spool{path: path, opts: Options{NoSync: true}.withDefaults()}
	for range 3 {
		if err := bare.salvage(errPanic); err != nil {
			t.Fatal(err)
		}
	}
	asides, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(asides) != 1 {
		t.Error(asides, err)
	}
	m.audit(t, open(t, path, Options{NoSync: true}))
}

// P5 outlives a salvage: what was taken once is not taken again.
func TestSalvageKeepsKeys(t *testing.T) {
	m, file := damaged(t)
	s := open(t, write(t, file), Options{NoSync: true})
	var b Batch
	for i := range 100 {
		b.Entries = append(b.Entries, specimenEntry(i))
	}
	receipts, err := s.Put(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range receipts {
		if !r.Duplicate || m.states[r.ID] == 0 {
			t.Errorf("entry %d: %+v", i, r)
		}
	}
	m.audit(t, s)
}

// A record of which only the state is lost is sent, with a mark: it may have
// been sent before.
func TestSalvageMarksUnsure(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{NoSync: true})
	if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(1), entry(2)}}); err != nil {
		t.Fatal(err)
	}
	if err := s.do(0, func(tx *writeTx) error {
		q, err := tx.queue("shop")
		return errors.Join(err, q.Delete(ID(2).key()))
	}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = salvaged(t, path)
	for range 2 {
		c, err := s.Claim(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Flags&Salvaged != 0; got != (c.ID == 2) {
			t.Errorf("record %d: flags %b", c.ID, c.Flags)
		}
	}
	if r := s.Health().Salvage; r.Unsure != 1 || r.Pending != 2 || r.Unreadable != 0 {
		t.Errorf("got %+v", r)
	}
}

// Counts name what is lost.
func TestSalvageCountsTheLost(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{NoSync: true})
	if _, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(1), entry(2), entry(3)}}); err != nil {
		t.Fatal(err)
	}
	if err := s.do(0, func(tx *writeTx) error { return tx.records.Delete(ID(2).key()) }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = salvaged(t, path)
	want := Counts{Accepted: 3, Pending: 2, Unreadable: 1}
	if got := s.Counts()["shop"]; got != want {
		t.Errorf("got %+v", got)
	}
	if r := s.Health().Salvage; r.Unreadable != 1 || r.Records != 2 {
		t.Errorf("got %+v", r)
	}
}

// Damage that shows while the daemon runs is salvaged while it runs.
func TestDamageWhileRunning(t *testing.T) {
	m := newSpecimen(t, 200)
	for name, spoil := range map[string]func(f *os.File) error{
		"pages": func(f *os.File) error {
			for p := 2; p < len(m.file)/m.pageSize; p++ {
				if p%5 != 0 {
					continue
				}
				if _, err := f.WriteAt(bytes.Repeat([]byte{0xaa}, m.pageSize), int64(p*m.pageSize)); err != nil {
					return err
				}
			}
			return nil
		},
		"all but the metas": func(f *os.File) error {
			_, err := f.WriteAt(make([]byte, len(m.file)-2*m.pageSize), int64(2*m.pageSize))
			return err
		},
		"half is cut off":   func(f *os.File) error { return f.Truncate(int64(len(bytes.TrimRight(m.file, "\x00")) / 2)) },
		"metas are cut off": func(f *os.File) error { return f.Truncate(0) },
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, m.file)
			s := open(t, path, Options{NoSync: true})
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			err = spoil(f)
			if err := f.Close(); err != nil { // Windows moves no file that somebody has open
				t.Fatal(err)
			}
			if err != nil {
				t.Skip("the system does not let it happen:", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for i := range 20 {
				putUntil(t, ctx, s, entry(1000+i))
			}
			drain(t, s, m)
			for queue, c := range s.Counts() {
				if !c.Balanced() {
					t.Errorf("queue %s: %+v", queue, c)
				}
			}
			t.Logf("%+v %+v", s.Health().Salvage, s.Counts())
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			s = open(t, path, Options{NoSync: true})
			works(t, s, m)
		})
	}
}

// TestSalvageKeepsTheIndex: what is found, tried and gone stays so.
func TestSalvageKeepsTheIndex(t *testing.T) {
	m := newSpecimen(t, 200)
	path := write(t, m.file)
	s := open(t, path, Options{NoSync: true})
	e := specimenEntry(500)
	e.Replaces = 1
	if m.states[1] != Dead {
		t.Fatal("the first is not dead")
	}
	by := put(t, s, e)[0].ID
	began := time.Now().Add(-24 * time.Hour)
	before, err := s.Flows(began, began.Add(48*time.Hour))
	if err != nil || len(before) == 0 {
		t.Fatal(before, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = salvaged(t, path)
	for i := 1; i < 200; i++ {
		finds(t, s, Query{Terms: [][]string{{fmt.Sprintf("o:%d", i)}}}, ID(i+1))
		tries, err := s.Attempts(ID(i + 1))
		if tried := i < 100; err != nil || tried != (len(tries) == 1) {
			t.Errorf("%d: %v %v", i+1, tries, err)
		}
	}
	if g, ok, err := s.Gone(1); err != nil || !ok || g.By != by {
		t.Errorf("%+v %t %v", g, ok, err)
	}
	if r, err := s.Record(by); err != nil || r.Replaces != 1 {
		t.Errorf("%+v %v", r, err)
	}
	if after, err := s.Flows(began, began.Add(48*time.Hour)); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v, before %v, %v", after, before, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestSalvageOfAnOlderVersionsFile: what that version did not make is not lost.
func TestSalvageOfAnOlderVersionsFile(t *testing.T) {
	m := newSpecimen(t, 100)
	path := write(t, m.file)
	withoutLater(t, path)
	s := salvaged(t, path)
	if h := s.Health().Salvage; h == nil || h.Unsure != 0 {
		t.Errorf("%+v", h)
	}
	if gone := m.audit(t, s); gone != 0 {
		t.Errorf("%d are gone", gone)
	}
}
