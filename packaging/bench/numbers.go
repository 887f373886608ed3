package main

import "sync"

// numbers is a set of small, dense numbers. Its methods may be called
// concurrently.
type numbers struct {
	mu    sync.Mutex
	words []uint64
	count uint64
}

// add puts n into the set, and reports whether it was not there.
func (s *numbers) add(n uint64) bool {
	word, bit := n>>6, uint64(1)<<(n&63)
	s.mu.Lock()
	defer s.mu.Unlock()
	if missing := int64(word) - int64(len(s.words)) + 1; missing > 0 {
		s.words = append(s.words, make([]uint64, missing+int64(len(s.words))/4)...)
	}
	if s.words[word]&bit != 0 {
		return false
	}
	s.words[word] |= bit
	s.count++
	return true
}

func (s *numbers) len() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}
