package spool

import (
	"time"
)

// An Entry is one thing to spool. The spool knows bytes and time; what an
// entry means is the caller's. The caller must not change an entry, nor what
// it points to, until Put has returned.
type Entry struct {
	Queue   string  // whose claims take it; not empty
	Body    []byte  // what Claim hands out; ignored when Compose is set
	Facts   []byte  // opaque, kept beside the body and handed out with it
	Keys    []Key   // if any of them was seen, the entry is a duplicate
	Lanes   []Lane  // it is claimed only as the oldest unsettled record of each
	Day     string  // "2006-01-02", the day that its tallies count for
	Tallies []Tally // at least one; what the days' counts add up

	// Terms are words by which people find the record, at most 64.
	Terms []string

	// Replaces, when not zero, is a dead record, or a pending one that is not
	// claimed, which is discarded in the same transaction; Gone tells of it then. If it
	// is neither, or the entry would be a duplicate, Put fails with an
	// *ErrNotReplaced, and nothing changes.
	Replaces ID

	// Compose, when set, makes the body where it depends on what is already
	// there. The writer calls it inside the transaction, so it must be fast,
	// must not block and must not call the spool.
	Compose func(m *Memory) Composed

	// Bury, when not empty, keeps the entry as dead from the start, with this
	// reason (a body that breaks the contract, kept for a person to mend).
	Bury string

	// Instead, when set, makes what is stored in its place where a key was seen
	// with other content (the receipt says Changed); nil: a duplicate after
	// all. Its own keys hold. The writer calls it as it calls Compose.
	Instead func() *Entry
}

// Composed is the result of an Entry's Compose.
type Composed struct {
	Body      []byte
	Facts     []byte // replaces Entry.Facts when not nil
	Duplicate ID     // not zero: the entry repeats this record and is not stored
}

// A Key is remembered with the entry that brought it, in one transaction.
type Key struct {
	Name    []byte        // opaque, at most 1 kB; neighbours in time should be neighbours in name
	Within  time.Duration // a key seen longer ago than this does not count; 0: for as long as it is kept
	Content uint64        // a hash of what stands behind the key; 0: not compared
	Strict  bool          // the same name with other content fails the whole batch with ErrKeyReused
}

// A Lane is a hash of something that two records must not be claimed for at
// the same time (a person). Two lanes that collide only wait for each other.
type Lane uint64

// A Tally is counted under the day and key when an entry is accepted, and
// again when its record is settled. Key is opaque ("source\x00project\x00EUR").
type Tally struct {
	Key    string
	Amount int64 // minor units, for example cents
}

// A Batch is stored in one transaction: all of it or nothing.
type Batch struct {
	Entries []Entry
	Notes   map[string][]byte // small facts stored with it (a file's progress); a nil value deletes
}

// A Receipt tells what became of an entry.
type Receipt struct {
	ID        ID   // of the record; of the first one when Duplicate
	Duplicate bool // seen before: not stored again
	Changed   bool // a key was seen with other Content: a Duplicate, unless there is an Instead
}

// State is where a record is in its life.
type State uint8

// The states, the same words on disk, on screen and in code.
const (
	Pending State = iota + 1
	Sent
	Dead
)

func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Sent:
		return "sent"
	case Dead:
		return "dead"
	}
	return "unknown"
}

// Flags say what is peculiar about how a record went.
type Flags uint8

// Flags of records.
const (
	Confirmed  Flags = 1 << iota // a duplicate refusal proved that an earlier attempt had arrived
	Unproven                     // a duplicate refusal on the first attempt: somebody sent the same bytes
	MayDouble                    // settled after the upstream's memory of bodies may have ended
	MayArrived                   // dead, but an attempt of unknown outcome may have arrived
	Unknown                      // pending, and an attempt ended without an answer
	Salvaged                     // found in a damaged file: it may have been sent before
	ClockWrong                   // stamped while the clock was not to be believed
)

// unsure says of a pending record that it may have arrived already.
func (f Flags) unsure() bool { return f&(Unknown|Salvaged) != 0 }

// Outcome is how the last attempt for a record ended.
type Outcome struct {
	Status int    // HTTP status or another code of the caller's; 0: none
	Flags  Flags  // added to the record's flags
	Cause  string // why, in words; empty for a plain success
	Answer []byte // what came back; at most 1 kB is kept, or 256 bytes of a success's

	Began time.Time     // of the attempt; zero: there was none that Attempts could tell of
	Took  time.Duration // the attempt
}
