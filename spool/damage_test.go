package spool

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func TestWholeFile(t *testing.T) {
	m := newSpecimen(t, 300)
	s := salvaged(t, write(t, m.file))
	if gone := m.audit(t, s); gone != 0 {
		t.Errorf("%d are gone", gone)
	}
	want := Counts{Accepted: 300, Duplicates: 1, Pending: m.count(Pending), Sent: m.count(Sent), Dead: m.count(Dead)}
	if got := s.Counts()["shop"]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if r := s.Health().Salvage; r == nil || r.Records != 300 || r.Unsure != 0 || r.Unreadable != 0 {
		t.Errorf("got %+v", r)
	}
	if v, err := s.Note("progress"); string(v) != "300" || err != nil {
		t.Error(string(v), err)
	}
	for id, state := range m.states {
		if r, err := s.Record(id); err != nil || r.State != state {
			t.Errorf("record %d was %s, is %s, %v", id, state, r.State, err)
		}
	}
	if r, err := s.Put(t.Context(), Batch{Entries: []Entry{entry(1)}}); err != nil || r[0].ID != 301 {
		t.Error(r, err)
	}
}

func TestFlippedByte(t *testing.T) {
	m := newSpecimen(t, 200)
	random := rand.New(rand.NewPCG(1, 2))
	const perPage = 16 // more records than lie on one
	for page := range len(m.file) / m.pageSize {
		at := page * m.pageSize
		if bytes.Equal(m.file[at:at+m.pageSize], make([]byte, m.pageSize)) {
			continue
		}
		for _, offset := range []int{
			random.IntN(16), 16 + random.IntN(64), 16 + random.IntN(240), random.IntN(m.pageSize), m.pageSize - 1 - random.IntN(200),
		} {
			file := bytes.Clone(m.file)
			file[at+offset] ^= byte(1 + random.IntN(255))
			s := salvaged(t, write(t, file))
			if gone := m.auditAs(t, s, page < 2); gone > perPage {
				t.Errorf("page %d, byte %d: %d are gone: %+v", page, offset, gone, *s.Health().Salvage)
			}
			if t.Failed() {
				t.Fatalf("page %d, byte %d: %+v, %+v", page, offset, *s.Health().Salvage, s.Counts())
			}
			s.Close()
		}
	}
}

// A flipped byte that a start does not notice is found when its page is read.
func TestFlippedByteFoundLater(t *testing.T) {
	m := newSpecimen(t, 120)
	random := rand.New(rand.NewPCG(3, 4))
	for page := 2; page < len(m.file)/m.pageSize; page += 3 {
		at := page * m.pageSize
		if bytes.Equal(m.file[at:at+m.pageSize], make([]byte, m.pageSize)) {
			continue
		}
		file := bytes.Clone(m.file)
		file[at+random.IntN(m.pageSize/4)] ^= byte(1 + random.IntN(255))
		s := open(t, write(t, file), Options{NoSync: true, MaxDelay: time.Nanosecond})
		drain(t, s, m)
		if c := s.Counts()["shop"]; !c.Balanced() {
			t.Errorf("page %d: %+v", page, c)
		}
		s.Close()
	}
}

func TestTruncatedFile(t *testing.T) {
	m := newSpecimen(t, 400)
	used := len(bytes.TrimRight(m.file, "\x00"))
	for _, length := range []int{
		1, 80, 4095, m.pageSize, m.pageSize + 100, 2 * m.pageSize, 3 * m.pageSize, 4*m.pageSize + 1,
		used / 10, used / 4, used / 2, used/2/m.pageSize*m.pageSize + 17, used * 3 / 4, used - m.pageSize, used - 1,
	} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			path := write(t, m.file[:length])
			s := open(t, path, Options{NoSync: true})
			gone := m.audit(t, s)
			t.Logf("%d of %d bytes: %d of %d gone, %+v, %+v", length, used, gone, len(m.states), *s.Health().Salvage, s.Counts()["shop"])
			if length > used*3/4-m.pageSize && gone > len(m.states)/2 {
				t.Errorf("%d are gone", gone)
			}
			aside, err := os.ReadFile(s.Health().Salvage.Aside)
			if err != nil || !bytes.HasPrefix(aside, m.file[:length]) {
				t.Errorf("the damaged file is not what it was: %v", err)
			}
			works(t, s, m)
		})
	}
}

func TestNotASpool(t *testing.T) {
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, file := range map[string][]byte{
		"empty":  {},
		"zeros":  make([]byte, 1<<20),
		"short":  []byte("x"),
		"text":   []byte(strings.Repeat("This is no spool. ", 3000)),
		"random": noise,
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, file)
			s := open(t, path, Options{})
			r := s.Health().Salvage
			if r == nil || r.Records != 0 || r.Unreadable != -1 || r.Cause == "" {
				t.Fatalf("got %+v", r)
			}
			if aside, err := os.ReadFile(r.Aside); err != nil || !bytes.HasPrefix(aside, file) {
				t.Errorf("the damaged file is not what it was: %v", err)
			}
			works(t, s, nil)
			if err := s.SalvageSeen(); err != nil || s.Health().Salvage != nil {
				t.Error(err)
			}
			s.Close()
			if s = open(t, path, Options{}); s.Health().Salvage != nil {
				t.Error("the report came back")
			}
		})
	}
}

func TestBothMetasBad(t *testing.T) {
	m := newSpecimen(t, 200)
	s := open(t, write(t, spoil(m.file, m.pageSize, 0, 1)), Options{NoSync: true})
	if gone := m.audit(t, s); gone != 0 {
		t.Errorf("%d are gone", gone)
	}
	if r := s.Health().Salvage; r.Unreadable != -1 || r.Records != 200 {
		t.Errorf("got %+v", r)
	}
	works(t, s, m)
}

// The newest meta page may be half written when the power goes: the one before
// it counts, and that is no damage.
func TestNewestMetaBad(t *testing.T) {
	m := newSpecimen(t, 200)
	_, metas := openPages(bytes.NewReader(m.file), int64(len(m.file)))
	s := open(t, write(t, spoil(m.file, m.pageSize, int(metas[0].txid%2))), Options{NoSync: true})
	if r := s.Health().Salvage; r != nil {
		t.Errorf("got %+v", r)
	}
	if c := s.Counts()["shop"]; c.Accepted != 200 || !c.Balanced() {
		t.Errorf("got %+v", c)
	}
	works(t, s, nil)
}

// Without the newest root, the one before it and the pages around tell nearly
// all.
func TestNewestRootBad(t *testing.T) {
	m := newSpecimen(t, 200)
	_, metas := openPages(bytes.NewReader(m.file), int64(len(m.file)))
	s := open(t, write(t, spoil(m.file, m.pageSize, int(metas[0].root))), Options{NoSync: true})
	if gone := m.audit(t, s); gone != 0 {
		t.Errorf("%d are gone", gone)
	}
	works(t, s, m)
}

// Each bucket's root in turn: what it led to is found by scanning.
func TestBucketRootBad(t *testing.T) {
	m := newSpecimen(t, 200)
	whole := open(t, write(t, m.file), Options{NoSync: true})
	roots := map[string]int{}
	if err := whole.view(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if root := tx.Bucket(name).Root(); root != 0 {
				roots[string(name)] = int(root)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, root := range roots {
		s := salvaged(t, write(t, spoil(m.file, m.pageSize, root)))
		gone := m.audit(t, s)
		t.Logf("%s: %d gone, %+v %+v", name, gone, *s.Health().Salvage, s.Counts()["shop"])
		if gone > 16 {
			t.Errorf("%s: %d are gone", name, gone)
		}
		works(t, s, m)
	}
}

func FuzzSalvage(f *testing.F) {
	m := newSpecimen(f, 12)
	f.Add(m.file[:len(bytes.TrimRight(m.file, "\x00"))])
	f.Add(m.file[:5*m.pageSize])
	f.Add([]byte{})
	f.Add([]byte("no spool"))
	f.Add(spoil(m.file, m.pageSize, 0, 1))
	folder := f.TempDir()
	n := 0
	f.Fuzz(func(t *testing.T, file []byte) {
		n++
		dir := filepath.Join(folder, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "spool.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		bare := &Spool{path: path, opts: Options{NoSync: true}.withDefaults()}
		if err := bare.salvage(errDamaged); err != nil && !errors.Is(err, ErrNewerFormat) {
			t.Fatal(err)
		}
		for range 2 { // the salvaged file; then the damaged one as it is
			s, err := Open(path, Options{NoSync: true})
			if errors.Is(err, ErrNewerFormat) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for queue, c := range s.Counts() {
				if !c.Balanced() {
					t.Errorf("queue %q: %+v", queue, c)
				}
			}
			works(t, s, nil)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Pages of other machines are larger; without a meta page their size is found
// from the pages themselves.
func TestGuessPageSize(t *testing.T) {
	for _, size := range []int{4096, 16384, 65536} {
		path := temp(t)
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: size, NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if err := layOut(tx); err != nil {
				return err
			}
			r := record{queue: "shop", day: "2026-11-23", body: make([]byte, 300)}
			q, err := tx.Bucket(bucketPending).CreateBucket([]byte("shop"))
			for id := ID(1); id <= 200 && err == nil; id++ {
				err = errors.Join(tx.Bucket(bucketRecords).Put(id.key(), r.append(nil)), q.Put(id.key(), []byte{tagPending}))
			}
			return err
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, write(t, spoil(file, size, 0, 1)), Options{NoSync: true})
		if r := s.Health().Salvage; r.Records != 200 || r.Pending != 200 {
			t.Errorf("page size %d: %+v", size, r)
		}
	}
}
