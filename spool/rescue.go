package spool

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

const (
	loadSize  = 4 << 20 // bytes of one transaction into the new file
	loadPairs = 8192    // pairs of one
	maxSpans  = 256     // unreadable ranges of a bucket that are told apart
	farID     = 1 << 62 // no spool has given so many ids
	lostIDs   = 1 << 20 // ids that may have been given, and are not to be seen
)

// rescue reads a damaged file into a new one: first the tree, from its root;
// then, where the tree had holes, the pages that it no longer reaches.
type rescue struct {
	src *pageFile
	dst *loader

	found    map[string][]byte // the heads of the buckets
	lost     map[place][]span  // what cannot be read of each
	adrift   bool              // no root, or an older one than the last commit's
	sequence uint64            // the last id given, if known
	known    bool              // sequence is
	highest  ID                // seen anywhere
	dropped  int64             // pairs that cannot be right
	was      uint64            // the file's incarnation; 0: not known
	commits  uint64            // that this process knows to have been made to it; 0: it was not open

	free    bitmap // pages that the last commit does not use; nil: unknown
	strays  bool   // there are pages that it uses, but the tree does not lead to
	current bool   // the page at hand is one of those
}

// place is a bucket, or the bucket of a queue in pending.
type place struct{ bucket, queue string }

// span is a range of keys, without hi; nil: no bound.
type span struct{ lo, hi []byte }

// run reads all there is.
func (r *rescue) run(metas []metaPage) error {
	if err := r.roots(metas); err != nil {
		return err
	}
	if head := r.found[string(bucketRecords)]; head != nil {
		r.sequence, r.known = binary.LittleEndian.Uint64(head[8:]), true
		if r.sequence > farID {
			r.sequence, r.known = 0, false
		}
	}
	for _, name := range buckets {
		head := r.found[string(name)]
		if head == nil && isLater(name) && !r.missing(place{}, name) {
			continue // an older version made the file
		}
		if err := r.bucket(place{bucket: string(name)}, head); err != nil {
			return err
		}
	}
	if r.adrift {
		r.setAdrift()
	}
	if len(metas) > 0 {
		r.free, _ = r.src.freePages(metas[0])
		r.strays = r.free != nil && r.hasStrays(metas[0])
	}
	if len(r.lost) > 0 || r.strays {
		if err := r.orphans(); err != nil {
			return err
		}
	}
	return r.dst.flush()
}

// roots finds the heads of the buckets under the newest root that tells them.
// The older one is whole, too: bbolt does not use its pages again before the
// next commit.
func (r *rescue) roots(metas []metaPage) error {
	r.found = map[string][]byte{}
	for i, m := range metas {
		before := len(r.found)
		if err := r.tree(place{}, m.root, nil, nil, 0); err != nil {
			return err
		}
		r.adrift = r.adrift || i > 0 && len(r.found) > before
		if r.complete() {
			return nil
		}
	}
	r.adrift = r.adrift || len(r.found) == 0
	return nil
}

// complete says whether the heads were found of all buckets that each file has.
func (r *rescue) complete() bool {
	for _, name := range buckets {
		if r.found[string(name)] == nil && !isLater(name) {
			return false
		}
	}
	return true
}

// setAdrift says that whatever the last commit wrote may be missing: all
// states, and the records behind those that the root knows.
func (r *rescue) setAdrift() {
	for _, name := range [][]byte{bucketPending, bucketSent, bucketDead, bucketKeys, bucketBodies, bucketTerms, bucketAttempts, bucketGone} {
		r.lose(place{bucket: string(name)}, nil, nil)
	}
	r.lose(place{bucket: string(bucketRecords)}, ID(r.sequence+1).key(), nil)
}

// bucket reads the tree of a bucket by its head: root page and sequence, or
// the page itself.
func (r *rescue) bucket(at place, head []byte) error {
	if len(head) < bucketSize {
		r.lose(at, nil, nil)
		return nil
	}
	if root := binary.LittleEndian.Uint64(head); root != 0 {
		return r.tree(at, root, nil, nil, 0)
	}
	pg, err := parsePage(head[bucketSize:])
	if err != nil || !pg.leaf {
		r.lose(at, nil, nil)
		return nil
	}
	return r.content(at, &pg, nil, nil, 0)
}

// tree reads the page id and all below it, which hold the keys from lo to hi.
func (r *rescue) tree(at place, id uint64, lo, hi []byte, depth int) error {
	pg, err := r.src.page(id)
	if err != nil || depth > maxDepth || !r.src.reach(&pg) {
		r.lose(at, lo, hi)
		return nil
	}
	return r.content(at, &pg, lo, hi, depth)
}

func (r *rescue) content(at place, pg *page, lo, hi []byte, depth int) error {
	pg.doubtOrder(lo, hi)
	if !pg.sound {
		r.lose(at, lo, hi)
	}
	dropped := r.dropped
	for i, e := range pg.elements {
		var err error
		if pg.leaf {
			err = r.leaf(at, e)
		} else {
			from, to := lo, hi
			if !e.disordered {
				from = e.key
			}
			for _, next := range pg.elements[i+1:] {
				if !next.disordered {
					to = next.key
					break
				}
			}
			err = r.tree(at, e.child, from, to, depth+1)
		}
		if err != nil {
			return err
		}
	}
	if n := int64(len(pg.elements)); pg.leaf && n > 0 && r.dropped == dropped+n {
		r.src.reached.clear(pg.id) // it is another bucket's: a wrong pointer led here
	}
	return nil
}

func isBucket(name []byte) bool {
	return slices.ContainsFunc(buckets, func(b []byte) bool { return bytes.Equal(b, name) })
}

// leaf takes one pair of a leaf.
func (r *rescue) leaf(at place, e element) error {
	switch {
	case at.bucket == "":
		if e.bucket && len(e.value) >= bucketSize && isBucket(e.key) && r.found[string(e.key)] == nil {
			r.found[string(e.key)] = bytes.Clone(e.value)
		}
		return nil
	case at.bucket == string(bucketPending) && at.queue == "":
		if !e.bucket || len(e.key) > maxName {
			r.drop(at, e.key)
			return nil
		}
		return r.bucket(place{at.bucket, string(e.key)}, e.value)
	case at.bucket == string(bucketMeta) && isNewer(e):
		return fmt.Errorf("format %d, this version knows %d: %w", binary.BigEndian.Uint64(e.value), Format, ErrNewerFormat)
	case e.bucket || e.disordered || !r.right(at, e):
		r.drop(at, e.key)
		return nil
	}
	switch { // there will be a new one
	case at.bucket == string(bucketNotes) && string(e.key) == noteSalvage, at.bucket == string(bucketMeta) && bytes.Equal(e.key, metaBefore):
		return nil
	case at.bucket == string(bucketMeta) && bytes.Equal(e.key, metaIncarnation):
		r.was = binary.BigEndian.Uint64(e.value)
		return nil
	}
	return r.dst.put(at, e.key, e.value)
}

func isNewer(e element) bool {
	return bytes.Equal(e.key, metaFormat) && len(e.value) == 8 && binary.BigEndian.Uint64(e.value) > Format
}

// right says whether a pair can be what its bucket holds, and notes its ids.
func (r *rescue) right(at place, e element) bool {
	k, v := e.key, e.value
	if at.bucket == string(bucketRecords) { // its checksum tells
		_, err := parseRecord(v)
		return r.isID(k) && err == nil
	}
	if e.misplaced {
		return false
	}
	switch at.bucket {
	case string(bucketPending):
		_, err := parsePending(v)
		return r.isID(k) && err == nil
	case string(bucketSent):
		_, err := parseEnding(v, tagSent)
		return r.isID(k) && err == nil
	case string(bucketDead):
		_, err := parseEnding(v, tagDead)
		return r.isID(k) && err == nil
	case string(bucketKeys):
		key, err := parseKey(v)
		r.note(key.id)
		return len(k) <= maxKeyName && err == nil
	case string(bucketBodies):
		id, _, ok := parseBody(v)
		r.note(id)
		return len(k) == bodyKeyLen && ok
	case string(bucketYoung):
		chunk := keys{}
		if chunk.parseChunk(v) != nil {
			return false
		}
		for name, value := range chunk {
			if key, err := parseKey(value); name[0] == spaceKeys && err == nil {
				r.note(key.id)
			}
		}
		return len(k) == 8
	case string(bucketDays):
		_, err := parseRow(v)
		return err == nil
	case string(bucketCounts):
		c, err := parseCounts(v)
		return err == nil && c.Balanced() // as good as a checksum
	case string(bucketTerms):
		_, err := verifyBlock(v)
		return len(k) == 8 && idFromKey(k) <= farID>>blockShift && err == nil
	case string(bucketAttempts):
		t, err := parseTries(v)
		r.note(t.replaces)
		return r.isID(k) && err == nil
	case string(bucketGone):
		_, err := parseGone(v)
		return r.isID(k) && err == nil
	case string(bucketFlow):
		_, err := parseFlow(k, v)
		return err == nil
	case string(bucketNotes):
		if string(k) == noteDoubt {
			_, err := parseDoubt(v)
			return err == nil
		}
	case string(bucketMeta):
		return len(v) == 8 && (!bytes.Equal(k, metaFormat) || binary.BigEndian.Uint64(v) == Format)
	}
	return true
}

func (r *rescue) isID(k []byte) bool {
	if len(k) != 8 || idFromKey(k) == 0 || idFromKey(k) > farID {
		return false
	}
	r.note(idFromKey(k))
	return true
}

// note remembers that an id was given, if that can be.
func (r *rescue) note(id ID) {
	if r.known && id > ID(r.sequence+lostIDs) || id > farID {
		return
	}
	r.highest = max(r.highest, id)
}

// drop notes a pair that cannot be right.
func (r *rescue) drop(at place, k []byte) {
	r.dropped++
	r.lose(at, k, append(bytes.Clone(k), 0))
}

// lose notes a range of keys that cannot be read.
func (r *rescue) lose(at place, lo, hi []byte) {
	spans := append(r.lost[at], span{bytes.Clone(lo), bytes.Clone(hi)})
	if len(spans) > maxSpans {
		spans = []span{{}} // so badly damaged that it is all one
	}
	r.lost[at] = spans
}

// missing says whether a key of a place may have been there, unreadable.
func (r *rescue) missing(at place, k []byte) bool {
	if at.queue != "" && len(r.lost[place{bucket: at.bucket}]) > 0 {
		return true
	}
	for _, s := range r.lost[at] {
		if bytes.Compare(k, s.lo) >= 0 && (s.hi == nil || bytes.Compare(k, s.hi) < 0) {
			return true
		}
	}
	return false
}
