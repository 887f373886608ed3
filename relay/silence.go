package relay

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/event"
)

// portSource is what the port is called as a source.
const portSource = "http"

// hearing knows when there was the last sale from each source. Events are noted
// in memory; the spool keeps it once a minute, and at the end. A crash costs a
// minute of silence.
type hearing struct {
	mu    sync.Mutex            // guards all below
	last  map[string]*lastHeard // by source; "": of all
	plain map[string]bool       // sources whose events are no sales: each counts
	kept  map[string]lastHeard  // what is on disk
	saved time.Time             // when
}

// lastHeard is when a source was heard last.
type lastHeard struct {
	At   time.Time `json:"at"`
	Sale bool      `json:"sale"` // false: there was none yet; since then it is watched
}

// hearingNote is where it is kept.
const hearingNote = "silence/last"

// saveHearing is how often it is kept.
const saveHearing = time.Minute

func newHearing(data []byte) *hearing {
	h := &hearing{last: map[string]*lastHeard{}, kept: map[string]lastHeard{}}
	if json.Unmarshal(data, &h.kept) != nil {
		h.kept = map[string]lastHeard{} // it is watched from now on
	}
	for source, l := range h.kept {
		h.last[source] = &lastHeard{l.At, l.Sale}
	}
	return h
}

// follow takes a config up: which sources there are, and which of them sell.
func (h *hearing) follow(cfg *config.Config) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plain = map[string]bool{}
	known := map[string]bool{"": true, portSource: true}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		known[s.Name] = true
		h.plain[s.Name] = s.Event != nil && s.Order == nil
	}
	for source := range h.last {
		if !known[source] {
			delete(h.last, source)
		}
	}
	for source := range known {
		if h.last[source] == nil {
			h.last[source] = &lastHeard{At: time.Now().Round(0)}
		}
	}
}

// note takes what was accepted. A repeat is no sale: a till that sends the same
// day again and again would never be silent.
func (h *hearing) note(b *event.Batch, receipts []event.Receipt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range receipts {
		if receipts[i].Duplicate || b.Offers[i].Event == nil {
			continue
		}
		sale := b.Offers[i].Event.Action == event.CommerceAction
		if !sale && !h.plain[b.Source] {
			continue
		}
		now := lastHeard{time.Now().Round(0), true}
		if l := h.last[b.Source]; l != nil {
			*l = now
		}
		if l := h.last[""]; l != nil && sale {
			*l = now
		}
		if sale {
			return
		}
	}
}

// of is when a source was heard last. A time that is still to come was noted
// while the clock was wrong: it counts from now.
func (h *hearing) of(source string, now time.Time) lastHeard {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.last[source]
	if l == nil {
		return lastHeard{At: now}
	}
	if l.At.After(now.Add(5 * time.Minute)) {
		l.At = now.Round(0)
	}
	return *l
}

// data is what is to be kept; nil: nothing new, or not yet.
func (h *hearing) data(now bool) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !now && !h.saved.IsZero() && time.Since(h.saved) < saveHearing {
		return nil
	}
	changed := len(h.last) != len(h.kept)
	for source, l := range h.last {
		changed = changed || h.kept[source] != *l
	}
	if !changed {
		return nil
	}
	clear(h.kept)
	for source, l := range h.last {
		h.kept[source] = *l
	}
	h.saved = time.Now()
	data, err := json.Marshal(h.kept)
	if err != nil {
		return nil // cannot be: times and words
	}
	return data
}

// keepHearing has the spool keep what was heard.
func (r *Relay) keepHearing(now bool) {
	if data := r.heard.data(now); data != nil {
		if err := r.spool.SetNote(hearingNote, data); err != nil {
			r.o.Log.Debug("the last sales cannot be kept", "err", err)
		}
	}
}

// listenFirst is for how long the relay runs before it calls a source silent: at
// its start files wait, and senders try again.
const listenFirst = 5 * time.Minute

// silenceAlarms raises one for each source that was silent for too long.
func (r *Relay) silenceAlarms(open map[string]bool) {
	r.mu.Lock()
	cfg := r.cfg
	r.mu.Unlock()
	now, believed := r.spool.Now()
	zone, err := cfg.Timezone.Location()
	if !believed || err != nil {
		return // by which hours would it be silent?
	}
	for _, s := range cfg.Silences() {
		last := r.heard.of(s.Source, now)
		if time.Since(r.started) < min(listenFirst, s.After) || s.Hours.Open(last.At, now, zone, s.After) < s.After {
			continue
		}
		name, text, do := silence(&s, last, zone)
		open[name] = true
		r.alarms.Raise(name, text, do)
	}
}

// silence is the alarm of a source that is silent, in words.
func silence(s *config.Silence, last lastHeard, zone *time.Location) (name, text, do string) {
	name, from := "silence/"+s.Source, "from "+s.Source
	do = "see whether the till sells and whether its sales reach this machine; if it is only a quiet day, mark this as seen, or raise silence in the config"
	switch s.Source {
	case "":
		name, from = "silence", "from anywhere"
	case portSource:
		from = "on the port (http)"
	}
	open := ""
	if s.Hours.Given {
		open = " of opening hours"
	}
	at := last.At.In(zone).Format("2006-01-02 15:04")
	text = fmt.Sprintf("no sale %s since %s: that is %s%s or more", from, at, inWords(s.After), open)
	if !last.Sale {
		text = fmt.Sprintf("no sale %s yet; it has been watched since %s: that is %s%s or more", from, at, inWords(s.After), open)
	}
	return name, text, do
}

// inWords writes a length of time as people say it.
func inWords(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "1 minute"
	case d%time.Hour == 0 && d > time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return d.String()
}
