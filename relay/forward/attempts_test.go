package forward

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"funnelrelay/spool"
)

// TestEveryAttemptIsRemembered with its time, its status and what came back, of
// those that failed and of the one that did not.
func TestEveryAttemptIsRemembered(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(n int, d *delivery, w http.ResponseWriter) {
			time.Sleep(250 * time.Millisecond)
			if n < 2 {
				d.status = 503
				w.WriteHeader(503)
				fmt.Fprint(w, "busy, and key "+testKey)
				return
			}
			fmt.Fprint(w, "thanks"+strings.Repeat(".", 1000))
		})
		began := time.Now()
		id := s.put(1, "a", noStamp)
		s.run()
		s.after(time.Hour)
		s.want(0, 1, 0)
		s.attempts(id, began, "503 busy, and key [redacted]", "503 busy, and key [redacted]", "200 thanks"+strings.Repeat(".", 250))
	})
}

// TestMovedStampsAreAttempts: each refusal on the way to a free stamp counts.
func TestMovedStampsAreAttempts(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(n int, _ *delivery, w http.ResponseWriter) {
			if n < 2 {
				w.WriteHeader(409)
				fmt.Fprint(w, "duplicate")
			}
		})
		began := time.Now()
		id := s.put(1, "a", ownStamp)
		s.run()
		s.after(time.Minute)
		s.want(0, 1, 0)
		s.attempts(id, began, "409 duplicate", "409 duplicate", "200 ")
	})
}

// attempts sees that the tries for a record ended so.
func (s *site) attempts(id spool.ID, began time.Time, want ...string) {
	s.Helper()
	list, err := s.sp.Attempts(id)
	if err != nil {
		s.Fatal(err)
	}
	var got []string
	for i, a := range list {
		got = append(got, fmt.Sprintf("%d %s", a.Status, a.Answer))
		if a.Began.Before(began) || i > 0 && a.Began.Before(list[i-1].Began.Add(list[i-1].Took)) || a.Took < 0 {
			s.Errorf("attempt %d began at %s and took %s", i, a.Began, a.Took)
		}
		if (a.Cause == "") != (a.Status == 200) {
			s.Errorf("attempt %d: %q", i, a.Cause)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.Errorf("attempts\n%q, want\n%q", got, want)
	}
}
