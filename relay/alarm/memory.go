package alarm

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// kept is what of an open alarm is remembered over a restart. Its texts are
// not: whoever raises it again knows better.
type kept struct {
	Since time.Time `json:"since"`
	Seen  time.Time `json:"seen,omitzero"`
	Count int64     `json:"count,omitempty"`
}

const (
	// raisedAgain is for how long after a start an alarm of before may still be
	// raised again as the same one. What finds it out may have to ask a network.
	raisedAgain = 5 * time.Minute

	// saveEvery is the least time between two writes of what is remembered:
	// texts with figures change all the time.
	saveEvery = 5 * time.Second
)

// Remember takes up what an earlier run kept, and hands save what is to be kept
// from now on, while Keep runs. It is called before the first alarm is raised.
// What cannot be read is forgotten: it costs a person a second message.
func (b *Board) Remember(data []byte, save func(data []byte) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep, b.saved = save, data
	b.before = nil
	if json.Unmarshal(data, &b.before) != nil {
		b.before = nil
	}
}

// Keep has what is open kept until ctx ends, and once more then.
func (b *Board) Keep(ctx context.Context) {
	forget := time.After(raisedAgain)
	for {
		changed := b.Changed()
		b.save()
		select {
		case <-ctx.Done():
			b.save()
			return
		case <-forget:
			b.mu.Lock()
			clear(b.before)
			b.changeLocked()
			b.mu.Unlock()
			continue
		case <-changed:
		}
		select {
		case <-ctx.Done():
		case <-time.After(saveEvery):
		}
	}
}

// save writes down what is open, if that is other than what was written last.
func (b *Board) save() {
	b.mu.Lock()
	all := map[string]kept{}
	for name, k := range b.before { // one that was not raised again yet may have been seen
		all[name] = k
	}
	for name, e := range b.open {
		all[name] = kept{Since: e.Since.Round(0), Seen: e.Seen.Round(0), Count: e.Count}
	}
	data, err := json.Marshal(all)
	save := b.keep
	if err != nil || save == nil || bytes.Equal(data, b.saved) {
		b.mu.Unlock()
		return
	}
	b.mu.Unlock()
	if err := save(data); err != nil {
		b.log.Debug("open alarms cannot be kept", "err", err)
		return // with the next change
	}
	b.mu.Lock()
	b.saved = data
	b.mu.Unlock()
}

// Awaited says that an alarm was open before the restart, and may still be
// raised again. Nobody should say that it is over.
func (b *Board) Awaited(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.before[name]
	return ok
}
