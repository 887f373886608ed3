package spool

import (
	"errors"
	"fmt"
)

// What Open, Put and the methods of Claim may return, besides I/O errors.
// All of them mean that nothing was stored or changed.
var (
	ErrLocked      = errors.New("in use by another process")
	ErrNewerFormat = errors.New("written by a newer version")
	ErrFull        = errors.New("spool is full")          // the quota, or the disk runs low; Put only
	ErrClosed      = errors.New("spool is closed")        // also a claim that Close overtook
	ErrUnavailable = errors.New("spool is not available") // after an I/O error, until it recovered by itself
	ErrNotFound    = errors.New("no such record")
	ErrClaimed     = errors.New("being sent now")
	ErrSettled     = errors.New("claim is settled already")
	ErrInvalid     = errors.New("invalid entry") // a programming error of the caller
)

// ErrKeyReused says that a strict key was seen with other content.
type ErrKeyReused struct {
	Index int // of the entry in the batch
	First ID  // the record that brought the key
}

func (e *ErrKeyReused) Error() string {
	return fmt.Sprintf("entry %d: key was used before with other content, for %s", e.Index, e.First)
}

// ErrNotReplaced says why a record could not be replaced.
type ErrNotReplaced struct {
	ID    ID
	Cause error // ErrNotFound, ErrClaimed, or nil: the new one would be a duplicate of First
	First ID
}

func (e *ErrNotReplaced) Unwrap() error { return e.Cause }

func (e *ErrNotReplaced) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("record %s cannot be replaced: %v", e.ID, e.Cause)
	}
	return fmt.Sprintf("record %s cannot be replaced: the new one would repeat %s", e.ID, e.First)
}
