// Package session lets the browser of a person in who has the admin token, or a
// link that somebody with the token asked for. It knows cookies, one-time codes
// and what slows a guesser down; who may ask at all is for the caller to say.
//
// A session is a signed text in a cookie, and nothing is kept of it here but that
// it was ended, so that it outlives a restart. The key that signs is made of the admin token:
// with a new token every session ends.
package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

const (
	// Lasts is how long a session lasts after it was last used.
	Lasts = 30 * 24 * time.Hour
	// renewed is the age at which a session that is used gets a new cookie.
	renewed = 24 * time.Hour
	// ahead is how far in the future a session may have begun: the clock of a
	// till is set back now and then.
	ahead = 24 * time.Hour
	// endedMax bounds the memory of those who logged out.
	endedMax = 1000
)

// Sessions makes and checks sessions and one-time codes. Its methods may be
// called concurrently.
type Sessions struct {
	key [sha256.Size]byte

	mu    sync.Mutex // guards all below
	codes []code
	ended map[ID]time.Time // logged out, and when that can be forgotten
}

// ID tells sessions apart.
type ID [16]byte

// Session is one browser that is let in.
type Session struct {
	id    ID
	began time.Time // or was renewed
	csrf  string
}

// New makes the Sessions of an admin token. An empty token lets nobody in.
func New(token string) *Sessions {
	s := &Sessions{ended: map[ID]time.Time{}}
	if token == "" {
		_, _ = rand.Read(s.key[:]) // it never fails
	} else {
		s.key = sum([]byte(token), "funnelrelay session 1", nil)
	}
	return s
}

// sum is the MAC of data, for one purpose.
func sum(key []byte, purpose string, data []byte) (mac [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(data)
	h.Sum(mac[:0])
	return mac
}

// Begin makes a session.
func (s *Sessions) Begin(now time.Time) *Session {
	var id ID
	_, _ = rand.Read(id[:]) // it never fails
	return s.of(id, now)
}

func (s *Sessions) of(id ID, began time.Time) *Session {
	csrf := sum(s.key[:], "csrf", id[:])
	return &Session{id: id, began: began, csrf: base64.RawURLEncoding.EncodeToString(csrf[:])}
}

// text is what the cookie holds: id, seconds since 1970, and their MAC.
func (s *Sessions) text(of *Session) string {
	b := binary.BigEndian.AppendUint64(of.id[:], uint64(of.began.Unix()))
	mac := sum(s.key[:], "cookie", b)
	return base64.RawURLEncoding.EncodeToString(append(b, mac[:]...))
}

// read is the session of a cookie's text; nil: it is none of ours, or over.
func (s *Sessions) read(text string, now time.Time) *Session {
	const signed = len(ID{}) + 8
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != signed+sha256.Size {
		return nil
	}
	if mac := sum(s.key[:], "cookie", b[:signed]); !hmac.Equal(mac[:], b[signed:]) {
		return nil
	}
	id, began := ID(b[:len(ID{})]), time.Unix(int64(binary.BigEndian.Uint64(b[len(ID{}):])), 0)
	if age := now.Sub(began); age > Lasts || age < -ahead {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ended := s.ended[id]; ended {
		return nil
	}
	return s.of(id, began)
}

// End makes the session's cookie worthless. Ended tells of it.
func (s *Sessions) End(of *Session, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var soonest ID
	for id, at := range s.ended {
		if at.Before(now) {
			delete(s.ended, id)
		} else if first, ok := s.ended[soonest]; !ok || at.Before(first) {
			soonest = id
		}
	}
	if len(s.ended) >= endedMax {
		delete(s.ended, soonest)
	}
	s.ended[of.id] = now.Add(Lasts + ahead)
}
