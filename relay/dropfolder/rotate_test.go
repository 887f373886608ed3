package dropfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// byPlace is a journal whose rows are known by their place alone.
func byPlace(spec *source.Source) {
	following(spec)
	spec.Event.ID = source.Value{"rows"}
}

// rename renames a file of the watched folder, if it is there.
func (s *site) rename(from, to string) {
	s.t.Helper()
	err := os.Rename(filepath.Join(s.drop, from), filepath.Join(s.drop, to))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
}

// A journal that was put aside at night and begins with the first sale of the
// morning is another one: its rows are no repeats of those at the same places.
func TestJournalPutAside(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		r := s.start(s.options(), s.source(leads(byPlace), "j.csv", "k.csv"))
		s.put("j.csv", table("a", "b"))
		time.Sleep(waitTaken) // fake
		s.rename("j.csv", "old")
		s.put("k.csv", table("x")) // a batch, which would take notes with it
		time.Sleep(waitTaken)      // fake
		s.put("j.csv", table("c", "d"))
		time.Sleep(waitTaken) // fake
		s.rename("j.csv", "away")
		time.Sleep(waitTaken) // fake
		s.rename("away", "j.csv")
		s.grow("j.csv", "e,e@x.de\n")
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a", "b", "c", "d", "e", "x")
	})
}

// Journals that move on by one name each day are told apart, whether the old
// ones are watched or not, and whether a new one is there at once or later.
func TestJournalChain(t *testing.T) {
	for _, watch := range []string{"j.csv", "j*"} {
		for _, gap := range []time.Duration{0, waitTaken} {
			for _, restart := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/gap=%s/restart=%v", watch, gap, restart), func(t *testing.T) {
					bubble(t, func(t *testing.T, s *site) { chain(s, s.source(leads(byPlace), watch), gap, restart) })
				})
			}
		}
	}
}

func chain(s *site, src Source, gap time.Duration, restart bool) {
	r := s.start(s.options(), src)
	var want []string
	for _, day := range []string{"a", "b", "c", "d", "e"} {
		s.rename("j.2", "j.3")
		s.rename("j.1", "j.2")
		s.rename("j.csv", "j.1")
		time.Sleep(gap) // fake
		s.put("j.csv", table(day+"1", day+"2"))
		want = append(want, day+"1", day+"2")
		time.Sleep(waitTaken) // fake
		if restart {
			r.stop()
			r = s.start(s.options(), src)
			time.Sleep(waitTaken) // fake
		}
		if day == "c" {
			continue // nothing is left to read when it is renamed
		}
		s.grow("j.csv", day+"3,"+day+"3@x.de\n")
		want = append(want, day+"3")
		if day == "d" {
			time.Sleep(waitTaken) // fake
		}
	}
	time.Sleep(waitTaken) // fake
	r.stop()
	s.wantEvents(want...)
}

// Journals that hold no more than a header look alike: one that was put aside is
// not taken for the journal that began after it.
func TestJournalHeaders(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		r := s.start(s.options(), s.source(leads(byPlace), "j*"))
		s.put("j.csv", table("a", "b"))
		time.Sleep(waitTaken) // fake
		for _, aside := range []string{"j.1", "j.2"} {
			s.rename("j.csv", aside)
			s.put("j.csv", table())
			time.Sleep(waitTaken) // fake
		}
		s.put("j.csv", "")
		time.Sleep(waitTaken) // fake
		s.put("j.csv", table("c"))
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a", "b", "c")
	})
}

// A journal that grew while it was read is known again by all that was read.
func TestJournalGrewMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		path := s.put("j.csv", "")
		as, err := identified(path)
		if err != nil {
			t.Fatal(err)
		}
		s.put("j.csv", table("a", "b"))
		n := note{Journal: &place{Path: path, Generation: 1}}
		reading := taking{path: path, as: as, note: n}
		if err := reading.reach(&n, rows.Position{Offset: int64(len(table("a", "b")))}, nil); err != nil {
			t.Fatal(err)
		}
		if as, err := n.Journal.continues(path); as == nil || err != nil {
			t.Errorf("it is not known again: %v", err)
		}
		s.put("j.csv", table("c", "d"))
		if as, err := n.Journal.continues(path); as != nil || err != nil {
			t.Errorf("another journal is taken for it: %v", err)
		}
	})
}

// Nothing is handed over of a journal in whose place another one lies by then.
func TestJournalSwapped(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		path := s.put("j.csv", table("a", "b"))
		as, err := identified(path)
		if err != nil {
			t.Fatal(err)
		}
		reading := taking{path: path, as: as, note: note{Journal: &place{Path: path}}}
		s.grow("j.csv", "c,c@x.de\n")
		if err := reading.unchanged(); err != nil {
			t.Errorf("it grew: %v", err)
		}
		s.rename("j.csv", "j.1")
		s.put("j.csv", table("d", "e", "f"))
		if err := reading.unchanged(); !errors.Is(err, errChanged) {
			t.Errorf("another one: %v", err)
		}
	})
}

// Rejects of a journal that were being written when the process died are not
// taken for those before them, whose name they were to have.
func TestJournalRejectsAgain(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(following), "j.csv")
		s.put("j.csv", table("a")+"bad1,\n")
		s.during(waitTaken, src)
		if err := os.Remove(filepath.Join(s.drop, rejectedDir, "j.csv.rows.csv")); err != nil {
			t.Fatal(err) // a person took it away
		}
		s.put("rejected/"+partName("j.csv.rows.csv"), "id,email,reason\n"+strings.Repeat("bad2,,it has no email\n", 5))
		s.grow("j.csv", "bad2,\nb,b@x.de\n")
		s.during(waitTaken, src)
		s.wantEvents("a", "b")
		s.wantFiles("j.csv", "rejected/j.csv.rows.csv")
		if text := s.read("rejected/j.csv.rows.csv"); strings.Count(text, "bad2,") != 1 {
			t.Errorf("rejects\n%s", text)
		}
	})
}

// A journal that cannot be opened is no journal without a header.
func TestJournalTrouble(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(following), "j.csv")
		as, err := identified(s.put("j.csv", table("a")))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(s.drop, "j\x00.csv") // which no system opens
		f := &sighting{path: path, dir: s.drop, name: "j.csv", sig: signature{size: as.Size(), time: as.ModTime().UnixNano(), info: as}}
		reading := &taking{
			lane: newLane(New(s.options()), &src), source: &src, file: f, path: path, as: as, under: &underway{},
			note: note{Journal: &place{Path: path, Generation: 1}},
		}
		if err := reading.grow(t.Context(), false); err == nil {
			t.Error("no error for what cannot be read")
		}
	})
}
