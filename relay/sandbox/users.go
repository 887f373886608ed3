package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

// fingerprint stands for something that was seen: 128 bits, so that ten
// million of them fit into memory and never meet by chance.
type fingerprint [16]byte

// fingerprintOf hashes the parts so that no two lists of parts look alike: each
// part but the last is preceded by its length.
func fingerprintOf(last []byte, parts ...string) fingerprint {
	h := sha256.New()
	var buf [256]byte
	b := buf[:0]
	for _, part := range parts {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	h.Write(b)
	h.Write(last)
	var sum [sha256.Size]byte
	return fingerprint(h.Sum(sum[:0])[:16])
}

// DoubledUser is an email or session for which more than one user was made,
// because requests that named it for the first time were in flight together.
type DoubledUser struct {
	Project string `json:"project"`
	Key     string `json:"key"` // "email" or "session"
	Value   string `json:"value"`
	Users   int    `json:"users"` // how many it has: 2 or more
}

// mostDoubled bounds the list of doubled users; their number is always exact.
const mostDoubled = 1000

// userTable models the upstream's users. "If no users with that email are
// found in our DB a new user will be create": finding and making are two steps
// with time in between.
type userTable struct {
	mu        sync.Mutex // guards all below
	known     map[fingerprint]struct{}
	made      int64
	anonymous int64
	doubled   map[fingerprint]*DoubledUser
	races     int64 // users made too many
}

func (t *userTable) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = make(map[fingerprint]struct{})
	t.doubled = make(map[fingerprint]*DoubledUser)
	t.made, t.anonymous, t.races = 0, 0, 0
}

// tie ties an event to its user, and takes delay for it where a name is new.
//
// An event that names both an email and a session is tied to the user that
// either leads to, and the other name becomes that user's. A name that was new
// at the first step and is known at the second has come to two users.
func (t *userTable) tie(project string, p payload, delay time.Duration) {
	type name struct {
		print      fingerprint
		key, value string
	}
	var all [2]name
	names := all[:0]
	for _, n := range [2]name{{key: "email", value: p.email}, {key: "session", value: p.session}} {
		if n.value != "" {
			n.print = fingerprintOf([]byte(n.value), project, n.key)
			names = append(names, n)
		}
	}

	t.mu.Lock()
	fresh := names[:0]
	for _, n := range names {
		if _, found := t.known[n.print]; !found {
			fresh = append(fresh, n)
		}
	}
	found := len(fresh) < len(names)
	if len(names) == 0 {
		// Rule: "If no session or email is passed every event received will
		// create a new user."
		t.made++
		t.anonymous++
	}
	t.mu.Unlock()
	if len(fresh) == 0 {
		return
	}

	time.Sleep(delay) // not cut short: the upstream goes on when its caller has gone

	t.mu.Lock()
	defer t.mu.Unlock()
	if !found {
		t.made++
	}
	for _, n := range fresh {
		if _, raced := t.known[n.print]; raced {
			t.double(n.print, DoubledUser{Project: project, Key: n.key, Value: n.value, Users: 1})
			continue
		}
		t.known[n.print] = struct{}{}
	}
}

// double notes one more user for a name. The caller holds mu.
func (t *userTable) double(print fingerprint, first DoubledUser) {
	t.races++
	d := t.doubled[print]
	if d == nil {
		if len(t.doubled) >= mostDoubled {
			return
		}
		d = &first
		t.doubled[print] = d
	}
	d.Users++
}

// fill writes the users' part of a report.
func (t *userTable) fill(s *Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Users, s.Anonymous, s.Races = t.made, t.anonymous, t.races
	s.DoubledUsers = make([]DoubledUser, 0, len(t.doubled))
	for _, d := range t.doubled {
		s.DoubledUsers = append(s.DoubledUsers, *d)
	}
	slices.SortFunc(s.DoubledUsers, func(a, b DoubledUser) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value))
	})
}
