package session

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// freeFailures of one address are answered at once.
	freeFailures = 5
	// longestWait after a failure: a guesser is slow with it, and an owner who
	// mistyped is not locked out.
	longestWait = 30 * time.Second
	// forgotten is the time after which an address begins anew.
	forgotten = 10 * time.Minute
	// addressesMax bounds the memory of addresses.
	addressesMax = 1000
)

// Slow slows down who fails to log in: each address by itself, with a wait that
// doubles, and all others than this machine together. Its methods may be
// called concurrently.
type Slow struct {
	all *rate.Limiter

	mu   sync.Mutex // guards all below
	from map[netip.Prefix]*failures
}

type failures struct {
	n     int
	last  time.Time
	until time.Time // no earlier try is looked at
}

// NewSlow makes one that has seen no failure.
func NewSlow() *Slow {
	return &Slow{all: rate.NewLimiter(1, 30), from: map[netip.Prefix]*failures{}}
}

// origin is who counts as one: a home has a whole /64.
func origin(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // the zero Prefix for what is no address
	return p
}

// Try notes a try of this address that was right or not. With a wait over 0 it
// came too early after others that were wrong: it is not to be looked at, and
// does not count.
func (s *Slow) Try(addr netip.Addr, now time.Time, right bool) (wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := origin(addr)
	f := s.from[key]
	if f != nil {
		wait = min(f.until.Sub(now), longestWait) // a clock that was set back locks nobody out
	}
	if !addr.IsLoopback() && s.all.TokensAt(now) < 1 {
		wait = max(wait, time.Second)
	}
	switch {
	case wait > 0:
		return wait
	case right:
		delete(s.from, key)
		return 0
	}
	if !addr.IsLoopback() { // others cannot use up what the owner's own machine needs
		s.all.AllowN(now, 1)
	}
	if f == nil || now.Sub(f.last) > forgotten {
		s.makeRoomLocked(now)
		f = &failures{}
		s.from[key] = f
	}
	f.n++
	f.last = now
	if over := f.n - freeFailures; over >= 0 {
		f.until = now.Add(min(time.Second<<min(over, 10), longestWait))
	}
	return 0
}

// makeRoomLocked forgets what is old and, where that is not enough, the
// address that failed the longest ago.
func (s *Slow) makeRoomLocked(now time.Time) {
	if len(s.from) < addressesMax {
		return
	}
	var oldest netip.Prefix
	for key, f := range s.from {
		if now.Sub(f.last) > forgotten {
			delete(s.from, key)
		} else if o := s.from[oldest]; o == nil || f.last.Before(o.last) {
			oldest = key
		}
	}
	if len(s.from) >= addressesMax {
		delete(s.from, oldest)
	}
}
