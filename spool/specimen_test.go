package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
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
	e.Terms = []string{fmt.Sprintf("o:%d", i), "w:till"}
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
		o := Outcome{Began: time.Now(), Took: time.Second, Answer: []byte("what it says")}
		switch i % 5 {
		case 0:
			o.Status, o.Cause = 400, "refused"
			err, m.states[c.ID] = c.Bury(o), Dead
		case 1:
			o.Status, o.Cause, o.Flags = 503, "later", Unknown
			err = c.Retry(time.Now().Add(time.Hour), o)
		default:
			o.Status = 200
			err, m.states[c.ID] = c.MarkSent(o), Sent
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
	m.auditIndex(t, s)
	return gone
}

// auditIndex checks that what the index and the attempts hold is right, and
// that Check finds nothing in them.
func (m *specimen) auditIndex(t testing.TB, s *Spool) {
	t.Helper()
	_ = s.view(func(tx *bbolt.Tx) error {
		w := &walk{tx: tx}
		w.index()
		w.history()
		for _, fault := range w.faults {
			t.Error(fault)
		}
		return nil
	})
	wrong := 0 // endings have no checksum: the byte that was flipped may stand in one
	for id := range m.states {
		if r, err := s.Record(id); err == nil {
			tries, err := s.Attempts(id)
			if len(tries) == 1 && string(tries[0].Answer) != "what it says" {
				wrong++
			}
			if err != nil || len(tries) > 1 || wrong > 1 {
				t.Errorf("record %s: attempts %v, %v", r.ID, tries, err)
			}
		}
	}
	found, err := s.Find(Query{Terms: [][]string{{"w:till"}}, Limit: len(m.states) + 1})
	if err != nil || len(found.Records) > len(m.states) {
		t.Errorf("found %d, %v", len(found.Records), err)
	}
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

// spoil overwrites pages.
func spoil(file []byte, pageSize int, pages ...int) []byte {
	file = bytes.Clone(file)
	for _, p := range pages {
		copy(file[p*pageSize:(p+1)*pageSize], bytes.Repeat([]byte{0xaa}, pageSize))
	}
	return file
}
