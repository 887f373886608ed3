package dropfolder

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// A name that has no room for what the relay adds is told of, and mended by a
// shorter one; nothing is doubled.
func TestLongName(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		long := strings.Repeat("n", 251) + ".csv"
		s.put(long, table("a")+",x@x.de\n")
		s.put("b.csv", table("b"))
		r := s.start(s.options(), s.source(leads(nil), "*.csv"))
		time.Sleep(time.Minute) // fake
		s.wantEvents("b")
		open := r.o.Alarms.Open()
		if len(open) != 1 || !strings.Contains(open[0].Do, "shorter name") {
			t.Fatalf("alarms %+v", open)
		}
		if err := os.Rename(filepath.Join(s.drop, long), filepath.Join(s.drop, "a.csv")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // fake
		s.wantEvents("a", "b")
		s.wantFiles("done/a.csv", "done/b.csv", "rejected/a.csv.rows.csv")
		if open := alarms(r.Watcher); len(open) > 0 {
			t.Errorf("alarms %q", open)
		}
	})
}

// A name that an older system wrote cannot be kept in notes: it is named as
// what is wrong.
func TestForeignName(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("names are Unicode here")
	}
	bubble(t, func(t *testing.T, s *site) {
		s.put("Verk\xe4ufe.csv", table("a"))
		s.during(10*time.Second, s.source(leads(nil), "*.csv"))
		s.wantFiles("rejected/Verk\xe4ufe.csv", "rejected/Verk\xe4ufe.csv.why.txt")
		if why := s.read("rejected/Verk\xe4ufe.csv.why.txt"); !strings.Contains(why, "its name is not UTF-8") {
			t.Error(why)
		}
	})
}

// A file that is only called in other capital letters is told of once.
func TestCapitals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("capitals do not count here")
	}
	bubble(t, func(t *testing.T, s *site) {
		s.put("A.CSV", table("a"))
		s.put("B.TXT", table("b"))
		s.put("c.CSV", table("c"))
		s.put("d.log", "")
		second := leads(nil)
		second.Name = "second"
		s.during(time.Minute, s.source(leads(nil), "*.csv", "*.txt"), s.source(second, "*.TXT"))
		s.wantEvents("b")
		var told []string
		for line := range strings.Lines(s.log.String()) {
			if _, path, ok := strings.Cut(line, "capital letters"); ok {
				told = append(told, filepath.Base(strings.TrimSpace(path)))
			}
		}
		if slices.Sort(told); !slices.Equal(told, []string{"A.CSV", "c.CSV"}) {
			t.Errorf("told of %q\n%s", told, s.log)
		}
	})
}
