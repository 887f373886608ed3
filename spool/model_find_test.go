package spool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// replace puts an entry in the place of another, if that may be.
func (m *model) replace(t *rapid.T) {
	old := m.any(t)
	e := Entry{Queue: modelQueues.Draw(t, "queue"), Body: fmt.Appendf(nil, "in the place of %d", old.id), Day: "2026-11-24", Replaces: old.id}
	e.Tallies = []Tally{{e.Queue, 7}}
	e.Terms = rapid.SliceOfN(modelTerms, 0, 3).Draw(t, "terms")
	if rapid.Bool().Draw(t, "keyed") {
		e.Keys = []Key{{Name: []byte(rapid.SampledFrom([]string{"k1", "k2", "k3"}).Draw(t, "key"))}}
	}
	receipts, err := m.s.Put(context.Background(), Batch{Entries: []Entry{e}})
	var not *ErrNotReplaced
	switch first, seen := m.seenOther(&e); {
	case old.claim != nil:
		if !errors.As(err, &not) || !errors.Is(err, ErrClaimed) {
			t.Fatalf("of a claimed one: %v", err)
		}
	case old.state != Pending && old.state != Dead:
		if !errors.As(err, &not) || !errors.Is(err, ErrNotFound) {
			t.Fatalf("of one that is %s: %v", old.state, err)
		}
	case seen:
		if !errors.As(err, &not) || not.First != first || not.ID != old.id {
			t.Fatalf("by a duplicate of %d: %v", first, err)
		}
	default:
		if err != nil || receipts[0].Duplicate {
			t.Fatal(receipts, err)
		}
		for name, k := range m.keys {
			if k.id == old.id && len(e.Keys) > 0 && name == string(e.Keys[0].Name) {
				delete(m.keys, name)
			}
		}
		if want := m.store(&e); receipts[0] != want {
			t.Fatalf("got %+v, want %+v", receipts[0], want)
		}
		m.takeOut(old)
		old.gone, old.by = true, receipts[0].ID
		m.records[receipts[0].ID-1].replaces = old.id
	}
}

// seenOther says whether a key of e came with another record than the one whose
// place e takes.
func (m *model) seenOther(e *Entry) (ID, bool) {
	for _, k := range e.Keys {
		if v, ok := m.seen(k.Name); ok && v.id != e.Replaces {
			return v.id, true
		}
	}
	return 0, false
}

// purge removes what has a term, by its body.
func (m *model) purge(t *rapid.T) {
	third := ID(rapid.IntRange(0, 2).Draw(t, "third"))
	pending, dry := rapid.Bool().Draw(t, "pending"), rapid.Bool().Draw(t, "dry")
	told, err := m.s.Purge(func(r *Record, _ []Attempt) bool { return r.ID%3 == third }, pending, dry)
	if err != nil {
		t.Fatal(err)
	}
	var want Purged
	for _, r := range m.records {
		if r.state == 0 || r.id%3 != third {
			continue
		}
		keep := r.state == Pending && (!pending || !dry && r.claim != nil)
		want.count(r.id, r.state, keep)
		switch {
		case keep || dry:
		case r.state == Sent:
			r.state = 0
		default:
			m.takeOut(r)
		}
	}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Fatalf("purged %+v, want %+v", told, want)
	}
}

// find asks anything, page by page, and compares with a look at everything.
func (m *model) find(t *rapid.T) {
	q := Query{
		Queue: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "queue"), State: State(rapid.IntRange(0, 3).Draw(t, "state")),
		Limit: rapid.IntRange(1, 5).Draw(t, "limit"),
		Terms: rapid.SliceOfN(rapid.SliceOfN(modelTerms, 1, 2), 0, 2).Draw(t, "terms"),
	}
	start := time.Now().Add(-48 * time.Hour)
	if rapid.Bool().Draw(t, "from") {
		q.From = start.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "hours")) * time.Hour)
	}
	if rapid.Bool().Draw(t, "to") {
		q.To = start.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "hours")) * time.Hour)
	}
	odd := rapid.Bool().Draw(t, "odd")
	if odd {
		q.Keep = func(r *Record) bool { return r.ID%2 == 1 }
	}
	var want []ID
	for _, r := range slices.Backward(m.records) {
		fits := r.state != 0 && (q.Queue == "" || r.queue == q.Queue) && (q.State == 0 || r.state == q.State) && (!odd || r.id%2 == 1) &&
			(q.From.IsZero() || !r.accepted.Before(q.From)) && (q.To.IsZero() || r.accepted.Before(q.To))
		for _, group := range q.Terms {
			fits = fits && slices.ContainsFunc(group, func(term string) bool { return slices.Contains(r.terms, term) })
		}
		if fits {
			want = append(want, r.id)
		}
	}
	var got []ID
	for {
		found, err := m.s.Find(q)
		if err != nil || len(found.Records) > q.Limit || found.Next == 0 && len(got)+len(found.Records) < len(want) {
			t.Fatal(found, err)
		}
		got = append(got, ids(found.Records)...)
		if q.Before = found.Next; q.Before == 0 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v: found %v, want %v", q, got, want)
	}
}
