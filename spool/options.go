package spool

import (
	"cmp"
	"io"
	"log/slog"
	"math"
	"time"
)

// Forget, as KeepSent, lets sent records go as soon as they are sent.
const Forget time.Duration = -1

// Options of a spool. The zero value of each is its documented default.
type Options struct {
	MaxSize  int64         // quota of the file in bytes; default 2 GB, 512 MB on 32-bit systems
	MinFree  int64         // intake stops when the disk has fewer bytes free; default 16 MiB
	KeepSent time.Duration // how long sent records stay; default 30 days; Forget: not at all
	KeepKeys time.Duration // how long keys and bodies are remembered; default 800 days
	MaxDelay time.Duration // a due time further off than this is due now; default 1 h
	Window   int           // pending records of a queue that are held in memory; default 8192
	Log      *slog.Logger  // default: discards

	// BuildDate is when the program was built: a clock that shows less is
	// wrong. Zero: not checked.
	BuildDate time.Time

	// Machine is an opaque id of the machine that the spool runs on; "": not
	// known. A file that ran on another one is held: see Doubt.
	Machine string

	// Witness is a file outside of the spool's folder, in a folder that is
	// there. It remembers how far the spool was, so that an older copy that is
	// put back is noticed, and held. "": that is not noticed. Without Machine
	// and Witness nothing is looked for, and what was noticed before stays.
	Witness string

	// NoSync leaves out the fsync, to prove that a test of a power cut can
	// fail. Never in production.
	NoSync bool

	migrations map[uint64]migration // default: migrations()
}

func (o Options) withDefaults() Options {
	size := int64(2e9)
	if math.MaxInt == math.MaxInt32 {
		size = 512e6 // bbolt maps the file, at most 2 GB there
	}
	o.MaxSize = cmp.Or(o.MaxSize, size)
	o.MinFree = cmp.Or(o.MinFree, 16<<20)
	o.KeepSent = max(0, cmp.Or(o.KeepSent, 30*24*time.Hour))
	o.KeepKeys = cmp.Or(o.KeepKeys, 800*24*time.Hour)
	o.MaxDelay = cmp.Or(o.MaxDelay, time.Hour)
	o.Window = cmp.Or(o.Window, 8192)
	o.Log = cmp.Or(o.Log, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if o.migrations == nil {
		o.migrations = migrations()
	}
	return o
}
