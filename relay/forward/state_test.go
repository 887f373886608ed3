package forward

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPausedByAPerson(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.f.Pause("stocktaking", time.Time{})
		s.puts(3)
		s.run()
		s.after(time.Hour)
		s.want(3, 0, 0)
		if st := s.f.State(); st.Mode != Held || st.Cause != "stocktaking" {
			t.Errorf("state %+v", st)
		}
		s.f.Resume()
		s.after(time.Second)
		s.want(0, 3, 0)
		s.f.Pause("", time.Time{})
		s.puts(1)
		s.after(time.Minute)
		s.want(1, 3, 0)
	})
}

func TestClockOff(t *testing.T) {
	in(t, Options{}, func(s *site) {
		ahead := 10 * time.Minute
		s.set(func(_ int, _ *delivery, w http.ResponseWriter) {
			w.Header().Set("Date", time.Now().Add(-ahead).UTC().Format(http.TimeFormat))
		})
		s.puts(1)
		s.run()
		s.after(time.Minute)
		if got := s.f.State().ClockSkew; got < 590 || got > 610 {
			t.Errorf("skew %v s", got)
		}
		if a := s.alarm("clock-off"); a == nil || !strings.Contains(a.Text, "10m0s ahead") {
			t.Errorf("alarm %+v", a)
		}
		ahead = 0
		s.puts(1)
		s.after(time.Minute)
		if s.alarm("clock-off") != nil {
			t.Error("the alarm is still open")
		}
	})
}

func TestDeadIsNamed(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(_ int, _ *delivery, w http.ResponseWriter) {
			w.WriteHeader(422)
			fmt.Fprint(w, "bad field, and key "+testKey+strings.Repeat("x", 3000))
		})
		id := s.put(1, "a", noStamp)
		s.run()
		s.after(time.Minute)
		s.want(0, 0, 1)
		r, _ := s.sp.Record(id)
		if r.Status != 422 || !strings.HasPrefix(string(r.Answer), "bad field, and key [redacted]x") || len(r.Answer) != 1024 || r.Flags != 0 {
			t.Errorf("record %+v", r)
		}
		if log := s.log.String(); !strings.Contains(log, "event is dead") || !strings.Contains(log, "bad field, and key [redacted]x") || strings.Contains(log, testKey) {
			t.Errorf("log: %s", log)
		}
	})
}
