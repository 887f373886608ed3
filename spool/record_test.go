package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"
)

// FuzzValues gives bytes that somebody else wrote to all that reads values: no
// panic, no memory beyond their size, and what is taken is what was written.
func FuzzValues(f *testing.F) {
	r := record{
		accepted: 1, flags: Salvaged, lanes: []Lane{1, 2}, queue: "shop", day: "2026-11-23",
		tallies: []Tally{{"k", -5}}, facts: []byte("facts"), body: []byte("body"),
	}
	p := pendingValue{attempts: 3, due: -1, flags: Unknown, cause: "down"}
	e := ending{at: 1, status: 422, flags: MayArrived, attempts: 2, size: 100, cause: "no", answer: []byte("x")}
	k := keyValue{id: 1, seen: 2, within: 3, content: 4}
	row := Row{Accepted: Sum{1, -2}}
	c := Counts{Accepted: 1, Pending: 1}
	timedEnding := ending{at: 1, size: 2, timed: true, ago: 3, took: time.Second, answer: []byte("x")}
	t := tries{replaces: 7, list: []Attempt{{Began: fromMilli(1), Took: 2, Status: 3, Cause: "a", Answer: []byte("b")}, {Status: 4, Cause: "a"}}}
	g := Gone{At: fromMilli(1), By: 2, Cause: "x"}
	q := quarter{number: 5, Flow: Flow{Accepted: 1, Dead: -1}}
	b := termBlock{known: 3, from: 1, to: 2}
	block := append(make([]byte, blockHeader), 1, 2, 3, 4, 1)
	for _, v := range [][]byte{
		nil, r.append(nil), p.append(nil), (&pendingValue{}).append(nil), e.append(nil, tagSent), e.append(nil, tagDead),
		k.append(nil), bodyValue(1, -2), row.append(nil), c.append(nil), keys{"kx": {1}, "by": {2}}.append(nil),
		timedEnding.append(nil, tagSent), t.append(nil), g.append(nil), q.append(nil), q.appendTo(c.append(nil)), b.seal(block),
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		sealed := bytes.Clone(v)
		if len(sealed) >= recordHeader && sealed[0] == tagRecord {
			sealed[1] = recordVersion
			binary.BigEndian.PutUint32(sealed[2:], crc32.Checksum(sealed[recordHeader:], castagnoli))
		}
		recordLanes(sealed)
		if r, err := parseRecord(sealed); err == nil {
			if again, err := parseRecord(r.append(nil)); err != nil || !bytes.Equal(again.body, r.body) || again.queue != r.queue ||
				len(again.lanes) != len(r.lanes) || len(again.tallies) != len(r.tallies) || again.accepted != r.accepted {
				t.Errorf("%+v became %+v, %v", r, again, err)
			}
		}
		if p, err := parsePending(v); err == nil && p != (pendingValue{}) {
			if again, err := parsePending(p.append(nil)); err != nil || again != p {
				t.Errorf("%+v became %+v, %v", p, again, err)
			}
		}
		for _, tag := range []byte{tagSent, tagDead} {
			if e, err := parseEnding(v, tag); err == nil {
				if again, err := parseEnding(e.append(nil, tag), tag); err != nil || again.at != e.at || again.size != e.size || again.cause != e.cause {
					t.Errorf("%+v became %+v, %v", e, again, err)
				}
			}
		}
		if k, err := parseKey(v); err == nil {
			if again, err := parseKey(k.append(nil)); err != nil || again != k {
				t.Errorf("%+v became %+v, %v", k, again, err)
			}
		}
		if id, link, ok := parseBody(v); ok {
			if i, l, ok := parseBody(bodyValue(id, link)); !ok || i != id || l != link {
				t.Errorf("%d, %d became %d, %d", id, link, i, l)
			}
		}
		if row, err := parseRow(v); err == nil {
			if again, err := parseRow(row.append(nil)); err != nil || again != row {
				t.Errorf("%+v became %+v, %v", row, again, err)
			}
		}
		if c, err := parseCounts(v); err == nil {
			if again, err := parseCounts(c.append(nil)); err != nil || again != c {
				t.Errorf("%+v became %+v, %v", c, again, err)
			}
		}
		fuzzLater(t, v)
		if len(v) >= 5 && v[0] == tagYoung {
			chunk := bytes.Clone(v)
			binary.BigEndian.PutUint32(chunk[1:], crc32.Checksum(chunk[5:], castagnoli))
			y := keys{}
			if y.parseChunk(chunk) == nil {
				again := keys{}
				if err := again.parseChunk(y.append(nil)); err != nil || len(again) != len(y) {
					t.Errorf("%v became %v, %v", y, again, err)
				}
			}
		}
	})
}

// fuzzLater does the same for what the later buckets hold.
func fuzzLater(t *testing.T, v []byte) {
	t.Helper()
	if a, err := parseTries(v); err == nil {
		again, err := parseTries(a.append(nil))
		if err != nil || again.replaces != a.replaces || len(again.list) != len(a.list) {
			t.Errorf("%+v became %+v, %v", a, again, err)
		}
		for i, one := range again.list {
			if was := a.list[i]; one.Cause != was.Cause || !bytes.Equal(one.Answer, was.Answer) || !one.Began.Equal(was.Began) {
				t.Errorf("%+v became %+v", was, one)
			}
		}
	}
	if g, err := parseGone(v); err == nil {
		if again, err := parseGone(g.append(nil)); err != nil || again.By != g.By || !again.At.Equal(g.At) {
			t.Errorf("%+v became %+v, %v", g, again, err)
		}
	}
	key := append(ID(5).key(), "shop"...)
	if q, err := parseFlow(key, v); err == nil {
		if again, err := parseFlow(key, q.append(nil)); err != nil || again != q {
			t.Errorf("%+v became %+v, %v", q, again, err)
		}
	}
	if c, q, err := parseCountsFlow(v); err == nil {
		if c2, q2, err := parseCountsFlow(q.appendTo(c.append(nil))); err != nil || c2 != c || q.number != 0 && q2 != q {
			t.Errorf("%+v became %+v, %v", q, q2, err)
		}
	}
	if b, err := parseBlock(v); err == nil {
		again, err := verifyBlock(b.seal(append(make([]byte, blockHeader), b.entries...)))
		if err != nil || again.known != b.known || again.from != b.from || again.to != b.to || !bytes.Equal(again.entries, b.entries) {
			t.Errorf("%+v became %+v, %v", b, again, err)
		}
		newWanted([][]string{{"x"}, {"y", "z"}}).in(&b)
	}
}

func TestBodyKeysSortByTime(t *testing.T) {
	var last []byte
	for _, at := range []int64{-1 << 63, time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), -1, 0, 1, 1 << 62} {
		key := bodyKey(at, Hash{9})
		if bytes.Compare(key, last) <= 0 || bodyTime(key) != at || len(key) != bodyKeyLen {
			t.Errorf("%d: %x after %x", at, key, last)
		}
		last = key
	}
}
