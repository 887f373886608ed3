package spool

import (
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"
)

const loadChunk = 1024 // pending records that are read into the window at once

// load reads up to limit pending records behind after into the window. The
// caller has set loading, and it alone loads; resets is what it saw then.
func (q *queue) load(after ID, resets, limit int) error {
	found, end, err := q.read(after, limit)

	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.dispatch()
	back := q.back
	q.loading, q.back = false, nil
	if err != nil || q.resets != resets {
		if len(back) > 0 {
			q.restart()
		}
		return err
	}
	for _, it := range found {
		q.loaded = it.id
		q.add(it)
	}
	q.end = end && !q.missed
	for _, it := range back {
		q.rejoin(it)
	}
	return nil
}

// read reads what load adds, and whether nothing comes behind it.
func (q *queue) read(after ID, limit int) (found []*item, end bool, err error) {
	end = true
	err = q.s.view(func(tx *bbolt.Tx) error {
		pending := tx.Bucket(bucketPending).Bucket([]byte(q.name))
		if pending == nil {
			return nil
		}
		records, c := tx.Bucket(bucketRecords), pending.Cursor()
		for k, v := c.Seek((after + 1).key()); k != nil; k, v = c.Next() {
			if len(found) == limit {
				end = false
				return nil
			}
			p, _ := parsePending(v) // a damaged one is due now, and buried by its claim
			it := &item{id: idFromKey(k), lanes: recordLanes(records.Get(k)), unknown: q.s.known(idFromKey(k), p.flags).unsure()}
			if p.due != 0 {
				it.due = q.s.boundedFromDisk(fromMilli(p.due))
			}
			found = append(found, it)
		}
		return nil
	})
	return found, end, err
}

// arrived brings new records into the windows that have seen all before them.
// The writer calls it in the order of ids.
func (s *Spool) arrived(list []fresh) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].queue == list[0].queue {
			n++
		}
		s.queue(list[0].queue).arrive(list[:n])
		list = list[n:]
	}
}

func (q *queue) arrive(list []fresh) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range list {
		switch {
		case f.id <= q.loaded: // read from the file already
		case q.loading:
			q.missed = true
		case !q.end || len(q.items) >= q.s.opts.Window:
			q.end = false
		default:
			q.loaded = f.id
			q.add(&item{id: f.id, lanes: slices.Clone(f.lanes)})
		}
	}
	q.dispatch()
}

// recordLanes reads only the lanes of a record's bytes.
func recordLanes(v []byte) []Lane {
	const at = recordHeader + 8 + 1
	if len(v) <= at || len(v) < at+1+8*int(v[at]) || v[at] == 0 {
		return nil
	}
	lanes := make([]Lane, v[at])
	for i := range lanes {
		lanes[i] = Lane(binary.BigEndian.Uint64(v[at+1+8*i:]))
	}
	return lanes
}
