package dropfolder

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"funnelrelay/relay/mapping"
	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// plain makes the source of a folder of the drop folder.
func plain(action string) (*Source, error) {
	spec := source.Default()
	spec.Name = "drop"
	if action == "refused" {
		return nil, errors.New("no such action")
	}
	m, faults := mapping.New(&spec, mapping.Options{Project: "shop", Action: action, Site: time.UTC})
	if len(faults) > 0 {
		return nil, errors.New(faults[0].Is)
	}
	return &Source{Project: "shop", Spec: spec, Mapping: m}, nil
}

// Each folder of the drop folder is an action, also one that appears later.
func TestDrop(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Drop, o.Plain = s.drop, plain
		if err := os.Remove(s.drop); err != nil {
			t.Fatal(err)
		}
		r := s.start(o)
		time.Sleep(time.Second) // fake
		s.wantFiles(readmeName)
		s.put("__commerce_action__/s.csv", "__sku__,__label__,__total_in_cents__,__order__,__currency__\n1,Tea,250,17,EUR\n")
		s.put("Lead/l.csv", "email\na@x.de\n")
		s.put("Sign up/l.csv", "email\nb@x.de\n")
		s.put("50%25 %2F off/l.csv", "email\nc@x.de\n")
		s.put("refused/l.csv", "email\nd@x.de\n")
		s.put("stray.csv", "email\ne@x.de\n")
		time.Sleep(time.Minute) // fake
		s.wantEvents("17", "a", "b", "c")
		var actions []string
		records, err := s.spool.List("shop", spool.Pending, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			actions = append(actions, string(record.Facts))
		}
		slices.Sort(actions)
		if want := []string{"50% / off", "Lead", "Sign up", "__commerce_action__"}; !slices.Equal(actions, want) {
			t.Errorf("actions %q, want %q", actions, want)
		}
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"drop-folder/refused", "drop-stray"}) {
			t.Errorf("alarms %q", got)
		}
		for _, dir := range []string{"Lead", "refused"} {
			if err := os.RemoveAll(filepath.Join(s.drop, dir)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute) // fake
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"drop-stray"}) {
			t.Errorf("alarms %q", got)
		}
		r.stop()
	})
}

// A configured source that asks for files in the drop folder goes first.
func TestDropConfigured(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Drop, o.Plain = s.drop, plain
		s.put("Lead/a.csv", table("a"))
		s.put("Lead/b.txt", "email\nb@x.de\n")
		r := s.start(o, s.source(leads(nil), "Lead/*.csv"))
		time.Sleep(time.Minute) // fake
		s.wantEvents("a", "b")
		for _, state := range r.State() {
			if state.Totals.Accepted != 1 {
				t.Errorf("%+v", state)
			}
		}
		r.stop()
	})
}
