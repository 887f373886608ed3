package forward

import "funnelrelay/spool"

const (
	stuckAfter   = 10 // tries that failed while others passed
	refusedAfter = 3  // refusals while others passed
	goodShare    = 4  // that many have to pass for each that fails
	maxSuspects  = 4096
)

// suspects remembers the records that failed, to tell one that is at fault
// itself from an upstream that is. In memory and bounded: what is forgotten
// only costs more tries. It is guarded by the Forwarder's mu.
type suspects struct {
	passed  int // records that the upstream took
	failed  int // tries that failed, but those of suspects
	records map[spool.ID]*suspect
}

type suspect struct {
	passed, failed int // of suspects, at the record's last failure
	stuck          int // tries that failed while others passed
	refused        int // refusals, the first one and those while others passed
}

// pass notes that a record was taken, and forgets it.
func (s *suspects) pass(id spool.ID) {
	s.passed++
	s.forget(id)
}

// forget is for a record that is settled.
func (s *suspects) forget(id spool.ID) {
	if len(s.records) > 0 {
		delete(s.records, id)
	}
}

// fail notes a try of id that failed. It returns how many of its tries have
// failed while others passed: from one on, the record is suspect.
func (s *suspects) fail(id spool.ID) int {
	r, counts := s.try(id)
	if counts {
		r.stuck++
	}
	if r.stuck == 0 {
		s.failed++
		r.failed = s.failed
	}
	return r.stuck
}

// refuse notes a refusal of id that is one of the project by its status. It
// returns how often it was so refused: the first time, and each time since
// which others passed. From two on, the record is suspect.
func (s *suspects) refuse(id spool.ID) int {
	r, counts := s.try(id)
	if counts || r.refused == 0 {
		r.refused++
	}
	if r.refused < 2 {
		s.failed++
		r.failed = s.failed
	}
	return r.refused
}

// try finds or adds id. It reports whether since its last failure enough others
// passed to say that this one is the record's own.
func (s *suspects) try(id spool.ID) (r *suspect, counts bool) {
	r, seen := s.record(id)
	passed, failed := s.passed-r.passed, s.failed-r.failed
	r.passed, r.failed = s.passed, s.failed
	return r, seen && passed > 0 && passed >= goodShare*failed
}

// record finds or adds id. It reports whether it had failed before.
func (s *suspects) record(id spool.ID) (r *suspect, seen bool) {
	if r, seen = s.records[id]; seen {
		return r, true
	}
	if s.records == nil {
		s.records = map[spool.ID]*suspect{}
	}
	if len(s.records) >= maxSuspects {
		for any := range s.records {
			delete(s.records, any)
			break
		}
	}
	r = &suspect{passed: s.passed, failed: s.failed}
	s.records[id] = r
	return r, false
}
