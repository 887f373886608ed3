package spool

import (
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// check is the invariant.
func (m *model) check(t *rapid.T) {
	if err := m.s.Check(); err != nil {
		t.Fatal(err)
	}
	counts := m.s.Counts()
	for queue, want := range m.counts {
		if got := counts[queue]; got != want || !got.Balanced() {
			t.Fatalf("counts of %s: got %+v, want %+v", queue, got, want)
		}
	}
	inFlight := map[string]ID{}
	for _, r := range m.records {
		if r.claim == nil {
			continue
		}
		for i, lane := range r.lanes {
			key := fmt.Sprint(r.queue, lane)
			if other := inFlight[key]; other != 0 && !slices.Contains(r.lanes[:i], lane) {
				t.Fatalf("%d and %d share lane %d, and are both in flight", other, r.id, lane)
			}
			inFlight[key] = r.id
		}
	}
	for _, want := range m.records {
		got, err := m.s.Record(want.id)
		if want.state == 0 {
			g, gone, err2 := m.s.Gone(want.id)
			if !errors.Is(err, ErrNotFound) || err2 != nil || gone != want.gone || g.By != want.by {
				t.Fatalf("discarded %d: %v, %+v %t %v", want.id, err, g, gone, err2)
			}
			continue
		}
		if err != nil || got.Replaces != want.replaces || got.State != want.state || got.Queue != want.queue || string(got.Body) != want.body || got.Attempts != want.attempts {
			t.Fatalf("got %+v, want %+v, %v", got, want, err)
		}
	}
	m.lists(t)
	for _, q := range m.s.queues {
		if len(q.items) > 2*m.opts.Window+1 {
			t.Fatalf("window holds %d", len(q.items))
		}
	}
}

func (m *model) lists(t *rapid.T) {
	for _, state := range []State{Pending, Sent, Dead} {
		list, err := m.s.List("", state, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []ID
		for _, r := range list {
			got = append(got, r.ID)
		}
		for _, r := range m.records {
			if r.state == state {
				want = append(want, r.id)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("list of %s: got %v, want %v", state, got, want)
		}
	}
}
