package session

import (
	"encoding/binary"
	"time"
)

// endedBytes is the length of an entry of Ended: the session's id, and the
// seconds since 1970 at which it can be forgotten.
const endedBytes = len(ID{}) + 8

// Ended is who logged out, for Remember: a cookie that was copied before is
// worthless after a restart, too. It lets nobody in.
func (s *Sessions) Ended() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, 0, len(s.ended)*endedBytes)
	for id, until := range s.ended {
		b = append(b, id[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(until.Unix()))
	}
	return b
}

// Remember takes back what Ended gave.
func (s *Sessions) Remember(ended []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; len(ended) >= endedBytes && len(s.ended) < endedMax; ended = ended[endedBytes:] {
		s.ended[ID(ended)] = time.Unix(int64(binary.BigEndian.Uint64(ended[len(ID{}):endedBytes])), 0)
	}
}
