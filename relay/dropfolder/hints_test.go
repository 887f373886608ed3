package dropfolder

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"funnelrelay/relay/source"
)

// The system's word brings the next look forward: with an hour between two
// looks, files are taken at once.
func TestHints(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		t.Skip("no hints on this system")
	}
	s := newSite(t)
	taken := make(chan struct{}, 10)
	s.after = func() { taken <- struct{}{} }
	o := s.options()
	o.Unhinted, o.Every = false, time.Hour
	o.Drop, o.Plain = filepath.Join(s.data, "drop"), func(action string) (*Source, error) {
		src, err := plain(action)
		if src != nil {
			src.Spec.Settle = 50 * time.Millisecond
		}
		return src, err
	}
	s.put("first.csv", table("first"))
	s.start(o, s.source(leads(func(spec *source.Source) { spec.Settle = 50 * time.Millisecond }), "*.csv"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	wait := func(what string) {
		t.Helper()
		select {
		case <-taken:
		case <-ctx.Done():
			t.Fatalf("%s was not taken", what)
		}
	}
	wait("the file that was there")
	s.put("second.csv", table("second")) // the folder was looked through, and hence is watched
	wait("the file that came")
	folder := filepath.Join(o.Drop, "Lead")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte("email\na@x.de\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wait("the file in a new folder")
	s.wantEvents("first", "second", "a")
}

// The sources may change while files are read.
func TestUpdate(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		first := s.source(leads(nil), "*.csv")
		r := s.start(s.options(), first)
		ids := numbered(3000)
		s.put("a.csv", table(ids...))
		s.then(func() {
			r.Update([]Source{s.source(leads(nil), "*.csv", "*.txt"), s.source(leads(func(spec *source.Source) { spec.Name = "other" }), "*.log")})
		})
		time.Sleep(waitTaken) // fake
		s.put("b.txt", table("b"))
		s.put("c.log", table("c"))
		time.Sleep(waitTaken) // fake
		s.wantEvents(append([]string{"b", "c"}, ids...)...)
		if s.offered() != len(ids)+2 {
			t.Errorf("%d offers", s.offered())
		}
		r.Update(nil)
		s.put("d.csv", table("d"))
		time.Sleep(waitTaken) // fake
		s.wantFiles("d.csv", "done/a.csv", "done/b.txt", "done/c.log")
		if got := r.State(); len(got) > 0 {
			t.Errorf("state %+v", got)
		}
		r.stop()
	})
}

// A folder that is made later, or comes back, is watched from then on, too:
// only its first sight is the scan's.
func TestHintsOfALaterFolder(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		t.Skip("no hints on this system")
	}
	s := newSite(t)
	taken := make(chan struct{}, 10)
	s.after = func() { taken <- struct{}{} }
	o := s.options()
	o.Unhinted, o.Every = false, 300*time.Millisecond
	if err := os.RemoveAll(s.drop); err != nil {
		t.Fatal(err)
	}
	r := s.start(o, s.source(leads(func(spec *source.Source) { spec.Settle = 50 * time.Millisecond }), "*.csv"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, name := range []string{"first", "again"} {
		if err := os.MkdirAll(s.drop, 0o755); err != nil {
			t.Fatal(err)
		}
		s.put(name+".csv", table(name))
		select {
		case <-taken:
		case <-ctx.Done():
			t.Fatalf("%s was not taken\n%s", name, s.log)
		}
		r.Watcher.hints.mu.Lock()
		if hinted := r.Watcher.hints.system.WatchList(); !slices.Contains(hinted, s.drop) {
			t.Errorf("%s: the system is asked for %q only", name, hinted)
		}
		r.Watcher.hints.mu.Unlock()
		if name == "again" {
			break
		}
		s.clear(s.drop)
	}
	s.wantEvents("first", "again")
}
