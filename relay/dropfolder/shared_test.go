package dropfolder

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"funnelrelay/relay/source"
)

// Two relays on one folder: the second takes nothing and says so; when the
// first is gone, it takes over.
func TestLease(t *testing.T) {
	for _, how := range []string{"stopped", "killed"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(leads(nil), "*.csv")
				one, two := s.options(), s.options()
				one.Machine, two.Machine = "one", "two"
				s.put("a.csv", table("a"))
				a := s.start(one, src)
				time.Sleep(10 * time.Second) // fake
				s.wantFiles("done/a.csv", leaseName)
				b := s.start(two, src)
				s.put("b.csv", table("b"))
				time.Sleep(10 * time.Minute) // fake
				if got := b.State()[0].Totals.Files; got != 0 {
					t.Errorf("the second took %d files", got)
				}
				if got := a.State()[0].Totals.Files; got != 2 {
					t.Errorf("the first took %d files", got)
				}
				s.put("c.csv", table("c"))
				time.Sleep(time.Millisecond) // fake: too short for anybody to take it
				lease := s.read(leaseName)
				a.stop()
				if how == "killed" {
					s.put(leaseName, lease)
				}
				time.Sleep(10 * time.Second) // fake
				if how == "killed" {
					if got := alarms(b.Watcher); !slices.Contains(got, "source-lease/shop") {
						t.Errorf("alarms %q", got)
					}
					time.Sleep(5 * time.Minute) // fake
				}
				s.wantEvents("a", "b", "c")
				if got := alarms(b.Watcher); len(got) > 0 {
					t.Errorf("alarms %q", got)
				}
				b.stop()
				s.wantFiles("done/a.csv", "done/b.csv", "done/c.csv")
			})
		})
	}
}

// Both alone at the same moment: one of them takes the file.
func TestLeaseRace(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(func(spec *source.Source) { spec.After = source.AfterKeep }), "*.csv")
		s.put("a.csv", table("a"))
		var all []*running
		for _, machine := range []string{"one", "two", "three"} {
			o := s.options()
			o.Machine = machine
			all = append(all, s.start(o, src))
		}
		time.Sleep(5 * time.Minute) // fake
		s.put("b.csv", table("b"))
		time.Sleep(5 * time.Minute) // fake
		var took []int64
		for _, r := range all {
			took = append(took, r.State()[0].Totals.Files)
			r.stop()
		}
		slices.Sort(took)
		if !slices.Equal(took, []int64{0, 0, 2}) {
			t.Errorf("files taken %v", took)
		}
	})
}

// Done and rejected are emptied of what is old, and of nothing else; not while
// the clock is not believed.
func TestClean(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("done/2026-01-01/old.csv", "x")
		s.put("done/2026-08-30/young.csv", "x")
		s.put("done/1970-01-01/clock.csv", "x")
		s.put("done/mine/old.csv", "x")
		old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		young := time.Date(2026, 8, 30, 0, 0, 0, 0, time.UTC)
		for name, at := range map[string]time.Time{
			"old.csv.rows.csv": old, "young.csv.rows.csv": young,
			"late.csv": old, "late.csv.why.txt": young, "early.csv": old, "early.csv.why.txt": old,
		} {
			if err := os.Chtimes(s.put("rejected/"+name, "x"), at, at); err != nil {
				t.Fatal(err)
			}
		}
		before := s.files()
		src := s.source(leads(nil), "*.csv")
		believed := false
		o := s.options()
		o.Now = func() (time.Time, bool) { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC), believed }
		r := s.start(o, src)
		time.Sleep(3 * time.Hour) // fake
		s.wantFiles(before...)
		r.stop()
		believed = true
		r = s.start(o, src)
		time.Sleep(3 * time.Hour) // fake
		r.stop()
		s.wantFiles("done/young.csv", "done/clock.csv", "done/old.csv",
			"rejected/young.csv.rows.csv", "rejected/late.csv", "rejected/late.csv.why.txt")
		if _, err := os.Stat(filepath.Join(s.drop, "done", "2026-01-01")); !os.IsNotExist(err) {
			t.Errorf("the emptied folder is still there: %v", err)
		}
	})
}

// A relay that lost its lease in the middle of a file, as one whose machine
// slept, hands over no more of it.
func TestLeaseLostMidFile(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Machine = "one"
		s.put("x.csv", table(numbered(1200)...))
		s.then(func() { s.put(leaseName, `{"machine":"two","host":"till"}`) })
		r := s.start(o, s.source(leads(nil), "*.csv"))
		time.Sleep(30 * time.Second) // fake
		if got := s.offered(); got != batchOffers {
			t.Errorf("%d offers, and the lease was lost after %d", got, batchOffers)
		}
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-lease/shop"}) {
			t.Errorf("alarms %q", got)
		}
		time.Sleep(5 * time.Minute) // fake
		r.stop()
		s.wantEvents(numbered(1200)...)
	})
}

// No other relay reads our own data folder: there is no lease in it, neither for
// an action nor for a source.
func TestLeaseNotOurs(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Drop, o.Plain, o.Machine = s.drop, plain, "one"
		s.put("Lead/a.csv", table("a"))
		s.put("till/b.csv", table("b"))
		r := s.start(o, s.source(leads(nil), "till/*.csv"))
		time.Sleep(waitTaken) // fake
		s.wantEvents("a", "b")
		s.wantFiles("Lead/done/a.csv", "till/done/b.csv")
		r.stop()
	})
}
