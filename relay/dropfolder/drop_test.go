package dropfolder

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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
			s.clear(filepath.Join(s.drop, dir))
		}
		time.Sleep(time.Minute) // fake
		if got := alarms(r.Watcher); !slices.Equal(got, []string{"drop-stray"}) {
			t.Errorf("alarms %q", got)
		}
		r.stop()
	})
}

// A folder of the drop folder that a source watches is the source's alone: what
// its pattern misses is no action's.
func TestDropConfigured(t *testing.T) {
	for pattern, others := range map[string][]string{
		"Lead/*.csv":      {"other"},
		"Lead/{day}/*":    {"other"},
		"*ead/*.csv":      {"other"},
		"**/*.csv":        nil,
		"[Ll]ea{x}/*.csv": {"other"},
		"Lead2/*.csv":     {"b", "c", "l", "other"},
		"*.csv":           {"b", "c", "l", "other"},
	} {
		t.Run("", func(t *testing.T) { // the name is a part of a path
			t.Log(pattern)
			bubble(t, func(t *testing.T, s *site) {
				o := s.options()
				o.Drop, o.Plain = s.drop, plain
				missed := "Lead/L.CSV"
				if runtime.GOOS == "windows" { // where capital letters do not count
					missed = "Lead/L.txt"
				}
				s.put(missed, table("l"))
				s.put("Lead/b.txt", "email\nb@x.de\n")
				s.put("Lead/c.x", "email\nc@x.de\n")
				s.put("Other/o.txt", "email\nother@x.de\n")
				r := s.start(o, s.source(leads(nil), pattern))
				time.Sleep(time.Minute) // fake
				r.stop()
				s.wantEvents(others...)
			})
		})
	}
}

// What its pattern asks for is taken without a word, and of the rest there is one
// where only capital letters differ.
func TestDropConfiguredTakes(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Drop, o.Plain = s.drop, plain
		s.put("Lead/a.csv", table("a"))
		r := s.start(o, s.source(leads(nil), "Lead/*.csv"))
		time.Sleep(time.Minute) // fake
		if text := s.log.String(); strings.Contains(text, "WARN") {
			t.Errorf("log:\n%s", text)
		}
		s.put("Lead/B.CSV", table("b"))
		time.Sleep(time.Minute) // fake
		r.stop()
		if runtime.GOOS == "windows" { // where capital letters do not count
			s.wantEvents("a", "b")
			s.wantFiles("Lead/done/B.CSV", "Lead/done/a.csv")
			return
		}
		s.wantEvents("a")
		s.wantFiles("Lead/B.CSV", "Lead/done/a.csv")
		if text := s.log.String(); strings.Count(text, "other capital letters") != 1 {
			t.Errorf("log:\n%s", text)
		}
	})
}

// A folder becomes a source's, and an action's again, with the config.
func TestDropReload(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Drop, o.Plain = s.drop, plain
		s.put("Lead/a.txt", "email\na@x.de\n")
		r := s.start(o)
		time.Sleep(time.Minute) // fake
		r.Update([]Source{s.source(leads(nil), "Lead/*.csv")})
		s.put("Lead/b.txt", "email\nb@x.de\n")
		time.Sleep(time.Minute) // fake
		s.wantEvents("a")
		if states := r.State(); len(states) != 1 || states[0].Source != "shop" {
			t.Errorf("%+v", states)
		}
		r.Update(nil)
		time.Sleep(time.Minute) // fake
		r.stop()
		s.wantEvents("a", "b")
	})
}
