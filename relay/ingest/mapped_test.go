package ingest

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/source"
)

// tillSource is a mapping as a config would have it.
func tillSource(t *testing.T, change func(*source.Source)) Source {
	t.Helper()
	spec := source.Default()
	spec.Name = "till"
	spec.Const = []source.Field{{Name: "currency", Value: source.Value{"EUR"}}}
	spec.Skip = source.Matcher{{{Column: "state", Is: []string{"open"}}}}
	spec.Order = &source.Order{ID: source.Value{"order"}, At: source.Value{"time"}}
	spec.Items = &source.Items{Label: source.Value{"what"}, Total: source.Value{"total"}}
	if change != nil {
		change(&spec)
	}
	m, faults := mapping.New(&spec, mapping.Options{Project: "cafe", Rules: &event.Rules{}, Site: time.UTC})
	if faults != nil {
		t.Fatal(faults)
	}
	return Source{Name: "till", Project: "cafe", Mapping: m}
}

const sales = "order;time;what;total;state\r\n1;2026-11-23T10:00:00Z;Tea;2,50;paid\r\n2;2026-11-23T10:01:00Z;Cake;4,20;open\r\n3;2026-11-23T10:02:00Z;Mug;12,00;paid\r\n"

// A body in any format goes through the source's mapping, all of it or nothing.
func TestSourceBodies(t *testing.T) {
	p := listen(t, func(o *Options) { o.Sources = []Source{tillSource(t, nil)} })
	const path = "/api/v1/sources/till"
	r := p.ask("POST", path, sales, "Content-Type: text/csv")
	if r.code != 202 || len(r.Events) != 2 || !strings.Contains(r.text, `"skipped":[{"order":"2","rule":"skip"}]`) {
		t.Fatalf("%d %s", r.code, r.text)
	}
	if got := p.sink.all(); len(got) != 2 || got[0].project != "cafe" || got[0].action != event.CommerceAction ||
		!strings.Contains(got[0].body, `"__total_in_cents__":250`) {
		t.Fatalf("%+v", got)
	}
	again := p.ask("POST", path, sales, "Content-Type: text/plain")
	if again.code != 200 || len(again.Events) != 2 || again.Events[0].Status != "duplicate" {
		t.Errorf("the same again: %d %s", again.code, again.text)
	}
	paid := p.ask("POST", path, `[{"order":"2","time":"2026-11-23T10:01:00Z","what":"Cake","total":"4.20","state":"paid"}]`, asJSON)
	if paid.code != 202 || len(paid.Events) != 1 {
		t.Errorf("paid meanwhile, as JSON: %d %s", paid.code, paid.text)
	}
	bad := p.ask("POST", path, sales+"4;31.02.2026;Tea;2,50;paid\r\n5;2026-11-23T10:00:00Z;Tea;much;paid\r\n", "Content-Type: text/csv")
	bad.refused(t, 422, "line 5", "31.02.2026", "line 6", "much")
	if len(bad.Errors) != 2 || len(p.sink.all()) != 3 {
		t.Errorf("%s; taken %+v", bad.text, p.sink.all())
	}
	p.ask("POST", path, "a;b\r\n1;2\r\n", "Content-Type: text/csv").refused(t, 422, "order", "line 1")
	p.ask("POST", path, "", "Content-Type: text/csv").refused(t, 400, "empty")
	p.ask("POST", path, sales, "Content-Type: image/png").refused(t, 415, "image/png", "text/csv")
	p.ask("POST", path, "PK\x03\x04", "Content-Type: application/zip").refused(t, 422, "zip", "damaged")
	p.ask("POST", path, "PK\x03\x04", "Content-Type: application/octet-stream").refused(t, 422, "zip")
	p.ask("POST", path, sales).refused(t, 415, "Content-Type")
	p.ask("POST", path, sales, "Content-Type: text/csv; charset=klingon").refused(t, 415, "klingon")
	p.ask("POST", "/api/v1/sources/bar", sales, "Content-Type: text/csv").refused(t, 404, "bar")
	p.ask("GET", path, "").refused(t, 405, "POST")
}

// Whether a log line warns of events that make new users is the source's to say.
func TestSourceIdentity(t *testing.T) {
	for identity, warns := range map[string]bool{"": true, "warn": true, "allow": false} {
		var log strings.Builder
		p := listen(t, func(o *Options) {
			o.Sources = []Source{tillSource(t, func(s *source.Source) { s.Identity = identity })}
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		if r := p.ask("POST", "/api/v1/sources/till", sales, "Content-Type: text/csv"); r.code != 202 {
			t.Fatalf("%d %s", r.code, r.text)
		}
		if got := strings.Contains(log.String(), "makes a new user"); got != warns {
			t.Errorf("identity %q: warned %v\n%s", identity, got, log.String())
		}
	}
}

// The limits of the port hold for what a mapping makes of a body.
func TestSourceLimits(t *testing.T) {
	p := listen(t, func(o *Options) {
		o.Sources = []Source{tillSource(t, nil)}
		o.Limits = Limits{Event: 300, Batch: 3}
	})
	const path = "/api/v1/sources/till"
	large := sales + "4;2026-11-23T10:03:00Z;" + strings.Repeat("Tea ", 100) + ";2,50;paid\r\n"
	p.ask("POST", path, strings.Replace(large, "2;2026-11-23T10:01:00Z;Cake;4,20;open\r\n", "", 1), "Content-Type: text/csv").
		refused(t, 413, "line 4", "300 bytes")
	p.ask("POST", path, sales+"4;2026-11-23T10:03:00Z;Tea;2,50;paid\r\n", "Content-Type: text/csv").refused(t, 413, "3 orders")
	if got := p.sink.all(); len(got) > 0 {
		t.Errorf("taken: %+v", got)
	}
}

// A source belongs to one project, and a stranger needs that one's key.
func TestSourceCredentials(t *testing.T) {
	p := listen(t, func(o *Options) {
		o.Sources = []Source{tillSource(t, nil)}
		o.Loopback, o.Auth.APIKey = false, true
	})
	const path = "/api/v1/sources/till"
	missing := p.ask("POST", path+"s", sales, "Content-Type: text/csv")
	missing.refused(t, 401)
	if there := p.ask("POST", path, sales, "Content-Type: text/csv"); there.code != 401 || there.text != missing.text {
		t.Errorf("a stranger can ask which sources there are: %s, %s", there.text, missing.text)
	}
	p.ask("POST", path+"s", sales, "Content-Type: text/csv", "X-PROJECT-ID: id-cafe", "X-API-KEY: key-cafe").refused(t, 404, "tills")
	p.ask("POST", path, sales, "Content-Type: text/csv", "X-PROJECT-ID: id-shop", "X-API-KEY: key of shop").refused(t, 401)
	p.ask("POST", path, sales, "Content-Type: text/csv", "X-API-KEY: key of shop").refused(t, 401)
	if r := p.ask("POST", path, sales, "Content-Type: text/csv", "X-PROJECT-ID: id-cafe", "X-API-KEY: key-cafe"); r.code != 202 {
		t.Errorf("%d %s", r.code, r.text)
	}
}

// invalid: hold takes what is refused as dead.
func TestSourceHolds(t *testing.T) {
	p := listen(t, func(o *Options) {
		o.Sources = []Source{tillSource(t, func(s *source.Source) { s.Invalid = "hold" })}
	})
	r := p.ask("POST", "/api/v1/sources/till", sales+"5;2026-11-23T10:00:00Z;Tea;much;paid\r\n", "Content-Type: text/csv")
	if r.code != 202 || len(r.Events) != 3 || r.Events[2].Status != "dead" {
		t.Fatalf("%d %s", r.code, r.text)
	}
	if got := p.sink.all(); !strings.Contains(got[2].held, "much") || !strings.Contains(got[2].body, "Tea") {
		t.Errorf("%+v", got[2])
	}
}

// The clock is the one that is given: the machine's may be wrong.
func TestSourceClock(t *testing.T) {
	spec := source.Default()
	spec.Name, spec.Const = "till", []source.Field{{Name: "currency", Value: source.Value{"EUR"}}}
	spec.Order = &source.Order{ID: source.Value{"order"}, At: source.Value{"time"}}
	spec.Items = &source.Items{Label: source.Value{"what"}, Total: source.Value{"total"}}
	m, faults := mapping.New(&spec, mapping.Options{Project: "cafe", Rules: &event.Rules{}, Site: time.UTC, KeepKeys: 24 * time.Hour})
	if faults != nil {
		t.Fatal(faults)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := listen(t, func(o *Options) {
		o.Sources = []Source{{Name: "till", Project: "cafe", Mapping: m}}
		o.Now = func() time.Time { return now }
	})
	for _, want := range []string{"queued", "dead"} {
		r := p.ask("POST", "/api/v1/sources/till", "order;time;what;total\r\n"+want+";2026-11-23T10:00:00Z;Tea;2,50\r\n", "Content-Type: text/csv")
		if r.code != 202 || len(r.Events) != 1 || r.Events[0].Status != want {
			t.Errorf("at %s: %d %s, want %s", now, r.code, r.text, want)
		}
		now = now.AddDate(0, 0, 2)
	}
}
