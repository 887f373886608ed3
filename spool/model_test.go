package spool

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestModel compares the spool with a plain model of it over random lives, and
// looks at the whole invariant after each step. Time is virtual.
func TestModel(t *testing.T) {
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		m := &model{
			t: rt, path: filepath.Join(dir, fmt.Sprint(runs)), keys: map[string]modelKey{},
			opts: Options{NoSync: true, Window: rapid.SampledFrom([]int{1, 3, 8192}).Draw(rt, "window")},
		}
		// rapid ends a run by a panic, which must not leave the bubble by itself.
		var end any
		synctest.Test(t, func(*testing.T) {
			defer func() { end = recover() }()
			m.live()
		})
		if end != nil {
			panic(end)
		}
	})
}

func (m *model) live() {
	m.open()
	defer func() { m.close() }()
	m.t.Repeat(map[string]func(*rapid.T){
		"put": m.put, "put again": m.put, "claim": m.claim, "claim again": m.claim,
		"sent": m.sent, "retry": m.retry, "bury": m.bury, "release": m.release, "rewrite": m.rewrite,
		"discard": m.discard, "replace": m.replace, "purge": m.purge, "find": m.find, "revive": m.revive, "sleep": m.sleep, "compact": m.compact, "reopen": m.reopen,
		"": m.check,
	})
}

type modelRecord struct {
	id       ID
	queue    string
	state    State // 0: discarded
	lanes    []Lane
	body     string
	attempts int
	unknown  bool
	due      time.Time
	claim    *Claim
	terms    []string
	accepted time.Time
	replaces ID
	gone     bool // state 0: a person took it out
	by       ID   // and this took its place
}

type modelKey struct {
	id      ID
	seen    time.Time
	within  time.Duration
	content uint64
}

type model struct {
	t       *rapid.T
	path    string
	opts    Options
	s       *Spool
	records []*modelRecord // the index is id-1
	keys    map[string]modelKey
	counts  map[string]Counts
	opened  int // how many records there were when the spool was opened
}

func (m *model) open() {
	s, err := Open(m.path, m.opts)
	if err != nil {
		m.t.Fatal(err)
	}
	m.s, m.opened = s, len(m.records)
	if m.counts == nil {
		m.counts = map[string]Counts{}
	}
}

func (m *model) close() {
	if err := m.s.Close(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) count(queue string, change func(c *Counts)) {
	c := m.counts[queue]
	change(&c)
	m.counts[queue] = c
}

var modelTerms = rapid.SampledFrom([]string{"o:1", "o:2", "o:3", "e:a", "e:b"})

var modelQueues = rapid.SampledFrom([]string{"a", "b"})

func (m *model) put(t *rapid.T) {
	entries := make([]Entry, rapid.IntRange(1, 5).Draw(t, "entries"))
	for i := range entries {
		e := Entry{Queue: modelQueues.Draw(t, "queue"), Body: fmt.Appendf(nil, "body %d", len(m.records)*10+i), Day: "2026-11-23"}
		e.Lanes = rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 4), func(n int) Lane { return Lane(n) }), 0, 2).Draw(t, "lanes")
		e.Tallies = []Tally{{e.Queue, int64(i)}}
		for range rapid.IntRange(0, 2).Draw(t, "keys") {
			k := Key{Name: []byte(rapid.SampledFrom([]string{"k1", "k2", "k3", "k4", "k5", "k6"}).Draw(t, "key"))}
			k.Within = rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "within")
			k.Content = rapid.Uint64Range(0, 2).Draw(t, "content")
			k.Strict = rapid.IntRange(0, 9).Draw(t, "strict") == 0
			e.Keys = append(e.Keys, k)
		}
		e.Terms = rapid.SliceOfN(modelTerms, 0, 3).Draw(t, "terms")
		if rapid.IntRange(0, 9).Draw(t, "buried") == 0 {
			e.Bury = "born dead"
		}
		entries[i] = e
	}
	receipts, err := m.s.Put(context.Background(), Batch{Entries: entries})
	if at, first, reused := m.reused(entries); reused {
		var got *ErrKeyReused
		if !errors.As(err, &got) || got.Index != at || got.First != first {
			t.Fatalf("got %v, want a key reused at %d for %d", err, at, first)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if want := m.store(&entries[i]); receipts[i] != want {
			t.Fatalf("entry %d: got %+v, want %+v", i, receipts[i], want)
		}
	}
}

func (m *model) seen(name []byte) (modelKey, bool) {
	k, ok := m.keys[string(name)]
	return k, ok && (k.within == 0 || time.Since(k.seen) <= k.within)
}

func differs(a, b uint64) bool { return a != 0 && b != 0 && a != b }

func (m *model) reused(entries []Entry) (int, ID, bool) {
	own := map[string]uint64{}
	for i, e := range entries {
		for _, k := range e.Keys {
			if !k.Strict {
				continue
			}
			if v, ok := m.seen(k.Name); ok && differs(v.content, k.Content) {
				return i, v.id, true
			}
			if len(entries) > 1 {
				if differs(own[string(k.Name)], k.Content) {
					return i, 0, true
				}
				own[string(k.Name)] = k.Content
			}
		}
	}
	return 0, 0, false
}

func (m *model) store(e *Entry) Receipt {
	for _, k := range e.Keys {
		if v, ok := m.seen(k.Name); ok {
			m.count(e.Queue, func(c *Counts) { c.Duplicates++ })
			return Receipt{ID: v.id, Duplicate: true, Changed: differs(v.content, k.Content)}
		}
	}
	r := &modelRecord{id: ID(len(m.records) + 1), queue: e.Queue, state: Pending, lanes: e.Lanes, body: string(e.Body)}
	r.terms, r.accepted = e.Terms, time.Now()
	m.count(e.Queue, func(c *Counts) {
		c.Accepted++
		if e.Bury != "" {
			r.state = Dead
			c.Dead++
		} else {
			c.Pending++
		}
	})
	m.records = append(m.records, r)
	for _, k := range e.Keys {
		m.keys[string(k.Name)] = modelKey{r.id, time.Now(), k.Within, k.Content}
	}
	return Receipt{ID: r.id}
}

// claimable says whether a record may be claimed now.
func (m *model) claimable(r *modelRecord) bool {
	if r.state != Pending || r.claim != nil || r.due.After(time.Now()) {
		return false
	}
	for _, o := range m.records {
		if o != r && o.queue == r.queue && o.state == Pending && (o.claim != nil || o.id < r.id) && share(o.lanes, r.lanes) {
			return false
		}
	}
	return true
}

func share(a, b []Lane) bool {
	return slices.ContainsFunc(a, func(l Lane) bool { return slices.Contains(b, l) })
}

// now is a context that lets a claim take what is there, but not wait.
func atOnce() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func (m *model) claim(t *rapid.T) {
	queue := modelQueues.Draw(t, "queue")
	var can []*modelRecord
	for _, r := range m.records {
		if r.queue == queue && m.claimable(r) {
			can = append(can, r)
		}
	}
	slices.SortStableFunc(can, func(a, b *modelRecord) int {
		switch {
		case a.unknown == b.unknown:
			return 0
		case a.unknown:
			return -1
		}
		return 1
	})
	c, err := m.s.Claim(atOnce(), queue)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if len(can) > 0 && m.opts.Window > len(m.records) {
			t.Fatalf("nothing to claim, but %d may be", can[0].id)
		}
		return
	}
	r := m.records[c.ID-1]
	if !slices.Contains(can, r) {
		t.Fatalf("claimed %d, which may not be claimed", c.ID)
	}
	if m.opts.Window > len(m.records) && r != can[0] {
		t.Fatalf("claimed %d before %d", c.ID, can[0].id)
	}
	if string(c.Body) != r.body || c.Attempts != r.attempts || c.Queue != queue || c.Restarted != (int(c.ID) <= m.opened) || c.Flags.unsure() != r.unknown {
		t.Fatalf("claim %+v of %+v", c, r)
	}
	r.claim = c
}
