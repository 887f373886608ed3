package dropfolder

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
)

// Whatever is dropped, in which order, with which interruptions: each id goes
// out once, and each file ends up in done.
func TestRandom(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				w := &world{s: s, dice: rand.New(rand.NewPCG(seed, 3)), ids: map[string]bool{}}
				w.sources = []Source{
					s.source(leads(nil), "in/*.csv"),
					s.source(leads(func(spec *source.Source) { spec.Mode, spec.Name = source.Follow, "journal" }), "journal/j.csv"),
				}
				s.put("journal/j.csv", "id,email\n")
				w.running = s.start(s.options(), w.sources...)
				for range 60 {
					w.step()
				}
				s.refuse(nil)
				time.Sleep(5 * time.Minute) // fake
				w.running.stop()
				var want []string
				for id := range w.ids {
					want = append(want, id)
				}
				s.wantEvents(want...)
				if left, err := filepath.Glob(filepath.Join(s.drop, "in", "*.csv")); err != nil || len(left) > 0 {
					t.Errorf("not taken: %q, %v", left, err)
				}
				if w.running.State()[0].Totals.Rejected > 0 {
					t.Error("rows are refused")
				}
			})
		})
	}
}

// world is what TestRandom does things to.
type world struct {
	s       *site
	dice    *rand.Rand
	running *running
	sources []Source
	ids     map[string]bool
	dropped []string // those of them that are not the journal's
	files   int
	next    int
}

// fresh are n ids that were never there.
func (w *world) fresh(n int) []string {
	list := make([]string, n)
	for i := range list {
		w.next++
		list[i] = fmt.Sprintf("i%06d", w.next)
		w.ids[list[i]] = true
	}
	return list
}

func (w *world) step() {
	s := w.s
	switch w.dice.IntN(9) {
	case 0, 1: // a file with new rows and some old ones
		ids := w.fresh(1 + w.dice.IntN(30))
		w.dropped = append(w.dropped, ids...)
		ids = append(ids, w.some(10)...)
		w.files++
		s.put(fmt.Sprintf("in/%d.csv", w.dice.IntN(w.files)+1000*w.files), table(ids...))
	case 2: // a large one
		w.files++
		s.put(fmt.Sprintf("in/large %d.csv", w.files), table(w.fresh(700)...))
	case 3: // one that goes on growing
		w.files++
		name := fmt.Sprintf("in/slow %d.csv", w.files)
		s.put(name, table(w.fresh(3)...))
		for range 3 {
			time.Sleep(time.Second) // fake
			for _, id := range w.fresh(2) {
				s.grow(name, id+","+id+"@x.de\n")
			}
		}
	case 4: // a done file again, under its name
		done, err := filepath.Glob(filepath.Join(s.drop, "in", "done", "*", "*.csv"))
		if err == nil && len(done) > 0 {
			path := done[w.dice.IntN(len(done))]
			text, err := os.ReadFile(path)
			if err != nil {
				s.t.Fatal(err)
			}
			if name := "in/" + filepath.Base(path); !slices.Contains(s.files(), name) {
				s.put(name, string(text))
			}
		}
	case 5: // the journal goes on
		for _, id := range w.fresh(1 + w.dice.IntN(20)) {
			s.grow("journal/j.csv", id+","+id+"@x.de\n")
		}
	case 6:
		w.running.stop()
		w.running = s.start(s.options(), w.sources...)
	case 7:
		s.refuse([]error{nil, event.ErrFull, event.ErrUnavailable}[w.dice.IntN(3)])
	case 8:
		w.running.Update(w.sources)
	}
	time.Sleep(time.Duration(w.dice.IntN(4000)) * time.Millisecond) // fake
}

// some are ids that were dropped before, from anywhere on.
func (w *world) some(most int) []string {
	from := w.dice.IntN(len(w.dropped) + 1)
	return w.dropped[from:min(from+most, len(w.dropped))]
}
