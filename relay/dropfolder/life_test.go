package dropfolder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// A file is taken once it stands still, and lies in done afterwards.
func TestTaken(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("a.csv", table("a", "b"))
		states := s.during(10*time.Second, s.source(leads(nil), "*.csv"))
		s.wantEvents("a", "b")
		s.wantFiles("done/a.csv")
		if len(states) != 1 || states[0].Totals != (Totals{Files: 1, Rows: 2, Accepted: 2}) || len(states[0].Recent) != 1 {
			t.Errorf("state %+v", states)
		}
	})
}

// A file that grows slowly is left alone until it stands still, also when its
// time lies in the future or the past.
func TestSlowlyWritten(t *testing.T) {
	for name, at := range map[string]time.Time{
		"now": {}, "in the future": time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), "long ago": time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				s.put("a.csv", "id,email\n")
				r := s.start(s.options(), s.source(leads(nil), "*.csv"))
				for i := range 60 {
					s.grow("a.csv", fmt.Sprintf("%d,%d@x.de\n", i, i))
					if !at.IsZero() {
						if err := os.Chtimes(filepath.Join(s.drop, "a.csv"), at, at); err != nil {
							t.Fatal(err)
						}
					}
					time.Sleep(time.Second) // fake
					if got := s.events(spool.Pending); len(got) > 0 {
						t.Fatalf("%d events after %d rows", len(got), i)
					}
				}
				time.Sleep(6 * time.Second) // fake
				if got := s.events(spool.Pending); len(got) != 60 {
					t.Errorf("%d events, want 60", len(got))
				}
				r.stop()
				s.wantFiles("done/a.csv")
			})
		})
	}
}

// Rows that are refused lie in rejected with the reason; dropped back, they
// alone go out, also under the name that an office program gives a copy.
func TestRejects(t *testing.T) {
	for _, name := range []string{"a.csv.rows.csv", "a.csv.rows (3).csv", "A.CSV.rows - Kopie.csv"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(leads(func(spec *source.Source) { spec.Identity = "require" }), "[aA].[cC]*")
				s.put("a.csv", "id,email\r\na,a@x.de\r\nb,\r\nc,c@x.de\r\n")
				s.during(10*time.Second, src)
				s.wantEvents("a", "c")
				s.wantFiles("done/a.csv", "rejected/a.csv.rows.csv")
				text := s.read("rejected/a.csv.rows.csv")
				if !strings.HasPrefix(text, "id,email,funnelrelay_reason\r\nb,,\"line 3: ") || strings.Count(text, "\r\n") != 2 {
					t.Errorf("rejects %q", text)
				}
				s.put(name, strings.Replace(text, "b,,", "b,b@x.de,", 1))
				states := s.during(10*time.Second, src)
				s.wantEvents("a", "b", "c")
				s.wantFiles("done/a.csv", "rejected/a.csv.rows.csv", "done/"+name)
				if got := states[0].Totals; got.Duplicates != 0 || got.Accepted != 1 {
					t.Errorf("state %+v", got)
				}
			})
		})
	}
}

// The same content, however it comes, is taken once.
func TestAgain(t *testing.T) {
	first := table("a", "b", "c")
	tests := map[string]struct {
		name, text string
		more       []string // events
	}{
		"dropped again":            {name: "x-1.csv", text: first},
		"renamed or copied":        {name: "x-2.csv", text: first},
		"in another folder":        {name: "sub/x-1.csv", text: first},
		"with more rows":           {name: "x-1.csv", text: table("a", "b", "c", "d", "e"), more: []string{"d", "e"}},
		"overlapping":              {name: "x-3.csv", text: table("c", "d"), more: []string{"d"}},
		"a column in the middle":   {name: "x-1.csv", text: "id,new,email\na,1,a@x.de\nb,2,b@x.de\nc,3,c@x.de\n"},
		"other columns' order":     {name: "x-1.csv", text: "email;id\na@x.de;a\nb@x.de;b\nc@x.de;c\n"},
		"as JSON":                  {name: "x-1.csv", text: `[{"id":"a","email":"a@x.de"},{"id":"d","email":"d@x.de"}]`, more: []string{"d"}},
		"without the last newline": {name: "x-1.csv", text: strings.TrimSpace(first)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(leads(nil), "**/x-*.csv")
				s.put("x-1.csv", first)
				s.during(10*time.Second, src)
				s.put(test.name, test.text)
				s.during(10*time.Second, src)
				s.wantEvents(append([]string{"a", "b", "c"}, test.more...)...)
				if got := s.files(); len(got) != 2 {
					t.Errorf("files %q", got)
				}
			})
		})
	}
}

// Two byte-identical lines of one receipt are two things; a receipt's number
// that comes again with other content is kept for a person.
func TestReceipts(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(sales(nil), "*.csv")
		s.put("mon.csv", "order,label,total\n1,Tea,2.50\n1,Tea,2.50\n2,Tea,2.50\n")
		s.during(10*time.Second, src)
		s.wantEvents("1", "2")
		s.put("tue.csv", "order,label,total\n1,Cake,4.00\n3,Cake,4.00\n")
		states := s.during(10*time.Second, src)
		s.wantEvents("1", "2", "3")
		if held := s.events(spool.Dead); !slices.Equal(held, []string{"1"}) {
			t.Errorf("held %q", held)
		}
		if got := states[0].Totals; got.Changed != 1 || got.Held != 1 {
			t.Errorf("totals %+v", got)
		}
		s.put("tue again.csv", s.read("done/"+today()+"/tue.csv"))
		s.during(10*time.Second, src)
		if held := s.events(spool.Dead); len(held) != 1 {
			t.Errorf("the changed order is held again: %q", held)
		}
	})
}

// today is the fake day of bubbles.
func today() string { return time.Now().Format(time.DateOnly) }

// What becomes of an order that comes again is the source's to say.
func TestChangedPolicy(t *testing.T) {
	for policy, want := range map[string][2]int{ // pending, dead
		source.PolicyHold: {1, 1}, source.PolicyIgnore: {1, 0}, source.PolicySend: {2, 0},
	} {
		t.Run(policy, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(sales(func(spec *source.Source) { spec.Policy.Changed = policy }), "*.csv")
				s.put("1.csv", "order,label,total\n1,Tea,2.50\n")
				s.during(10*time.Second, src)
				s.put("2.csv", "order,label,total\n1,Tea,3.50\n")
				s.during(10*time.Second, src)
				if p, d := len(s.events(spool.Pending)), len(s.events(spool.Dead)); p != want[0] || d != want[1] {
					t.Errorf("%d pending and %d dead, want %v", p, d, want)
				}
				told := strings.Count(s.log.String(), `msg="event is dead"`)
				if told != want[1] || told > 0 && !strings.Contains(s.log.String(), `cause="order 1 came again with other content`) {
					t.Errorf("log:\n%s", s.log)
				}
			})
		})
	}
}

// Files that cannot be read at all lie in rejected, each with a text that says
// why; the others go on.
func TestUnreadable(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("pdf.csv", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n")
		s.put("columns.csv", "nr,mail\n1,a@x.de\n")
		s.put("empty.csv", "")
		s.put("header.csv", "id,email\n")
		s.put("good.csv", table("a"))
		if err := os.Mkdir(filepath.Join(s.drop, "folder.csv"), 0o755); err != nil {
			t.Fatal(err)
		}
		s.during(2*time.Minute, s.source(leads(nil), "*.csv"))
		s.wantEvents("a")
		s.wantFiles("done/good.csv", "done/header.csv",
			"rejected/pdf.csv", "rejected/pdf.csv.why.txt", "rejected/columns.csv", "rejected/columns.csv.why.txt",
			"rejected/empty.csv", "rejected/empty.csv.why.txt")
		for name, word := range map[string]string{"columns.csv": `"id"`, "empty.csv": "0 bytes", "pdf.csv": "Reason: "} {
			if text := s.read("rejected/" + name + whySuffix); !strings.Contains(text, word) {
				t.Errorf("%s: %s", name, text)
			}
		}
		if n := strings.Count(s.log.String(), "folder.csv"); n != 1 {
			t.Errorf("the folder is named %d times", n)
		}
	})
}

// A file that breaks half-way says what was taken of it.
func TestBrokenHalfWay(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("a.json", `[{"id":"a","email":"a@x.de"},{"id":"b","email":"b@x.de"},{"id":"c"`)
		src := s.source(leads(nil), "*.json")
		s.during(10*time.Second, src)
		s.put("a.json", `[{"id":"a","email":"a@x.de"},{"id":"b","email":"b@x.de"},{"id":"c","email":"c@x.de"}]`)
		s.during(10*time.Second, src)
		s.wantEvents("a", "b", "c")
	})
}

// What is not a file of the source is left alone.
func TestLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		outside := filepath.Join(s.data, "secret.csv")
		if err := os.WriteFile(outside, []byte(table("secret")), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(s.drop, "link.csv")); err != nil {
			t.Skip(err)
		}
		names := []string{"~$a.csv", ".hidden.csv", "a.csv.part", "b.tmp", ".~lock.a.csv#", "c.crdownload", "d.why.txt", "Thumbs.db", "desktop.ini"}
		for _, name := range names {
			s.put(name, table("wrong"))
		}
		s.during(time.Minute, s.source(leads(nil), "*"))
		s.wantEvents()
		if runtime.GOOS != "windows" { // where not every reader of a folder shows links
			names = append(names, "link.csv")
		}
		s.wantFiles(names...)
	})
}

// A link that stays in the folder is followed.
func TestLinkInside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right there that tills do not have")
	}
	bubble(t, func(t *testing.T, s *site) {
		s.put("store/a.csv", table("a"))
		if err := os.Symlink(filepath.Join("store", "a.csv"), filepath.Join(s.drop, "link.csv")); err != nil {
			t.Skip(err)
		}
		s.during(10*time.Second, s.source(leads(nil), "*.csv"))
		s.wantEvents("a")
		s.wantFiles("done/link.csv", "store/a.csv")
	})
}

// Done never overwrites.
func TestSameName(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(nil), "*.csv")
		for i, id := range []string{"a", "b", "c"} {
			s.put("x.csv", table(id))
			s.during(10*time.Second, src)
			want := []string{"done/x.csv", "done/x (2).csv", "done/x (3).csv"}
			s.wantFiles(want[:i+1]...)
		}
		s.wantEvents("a", "b", "c")
	})
}

// Marker, delete and keep.
func TestMarkerDeleteKeep(t *testing.T) {
	t.Run("marker", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			src := s.source(leads(func(spec *source.Source) { spec.Marker = ".ok" }), "*")
			s.put("a.csv", table("a"))
			s.put("b.csv", table("b"))
			s.put("c.csv", table("c"))
			s.put("a.csv.ok", "")
			s.put("b.ok", "")
			s.during(time.Minute, src)
			s.wantEvents("a", "b")
			s.wantFiles("done/a.csv", "done/a.csv.ok", "done/b.csv", "done/b.ok", "c.csv")
			s.put("c.ok", "")
			s.during(time.Minute, src)
			s.wantEvents("a", "b", "c")
		})
	})
	t.Run("delete", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			s.put("a.csv", table("a"))
			s.during(10*time.Second, s.source(leads(func(spec *source.Source) { spec.After = source.AfterDelete }), "*"))
			s.wantEvents("a")
			s.wantFiles()
		})
	})
	for name, edit := range map[string]func(*source.Source){
		"keep":    func(spec *source.Source) { spec.After = source.AfterKeep; spec.Identity = "require" },
		"rewrite": func(spec *source.Source) { spec.Mode = source.Rewrite; spec.Identity = "require" },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(leads(edit), "*.csv")
				s.put("a.csv", table("a")+"x,\n")
				s.during(time.Minute, src)
				s.wantEvents("a")
				s.during(time.Minute, src)
				if s.offered() != 1 {
					t.Errorf("%d offers: the file was read again", s.offered())
				}
				s.wantFiles("a.csv", "rejected/a.csv.rows.csv")
				s.put("a.csv", table("a", "b")+"x,\n")
				states := s.during(time.Minute, src)
				s.wantEvents("a", "b")
				s.wantFiles("a.csv", "rejected/a.csv.rows.csv") // what was refused before is not shown again
				if got := states[0].Totals; got.Files != 1 || got.Duplicates != 1 {
					t.Errorf("totals %+v", got)
				}
				at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
				if err := os.Chtimes(filepath.Join(s.drop, "a.csv"), at, at); err != nil {
					t.Fatal(err)
				}
				offers := s.offered()
				s.during(time.Minute, src)
				if s.offered() != offers {
					t.Error("the file was only touched, and offered again")
				}
			})
		})
	}
}

// While the sink refuses, the files stay; then they go out.
func TestSinkRefuses(t *testing.T) {
	for _, refusal := range []error{event.ErrFull, event.ErrUnavailable, event.ErrProject} {
		t.Run(refusal.Error(), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				s.refuse(refusal)
				s.put("a.csv", table("a"))
				s.put("b.csv", table("b"))
				r := s.start(s.options(), s.source(leads(nil), "*.csv"))
				time.Sleep(3 * time.Minute) // fake
				s.wantFiles("a.csv", "b.csv")
				if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-waits/shop"}) {
					t.Errorf("alarms %q", got)
				}
				if got := r.State()[0]; got.Trouble == "" || got.Waiting != 2 {
					t.Errorf("state %+v", got)
				}
				s.refuse(nil)
				time.Sleep(2 * time.Minute) // fake
				s.wantFiles("done/a.csv", "done/b.csv")
				s.wantEvents("a", "b")
				if got := alarms(r.Watcher); len(got) > 0 || r.State()[0].Trouble != "" {
					t.Errorf("alarms %q, state %+v", got, r.State()[0])
				}
			})
		})
	}
}

// A source that waits does not hold up others, even if only one may read at a
// time.
func TestOthersGoOn(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Parallel = 1
		o.Sink = perProject{s}
		s.put("a/a.csv", table("a"))
		s.put("b/b.csv", table("b"))
		a, b := s.source(leads(nil), "a/*.csv"), s.source(leads(func(spec *source.Source) { spec.Name = "other" }), "b/*.csv")
		a.Project = "gone"
		r := s.start(o, a, b)
		time.Sleep(time.Minute) // fake
		s.wantEvents("b")
		a.Project = "shop" // the config is mended while it waits
		r.Update([]Source{a, b})
		time.Sleep(time.Minute) // fake
		s.wantEvents("a", "b")
		if got := alarms(r.Watcher); len(got) > 0 {
			t.Errorf("alarms %q", got)
		}
	})
}

// perProject knows no project "gone".
type perProject struct{ *site }

func (p perProject) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	if b.Project == "gone" {
		return nil, fmt.Errorf("project gone: %w", event.ErrProject)
	}
	return p.site.Accept(ctx, b)
}

// A file that was taken and cannot be put away stays, and is not offered twice.
func TestCannotPutAway(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("done", "a file where the folder is to be")
		s.put("a.csv", table("a"))
		src := s.source(leads(nil), "*.csv")
		r := s.start(s.options(), src)
		time.Sleep(5 * time.Minute) // fake
		s.wantEvents("a")
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-file/shop"}) {
			t.Errorf("alarms %q", got)
		}
		s.put("b.csv", table("b"))
		time.Sleep(time.Minute) // fake
		s.wantEvents("a", "b")
		if got := r.State()[0].Totals; got != (Totals{Rows: 2, Accepted: 2}) {
			t.Errorf("totals %+v", got)
		}
		r.stop()
		r = s.start(s.options(), src)
		time.Sleep(time.Minute) // fake
		if s.offered() != 2 {
			t.Errorf("%d offers, want 2", s.offered())
		}
		if err := os.Remove(filepath.Join(s.drop, "done")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute) // fake
		s.wantFiles("done/a.csv", "done/b.csv")
		if got := alarms(r.Watcher); len(got) > 0 || s.offered() != 2 {
			t.Errorf("alarms %q, %d offers", got, s.offered())
		}
	})
}

// A file that changes while it is read is left, and begun anew.
func TestChangesWhileRead(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		ids := numbered(1200)
		s.put("a.csv", table(ids...))
		s.then(func() {
			s.grow("a.csv", "late,late@x.de\n")
		})
		s.during(time.Minute, s.source(leads(nil), "*.csv"))
		s.wantEvents(append(ids, "late")...)
		s.wantFiles("done/a.csv")
		if !strings.Contains(s.log.String(), "changed while it was read") {
			t.Errorf("log %s", s.log)
		}
	})
}

// A folder that vanishes and returns: an alarm meanwhile, and nothing twice.
func TestFolderVanishes(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(func(spec *source.Source) { spec.After = source.AfterKeep }), "*.csv")
		s.put("a.csv", table("a"))
		r := s.start(s.options(), src)
		time.Sleep(time.Minute) // fake
		if err := os.Rename(s.drop, s.drop+".away"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // fake
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"source-folder/shop"}) {
			t.Errorf("alarms %q", got)
		}
		if err := os.Rename(s.drop+".away", s.drop); err != nil {
			t.Fatal(err)
		}
		s.put("b.csv", table("b"))
		time.Sleep(time.Minute) // fake
		s.wantEvents("a", "b")
		if got := alarms(r.Watcher); len(got) > 0 || s.offered() != 2 {
			t.Errorf("alarms %q, %d offers", got, s.offered())
		}
	})
}

// Two sources that ask for one file: the first takes it.
func TestSameFolderTwice(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("a.csv", table("a"))
		s.put("a.txt", table("b"))
		second := s.source(leads(func(spec *source.Source) { spec.Name = "second" }), "*")
		r := s.start(s.options(), s.source(leads(nil), "*.csv"), second)
		time.Sleep(10 * time.Second) // fake
		s.wantEvents("a", "b")
		for _, state := range r.State() {
			if state.Totals.Accepted != 1 {
				t.Errorf("%+v", state)
			}
		}
		if !strings.Contains(s.log.String(), "two sources ask for the same file") {
			t.Errorf("log %s", s.log)
		}
	})
}

// Ten thousand files at once are taken once each.
func TestManyFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		ids := numbered(10_000)
		if testing.Short() {
			ids = ids[:500]
		}
		for _, id := range ids {
			s.put(id+".csv", table(id))
		}
		begun := time.Now()
		r := s.start(s.options(), s.source(leads(nil), "*.csv"))
		for r.Watcher.State()[0].Totals.Files < int64(len(ids)) && time.Since(begun) < time.Hour {
			time.Sleep(time.Second) // fake
		}
		r.stop()
		s.wantEvents(ids...)
		if s.offered() != len(ids) {
			t.Errorf("%d offers", s.offered())
		}
	})
}

// A fault of ours that one file brings out, after a part of it was taken, puts
// that file aside: the next one is taken, and put back the rest of it is.
func TestPanic(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		var names []string
		for i := range 700 {
			names = append(names, fmt.Sprint("n", i))
		}
		s.put("a.csv", table(names...))
		o := s.options()
		panics := 1
		o.fault = func(step string) {
			if step == stepBatch && panics > 0 {
				panics--
				panic("a fault")
			}
		}
		r := s.start(o, s.source(leads(nil), "*.csv"))
		time.Sleep(10 * time.Second) // fake
		s.put("b.csv", table("b"))
		time.Sleep(10 * time.Second) // fake
		if why := s.read("rejected/a.csv.why.txt"); !strings.Contains(why, "a fault in funnelrelay itself") || !strings.Contains(why, "500 orders or events") {
			t.Error(why)
		}
		s.wantFiles("done/b.csv", "rejected/a.csv", "rejected/a.csv.why.txt")
		if err := os.Rename(filepath.Join(s.drop, "rejected", "a.csv"), filepath.Join(s.drop, "a.csv")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // fake
		r.stop()
		s.wantEvents(append(names, "b")...)
	})
}
