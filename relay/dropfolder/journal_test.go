package dropfolder

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

func following(spec *source.Source) { spec.Mode, spec.Identity = source.Follow, "require" }

// A journal is read as it grows, and each row goes out once, also over
// restarts; a last line without an end goes out when it stands still for long.
func TestJournalGrows(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(following), "j.csv")
		s.put("j.csv", "id,email\n")
		var want []string
		for round := range 3 {
			r := s.start(s.options(), src)
			for i := range 20 {
				id := fmt.Sprintf("r%di%02d", round, i)
				want = append(want, id)
				s.grow("j.csv", id+","+id+"@x")
				time.Sleep(300 * time.Millisecond) // fake
				s.grow("j.csv", ".de\n")
				time.Sleep(time.Second) // fake
			}
			if round == 1 {
				want = append(want, "last")
				s.grow("j.csv", "last,last@x.de")
				time.Sleep(11 * time.Minute) // fake
				s.wantEvents(want...)
				s.grow("j.csv", "\n")
			}
			r.stop()
		}
		s.during(10*time.Second, src)
		s.wantEvents(want...)
		s.wantFiles("j.csv")
		if s.offered() != len(want) {
			t.Errorf("%d offers for %d events", s.offered(), len(want))
		}
	})
}

// A till that writes in blocks leaves half a line for a while: half an amount
// is no sale, and half a column no reject.
func TestJournalBlocks(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(sales(func(spec *source.Source) { spec.Mode = source.Follow }), "j.csv")
		text, want := "order,label,total\n", []string(nil)
		for _, id := range numbered(50) {
			text += id + ",Tea,27.50\n"
			want = append(want, id)
		}
		r := s.start(s.options(), src)
		for at := 0; at < len(text); at += 23 {
			s.grow("j.csv", text[at:min(at+23, len(text))])
			time.Sleep(time.Minute) // fake
		}
		s.wantEvents(want...)
		if got := r.State()[0].Totals; got != (Totals{Files: got.Files, Rows: 50, Accepted: 50}) {
			t.Errorf("totals %+v", got)
		}
		r.stop()
		records, err := s.spool.List("shop", spool.Pending, 0, 100)
		for _, record := range records {
			if !strings.Contains(string(record.Body), `"__total_in_cents__":2750`) {
				t.Errorf("%s", record.Body)
			}
		}
		if err != nil {
			t.Error(err)
		}
		s.wantFiles("j.csv")
	})
}

// A journal that is made empty, or with half a header, waits without an alarm;
// one with another header has one soon.
func TestJournalBegins(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		r := s.start(s.options(), s.source(leads(following), "*.csv"))
		s.put("j.csv", "")
		time.Sleep(time.Hour) // fake
		s.grow("j.csv", "id,em")
		time.Sleep(time.Minute) // fake
		s.put("k.csv", "a,b\n1,2\n")
		time.Sleep(time.Minute) // fake
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-unread/shop/k.csv"}) {
			t.Errorf("alarms %q", got)
		}
		s.grow("j.csv", "ail\na,a@x.de\n")
		time.Sleep(time.Minute) // fake
		s.wantEvents("a")
		r.stop()
	})
}

// The rows of an order that is still being written are not parted from each
// other.
func TestJournalOrder(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(sales(func(spec *source.Source) { spec.Mode, spec.Settle = source.Follow, 10*time.Second }), "j.csv")
		r := s.start(s.options(), src)
		s.put("j.csv", "order,label,total\n1,Tea,2.50\n")
		time.Sleep(4 * time.Second) // fake
		s.grow("j.csv", "1,Cake,3.00\n2,Tea,2.50\n")
		time.Sleep(4 * time.Second) // fake
		s.wantEvents("1")
		s.grow("j.csv", "2,Cake,3.00\n")
		time.Sleep(20 * time.Second) // fake
		s.wantEvents("1", "2")
		r.stop()
		if held := s.events(spool.Dead); len(held) > 0 {
			t.Errorf("held %q", held)
		}
	})
}

// A journal that begins anew, in place or under a new file, is read from its
// start; the end of one that was renamed is not lost.
func TestJournalRotates(t *testing.T) {
	for _, watch := range []string{"j.csv", "j*"} {
		for _, running := range []bool{true, false} {
			for _, how := range []string{"truncated", "renamed", "copied and truncated", "replaced"} {
				t.Run(fmt.Sprintf("%s/running=%v/%s", watch, running, how), func(t *testing.T) {
					bubble(t, func(t *testing.T, s *site) { rotate(s, watch, running, how) })
				})
			}
		}
	}
}

func rotate(s *site, watch string, running bool, how string) {
	src := s.source(leads(func(spec *source.Source) {
		following(spec)
		spec.Event.ID = source.Value{"rows"}
	}), watch)
	s.put("j.csv", table("a", "b"))
	r := s.start(s.options(), src)
	time.Sleep(10 * time.Second) // fake
	if !running {
		r.stop()
	}
	want := []string{"a", "b", "d", "e"}
	path, old := filepath.Join(s.drop, "j.csv"), filepath.Join(s.drop, "j.csv.1")
	var err error
	switch how {
	case "truncated":
		s.put("j.csv", table("d"))
	case "replaced":
		s.put("new", table("d"))
		err = os.Rename(filepath.Join(s.drop, "new"), path)
	case "renamed":
		want = append(want, "c")
		s.grow("j.csv", "c,c@x.de\n")
		err = os.Rename(path, old)
		s.put("j.csv", table("d"))
	case "copied and truncated":
		want = append(want, "c")
		s.grow("j.csv", "c,c@x.de\n")
		s.put("j.csv.1", s.read("j.csv"))
		s.put("j.csv", table("d"))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if !running {
		r = s.start(s.options(), src)
	}
	time.Sleep(10 * time.Second) // fake
	s.grow("j.csv", "e,e@x.de\n")
	time.Sleep(10 * time.Second) // fake
	r.stop()
	s.wantEvents(want...)
}

// Rows of a journal that are refused lie in rejected once, and the journal goes
// on.
func TestJournalRejects(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(following), "*.csv")
		r := s.start(s.options(), src)
		s.put("j.csv", "id,email\na,a@x.de\nbad1,\n")
		time.Sleep(10 * time.Second) // fake
		s.grow("j.csv", "bad2,\nb,b@x.de\n")
		time.Sleep(10 * time.Second) // fake
		s.wantEvents("a", "b")
		s.wantFiles("j.csv", "rejected/j.csv.rows.csv", "rejected/j.csv.rows (2).csv")
		// what a person corrected is a file of its own, and no journal
		s.put("j.csv.rows.csv", strings.Replace(s.read("rejected/j.csv.rows.csv"), "bad1,,", "bad1,bad1@x.de,", 1))
		time.Sleep(10 * time.Second) // fake
		s.wantEvents("a", "b", "bad1")
		if !slices.Contains(s.files(), "done/j.csv.rows.csv") {
			t.Errorf("files %q", s.files())
		}
		if got := r.State()[0].Totals; got.Rejected != 2 || got.Accepted != 3 {
			t.Errorf("totals %+v", got)
		}
		r.stop()
	})
}
