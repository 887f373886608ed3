package spool

import (
	"encoding/binary"
	"fmt"
)

// Counts is the balance of one queue. At every instant
//
//	Accepted = Pending + Sent + Dead + Discarded + Unreadable
//
// and Duplicates are counted apart.
type Counts struct {
	Accepted   int64 `json:"accepted"`
	Duplicates int64 `json:"duplicates"`
	Pending    int64 `json:"pending"`
	Sent       int64 `json:"sent"`
	Dead       int64 `json:"dead"`
	Discarded  int64 `json:"discarded"`
	Unreadable int64 `json:"unreadable"` // lost to a damaged file, after a salvage
}

// Balanced reports whether nothing has vanished.
func (c Counts) Balanced() bool {
	return c.Accepted == c.Pending+c.Sent+c.Dead+c.Discarded+c.Unreadable
}

func (c *Counts) fields() [7]*int64 {
	return [7]*int64{&c.Accepted, &c.Duplicates, &c.Pending, &c.Sent, &c.Dead, &c.Discarded, &c.Unreadable}
}

func (c *Counts) add(d *Counts) {
	other := d.fields()
	for i, f := range c.fields() {
		*f += *other[i]
	}
}

func (c *Counts) append(dst []byte) []byte {
	dst = append(dst, tagCounts)
	for _, f := range c.fields() {
		dst = binary.AppendVarint(dst, *f)
	}
	return dst
}

func parseCounts(v []byte) (Counts, error) {
	c, _, err := parseCountsRest(v)
	return c, err
}

// parseCountsRest also returns what stands behind the counts; see quarter.
func parseCountsRest(v []byte) (c Counts, rest []byte, err error) {
	if len(v) == 0 || v[0] != tagCounts {
		return c, nil, fmt.Errorf("counts: %w", errDamaged)
	}
	d := decoder{rest: v[1:]}
	for _, f := range c.fields() {
		*f = d.varint()
	}
	if d.bad {
		return Counts{}, nil, fmt.Errorf("counts: %w", errDamaged)
	}
	return c, d.rest, nil
}

// Sum is how many, and what they add up to in minor units.
type Sum struct {
	Count  int64 `json:"count"`
	Amount int64 `json:"amount"`
}

func (s *Sum) add(amount int64, sign int64) {
	s.Count += sign
	s.Amount += sign * amount
}

// Row is what was counted under one day and tally key. Days are those that
// the entries named, whenever they were accepted and settled. What is pending is
// Accepted less all below it but Duplicates.
type Row struct {
	Day        string `json:"day"`
	Key        string `json:"key"`
	Accepted   Sum    `json:"accepted"`
	Duplicates Sum    `json:"duplicates"`
	Sent       Sum    `json:"sent"`
	Dead       Sum    `json:"dead"`
	Discarded  Sum    `json:"discarded"`
}

// Pending is what of the row still waits to be sent.
func (r *Row) Pending() Sum {
	return Sum{
		r.Accepted.Count - r.Sent.Count - r.Dead.Count - r.Discarded.Count,
		r.Accepted.Amount - r.Sent.Amount - r.Dead.Amount - r.Discarded.Amount,
	}
}

func (r *Row) sums() [5]*Sum {
	return [5]*Sum{&r.Accepted, &r.Duplicates, &r.Sent, &r.Dead, &r.Discarded}
}

type rowKey struct{ day, key string }

func (k rowKey) bytes() []byte { return append(append([]byte(k.day), 0), k.key...) }

func (r *Row) append(dst []byte) []byte {
	dst = append(dst, tagRow)
	for _, s := range r.sums() {
		dst = binary.AppendVarint(binary.AppendVarint(dst, s.Count), s.Amount)
	}
	return dst
}

func parseRow(v []byte) (Row, error) {
	var r Row
	if len(v) == 0 || v[0] != tagRow {
		return r, fmt.Errorf("row of days: %w", errDamaged)
	}
	d := decoder{rest: v[1:]}
	for _, s := range r.sums() {
		s.Count, s.Amount = d.varint(), d.varint()
	}
	if d.bad {
		return Row{}, fmt.Errorf("row of days: %w", errDamaged)
	}
	return r, nil
}
