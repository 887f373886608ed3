package spool

import "encoding/binary"

// index sees that each block of terms can be read, tells only of ids that were
// given, and that the records which it knows were accepted when it says. A
// record that it does not know was put by an older version; an id that has no
// record any more has left by retention, which removes whole blocks.
func (w *walk) index() {
	records := w.tx.Bucket(bucketRecords)
	given := ID(records.Sequence())
	_ = w.tx.Bucket(bucketTerms).ForEach(func(k, v []byte) error {
		b, err := verifyBlock(v)
		if err != nil || len(k) != 8 {
			w.fault("terms %x: %w", k, errDamaged)
			return nil
		}
		number := binary.BigEndian.Uint64(k)
		for bit := range uint64(1 << blockShift) {
			id := ID(number<<blockShift | bit)
			if b.known&(1<<bit) == 0 {
				continue
			}
			if id == 0 || id > given {
				w.fault("terms %x: of record %s, which was never given", k, id)
			}
			at, ok := acceptedOf(records.Get(id.key()))
			if ok && (at < b.from || at > b.to) {
				w.fault("terms %x: record %s was accepted at another time", k, id)
			}
		}
		for e := b.entries; len(e) > 0; e = e[blockEntry:] {
			if place := e[4]; place >= 1<<blockShift || b.known&(1<<place) == 0 {
				w.fault("terms %x: a term of place %d, which is not known", k, place)
			}
		}
		return nil
	})
}

// history sees that attempts, what is gone and the flow can be read, and are of
// ids that were given. What went by an older version may have left attempts.
func (w *walk) history() {
	records := w.tx.Bucket(bucketRecords)
	given := ID(records.Sequence())
	was := func(what string, k []byte) bool {
		if len(k) != 8 || idFromKey(k) == 0 || idFromKey(k) > given {
			w.fault("%s %x: of a record that was never given", what, k)
			return false
		}
		return true
	}
	_ = w.tx.Bucket(bucketAttempts).ForEach(func(k, v []byte) error {
		t, err := parseTries(v)
		switch {
		case err != nil:
			w.fault("attempts %x: %w", k, err)
		case !was("attempts", k):
		case len(t.list) > mostTries || t.replaces >= idFromKey(k):
			w.fault("attempts %x: %d of them, in the place of %s", k, len(t.list), t.replaces)
		}
		return nil
	})
	_ = w.tx.Bucket(bucketGone).ForEach(func(k, v []byte) error {
		g, err := parseGone(v)
		switch {
		case err != nil:
			w.fault("gone %x: %w", k, err)
		case !was("gone", k):
		case records.Get(k) != nil:
			w.fault("gone %x: the record is there", k)
		case g.By > given:
			w.fault("gone %x: by %s, which was never given", k, g.By)
		}
		return nil
	})
	_ = w.tx.Bucket(bucketFlow).ForEach(func(k, v []byte) error {
		if _, err := parseFlow(k, v); err != nil {
			w.fault("flow %x: %w", k, err)
		}
		return nil
	})
}
