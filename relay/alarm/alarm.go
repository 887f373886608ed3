// Package alarm keeps what a person should know and do something about, until
// it is over. Whoever notices a condition raises it under a name of its own
// and clears it when it is gone; raising twice is raising once. A person may
// say that an alarm was seen: it stays open for as long as its condition holds,
// and nobody is told of it again.
//
// A name is its kind, and behind a slash what it is about: dead/shop.
package alarm

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Alarm is one condition that is not as it should be.
type Alarm struct {
	Name  string    `json:"name"` // "project-paused/shop"; unique
	Since time.Time `json:"since"`
	Text  string    `json:"text"`            // what is wrong, with its figures
	Do    string    `json:"do"`              // what a person can do about it
	Count int64     `json:"count,omitempty"` // of what can become more, as dead events; 0: nothing of that kind
	Seen  time.Time `json:"seen,omitzero"`   // when a person said so
}

// Past is an alarm that is over.
type Past struct {
	Name  string    `json:"name"`
	Text  string    `json:"text"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// ErrNotOpen is what Seen answers for a name under which no alarm is open.
var ErrNotOpen = errors.New("no such alarm is open; it may be over by now")

// mostPast is how many alarms that are over are kept.
const mostPast = 50

// Board holds the open alarms. Its methods may be called concurrently; the
// zero Board and a nil *Board are not usable, use New.
type Board struct {
	log *slog.Logger

	mu      sync.Mutex // guards all below
	open    map[string]*entry
	past    []Past               // oldest first
	before  map[string]kept      // of an earlier run, not raised again yet
	keep    func(b []byte) error // nil: nothing is kept over restarts
	saved   []byte               // what keep was given last
	changed chan struct{}        // closed and replaced with each change
}

// entry is an open alarm.
type entry struct {
	Alarm
	over func() error // not nil: being seen ends it, once this has been noted
}

// New makes an empty board that logs each alarm once when it opens and once
// when it is over.
func New(log *slog.Logger) *Board {
	return &Board{log: log, open: map[string]*entry{}, changed: make(chan struct{})}
}

// Raise opens the alarm called name, or brings its text up to date.
func (b *Board) Raise(name, text, do string) { b.raise(Alarm{Name: name, Text: text, Do: do}, nil) }

// RaiseCount is Raise for something that can become more: where a person has
// seen it, and count is higher by now, it has not been seen any more.
func (b *Board) RaiseCount(name string, count int64, text, do string) {
	b.raise(Alarm{Name: name, Text: text, Do: do, Count: count}, nil)
}

// RaiseUntilSeen is RaiseCount for what ends when a person has seen it. Seen
// calls over, which notes that, and clears the alarm if it returns nil.
func (b *Board) RaiseUntilSeen(name string, count int64, text, do string, over func() error) {
	b.raise(Alarm{Name: name, Text: text, Do: do, Count: count}, over)
}

func (b *Board) raise(a Alarm, over func() error) {
	b.mu.Lock()
	a.Since = time.Now()
	old, was := b.open[a.Name]
	known := was
	if was {
		a.Since, a.Seen = old.Since, old.Seen
		if a.Count > old.Count {
			a.Seen = time.Time{}
		}
	} else if k, ok := b.before[a.Name]; ok {
		delete(b.before, a.Name)
		a.Since, known = k.Since, true
		if a.Count <= k.Count {
			a.Seen = k.Seen
		}
	}
	b.open[a.Name] = &entry{a, over}
	if !was || old.Alarm != a {
		b.changeLocked()
	}
	b.mu.Unlock()
	switch {
	case was:
	case known:
		b.log.Warn("alarm is still open after the restart", "alarm", a.Name, "since", a.Since, "text", a.Text, "do", a.Do)
	default:
		b.log.Warn("alarm", "alarm", a.Name, "text", a.Text, "do", a.Do)
	}
}

// Clear ends the alarm called name. Clearing one that is not open is fine.
func (b *Board) Clear(name string) {
	b.mu.Lock()
	e, was := b.open[name]
	if was {
		delete(b.open, name)
		b.overLocked(e.Alarm, time.Now())
	}
	b.mu.Unlock()
	if was {
		b.log.Info("alarm over", "alarm", name, "lasted", time.Since(e.Since).Round(time.Second))
	}
}

// overLocked moves an alarm to those that are over.
func (b *Board) overLocked(a Alarm, until time.Time) {
	if len(b.past) == mostPast {
		b.past = slices.Delete(b.past, 0, 1)
	}
	b.past = append(b.past, Past{Name: a.Name, Text: a.Text, Since: a.Since, Until: until})
	b.changeLocked()
}

func (b *Board) changeLocked() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// Seen notes that a person has seen the alarm called name: nobody is told of it
// again, and one that only waits for that is over. It fails with ErrNotOpen, or
// where it could not be noted.
func (b *Board) Seen(name string) error {
	b.mu.Lock()
	e, ok := b.open[name]
	b.mu.Unlock()
	if !ok {
		return ErrNotOpen
	}
	if e.over != nil {
		if err := e.over(); err != nil { // not under the lock: it may write to a disk
			return err
		}
		b.Clear(name)
		return nil
	}
	b.mu.Lock()
	if e, ok = b.open[name]; ok && e.Seen.IsZero() {
		seen := *e
		seen.Seen = time.Now()
		b.open[name] = &seen
		b.changeLocked()
	}
	b.mu.Unlock()
	return nil
}

// Open lists the open alarms by name.
func (b *Board) Open() []Alarm {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Alarm, 0, len(b.open))
	for _, e := range b.open {
		list = append(list, e.Alarm)
	}
	slices.SortFunc(list, func(a, b Alarm) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Past lists the alarms that are over, those that ended last first; it keeps 50,
// and none of before a restart.
func (b *Board) Past() []Past {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.past)
	slices.Reverse(list)
	return list
}

// Changed is closed when an alarm opens, changes, is seen or is over after this
// call. Whoever follows the board asks for it first, and then looks.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}
