// Package alarm keeps what a person should know and do something about, until
// it is over. Whoever notices a condition raises it under a name of its own
// and clears it when it is gone; raising twice is raising once.
package alarm

import (
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
	Text  string    `json:"text"` // what is wrong, with its figures
	Do    string    `json:"do"`   // what a person can do about it
}

// Board holds the open alarms. Its methods may be called concurrently; the
// zero Board and a nil *Board are not usable, use New.
type Board struct {
	log *slog.Logger

	mu   sync.Mutex // guards open
	open map[string]Alarm
}

// New makes an empty board that logs each alarm once when it opens and once
// when it is over.
func New(log *slog.Logger) *Board { return &Board{log: log, open: map[string]Alarm{}} }

// Raise opens the alarm called name, or brings its text up to date.
func (b *Board) Raise(name, text, do string) {
	b.mu.Lock()
	old, was := b.open[name]
	a := Alarm{Name: name, Since: time.Now(), Text: text, Do: do}
	if was {
		a.Since = old.Since
	}
	b.open[name] = a
	b.mu.Unlock()
	if !was {
		b.log.Warn("alarm", "alarm", name, "text", text, "do", do)
	}
}

// Clear ends the alarm called name. Clearing one that is not open is fine.
func (b *Board) Clear(name string) {
	b.mu.Lock()
	a, was := b.open[name]
	delete(b.open, name)
	b.mu.Unlock()
	if was {
		b.log.Info("alarm over", "alarm", name, "lasted", time.Since(a.Since).Round(time.Second))
	}
}

// Open lists the open alarms by name.
func (b *Board) Open() []Alarm {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Alarm, 0, len(b.open))
	for _, a := range b.open {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Alarm) int { return strings.Compare(a.Name, b.Name) })
	return list
}
