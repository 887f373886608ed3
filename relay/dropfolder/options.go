package dropfolder

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// Options of a Watcher. Sink, Note, SetNote and Alarms are required; the zero
// value of each other one is its documented default.
type Options struct {
	// Drop is a folder in which each folder is an action: what lies in
	// drop/Lead becomes events of the action Lead, but for folders that a source
	// watches. It is made where it is missing. Default: none.
	Drop string

	// Plain makes the source for a folder of Drop, by the action that its name
	// stands for (unescaped). Required with Drop.
	Plain func(action string) (*Source, error)

	Sink event.Sink

	// Note and SetNote read and write small durable facts, beside those that
	// go with a batch: how far a file was read. Note is nil where there is
	// none; setting nil deletes.
	Note    func(name string) ([]byte, error)
	SetNote func(name string, value []byte) error

	Alarms *alarm.Board
	Log    *slog.Logger // default: discards

	// Machine tells this relay from others in the leases of shared folders. It
	// stays the same over restarts. Default: none, and no leases are taken.
	Machine string

	// Service says that mapped drive letters cannot be seen (Windows).
	Service bool

	// Every is how often the folders are looked through. Default: 3s.
	Every time.Duration

	// Parallel is how many sources read a file at the same time. Default: 4.
	Parallel int

	// Now is the time, and whether it may be believed: nothing is deleted
	// while it is not. Default: the machine's clock, believed.
	Now func() (time.Time, bool)

	// Unhinted leaves out the system's word of new files: the folders are only
	// looked through, as on a share. Default: false.
	Unhinted bool

	// fault is called after each step of a file's life: a test dies in it.
	// Default: nothing happens.
	fault func(step string)
}

func (o Options) withDefaults() Options {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Every = cmp.Or(o.Every, 3*time.Second)
	o.Parallel = cmp.Or(o.Parallel, 4)
	if o.Now == nil {
		o.Now = func() (time.Time, bool) { return time.Now(), true }
	}
	if o.fault == nil {
		o.fault = func(string) {}
	}
	return o
}

// Source is a way in that is watched. It is not changed once it was handed
// over.
type Source struct {
	Name    string // unique; a part of the notes' names, and the batch's Source
	Project string
	Spec    source.Source
	Mapping *mapping.Mapping
	Globs   []*values.Glob // Spec.Watch, compiled; not used in the drop folder

	dir string // a folder of Options.Drop: all that lies in it
}

// settle is for how long a file of the source stands still before it is taken.
func (s *Source) settle() time.Duration { return cmp.Or(s.Spec.Settle, source.Default().Settle) }

// stays says that a file is left where it is.
func (s *Source) stays(f *sighting) bool {
	if f.corrected() {
		return false
	}
	return s.Spec.Mode == source.Rewrite || s.Spec.Mode == source.Follow || s.Spec.After == source.AfterKeep
}

// follows says that a file is a journal.
func (s *Source) follows(f *sighting) bool {
	return s.Spec.Mode == source.Follow && !f.corrected()
}

// print tells one way to read a file from another: progress that was made with
// another mapping says nothing about the order of its results.
func (s *Source) print() string {
	text, err := json.Marshal(&s.Spec)
	if err != nil { // a Spec is plain data; without a print, files are read anew
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
