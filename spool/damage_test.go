package spool

import (
	"bytes"
	"context"
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

// specimen is a spool file with a bit of everything, and what is in it.
type specimen struct {
	file     []byte
	states   map[ID]State
	bodies   map[ID][]byte
	pageSize int
}

func (m *specimen) count(state State) (n int64) {
	for _, s := range m.states {
		if s == state {
			n++
		}
	}
	return n
}

func specimenEntry(i int) Entry {
	e := entry(i)
	size := 300
	if i%40 == 7 {
		size = 9000 // overflows its page
	}
	e.Body = append(fmt.Appendf(nil, "body %d ", i), bytes.Repeat([]byte{byte('a' + i%26)}, size)...)
	e.Facts = fmt.Appendf(nil, "facts %d", i)
	e.Keys = []Key{{Name: fmt.Appendf(nil, "order %04d", i)}}
	return e
}

// newSpecimen makes one through the front door: many commits, so that there
// are old copies of pages in it, as in a real one.
func newSpecimen(t testing.TB, n int) *specimen {
	t.Helper()
	m := &specimen{states: map[ID]State{}, bodies: map[ID][]byte{}}
	path := temp(t)
	s := open(t, path, Options{NoSync: true})
	ctx := t.Context()
	for i := 0; i < n; {
		var b Batch
		for j := i; j < min(n, i+7); j++ {
			b.Entries = append(b.Entries, specimenEntry(j))
		}
		i += len(b.Entries)
		b.Notes = map[string][]byte{"progress": fmt.Append(nil, i)}
		receipts, err := s.Put(ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		for k, r := range receipts {
			m.states[r.ID], m.bodies[r.ID] = Pending, b.Entries[k].Body
		}
	}
	for i := range n / 2 {
		c, err := s.Claim(ctx, "shop")
		if err != nil {
			t.Fatal(err)
		}
		switch i % 5 {
		case 0:
			err, m.states[c.ID] = c.Bury(Outcome{Status: 400, Cause: "refused"}), Dead
		case 1:
			err = c.Retry(time.Now().Add(time.Hour), Outcome{Status: 503, Cause: "later", Flags: Unknown})
		default:
			err, m.states[c.ID] = c.MarkSent(Outcome{Status: 200}), Sent
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Put(ctx, Batch{Entries: []Entry{specimenEntry(0)}}); err != nil { // a duplicate
		t.Fatal(err)
	}
	m.pageSize = s.pageSize
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if m.file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return m
}

// write puts bytes where a spool is looked for.
func write(t testing.TB, file []byte) (path string) {
	t.Helper()
	path = temp(t)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// salvaged salvages the file even where a start would not notice the damage.
func salvaged(t testing.TB, path string) *Spool {
	t.Helper()
	s := &Spool{path: path, opts: Options{NoSync: true}.withDefaults()}
	if err := s.salvage(errDamaged); err != nil {
		t.Fatal(err)
	}
	return open(t, path, Options{NoSync: true})
}

// audit checks the promises of a salvage: whatever is there is right, the
// balance holds, and what was sent is not sent again unmarked. It returns how
// many records are gone.
func (m *specimen) audit(t testing.TB, s *Spool) (gone int) {
	t.Helper()
	return m.auditAs(t, s, false)
}

// auditAs is audit, also of a file whose newest meta page is bad: it shows the
// state before the last commit.
func (m *specimen) auditAs(t testing.TB, s *Spool, older bool) (gone int) {
	t.Helper()
	for queue, c := range s.Counts() {
		if !c.Balanced() || c.Pending < 0 || c.Sent < 0 || c.Dead < 0 || c.Unreadable < 0 {
			t.Errorf("queue %s: %+v", queue, c)
		}
	}
	var pending, dead int64
	for id := range m.states {
		r, err := s.Record(id)
		if errors.Is(err, ErrNotFound) {
			gone++
			continue
		}
		if err != nil {
			t.Errorf("record %d: %v", id, err)
			continue
		}
		if !bytes.Equal(r.Body, m.bodies[id]) {
			t.Errorf("record %d has the body of another: %.20q", id, r.Body)
		}
		if !older && r.State == Pending && m.states[id] != Pending && r.Flags&Salvaged == 0 {
			t.Errorf("record %d was %s, and is pending without a mark", id, m.states[id])
		}
		switch r.State {
		case Pending:
			pending++
		case Dead:
			dead++
		case Sent:
			if m.states[id] != Sent {
				t.Errorf("record %d was %s, and is sent", id, m.states[id])
			}
		default:
			t.Errorf("record %d has no state", id)
		}
	}
	if c := s.Counts()["shop"]; c.Pending != pending || c.Dead != dead {
		t.Errorf("counted %+v, found %d pending, %d dead", c, pending, dead)
	}
	if c := s.Counts()["shop"]; s.Health().Salvage.Unreadable >= 0 && c.Accepted != int64(len(m.states)) {
		t.Errorf("%d were accepted: %+v", len(m.states), c)
	}
	return gone
}

// works checks that a spool takes and gives records, under ids of their own.
func works(t testing.TB, s *Spool, m *specimen) {
	t.Helper()
	e := entry(1)
	e.Queue, e.Body = "other", []byte("new")
	receipts, err := s.Put(t.Context(), Batch{Entries: []Entry{e}})
	if err != nil {
		t.Fatal(err)
	}
	if m != nil && m.states[receipts[0].ID] != 0 {
		t.Errorf("id %d is given a second time", receipts[0].ID)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := s.Claim(ctx, "other")
	if err != nil {
		t.Fatal(err)
	}
	if string(c.Body) != "new" {
		t.Errorf("got %q", c.Body)
	}
	if err := c.MarkSent(Outcome{Status: 200}); err != nil {
		t.Error(err)
	}
}

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

// drain claims and settles all that is pending, and checks the bodies.
func drain(t testing.TB, s *Spool, m *specimen) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// The mark comes last, and each other shares no lane with it.
	last := entry(1 << 20)
	last.Body = []byte("last")
	putUntil(t, ctx, s, last)
	for {
		c, err := s.Claim(ctx, "shop")
		if err != nil {
			t.Fatalf("%v; %+v %+v", err, s.Counts(), s.Health())
		}
		if string(c.Body) == "last" {
			c.Release()
			return
		}
		if want := m.bodies[c.ID]; want != nil && !bytes.Equal(c.Body, want) {
			t.Errorf("record %d has the body of another: %.20q", c.ID, c.Body)
		}
		if err := c.MarkSent(Outcome{Status: 200}); err != nil {
			t.Error(err)
		}
	}
}

// putUntil offers an entry until it is taken, as a sender does.
func putUntil(t testing.TB, ctx context.Context, s *Spool, e Entry) Receipt {
	t.Helper()
	for {
		r, err := s.Put(ctx, Batch{Entries: []Entry{e}})
		if err == nil {
			return r[0]
		}
		if !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
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

// spoil overwrites pages.
func spoil(file []byte, pageSize int, pages ...int) []byte {
	file = bytes.Clone(file)
	for _, p := range pages {
		copy(file[p*pageSize:(p+1)*pageSize], bytes.Repeat([]byte{0xaa}, pageSize))
	}
	return file
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
