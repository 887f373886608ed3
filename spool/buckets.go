package spool

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// The buckets; what they hold stands in doc.go.
var (
	bucketMeta    = []byte("meta")
	bucketRecords = []byte("records")
	bucketPending = []byte("pending") // a bucket for each queue
	bucketSent    = []byte("sent")
	bucketDead    = []byte("dead")
	bucketKeys    = []byte("keys")
	bucketBodies  = []byte("bodies")
	bucketYoung   = []byte("young") // keys and bodies of the last commits
	bucketDays    = []byte("days")
	bucketCounts  = []byte("counts")
	bucketNotes   = []byte("notes")

	// Those that format 1 did not have from the first: a version that does not
	// know them leaves them alone, and a file without them gets them.
	bucketTerms    = []byte("terms")    // by which people find records
	bucketAttempts = []byte("attempts") // how those went that did not send a record
	bucketGone     = []byte("gone")     // what a person took out
	bucketFlow     = []byte("flow")     // what happened by the quarter of an hour

	buckets = append([][]byte{
		bucketMeta, bucketRecords, bucketPending, bucketSent, bucketDead,
		bucketKeys, bucketBodies, bucketYoung, bucketDays, bucketCounts, bucketNotes,
	}, laterBuckets...)
	laterBuckets = [][]byte{bucketTerms, bucketAttempts, bucketGone, bucketFlow}
)

// Keys of the bucket meta.
var (
	metaFormat = []byte("format") // uint64, big-endian
	metaClock  = []byte("clock")  // high-water mark, milliseconds since 1970

	// See identity.
	metaIncarnation = []byte("incarnation")
	metaBefore      = []byte("before")
	metaMachine     = []byte("machine")
	metaCommits     = []byte("commits")
	metaAdopted     = []byte("adopted")
)

// Format is the version of the byte layout that this package writes.
const Format = 1

// migration brings a file from one format to the next, in one transaction.
type migration func(tx *bbolt.Tx) error

// migrations lead from each older format, the key, to the next. They run on a
// file of which a copy was made first. Format 1 is the first.
func migrations() map[uint64]migration { return map[uint64]migration{} }

// fill gives each bucket the share of a page that its order of keys calls for:
// most grow at their end.
func fill(name []byte) float64 {
	switch string(name) {
	case "records", "pending", "flow":
		return 1
	case "sent", "dead", "terms":
		return 0.9
	case "keys", "bodies": // a few thousand in order, between those before
		return 0.7
	}
	return bbolt.DefaultFillPercent
}

// layOut makes the buckets of a new file.
func layOut(tx *bbolt.Tx) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return putFormat(tx)
}

func putFormat(tx *bbolt.Tx) error {
	return tx.Bucket(bucketMeta).Put(metaFormat, binary.BigEndian.AppendUint64(nil, Format))
}

func isLater(name []byte) bool {
	return slices.ContainsFunc(laterBuckets, func(b []byte) bool { return bytes.Equal(b, name) })
}

// addLater makes the later buckets that a file does not have yet.
func addLater(db *bbolt.DB) error {
	missing := false
	if err := guardedView(db, func(tx *bbolt.Tx) error {
		missing = slices.ContainsFunc(laterBuckets, func(name []byte) bool { return tx.Bucket(name) == nil })
		return nil
	}); err != nil || !missing {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range laterBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// formatOf reads the format of a file, or an error when it is not a spool.
func formatOf(tx *bbolt.Tx) (uint64, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0, fmt.Errorf("no bucket meta: %w", errDamaged)
	}
	v := meta.Get(metaFormat)
	if len(v) != 8 {
		return 0, fmt.Errorf("no format in meta: %w", errDamaged)
	}
	format := binary.BigEndian.Uint64(v)
	if format > Format {
		return format, fmt.Errorf("format %d, this version knows %d: %w", format, Format, ErrNewerFormat)
	}
	if format < Format {
		return format, nil
	}
	for _, name := range buckets {
		if tx.Bucket(name) == nil && !isLater(name) {
			return format, fmt.Errorf("no bucket %s: %w", name, errDamaged)
		}
	}
	return format, nil
}
