package relay

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// newAccepter is one with a spool and a project whose site is in Berlin.
func newAccepter(t *testing.T) *accepter {
	t.Helper()
	s, err := spool.Open(filepath.Join(t.TempDir(), "spool.db"), spool.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err) // the program brings its own zones
	}
	a := &accepter{spool: s}
	a.targets.Store(&map[string]*target{"shop": {name: "shop", queue: "shop/1", rules: &event.Rules{}, zone: zone}})
	return a
}

func (a *accepter) take(t *testing.T, o event.Offer) (event.Receipt, error) {
	t.Helper()
	r, err := a.Accept(context.Background(), event.Batch{Project: "shop", Source: "till", Offers: []event.Offer{o}})
	if err != nil {
		return event.Receipt{}, err
	}
	return r[0], nil
}

func lead(t *testing.T, body string) *event.Event {
	t.Helper()
	e, faults := event.Normalize("Lead", []byte(body), nil)
	if faults != nil {
		t.Fatal(faults)
	}
	return e
}

// TestDayOfTheSale: an event counts for the day that its own dateTime is on, at
// the site, and for today where that cannot be.
func TestDayOfTheSale(t *testing.T) {
	a := newAccepter(t)
	now := time.Now()
	today := now.In((*a.targets.Load())["shop"].zone).Format(time.DateOnly)
	for stamp, want := range map[string]string{
		"2024-03-01T22:30:00+00:00":                        "2024-03-01",
		"2024-03-01T23:30:00+00:00":                        "2024-03-02", // past midnight there
		"2024-07-01T22:30:00+00:00":                        "2024-07-02",
		"1990-01-01T12:00:00+00:00":                        "1990-01-01",
		"1989-12-31T12:00:00+00:00":                        today,
		now.Add(72 * time.Hour).UTC().Format(time.RFC3339): today,
		"": today,
	} {
		body := `{"email":"a","n":"` + stamp + `"}`
		if stamp != "" {
			body = `{"email":"a","dateTime":"` + stamp + `"}`
		}
		receipt, err := a.take(t, event.Offer{Event: lead(t, body)})
		if err != nil {
			t.Fatal(err)
		}
		id, _ := spool.ParseID(receipt.ID)
		if r, err := a.spool.Record(id); err != nil || r.Day != want {
			t.Errorf("%q counts for %s, want %s (%v)", stamp, r.Day, want, err)
		}
	}
}

// TestEditTakesThePlace of a dead event, also with the same bytes, and says why
// it does not.
func TestEditTakesThePlace(t *testing.T) {
	a := newAccepter(t)
	body := `{"email":"jane@shop.example","dateTime":"2026-01-02T03:04:05+00:00"}`
	first, err := a.take(t, event.Offer{Event: &event.Event{Action: "Lead", Path: "Lead", Body: []byte(body + " ")}, Held: "a reason"})
	if err != nil || !first.Dead {
		t.Fatal(first, err)
	}
	find := func(term string) []spool.Record {
		found, err := a.spool.Find(spool.Query{Terms: [][]string{{term}}})
		if err != nil {
			t.Fatal(err)
		}
		return found.Records
	}
	if found := find("e:jane@shop.example"); len(found) != 1 || found[0].ID.String() != first.ID {
		t.Errorf("the dead one is not found: %+v", found)
	}
	second, err := a.take(t, event.Offer{Event: lead(t, body), Replaces: first.ID})
	if err != nil || second.Duplicate {
		t.Fatal(second, err)
	}
	if found := find("e:jane@shop.example"); len(found) != 1 || found[0].ID.String() != second.ID || found[0].Replaces.String() != first.ID {
		t.Errorf("%+v", found)
	}
	for _, id := range []string{first.ID, "0000000000000099", "x"} {
		var not *event.ErrNotReplaced
		if _, err := a.take(t, event.Offer{Event: lead(t, body), Replaces: id}); !errors.As(err, &not) || not.ID != id || not.BeingSent {
			t.Errorf("%s: %v", id, err)
		}
	}
	other, err := a.take(t, event.Offer{Event: lead(t, `{"email":"x"}`)})
	if err != nil {
		t.Fatal(err)
	}
	var not *event.ErrNotReplaced
	if _, err := a.take(t, event.Offer{Event: lead(t, body), Replaces: other.ID}); !errors.As(err, &not) || not.First != second.ID {
		t.Errorf("a repeat: %v", err)
	}
	// The same bytes in its own place are no repeat.
	if third, err := a.take(t, event.Offer{Event: lead(t, body), Replaces: second.ID}); err != nil || third.Duplicate {
		t.Errorf("%+v %v", third, err)
	}
	if _, err := a.spool.Claim(context.Background(), "shop/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.take(t, event.Offer{Event: lead(t, `{"email":"y"}`), Replaces: other.ID}); !errors.As(err, &not) || !not.BeingSent {
		t.Errorf("of one that is being sent: %v", err)
	}
}
