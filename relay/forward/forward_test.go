package forward

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/spool"
)

// in runs test on virtual time, with a site whose forwarder is not yet started.
func in(t *testing.T, o Options, test func(s *site)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newSite(t, o)) })
}

func TestSends(t *testing.T) {
	in(t, Options{UserAgent: "funnelrelay/1.2"}, func(s *site) {
		s.put(1, "a", noStamp)
		s.run()
		s.after(time.Second)
		s.want(0, 1, 0)
		got := s.deliveries()
		if len(got) != 1 || got[0].uri != "/api/v1/webhook/Demo" || got[0].body != `{"dateTime":"2000-01-01T00:00:00+00:00","email":"a","n":1}` {
			t.Fatalf("got %+v", got)
		}
		want := http.Header{
			"Content-Type": {"application/json"}, "X-Project-Id": {"4711"}, "X-Api-Key": {testKey},
			"User-Agent": {"funnelrelay/1.2"}, "Content-Length": {fmt.Sprint(len(got[0].body))},
		}
		if fmt.Sprint(got[0].header) != fmt.Sprint(want) {
			t.Errorf("headers\n%v, want\n%v", got[0].header, want)
		}
		if s.f.State().LastSent.IsZero() {
			t.Error("no time of the last sent")
		}
	})
}

func TestThreeDaysOfOutage(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.setDown(errDown)
		const people, each = 20, 10
		for i := range people * each {
			s.put(i, fmt.Sprintf("p%d", i%people), noStamp)
		}
		s.run()
		s.after(72 * time.Hour)
		s.want(people*each, 0, 0)
		s.mode(Offline)
		if s.dials > 3*24*3600/20 {
			t.Errorf("%d attempts in three days", s.dials)
		}
		s.setDown(nil)
		s.after(90 * time.Second)
		s.want(0, people*each, 0)
		s.mode(Online)
		s.onceAndInOrder(people)
		if n := strings.Count(s.log.String(), "upstream is down"); n != 1 {
			t.Errorf("%d lines say that it is down", n)
		}
		if n := strings.Count(s.log.String(), "upstream is back"); n != 1 {
			t.Errorf("%d lines say that it is back", n)
		}
	})
}

// onceAndInOrder checks that no event came twice, and each person's in order.
func (s *site) onceAndInOrder(people int) {
	s.Helper()
	last := map[string]int{}
	for _, d := range s.deliveries() {
		var n int
		who, rest, _ := strings.Cut(d.body[strings.Index(d.body, `"email":`):], `,"n":`)
		fmt.Sscan(strings.TrimSuffix(rest, "}"), &n)
		if before, ok := last[who]; ok && n <= before {
			s.Errorf("%s: %d after %d", who, n, before)
		}
		last[who] = n
	}
	if len(last) != people {
		s.Errorf("%d people, want %d", len(last), people)
	}
}

func TestErrorsForHours(t *testing.T) {
	for _, few := range []int{1, 2, 50} {
		in(t, Options{}, func(s *site) {
			s.set(status(503))
			s.puts(few)
			s.run()
			s.after(5 * time.Hour)
			s.want(int64(few), 0, 0)
			tries := len(s.deliveries())
			if tries > few*5*3600/10 {
				t.Errorf("%d attempts for %d events in five hours", tries, few)
			}
			s.set(nil)
			s.after(75 * time.Second)
			s.want(0, int64(few), 0)
		})
	}
}

func TestRetryAfterHoldsAll(t *testing.T) {
	in(t, Options{}, func(s *site) {
		began := time.Now()
		s.set(func(n int, d *delivery, w http.ResponseWriter) {
			if n == 0 {
				w.Header().Set("Retry-After", "1200")
				d.status = 429
			}
		})
		s.put(0, "a", noStamp)
		s.run()
		s.after(time.Second)
		s.puts(20)
		s.after(30 * time.Minute)
		s.want(0, 21, 0)
		for _, d := range s.deliveries()[1:] {
			if d.at.Sub(began) < 20*time.Minute {
				t.Errorf("sent after %s", d.at.Sub(began))
			}
		}
	})
}

func TestRateAndOrder(t *testing.T) {
	in(t, Options{Rate: 10, Connections: 8}, func(s *site) {
		s.set(func(_ int, _ *delivery, _ http.ResponseWriter) { time.Sleep(50 * time.Millisecond) })
		for i := range 100 {
			s.put(i, fmt.Sprintf("p%d", i%3), noStamp)
		}
		s.run()
		s.after(5 * time.Second)
		if n := len(s.deliveries()); n < 45 || n > 55 {
			t.Errorf("%d sent in five seconds at 10/s", n)
		}
		s.after(10 * time.Second)
		s.want(0, 100, 0)
		s.onceAndInOrder(3)
	})
}

func TestSlowReturn(t *testing.T) {
	in(t, Options{Connections: 16}, func(s *site) {
		s.setDown(errDown)
		s.puts(2000)
		s.run()
		s.after(time.Minute)
		s.setDown(nil)
		for len(s.deliveries()) == 0 {
			s.after(100 * time.Millisecond)
		}
		s.after(time.Second)
		if n := len(s.deliveries()); n > 12 {
			t.Errorf("%d sent in the first second", n)
		}
		s.after(2 * time.Second)
		if n := len(s.deliveries()); n < 16 || n > 80 {
			t.Errorf("%d sent in three seconds", n)
		}
		s.after(7 * time.Second)
		s.want(0, 2000, 0)
		if !s.f.State().SlowUntil.IsZero() {
			t.Error("still slow after ten seconds")
		}
	})
}

func TestWrongKeyForAWeekend(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(_ int, d *delivery, w http.ResponseWriter) {
			if d.header.Get("X-Api-Key") != "right" {
				w.WriteHeader(401)
				fmt.Fprintf(w, "no such key: %s", d.header.Get("X-Api-Key"))
			}
		})
		s.puts(100)
		s.run()
		s.after(time.Minute)
		a := s.alarm("project-paused/shop")
		if a == nil || !strings.Contains(a.Text, "401") || !strings.Contains(a.Do, "api_key") {
			t.Fatalf("alarm %+v", a)
		}
		s.mode(Paused)
		before := len(s.deliveries())
		s.after(60 * time.Hour)
		s.want(100, 0, 0)
		if n := len(s.deliveries()) - before; n < 60*12 || n > 60*16 {
			t.Errorf("%d probes in 60 hours", n)
		}
		o := s.o
		o.APIKey = "right"
		s.f.Update(o)
		s.after(12 * time.Second)
		s.want(0, 100, 0)
		s.mode(Online)
		if s.alarm("project-paused/shop") != nil {
			t.Error("the alarm is still open")
		}
	})
}

func TestUpdateOvertakesARefusal(t *testing.T) {
	in(t, Options{Connections: 1}, func(s *site) {
		s.set(func(_ int, d *delivery, _ http.ResponseWriter) {
			time.Sleep(3 * time.Second)
			if d.header.Get("X-Api-Key") != "right" {
				d.status = 401
			}
		})
		s.puts(1)
		s.run()
		s.after(time.Second)
		o := s.o
		o.APIKey, o.Connections = "right", 2
		s.f.Update(o) // while the old key is on its way
		s.after(6 * time.Second)
		s.want(0, 1, 0)
		if s.f.State().Conns != 2 {
			t.Error("connections did not change")
		}
	})
}

func TestPoison(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(_ int, d *delivery, _ http.ResponseWriter) {
			if strings.Contains(d.body, `"poison"`) {
				d.status = 500
			}
		})
		id := s.put(1, "poison", noStamp)
		behind := s.put(2, "poison", noStamp)
		s.run()
		var longest time.Duration
		for i := range 1800 { // first many a second, so that others pass between any two tries, and later one every five
			s.put(i, fmt.Sprint(i), noStamp)
			began := time.Now()
			for s.sp.Counts()["shop"].Sent <= int64(i) {
				s.after(100 * time.Millisecond)
			}
			longest = max(longest, time.Since(began))
			if i >= 600 {
				s.after(5 * time.Second)
			}
		}
		s.mode(Online)
		if longest > time.Second {
			t.Errorf("a sale waited %s for the poison", longest)
		}
		s.after(3 * time.Hour)
		r, _ := s.sp.Record(id)
		if r.State != spool.Dead || r.Flags&spool.MayArrived == 0 || !strings.Contains(r.Cause, "stuck") || r.Attempts < 11 || r.Attempts > 14 {
			t.Errorf("%s after %d attempts: %s", r.State, r.Attempts, r.Cause)
		}
		if r, _ := s.sp.Record(behind); r.Attempts == 0 {
			t.Error("the one behind it never had its turn")
		}
	})
}

// An upstream that fails with every third request kills nothing.
func TestFlappingUpstream(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(n int, d *delivery, _ http.ResponseWriter) {
			if n%3 == 0 || strings.HasSuffix(d.body, `7}`) && n < 600 {
				d.status = 502
			}
		})
		s.puts(500)
		s.run()
		s.after(24 * time.Hour)
		s.want(0, 500, 0)
	})
}

func TestFirewallDislikesOneBody(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(_ int, d *delivery, _ http.ResponseWriter) {
			if strings.Contains(d.body, `"union select"`) {
				d.status = 403
			}
		})
		s.puts(3)
		id := s.put(1, "union select", noStamp)
		s.run()
		for i := range 60 {
			s.put(i, fmt.Sprint("later", i), noStamp)
			s.after(time.Minute)
		}
		s.want(0, 63, 1)
		s.mode(Online)
		if r, _ := s.sp.Record(id); r.State != spool.Dead || r.Status != 403 || r.Attempts < 3 {
			t.Errorf("record %+v", r)
		}
		if s.alarm("project-paused/shop") != nil {
			t.Error("the alarm is still open")
		}
	})
}

func TestCaptivePortal(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(_ int, _ *delivery, w http.ResponseWriter) {
			fmt.Fprint(w, "\n<!DOCTYPE HTML><title>Welcome to our hotel</title>")
		})
		s.puts(5)
		s.run()
		s.after(time.Hour)
		s.want(5, 0, 0)
		s.mode(Offline)
		s.set(nil)
		s.after(time.Minute)
		s.want(0, 5, 0)
	})
}

func TestRedirectIsNotFollowed(t *testing.T) {
	in(t, Options{}, func(s *site) {
		s.set(func(_ int, d *delivery, w http.ResponseWriter) {
			w.Header().Set("Location", "http://thief.example/take")
			d.status = 307
		})
		s.puts(2)
		s.run()
		s.after(20 * time.Minute)
		s.mode(Paused)
		for _, d := range s.deliveries() {
			if d.uri != "/api/v1/webhook/Demo" {
				t.Errorf("asked for %s", d.uri)
			}
		}
		a := s.alarm("project-paused/shop")
		if a == nil || !strings.Contains(a.Text, "redirect") {
			t.Errorf("alarm %+v", a)
		}
		o := s.o
		o.URL = &url.URL{Scheme: "http", Host: "events.example", Path: "/new"}
		s.set(nil)
		s.f.Update(o)
		s.after(10 * time.Second)
		s.want(0, 2, 0)
	})
}
