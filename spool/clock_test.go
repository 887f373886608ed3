package spool

import (
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test in virtual time, which begins in 2000, with a spool that
// was last used at mark.
func bubble(t *testing.T, o Options, test func(t *testing.T, s *Spool, path string)) {
	path := temp(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(t, s, path)
	})
}

// shifted makes the machine's clock show another time: since the bubble's
// cannot be set, all that the spool remembers of time is moved the other way.
func (c *clock) shifted(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mark = c.mark.Add(-by)
	c.build = c.build.Add(-by)
}

func TestClockOf1980(t *testing.T) {
	build := time.Date(2000, 6, 1, 0, 0, 0, 0, time.UTC)
	bubble(t, Options{BuildDate: build}, func(t *testing.T, s *Spool, _ string) {
		now, believed := s.Now()
		if believed || now.Before(build) || now.After(build.Add(time.Minute)) || !s.Health().ClockWrong {
			t.Errorf("stamps with %s, believed %t", now, believed)
		}
		put(t, s, entry(1))
		if c := claim(t, s); c.Flags&ClockWrong == 0 || c.Accepted.Before(build) {
			t.Errorf("%+v", c)
		}
		time.Sleep(90 * 24 * time.Hour) // the mark goes on with the time that passes
		if now, _ := s.Now(); now.Sub(build).Round(time.Hour) != 90*24*time.Hour {
			t.Errorf("after 90 days: %s", now)
		}
		s.Observe(time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)) // a router that lies, too
		if now, _ := s.Now(); now.Before(build) {
			t.Errorf("believed a router: %s", now)
		}
	})
}

func TestClockThatShows2038ForAMinute(t *testing.T) {
	bubble(t, Options{KeepSent: 30 * 24 * time.Hour}, func(t *testing.T, s *Spool, path string) {
		e := entry(1)
		e.Keys = []Key{{Name: []byte("sale"), Within: time.Hour}}
		put(t, s, e)
		if err := claim(t, s).MarkSent(Outcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
		settled(t, s)

		const jump = 38 * 365 * 24 * time.Hour
		s.clock.shifted(jump)
		if _, believed := s.Now(); believed || !s.Health().ClockWrong {
			t.Error("2038 is believed")
		}
		if err := s.janitor.round(); err != nil {
			t.Fatal(err)
		}
		if list, err := s.List("", Sent, 0, 10); len(list) != 1 || err != nil {
			t.Errorf("history after a jump: %d, %v", len(list), err)
		}
		time.Sleep(time.Minute)
		s.clock.shifted(-jump)

		if now, believed := s.Now(); !believed || time.Until(now).Abs() > time.Second {
			t.Errorf("back again: %s, %t", now, believed)
		}
		if r := put(t, s, e); !r[0].Duplicate {
			t.Error("forgot a key within its hour")
		}
		time.Sleep(2 * time.Hour)
		if r := put(t, s, e); r[0].Duplicate {
			t.Error("a key counts for more than its hour")
		}
		time.Sleep(31 * 24 * time.Hour)
		synctest.Wait()
		if err := s.janitor.round(); err != nil {
			t.Fatal(err)
		}
		if list, err := s.List("", Sent, 0, 10); len(list) != 0 || err != nil {
			t.Errorf("history after 31 days: %d, %v", len(list), err)
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	})
}

// A key that a wrong clock saw in the future must not swallow sales until then.
func TestKeySeenInTheFuture(t *testing.T) {
	k := keyValue{seen: 1_000_000, within: 3600}
	for now, want := range map[int64]bool{1_000_000: false, 1_003_600: false, 1_003_601: true, 996_400: false, 996_399: true} {
		if got := k.outdated(now); got != want {
			t.Errorf("at %d: %t", now, got)
		}
	}
	if k := (keyValue{seen: 1_000_000}); k.outdated(5) || k.outdated(1<<40) {
		t.Error("a key for ever is outdated")
	}
}

func TestClockBehindByDays(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Spool, path string) {
		put(t, s, entry(1))
		real, _ := s.Now()
		s.clock.shifted(-5 * 24 * time.Hour) // the machine came back five days too early
		now, believed := s.Now()
		if believed || now.Sub(real) < 4*24*time.Hour || !s.Health().ClockWrong {
			t.Errorf("stamps with %s, believed %t", now, believed)
		}
		mark := now
		s.Observe(time.Now().Add(5 * time.Second)) // the upstream says that the machine is right
		now, believed = s.Now()
		if !believed || now.After(mark.Add(-4*24*time.Hour)) {
			t.Errorf("with the upstream's word: %s, believed %t", now, believed)
		}
	})
}

// The mark outlives the process, so a clock that is reset with the power cut is
// found out.
func TestMarkIsKept(t *testing.T) {
	path := temp(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Observe(time.Now().Add(10 * 24 * time.Hour))
		put(t, s, entry(1))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(path, Options{}); err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if now, believed := s.Now(); believed || time.Until(now) < 9*24*time.Hour {
			t.Errorf("stamps with %s, believed %t", now, believed)
		}
	})
}

// Retention goes a day beyond the mark, no more, until the upstream confirms.
func TestRetentionIsNotFooled(t *testing.T) {
	bubble(t, Options{KeepSent: 30 * 24 * time.Hour}, func(t *testing.T, s *Spool, _ string) {
		sent(t, s, 3)
		s.clock.shifted(60 * 24 * time.Hour) // believed for stamps: the machine may have been off
		if _, believed := s.Now(); !believed {
			t.Error("60 days ahead are not believed")
		}
		if err := s.janitor.round(); err != nil {
			t.Fatal(err)
		}
		if list, _ := s.List("", Sent, 0, 10); len(list) != 3 {
			t.Errorf("fooled: %d are left", len(list))
		}
		s.Observe(time.Now())
		if err := s.janitor.round(); err != nil {
			t.Fatal(err)
		}
		// What was sent carries the bubble's time, so now it is 0 days old.
		if list, _ := s.List("", Sent, 0, 10); len(list) != 3 {
			t.Errorf("%d are left", len(list))
		}
		time.Sleep(31 * 24 * time.Hour)
		synctest.Wait()
		if list, _ := s.List("", Sent, 0, 10); len(list) != 0 {
			t.Errorf("after 31 days the janitor left %d", len(list))
		}
	})
}

func TestDueTimesTooFarOff(t *testing.T) {
	bubble(t, Options{MaxDelay: time.Hour}, func(t *testing.T, s *Spool, _ string) {
		put(t, s, entry(1), entry(2), entry(3))
		start := time.Now()
		for _, due := range []time.Time{start.Add(1000 * time.Hour), start.Add(10 * time.Minute), start.Add(-time.Hour)} {
			if err := claim(t, s).Retry(due, Outcome{}); err != nil {
				t.Fatal(err)
			}
		}
		settled(t, s)
		for _, want := range []struct {
			id    ID
			after time.Duration
		}{{3, 0}, {2, 10 * time.Minute}, {1, time.Hour}} {
			if c := claim(t, s); c.ID != want.id || time.Since(start).Round(time.Second) != want.after {
				t.Errorf("%s after %s, want %s after %s", c.ID, time.Since(start), want.id, want.after)
			}
		}
	})
}

// An idle spool does nothing: no wake-up but the janitor's, and no commit.
func TestIdle(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Spool, path string) {
		sent(t, s, 3)
		time.Sleep(time.Minute)
		before := metaSlots(t, path)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		after := metaSlots(t, path)
		for i := range before {
			if string(before[i]) != string(after[i]) {
				t.Error("an idle day wrote to the file")
			}
		}
	})
}
