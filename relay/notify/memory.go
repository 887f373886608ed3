package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"sync"
	"time"
)

// mark is what a teller knows of an alarm that it told.
type mark struct {
	Since time.Time `json:"since"` // of the alarm
	At    time.Time `json:"at"`    // when it was told last
	What  string    `json:"what"`  // what was wrong
	Seen  bool      `json:"seen,omitempty"`

	over time.Time // when it was found not to be open any more
}

// memory is what all tellers told. It outlives them, and restarts.
type memory struct {
	o *Options

	mu   sync.Mutex // guards all below, and the marks
	told map[string]map[string]*mark
	used map[string]bool // of told: by a target of this run
}

// newMemory takes up what an earlier run told. What cannot be read is forgotten:
// then people are told once more.
func newMemory(o *Options) *memory {
	m := &memory{o: o, told: map[string]map[string]*mark{}, used: map[string]bool{}}
	if o.Note == nil {
		return m
	}
	data, err := o.Note()
	if err == nil && len(data) > 0 {
		err = json.Unmarshal(data, &m.told)
	}
	if err != nil {
		o.Log.Warn("what was told of alarms cannot be read; those that are open are told again", "cause", err)
		m.told = map[string]map[string]*mark{}
	}
	for _, marks := range m.told {
		maps.DeleteFunc(marks, func(_ string, told *mark) bool { return told == nil })
	}
	return m
}

// told is the part of the memory that is one target's.
type told struct {
	*memory
	key string
}

// of is the memory of a target. Its name is not written down as it is: it may be
// the address of a person.
func (m *memory) of(name string) *told {
	sum := sha256.Sum256([]byte(name))
	key := hex.EncodeToString(sum[:8])
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told[key] == nil {
		m.told[key] = map[string]*mark{}
	}
	m.used[key] = true
	return &told{m, key}
}

// with lets fn read and change the marks, and keeps them if it says so.
func (t *told) with(fn func(marks map[string]*mark) (keep bool)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !fn(t.told[t.key]) {
		return
	}
	all := map[string]map[string]*mark{}
	for key, marks := range t.told {
		if len(marks) > 0 && t.used[key] { // those of a target that is gone go with it
			all[key] = marks
		}
	}
	if err := t.keep(all); err != nil {
		t.o.Log.Debug("what was told of alarms cannot be kept", "err", err)
	}
}

func (m *memory) keep(all map[string]map[string]*mark) error {
	if m.o.SetNote == nil {
		return nil
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return m.o.SetNote(data)
}

// forgotten stands for a text that named a person.
const forgotten = "what was told of it is removed"

// Forget removes what was told and named a person, as names says. What is still
// open with such a text is told, when it is over, with the text that it has then.
func (n *Notifier) Forget(names func(text string) bool) error {
	m := n.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := false
	for _, marks := range m.told {
		for _, told := range marks {
			if names(told.What) {
				told.What, changed = forgotten, true
			}
		}
	}
	if !changed {
		return nil
	}
	return m.keep(m.told)
}
