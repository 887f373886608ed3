package sandbox

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Delivery is an event that was taken.
type Delivery struct {
	// Number counts from 1 in the order in which events were taken.
	Number  int64     `json:"number"`
	Time    time.Time `json:"time"`
	Project string    `json:"project"`
	Action  string    `json:"action"` // unescaped
	Path    string    `json:"path"`   // as it came, escapes and all
	// Email and Session are "" where the event names none; a session that
	// came as a number is its text.
	Email   string `json:"email,omitempty"`
	Session string `json:"session,omitempty"`
	Body    string `json:"body"` // the exact bytes
	// Headers as received, but for secrets: of X-API-KEY the last two
	// characters are left.
	Headers http.Header `json:"headers"`
}

// Refusal is a request that broke a rule, or repeated one that was taken.
type Refusal struct {
	Time    time.Time `json:"time"`
	Status  int       `json:"status"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Body    string    `json:"body"` // its first 4 KiB
}

// Stats are the counts since the start or the last Reset. Once no request is
// in flight,
//
//	Requests = Taken + Duplicates + all Refused + all Struck
type Stats struct {
	Requests   int64            `json:"requests"` // for the webhook
	Taken      int64            `json:"taken"`
	Duplicates int64            `json:"duplicates"` // refused as repeats
	Refused    map[string]int64 `json:"refused"`    // by the rule's reason: not_flat, credentials, …
	Struck     map[string]int64 `json:"struck"`     // by fault: down, reset, status; none of them taken
	Lost       int64            `json:"lost"`       // taken, and the answer lost
	Users      int64            `json:"users"`      // made, the anonymous included
	Anonymous  int64            `json:"anonymous"`  // made for events without email and session
	Races      int64            `json:"races"`      // names that came to one user more, each time
	// DoubledUsers lists whose, up to 1000 of them. Empty is as it should be.
	DoubledUsers []DoubledUser `json:"doubled_users"`
}

const (
	keepBytes     = 64 << 20 // of listed deliveries together, at least
	keepBytesEach = 1 << 10  // and so much for each where many are asked for
	keepRefusals  = 100
	keepRefused   = 4 << 10 // of a refused body
)

// history keeps the last entries, bounded in number and in bytes. Its zero
// value keeps none.
type history[T any] struct {
	most    int
	entries []T // the live ones begin at first
	sizes   []int
	first   int
	bytes   int
}

func (h *history[T]) add(entry T, size int) {
	if h.most == 0 {
		return
	}
	h.entries, h.sizes = append(h.entries, entry), append(h.sizes, size)
	h.bytes += size
	for len(h.entries)-h.first > h.most || h.bytes > max(keepBytes, h.most*keepBytesEach) && len(h.entries)-h.first > 1 {
		var zero T
		h.bytes -= h.sizes[h.first]
		h.entries[h.first] = zero
		h.first++
	}
	if h.first > len(h.entries)/2 { // so that moving costs a constant an entry
		n := copy(h.entries, h.entries[h.first:])
		clear(h.entries[n:]) // what was moved away must not be held twice
		h.entries = h.entries[:n]
		h.sizes = h.sizes[:copy(h.sizes, h.sizes[h.first:])]
		h.first = 0
	}
}

func (h *history[T]) live() []T { return h.entries[h.first:] }

// ledger writes down what arrived.
type ledger struct {
	mu         sync.Mutex // guards all below
	seen       map[fingerprint]struct{}
	stats      Stats // without the users
	deliveries history[Delivery]
	refusals   history[Refusal]
}

func (l *ledger) reset(keep int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = make(map[fingerprint]struct{})
	l.stats = Stats{Refused: make(map[string]int64), Struck: make(map[string]int64)}
	l.deliveries = history[Delivery]{most: keep}
	l.refusals = history[Refusal]{most: keepRefusals}
}

func (l *ledger) request() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Requests++
}

func (l *ledger) struck(fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Struck[fault]++
}

func (l *ledger) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Lost++
}

// take writes d down and gives it its number and time, unless it was seen
// before: of equal requests that arrive at once, one is taken.
func (l *ledger) take(print fingerprint, d Delivery) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, repeated := l.seen[print]; repeated {
		return false
	}
	l.seen[print] = struct{}{}
	l.stats.Taken++
	d.Number, d.Time = l.stats.Taken, time.Now()
	size := len(d.Body) + len(d.Path)
	for name, values := range d.Headers {
		size += len(name)
		for _, v := range values {
			size += len(v)
		}
	}
	l.deliveries.add(d, size)
	return true
}

func (l *ledger) refuse(r Refusal) {
	r.Time = time.Now()
	r.Body = strings.Clone(r.Body[:min(len(r.Body), keepRefused)])
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Reason == "duplicate" {
		l.stats.Duplicates++
	} else {
		l.stats.Refused[r.Reason]++
	}
	l.refusals.add(r, len(r.Body)+len(r.Path)+len(r.Message))
}

// after returns up to limit deliveries whose number is above n, oldest first;
// below 0, n stands for "the last limit".
func (l *ledger) after(n int64, limit int) []Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	live := l.deliveries.live()
	switch {
	case n < 0:
		live = live[max(len(live)-limit, 0):]
	case len(live) > 0:
		// Numbers have no gaps: the place follows from the first.
		live = live[min(max(n+1-live[0].Number, 0), int64(len(live))):]
	}
	return append([]Delivery{}, live[:min(limit, len(live))]...)
}

func (l *ledger) lastRefusals() []Refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Refusal{}, l.refusals.live()...)
}

// Stats returns the counts. The maps and lists are the caller's.
func (s *Sandbox) Stats() Stats {
	s.ledger.mu.Lock()
	stats := s.ledger.stats
	stats.Refused, stats.Struck = maps.Clone(stats.Refused), maps.Clone(stats.Struck)
	s.ledger.mu.Unlock()
	s.users.fill(&stats)
	return stats
}

// Deliveries returns up to limit of the deliveries that are kept (Options.Keep)
// and whose number is above after, oldest first; with limit 0 all of them. The
// slice is the caller's; the headers in it are shared and must not be changed.
func (s *Sandbox) Deliveries(after int64, limit int) []Delivery {
	if limit <= 0 {
		limit = s.opts.Keep
	}
	return s.ledger.after(max(after, 0), limit)
}

// Refusals returns the last 100 refusals, oldest first. The slice is the
// caller's.
func (s *Sandbox) Refusals() []Refusal { return s.ledger.lastRefusals() }

// headersOf copies the headers without the secrets in them.
func headersOf(from http.Header) http.Header {
	h := from.Clone()
	for name, values := range h {
		switch name {
		case "X-Api-Key":
			for i, v := range values {
				values[i] = redact(v)
			}
		case "Authorization", "Proxy-Authorization", "Cookie":
			for i := range values {
				values[i] = "…"
			}
		}
	}
	return h
}

// redact leaves the last two characters of a key, and nothing of one so short
// that two would tell it.
func redact(key string) string {
	runes := []rune(key)
	if len(runes) < 6 {
		return "…"
	}
	return "…" + string(runes[len(runes)-2:])
}
