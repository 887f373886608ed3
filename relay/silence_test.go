package relay

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/config"
	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// sold is a batch of one event, and what became of it.
func sold(from, action string, duplicate bool) (*event.Batch, []event.Receipt) {
	return &event.Batch{Source: from, Offers: []event.Offer{{Event: &event.Event{Action: action}}}}, []event.Receipt{{Duplicate: duplicate}}
}

// quiet makes a relay that knows of sales and of nothing else, in a bubble.
func quiet(t *testing.T, path string, cfg *config.Config) *Relay {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := spool.Open(path, spool.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Note(hearingNote)
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{o: Options{Log: log}, spool: s, cfg: cfg, alarms: alarm.New(log), started: time.Now(), heard: newHearing(data)}
	r.heard.follow(cfg)
	return r
}

// silent lists the alarms of silence that there would be now.
func (r *Relay) silent() string {
	open := map[string]bool{}
	r.silenceAlarms(open)
	var names []string
	for _, a := range r.alarms.Open() {
		if !open[a.Name] {
			r.alarms.Clear(a.Name)
			continue
		}
		names = append(names, a.Name)
	}
	return strings.Join(names, " ")
}

// silenceConfig has a shop with hours, a port, and two sources of which one sells.
func silenceConfig() *config.Config {
	cfg := config.Default()
	cfg.Timezone = "Europe/Berlin"
	cfg.Alarm.Hours.Given = true
	for day := time.Monday; day <= time.Friday; day++ {
		cfg.Alarm.Hours.Week[day] = []source.Span{{From: 9 * 60, To: 18 * 60}}
	}
	cfg.Alarm.Silence, cfg.HTTP.Silence = 2*time.Hour, time.Hour
	till, leads := source.Default(), source.Default()
	till.Name, till.Silence = "till", time.Hour
	till.Hours.Given = true
	till.Hours.Week[time.Monday] = []source.Span{{From: 18 * 60, To: 26 * 60}} // until two in the night
	leads.Name, leads.Silence, leads.Event = "leads", 3*time.Hour, &source.Event{}
	cfg.Sources = config.Sources{till, leads}
	return cfg
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "spool.db")
		cfg := silenceConfig()
		zone, err := cfg.Timezone.Location()
		if err != nil {
			t.Skip(err)
		}
		until := func(text string) {
			t.Helper()
			at, err := time.ParseInLocation("Mon 2006-01-02 15:04", text, zone)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(at))
		}
		r := quiet(t, path, cfg)
		expect := func(want string) {
			t.Helper()
			if got := r.silent(); got != want {
				t.Errorf("%s: silent %q, want %q", time.Now().In(zone).Format(time.DateTime), got, want)
			}
		}
		expect("")
		until("Mon 2000-01-03 09:59")
		expect("") // never a sale, and open for 59 minutes
		until("Mon 2000-01-03 10:00")
		expect("silence/http")
		if text := r.alarms.Open()[0].Text; text != "no sale on the port (http) yet; it has been watched since 2000-01-01 01:00: that is 60 minutes of opening hours or more" {
			t.Errorf("%s", text)
		}
		r.heard.note(sold("http", "Lead", false)) // which is no sale
		r.heard.note(sold("http", event.CommerceAction, true))
		expect("silence/http")
		r.heard.note(sold("http", event.CommerceAction, false))
		expect("")
		until("Mon 2000-01-03 12:01")
		expect("silence silence/http silence/leads")
		if text := r.alarms.Open()[0].Text; text != "no sale from anywhere since 2000-01-03 10:00: that is 2 hours of opening hours or more" {
			t.Errorf("%s", text)
		}
		r.heard.note(sold("leads", "Lead", false)) // an event of its own, and no sale of the shop
		expect("silence silence/http")
		r.heard.note(sold("drop/Kauf", event.CommerceAction, false))
		expect("silence/http")
		r.heard.note(sold("http", event.CommerceAction, false))

		until("Tue 2000-01-04 01:00")                             // the till is open in the night
		expect("silence silence/http silence/leads silence/till") // the others by the afternoon
		r.heard.note(sold("till", event.CommerceAction, false))
		expect("silence/http silence/leads")
		until("Tue 2000-01-04 08:30")
		expect("silence/http silence/leads silence/till")
		r.heard.note(sold("http", event.CommerceAction, false))
		r.heard.note(sold("leads", "Lead", false))
		until("Tue 2000-01-04 17:30")
		r.heard.note(sold("http", event.CommerceAction, false))
		r.heard.note(sold("leads", "Lead", false))

		// A restart forgets nothing, and gives senders a moment.
		r.keepHearing(true)
		if err := r.spool.Close(); err != nil {
			t.Fatal(err)
		}
		until("Wed 2000-01-05 09:31")
		r = quiet(t, path, cfg)
		expect("")
		time.Sleep(listenFirst)
		expect("silence/http silence/till")
		if err := r.spool.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// A clock that was wrong for a while does not make a source silent, or heard, for
// ever.
func TestSilenceAfterAWrongClock(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	h := newHearing([]byte(`{"http":{"at":"2038-01-01T00:00:00Z","sale":true},"gone":{"at":"2026-01-01T00:00:00Z"}}`))
	h.follow(config.Default())
	if l := h.of("http", now); !l.At.Equal(now) || !l.Sale {
		t.Errorf("%+v", l)
	}
	if h.last["gone"] != nil || h.last[""] == nil {
		t.Errorf("%+v", h.last)
	}
	if h = newHearing([]byte(`{"http":`)); len(h.last) != 0 {
		t.Errorf("%+v", h.last)
	}
}

// What was heard is kept once a minute at most.
func TestHearingIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHearing(nil)
		h.follow(config.Default())
		if h.data(false) == nil || h.data(false) != nil {
			t.Error("what is new is not kept, or kept twice")
		}
		writes := 0
		for range 600 {
			h.note(sold("http", event.CommerceAction, false))
			time.Sleep(time.Second)
			if h.data(false) != nil {
				writes++
			}
		}
		if writes < 9 || writes > 10 {
			t.Errorf("%d writes in 10 minutes", writes)
		}
		h.note(sold("http", event.CommerceAction, false))
		if h.data(true) == nil || h.data(true) != nil {
			t.Error("the last one is not kept")
		}
	})
}

// The disk is low before the spool takes nothing any more, and a small quota
// needs no more than itself.
func TestDiskLow(t *testing.T) {
	for _, row := range []struct {
		quota, free int64
		want        bool
	}{
		{2e9, 600e6, false}, {2e9, 400e6, true}, {100e6, 150e6, false}, {100e6, 90e6, true}, {1e6, 30e6, true}, {1e6, 40e6, false},
	} {
		raised := false
		diskAlarm(&spool.Health{MaxSize: row.quota, DiskFree: row.free}, func(name, text, do string) {
			raised = true
			if name != "disk-low" || !strings.Contains(text, "MB left") || !strings.Contains(do, "make room") {
				t.Errorf("%s: %s; %s", name, text, do)
			}
		})
		if raised != row.want {
			t.Errorf("%d free with a quota of %d: %v", row.free, row.quota, raised)
		}
	}
}

// TestImportIsNoSale: what a person brings in does not hide that a till is
// silent.
func TestImportIsNoSale(t *testing.T) {
	cfg := silenceConfig()
	cfg.Sources, cfg.Data, cfg.Listen = nil, t.TempDir(), "127.0.0.1:0"
	cfg.Projects = config.Projects{{Name: "shop", ProjectID: "id", APIKey: config.NewSecret("a key"), URL: "http://127.0.0.1:1"}}
	r, err := Open(cfg, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	sale := `{"purchase_data":[{"__sku__":"1","__label__":"Tea","__total_in_cents__":100,"__order__":"7","__currency__":"EUR"}]}`
	line := fmt.Sprintf(`{"id":"1","project":"shop","action":"__commerce_action__","source":"http","state":"pending","body":%q}`, sale)
	if done, err := r.control.ImportSpool(t.Context(), nil, strings.NewReader(line)); err != nil || done.Accepted != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	if last := r.heard.of(portSource, time.Now()); last.Sale {
		t.Errorf("%+v", last)
	}
}
