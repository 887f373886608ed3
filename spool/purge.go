package spool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"
)

// Purged says what a Purge removed, by the state that it was in.
type Purged struct {
	Sent, Dead, Pending int64
	Kept                int64 // pending ones that match and were left, as pending was not asked for; or claimed
	IDs                 []ID  // the first 1000 that were removed
	KeptIDs             []ID  // the first 1000 that were left

	// Copies are files beside the spool that may hold the same records: set
	// aside by a salvage, or kept of before a migration. A person deletes them.
	Copies []string
}

const (
	purgeScan  = 1000    // records that are looked at in one read, and
	purgeBytes = 4 << 20 // of how many bytes: a read keeps the file from growing
	purgeGroup = 300     // records that are removed in one transaction
	purgeTell  = 1000    // ids that are told
)

// Purge removes all records that match says, with what was remembered of their
// attempts and terms, and compacts the file, so that their bytes are gone: also
// where none matches any more, as those of one that was discarded, edited or
// outlived before lie in free pages. Sent ones count on as sent, dead and pending
// ones as discarded. Keys stay. With dry nothing is removed.
func (s *Spool) Purge(match func(r *Record, tries []Attempt) bool, pending, dry bool) (Purged, error) {
	p := purge{s: s, match: match, pending: pending, dry: dry}
	p.told.Copies = s.copies()
	for after, done := ID(0), false; !done; {
		var list []ID
		var err error
		if list, after, done, err = p.scan(after); err != nil {
			return p.told, err
		}
		for len(list) > 0 {
			n := min(len(list), purgeGroup)
			if err := p.remove(list[:n]); err != nil {
				return p.told, err
			}
			list = list[n:]
		}
	}
	if dry {
		return p.told, nil
	}
	if err := s.SetNote(notePurge, []byte{1}); err != nil { // there already, where one was removed
		return p.told, err
	}
	return p.told, s.Compact()
}

// copies are the older states of the file that were kept.
func (s *Spool) copies() (list []string) {
	entries, _ := os.ReadDir(filepath.Dir(s.path)) // no glob: the path may hold its signs
	for _, e := range entries {
		for _, mark := range []string{".damaged-", ".format-"} {
			if strings.HasPrefix(e.Name(), filepath.Base(s.path)+mark) {
				list = append(list, filepath.Join(filepath.Dir(s.path), e.Name()))
			}
		}
	}
	return list
}

// notePurge stands in the file from the first group that a Purge removes until
// the file is compacted, so that a crash in between does not leave the bytes in
// free pages: the next round of the janitor compacts it.
const notePurge = "purge"

// purged says whether the file may hold bytes that a Purge removed.
func (s *Spool) purged() (yes bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		yes = tx.Bucket(bucketNotes).Get([]byte(notePurge)) != nil
		return nil
	})
	return yes, err
}

// purge is one run of Purge.
type purge struct {
	s            *Spool
	match        func(r *Record, tries []Attempt) bool
	pending, dry bool
	told         Purged
}

// scan looks at the records behind after, and says which match.
func (p *purge) scan(after ID) (list []ID, last ID, done bool, err error) {
	last = after
	var told Purged
	err = p.s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketRecords).Cursor()
		k, v := c.Seek((after + 1).key())
		for looked, size := 0, 0; k != nil && looked < purgeScan && size < purgeBytes; looked++ {
			last = idFromKey(k)
			size += len(v)
			r, err := describeInPlace(tx, last, v)
			if err == nil { // else nobody can say whose it is
				var tries []Attempt
				if tries, err = triesOf(tx, last); err == nil && p.match(&r, tries) {
					list = append(list, last)
					told.count(last, r.State, r.State == Pending && !p.pending)
				}
			}
			k, v = c.Next()
		}
		done = k == nil
		return nil
	})
	if p.dry {
		p.told.add(&told)
		list = nil
	}
	return list, last, done, err
}

// remove takes some of them out. They may have changed since.
func (p *purge) remove(list []ID) error {
	all := make([]replaced, len(list)) // but for those that were sent they are held meanwhile
	for i, id := range list {
		all[i].id = id
	}
	var told Purged
	err := p.s.do(len(list)*100, func(tx *writeTx) error {
		told = Purged{}
		for i := range all {
			if err := p.removeOne(tx, &all[i], &told); err != nil {
				return err
			}
		}
		if len(told.IDs) == 0 {
			return nil
		}
		return errors.Join(tx.unindex(told.IDs), tx.setNote(notePurge, []byte{1}))
	})
	for i := range all {
		all[i].end(p.s, err)
	}
	if err == nil {
		p.told.add(&told)
	}
	return err
}

func (p *purge) removeOne(tx *writeTx, one *replaced, told *Purged) error {
	v := tx.records.Get(one.id.key())
	if v == nil {
		return nil
	}
	r, err := describe(tx.bolt, one.id, v)
	if err != nil {
		return nil //nolint:nilerr // it was readable a moment ago; claims bury such a record
	}
	if r.State == Pending && !p.pending || r.State != Sent && p.s.holdFor(tx, one.id, &one.from, &one.held) != nil {
		told.count(one.id, r.State, true)
		return nil
	}
	told.count(one.id, r.State, false)
	return tx.purge(&r)
}

// count tells of one that was removed, or kept.
func (p *Purged) count(id ID, state State, kept bool) {
	switch {
	case kept:
		p.Kept++
		p.KeptIDs = append(p.KeptIDs, id)
		return
	case state == Sent:
		p.Sent++
	case state == Dead:
		p.Dead++
	default:
		p.Pending++
	}
	p.IDs = append(p.IDs, id)
}

func (p *Purged) add(more *Purged) {
	p.Sent, p.Dead, p.Pending, p.Kept = p.Sent+more.Sent, p.Dead+more.Dead, p.Pending+more.Pending, p.Kept+more.Kept
	p.IDs = append(p.IDs, more.IDs[:min(len(more.IDs), purgeTell-len(p.IDs))]...)
	p.KeptIDs = append(p.KeptIDs, more.KeptIDs[:min(len(more.KeptIDs), purgeTell-len(p.KeptIDs))]...)
}

// purge takes a record out of all buckets but the index.
func (tx *writeTx) purge(r *Record) error {
	if r.State != Sent {
		if err := tx.discard(r, Gone{}); err != nil {
			return err
		}
		return tx.gone.Delete(r.ID.key())
	}
	return tx.forgetSent(r.ID)
}
