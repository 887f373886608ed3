package spool

import "encoding/binary"

// orphans takes pairs from pages that the tree does not lead to.
//
// Some of them belong to the last commit, as the list of free pages tells: the
// way to them is broken, and what they hold is as good as the tree's.
//
// The others are copies that bbolt left behind when it wrote newer ones,
// perhaps long ago. From them a pair is taken only where the tree had a hole,
// and a record only if its state is known or was lost with it: one that was
// discarded, or expired, does not come back.
func (r *rescue) orphans() error {
	for _, r.current = range []bool{true, false} {
		if r.current && r.free == nil || !r.current && len(r.lost) == 0 {
			continue
		}
		// A pending entry's queue stands in its record, so records come first.
		for _, take := range []func(e element) error{r.orphan, r.orphanPending} {
			if err := r.scan(take); err != nil {
				return err
			}
		}
	}
	return nil
}

// isCurrent says whether a page belongs to the last commit.
func (r *rescue) isCurrent(id uint64) bool { return r.free != nil && !r.free.has(id) }

// hasStrays says whether there are pages that the last commit uses, but the
// tree did not lead to: a pointer was wrong, perhaps to an older page that
// looks right.
func (r *rescue) hasStrays(m metaPage) bool {
	for id := uint64(2); id < min(m.pages, r.src.pages()); id++ {
		if r.isCurrent(id) && !r.src.reached.has(id) {
			return true
		}
	}
	return false
}

// scan goes over the leaves that were not reached, current or not.
func (r *rescue) scan(take func(e element) error) error {
	for id := uint64(2); id < r.src.pages(); id++ {
		if r.src.reached.has(id) || r.isCurrent(id) != r.current {
			continue
		}
		pg, err := r.src.page(id)
		if err != nil || !pg.leaf {
			continue
		}
		pg.doubtOrder(nil, nil)
		if err := r.eachOrphan(&pg, take); err != nil {
			return err
		}
		if pg.sound {
			id += uint64((pg.length - 1) / r.src.pageSize) // no headers in there
		}
	}
	return nil
}

// eachOrphan takes the pairs of a leaf, and of the small buckets that lie in
// it as values.
func (r *rescue) eachOrphan(pg *page, take func(e element) error) error {
	for _, e := range pg.elements {
		switch {
		case e.disordered:
			continue
		case !e.bucket:
			if err := take(e); err != nil {
				return err
			}
			continue
		case len(e.value) < bucketSize || binary.LittleEndian.Uint64(e.value) != 0:
			continue
		}
		inner, err := parsePage(e.value[bucketSize:])
		if err != nil || !inner.leaf {
			continue
		}
		inner.doubtOrder(nil, nil)
		for _, e := range inner.elements {
			if e.bucket || e.disordered {
				continue
			}
			if err := take(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphan takes a pair of any kind but pending, told by its value's tag.
func (r *rescue) orphan(e element) error {
	if len(e.value) == 0 {
		return nil
	}
	tags := map[byte][]byte{
		tagRecord: bucketRecords, tagSent: bucketSent, tagDead: bucketDead, tagKey: bucketKeys, tagBody: bucketBodies,
		tagTerms: bucketTerms, tagTries: bucketAttempts, tagGone: bucketGone, tagFlow: bucketFlow,
	}
	name := tags[e.value[0]]
	if name == nil {
		return nil
	}
	at := place{bucket: string(name)}
	if !r.right(at, e) || !r.current && !r.missing(at, e.key) {
		return nil
	}
	if old, err := r.dst.get(at, e.key); err != nil || old != nil {
		return err
	}
	switch e.value[0] {
	case tagRecord:
		wanted, err := r.wanted(e)
		if err != nil || !wanted {
			return err
		}
	case tagDead:
		// A person made it pending again, if the tree says so.
		if state, err := r.stateOf(e.key); err != nil || state == Pending && !r.adrift && !r.current {
			return err
		}
	}
	return r.dst.put(at, e.key, e.value)
}

// wanted says whether a record that was found has a state, or had one that is
// lost.
func (r *rescue) wanted(e element) (bool, error) {
	rec, err := parseRecord(e.value)
	if err != nil || rec.queue == "" || len(rec.queue) > maxName {
		return false, nil
	}
	if r.current {
		return true, nil
	}
	if v, err := r.dst.get(place{bucket: string(bucketGone)}, e.key); err != nil || v != nil {
		return false, err // a person took it out
	}
	for _, at := range []place{
		{string(bucketPending), rec.queue}, {bucket: string(bucketSent)}, {bucket: string(bucketDead)},
	} {
		if r.missing(at, e.key) {
			return true, nil
		}
		if v, err := r.dst.get(at, e.key); err != nil || v != nil {
			return v != nil, err
		}
	}
	return false, nil
}

// stateOf is the state of a record in the new file, 0 when it has none there.
func (r *rescue) stateOf(key []byte) (State, error) {
	v, err := r.dst.get(place{bucket: string(bucketRecords)}, key)
	if err != nil || v == nil {
		return 0, err
	}
	rec, err := parseRecord(v)
	if err != nil || rec.queue == "" || len(rec.queue) > maxName {
		return 0, nil
	}
	states := []place{Pending: {string(bucketPending), rec.queue}, Sent: {bucket: string(bucketSent)}, Dead: {bucket: string(bucketDead)}}
	for state, at := range states[Pending:] {
		if v, err := r.dst.get(at, key); err != nil || v != nil {
			return State(state) + Pending, err
		}
	}
	return 0, nil
}

// orphanPending takes an entry of pending. It may be an old one, and its
// record may have been sent since, so it is marked.
func (r *rescue) orphanPending(e element) error {
	p, err := parsePending(e.value)
	if err != nil || e.misplaced || !r.isID(e.key) {
		return nil
	}
	v, err := r.dst.get(place{bucket: string(bucketRecords)}, e.key)
	if err != nil || v == nil {
		return err
	}
	rec, err := parseRecord(v)
	if err != nil || rec.queue == "" || len(rec.queue) > maxName {
		return nil
	}
	at := place{string(bucketPending), rec.queue}
	if !r.current && !r.missing(at, e.key) {
		return nil
	}
	if state, err := r.stateOf(e.key); err != nil || state != 0 {
		return err
	}
	p.flags |= Salvaged
	return r.dst.put(at, e.key, p.append(nil))
}
