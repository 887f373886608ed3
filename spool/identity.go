package spool

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"
)

// identity is what a file knows about itself, in the bucket meta. Versions that
// know nothing of it leave it as it is; a file that has none gets one.
type identity struct {
	incarnation uint64 // random; another one after a salvage, and where a copy was found; 0: none yet
	before      uint64 // the incarnation whose place it took; 0: none
	machine     uint64 // a hash of the machine's id on which it runs; 0: not known
	commits     uint64 // made to it, over compactions: it only grows
	adopted     ID     // records up to here may have been sent elsewhere, and are to be sent all the same
}

// readIdentity reads it from a file.
func readIdentity(tx *bbolt.Tx) identity {
	meta := tx.Bucket(bucketMeta)
	number := func(key []byte) uint64 {
		if v := meta.Get(key); len(v) == 8 {
			return binary.BigEndian.Uint64(v)
		}
		return 0
	}
	return identity{
		incarnation: number(metaIncarnation), before: number(metaBefore), machine: number(metaMachine),
		commits: number(metaCommits), adopted: ID(number(metaAdopted)),
	}
}

// putIdentity writes what of it a person or a start decides; commits are
// counted by each commit.
func putIdentity(tx *bbolt.Tx, id identity) error {
	return errors.Join(
		putNumber(tx, metaIncarnation, id.incarnation), putNumber(tx, metaBefore, id.before),
		putNumber(tx, metaMachine, id.machine), putNumber(tx, metaAdopted, uint64(id.adopted)),
	)
}

func putNumber(tx *bbolt.Tx, key []byte, n uint64) error {
	return tx.Bucket(bucketMeta).Put(key, binary.BigEndian.AppendUint64(make([]byte, 0, 8), n))
}

// countCommit counts the commit that tx will be, and returns its number.
func countCommit(tx *bbolt.Tx) (uint64, error) {
	n := uint64(1)
	if v := tx.Bucket(bucketMeta).Get(metaCommits); len(v) == 8 {
		n += binary.BigEndian.Uint64(v)
	}
	return n, putNumber(tx, metaCommits, n)
}

func newIncarnation() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return max(1, binary.BigEndian.Uint64(b[:]))
}

// hashMachine is what a file keeps of a machine's id; 0 for none.
func hashMachine(id string) uint64 {
	if id == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(id))
	return max(1, binary.BigEndian.Uint64(sum[:]))
}

// showIncarnation is the text form, as the witness has it.
func showIncarnation(n uint64) string { return fmt.Sprintf("%016x", n) }

// self is the file's identity, and how far this process itself has brought it.
type self struct {
	mu     sync.Mutex // guards all below
	now    identity
	proven uint64 // commits, as of the last one that this process has synced; 0: none
}

// standing is what a witness may be told.
type standing struct{ incarnation, before, commits uint64 }

// load takes what the file says. What was proven of another incarnation does not
// count for it.
func (s *self) load(id identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id.incarnation != s.now.incarnation {
		s.proven = 0
	}
	s.now = id
}

func (s *self) committed(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.commits, s.proven = n, n
}

// rename takes over what was written of id; commits are counted meanwhile.
func (s *self) rename(id identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id.commits = s.now.commits
	s.now = id
}

func (s *self) adopt(upTo ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.adopted = upTo
}

func (s *self) identity() identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *self) standing() standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return standing{s.now.incarnation, s.now.before, s.proven}
}
