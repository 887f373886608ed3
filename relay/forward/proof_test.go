package forward

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"funnelrelay/spool"
)

// The upstream of these tests refuses bytes that it has seen, as the contract
// says ("Duplicated requests will be rejected").
func strict(before ...string) func(int, *delivery, http.ResponseWriter) {
	seen := map[string]bool{}
	for _, b := range before {
		seen[b] = true
	}
	return func(_ int, d *delivery, w http.ResponseWriter) {
		if seen[d.body] {
			w.WriteHeader(400)
			fmt.Fprint(w, `{"error":"Duplicated request"}`)
			return
		}
		seen[d.body] = true
	}
}

func body(n int, who string) string {
	return fmt.Sprintf(`{"dateTime":"2000-01-01T00:00:00+00:00","email":%q,"n":%d}`, who, n)
}

func TestAnswerLost(t *testing.T) {
	for _, stampAt := range []int{noStamp, ownStamp} {
		in(t, Options{Connections: 1}, func(s *site) {
			answer := strict()
			s.set(func(n int, d *delivery, w http.ResponseWriter) {
				answer(n, d, w)
				if n == 0 {
					lost(n, d, w)
				}
			})
			id := s.put(1, "a", stampAt)
			s.run()
			s.after(time.Minute)
			s.want(0, 1, 0)
			if f := s.flags(id); f != spool.Confirmed {
				t.Errorf("flags %b", f)
			}
			if n := len(s.deliveries()); n != 2 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

func TestFiveHundredMayHaveArrived(t *testing.T) {
	in(t, Options{}, func(s *site) {
		answer := strict()
		s.set(func(n int, d *delivery, w http.ResponseWriter) {
			if n == 0 {
				answer(n, d, nil)
				d.status = 504
				return
			}
			answer(n, d, w)
		})
		id := s.put(1, "a", ownStamp)
		s.run()
		s.after(time.Minute)
		if f := s.flags(id); f != spool.Confirmed {
			t.Errorf("flags %b", f)
		}
	})
}

func TestRefusedStampOfOursMovesOn(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(strict(body(1, "a")))
		id := s.put(1, "a", ownStamp)
		s.run()
		s.after(time.Minute)
		s.want(0, 1, 0)
		if f := s.flags(id); f != 0 {
			t.Errorf("flags %b", f)
		}
		d := s.deliveries()
		if len(d) != 2 || d[0].body == d[1].body {
			t.Errorf("attempts %+v", d)
		}
		if r, _ := s.sp.Record(id); string(r.Body) != d[1].body {
			t.Errorf("the spool has %s, sent was %s", r.Body, d[1].body)
		}
	})
}

func TestRefusedDateTimeOfTheSender(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(strict(body(1, "a")))
		id := s.put(1, "a", noStamp)
		s.run()
		s.after(time.Minute)
		s.want(0, 1, 0)
		if f := s.flags(id); f != spool.Unproven {
			t.Errorf("flags %b", f)
		}
	})
}

// A refusal that certainly did not take the event leaves the next attempt the
// first one.
func TestRefusalAfterACertainFailure(t *testing.T) {
	in(t, Options{}, func(s *site) {
		answer := strict(body(1, "a"))
		s.set(func(n int, d *delivery, w http.ResponseWriter) {
			if n == 0 {
				d.status = 429
				return
			}
			answer(n, d, w)
		})
		id := s.put(1, "a", noStamp)
		s.run()
		s.after(time.Minute)
		if f := s.flags(id); f != spool.Unproven {
			t.Errorf("flags %b", f)
		}
	})
}

func TestRefusalAfterARestart(t *testing.T) {
	in(t, Options{}, func(s *site) {
		id := s.put(1, "a", ownStamp)
		s.restart()
		s.set(strict(body(1, "a")))
		s.run()
		s.after(time.Minute)
		if f := s.flags(id); f != spool.Confirmed {
			t.Errorf("flags %b", f)
		}
	})
}

func TestOlderThanTheUpstreamsMemory(t *testing.T) {
	for _, then := range []func(int, *delivery, http.ResponseWriter){nil, strict(body(1, "a"))} {
		in(t, Options{}, func(s *site) {
			s.set(lost)
			id := s.put(1, "a", noStamp)
			s.run()
			s.after(time.Second)
			s.setDown(errDown)
			s.after(25 * time.Hour)
			s.setDown(nil)
			s.set(then)
			s.after(time.Minute)
			s.want(0, 1, 0)
			if f := s.flags(id); f&spool.MayDouble == 0 {
				t.Errorf("flags %b", f)
			}
		})
	}
}

func TestAlwaysADuplicate(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(status(409))
		s.put(1, "a", ownStamp)
		s.run()
		s.after(time.Second)
		if n := len(s.deliveries()); n > 2*(maxMoves+1) {
			t.Errorf("%d attempts in a second", n)
		}
		s.want(1, 0, 0)
	})
}

func TestStop(t *testing.T) {
	in(t, Options{Connections: 2}, func(s *site) {
		var began time.Time
		s.set(func(_ int, d *delivery, _ http.ResponseWriter) {
			if strings.Contains(d.body, `"slow"`) {
				time.Sleep(5 * time.Second)
				return
			}
			time.Sleep(20 * time.Second)
		})
		s.put(1, "slow", noStamp)
		hung := s.put(2, "hung", noStamp)
		s.put(3, "not begun", noStamp)
		s.run()
		s.after(time.Second)
		if n := s.f.State().InFlight; n != 2 {
			t.Errorf("%d in flight", n)
		}
		began = time.Now()
		s.stop()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		s.stop = nil
		if took := time.Since(began); took != grace {
			t.Errorf("stopped after %s", took)
		}
		s.after(20 * time.Second)
		s.want(2, 1, 0)
		if f := s.flags(hung); f != spool.Unknown {
			t.Errorf("flags %b", f)
		}
	})
}

func TestSpoolCloses(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.run()
		s.after(time.Second)
		s.sp.Close()
		if err := <-s.done; err == nil || !strings.Contains(err.Error(), "forward project shop: ") {
			t.Errorf("Run: %v", err)
		}
		s.stop = nil
	})
}
