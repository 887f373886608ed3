package spool

import (
	"errors"
	"fmt"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// held draws a record that is claimed.
func (m *model) held(t *rapid.T) *modelRecord {
	var list []*modelRecord
	for _, r := range m.records {
		if r.claim != nil {
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		t.Skip("no claim")
	}
	return rapid.SampledFrom(list).Draw(t, "claim")
}

// settle ends a claim, and waits until that is stored.
func (m *model) settle(t *rapid.T, r *modelRecord, how func(c *Claim) error) {
	if err := how(r.claim); err != nil {
		t.Fatal(err)
	}
	if err := r.claim.MarkSent(Outcome{}); !errors.Is(err, ErrSettled) {
		t.Fatalf("settled twice: %v", err)
	}
	r.claim = nil
	if err := m.s.SetNote("settled", nil); err != nil {
		t.Fatal(err)
	}
}

func (m *model) sent(t *rapid.T) {
	r := m.held(t)
	m.settle(t, r, func(c *Claim) error { return c.MarkSent(Outcome{Status: 200}) })
	r.state = Sent
	r.attempts++
	m.count(r.queue, func(c *Counts) { c.Pending--; c.Sent++ })
}

func (m *model) bury(t *rapid.T) {
	r := m.held(t)
	m.settle(t, r, func(c *Claim) error { return c.Bury(Outcome{Status: 400, Cause: "no"}) })
	r.state = Dead
	r.attempts++
	m.count(r.queue, func(c *Counts) { c.Pending--; c.Dead++ })
}

func (m *model) retry(t *rapid.T) {
	r := m.held(t)
	wait := rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Minute, 30 * time.Minute}).Draw(t, "wait")
	o := Outcome{Status: 503}
	if rapid.Bool().Draw(t, "unknown") {
		o.Flags, r.unknown = Unknown, true
	}
	r.due = time.Now().Add(wait)
	m.settle(t, r, func(c *Claim) error { return c.Retry(r.due, o) })
	r.attempts++
}

func (m *model) release(t *rapid.T) {
	r := m.held(t)
	m.settle(t, r, func(c *Claim) error { c.Release(); return nil })
}

func (m *model) rewrite(t *rapid.T) {
	r := m.held(t)
	body := fmt.Sprintf("rewritten %d", rapid.IntRange(0, 1000).Draw(t, "body"))
	if err := r.claim.Rewrite(Outcome{}, func(*Memory) Composed { return Composed{Body: []byte(body)} }); err != nil {
		t.Fatal(err)
	}
	r.body = body
}

func (m *model) any(t *rapid.T) *modelRecord {
	if len(m.records) == 0 {
		t.Skip("no record")
	}
	return rapid.SampledFrom(m.records).Draw(t, "record")
}

func (m *model) discard(t *rapid.T) {
	r := m.any(t)
	err := m.s.Discard(r.id)
	switch {
	case r.claim != nil:
		if !errors.Is(err, ErrClaimed) {
			t.Fatalf("claimed: %v", err)
		}
	case r.state == Pending || r.state == Dead:
		if err != nil {
			t.Fatal(err)
		}
		m.takeOut(r)
		r.gone = true
	default:
		if !errors.Is(err, ErrNotFound) {
			t.Fatalf("%s: %v", r.state, err)
		}
	}
}

// takeOut is what discarding does to the counts.
func (m *model) takeOut(r *modelRecord) {
	m.count(r.queue, func(c *Counts) {
		c.Discarded++
		if r.state == Dead {
			c.Dead--
		} else {
			c.Pending--
		}
	})
	r.state = 0
}

func (m *model) revive(t *rapid.T) {
	r := m.any(t)
	err := m.s.Revive(r.id)
	switch {
	case r.claim != nil:
		if !errors.Is(err, ErrClaimed) {
			t.Fatalf("claimed: %v", err)
		}
	case r.state != Dead:
		if !errors.Is(err, ErrNotFound) {
			t.Fatalf("%s: %v", r.state, err)
		}
	default:
		if err != nil {
			t.Fatal(err)
		}
		r.state, r.attempts, r.due = Pending, 0, time.Time{}
		m.count(r.queue, func(c *Counts) { c.Dead--; c.Pending++ })
	}
}

func (m *model) sleep(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{time.Minute, 40 * time.Minute, 26 * time.Hour}).Draw(t, "sleep"))
	synctest.Wait()
}

func (m *model) compact(t *rapid.T) {
	if err := m.s.Compact(); err != nil {
		t.Fatal(err)
	}
}

func (m *model) reopen(t *rapid.T) {
	m.close()
	for _, r := range m.records {
		r.claim = nil
	}
	m.open()
}
