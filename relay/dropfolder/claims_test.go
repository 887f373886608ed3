package dropfolder

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/source"
)

// linked makes link a second path to the folder real, below the watched folder.
func (s *site) linked(real, link string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.drop, real), 0o755); err != nil {
		s.t.Fatal(err)
	}
	err := os.Symlink(filepath.Join(s.drop, real), filepath.Join(s.drop, link))
	if err == nil {
		_, err = os.Stat(filepath.Join(s.drop, link))
	}
	if err != nil && runtime.GOOS == "windows" { // where a user may not make links, or they lead nowhere
		s.t.Skip(err)
	} else if err != nil {
		s.t.Fatal(err)
	}
}

// named is a source of leads whose orders have no id: each source has keys of
// its own.
func named(s *site, name string, patterns ...string) Source {
	return s.source(leads(func(spec *source.Source) { spec.Name, spec.Event.ID = name, nil }), patterns...)
}

// One folder under two paths is read by the source that stands first, whichever
// path it has, and the other one says so for as long as it is so.
func TestOneFolderTwoPaths(t *testing.T) {
	for _, first := range []string{"real", "link"} {
		t.Run(first, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				s.linked("real", "link")
				second := map[string]string{"real": "link", "link": "real"}[first]
				var ids []string
				for _, id := range numbered(30) {
					ids = append(ids, id)
					s.put("real/"+id+".csv", table(id))
				}
				r := s.start(s.options(), named(s, "f", first+"/*.csv"), named(s, "g", second+"/*.csv"))
				time.Sleep(waitTaken) // fake
				s.wantEvents(ids...)
				if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-same-folder/g"}) {
					t.Errorf("alarms %q", got)
				}
				text := fmt.Sprint(r.o.Alarms.Open())
				for _, want := range []string{"source g", "source f", filepath.Join(s.drop, "real"), filepath.Join(s.drop, "link")} {
					if !strings.Contains(text, want) {
						t.Errorf("the alarm does not name %s: %s", want, text)
					}
				}
				for _, state := range r.State() {
					if want := int64(map[string]int{"f": 30}[state.Source]); state.Totals.Files != want {
						t.Errorf("source %s took %d files, want %d", state.Source, state.Totals.Files, want)
					}
				}
				if err := os.Remove(filepath.Join(s.drop, "link")); err != nil {
					t.Fatal(err)
				}
				if err := os.Mkdir(filepath.Join(s.drop, "link"), 0o755); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute) // fake
				s.put("real/x.csv", table("x"))
				s.put("link/y.csv", table("y"))
				time.Sleep(waitTaken) // fake
				r.stop()
				s.wantEvents(append(ids, "x", "y")...)
				if got := alarms(r.Watcher); len(got) > 0 {
					t.Errorf("alarms %q", got)
				}
			})
		})
	}
}

// The link comes while the other source reads the folder: none of its files is
// read twice.
func TestFolderLinkedLater(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.linked("other", "tried") // here, as no other goroutine may skip a test
		s.put("real/a.csv", table(numbered(1200)...))
		r := s.start(s.options(), named(s, "f", "link/*.csv"), named(s, "g", "real/*.csv"))
		s.then(func() { s.linked("real", "link") })
		time.Sleep(waitTaken) // fake
		s.put("real/b.csv", table("b"))
		time.Sleep(waitTaken) // fake
		s.wantEvents(append(numbered(1200), "b")...)
		for _, state := range r.State() {
			if state.Totals.Files != 1 {
				t.Errorf("source %s took %d files", state.Source, state.Totals.Files)
			}
		}
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-same-folder/g"}) {
			t.Errorf("alarms %q", got)
		}
		r.Update([]Source{named(s, "g", "real/*.csv")})
		s.put("real/c.csv", table("c"))
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents(append(numbered(1200), "b", "c")...)
	})
}

// One source with two paths to a folder reads one of them.
func TestOneSourceTwoPaths(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.linked("real", "link")
		s.put("real/a.csv", table("a"))
		r := s.start(s.options(), s.source(leads(func(spec *source.Source) {
			spec.Event.ID, spec.After = nil, source.AfterKeep
		}), "link/*.csv", "real/*.csv"))
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a")
		if files := r.State()[0].Totals.Files; files != 1 {
			t.Errorf("%d files taken", files)
		}
		if got := alarms(r.Watcher); len(got) > 0 {
			t.Errorf("alarms %q", got)
		}
	})
}

// A folder of the drop folder that a source reaches by another path is the
// source's.
func TestDropFolderLinked(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.linked("Lead", "../link")
		s.put("Lead/a.csv", table("a"))
		o := s.options()
		o.Drop, o.Plain = s.drop, plain
		r := s.start(o, named(s, "f", "../link/*.csv"))
		time.Sleep(waitTaken) // fake
		s.wantEvents("a")
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-same-folder/drop/Lead"}) {
			t.Errorf("alarms %q", got)
		}
		r.stop()
	})
}

// Who got a folder keeps it until it looks again; then the first one has it.
func TestClaims(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := claims{lanes: map[*lane]*claimant{}}
	a, b, d := &lane{}, &lane{}, &lane{}
	look := func(l *lane, source string, rank int, path string) (granted bool, other string) {
		g, left := c.look(l, source, rank, []claim{{dir: path, info: info}})
		if len(left) > 0 {
			other = left[0].other
		}
		return g[path], other
	}
	steps := []struct {
		lane    *lane
		source  string
		rank    int
		path    string
		granted bool
		other   string
	}{
		{b, "b", 1, "/2", true, ""},
		{a, "a", 0, "/1", false, ""},  // b reads there just now
		{d, "d", 2, "/1", false, ""},  // so does its path have to wait
		{b, "b", 1, "/2", false, "a"}, // it gives way
		{d, "d", 2, "/1", true, ""},
		{a, "a", 0, "/1", true, ""},
		{b, "b", 1, "/2", false, "a"},
	}
	for i, step := range steps {
		if granted, other := look(step.lane, step.source, step.rank, step.path); granted != step.granted || other != step.other {
			t.Errorf("step %d: %v, %q; want %v, %q", i+1, granted, other, step.granted, step.other)
		}
	}
	c.release(a)
	if granted, _ := look(b, "b", 1, "/2"); granted {
		t.Error("granted, though d reads there by the other path")
	}
	c.release(d)
	if granted, _ := look(b, "b", 1, "/2"); !granted {
		t.Error("not granted, though nobody is left")
	}
}
