package session

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"
)

const (
	// CodeLasts is how long a one-time code can be used.
	CodeLasts = 5 * time.Minute
	// codesMax is how many can be open at a time; the oldest gives way.
	codesMax = 16
)

// code is a one-time code that was handed out. Only its hash is kept.
type code struct {
	hash  [sha256.Size]byte
	until time.Time
}

// Code makes a code of 256 bits that lets in once, until the time given.
func (s *Sessions) Code(now time.Time) (text string, until time.Time) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	text, until = base64.RawURLEncoding.EncodeToString(random[:]), now.Add(CodeLasts)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes = append(s.codes, code{sha256.Sum256([]byte(text)), until})
	if n := len(s.codes) - codesMax; n > 0 {
		s.codes = append([]code(nil), s.codes[n:]...)
	}
	return text, until
}

// Redeem uses a code up. It is false for one that is wrong, used or too old.
func (s *Sessions) Redeem(text string, now time.Time) bool {
	hash := sha256.Sum256([]byte(text))
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, right := s.codes[:0], false
	for _, c := range s.codes { // all of them, so that the time says nothing
		switch {
		case subtle.ConstantTimeCompare(c.hash[:], hash[:]) == 1:
			right = right || now.Before(c.until)
		case now.Before(c.until):
			kept = append(kept, c)
		}
	}
	s.codes = kept
	return right
}
