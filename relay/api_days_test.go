package relay_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
)

// TestDays: what is counted adds up to what is there, and the till's own totals
// are kept beside it.
func TestDays(t *testing.T) {
	d := newDesk(t, true, holding)
	d.put(t, commerce, sale("a@example.com", "1", 1000))
	d.put(t, commerce, sale("b@example.com", "2", -250))
	d.put(t, "Lead", `{"email":"a@example.com"}`)
	d.put(t, commerce, `{"email":"c@example.com","purchase_data":[]}`)
	d.arrived(t, 3)
	today := time.Now().UTC().Format(time.DateOnly)
	days := must[control.Days](t, d, "GET", "days", nil)
	if len(days.Rows) != 2 || days.To != today || days.From != time.Now().UTC().AddDate(0, 0, -13).Format(time.DateOnly) {
		t.Fatalf("%+v", days)
	}
	other, euro := days.Rows[0], days.Rows[1]
	if other.Currency != "" || other.Accepted.Count != 2 || other.Sent.Count != 1 || other.Dead.Count != 1 || other.Pending.Count != 0 {
		t.Errorf("%+v", other)
	}
	if euro.Currency != "EUR" || euro.Accepted.Amount != 750 || euro.Sent.Count != 2 || euro.Source != "http" || euro.Project != "shop" {
		t.Errorf("%+v", euro)
	}
	for query, n := range map[string]int{"project=shop": 2, "project=nobody": 0, "source=till": 0, "from=2020-01-01&to=2020-01-03": 0, "from=" + today: 2} {
		if got := must[control.Days](t, d, "GET", "days?"+query, nil); len(got.Rows) != n {
			t.Errorf("%s: %+v", query, got)
		}
	}
	for query, words := range map[string]string{
		"from=x": "is no day", "to=2026-02-30": "is no day", "from=2026-01-02&to=2026-01-01": "is after", "from=2000-01-01&to=2020-01-01": "fewer", "day=1": "not known",
	} {
		d.refusedWith(t, 400, words, "GET", "days?"+query, nil)
	}
	status, text := d.do(t, "GET", "days.csv", nil)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if status != 200 || err != nil || len(rows) != 3 || rows[2][5] != "750" {
		t.Errorf("%d %s %v", status, text, err)
	}

	z := []control.TillTotal{{Day: today, Project: "shop", Currency: "eur", Cents: 750, Count: 2, By: "typed in"}, {Day: "2026-01-05", Project: "shop", Currency: "USD", Cents: 1}}
	must[struct{}](t, d, "PUT", "days/till-totals", z)
	if days = must[control.Days](t, d, "GET", "days", nil); len(days.Totals) != 1 || days.Totals[0].Cents != 750 || days.Totals[0].Currency != "EUR" {
		t.Errorf("%+v", days.Totals)
	}
	z[0].Cents, z[0].Count = 0, 0
	must[struct{}](t, d, "PUT", "days/till-totals", z)
	if days = must[control.Days](t, d, "GET", "days", nil); len(days.Totals) != 0 {
		t.Errorf("%+v", days.Totals)
	}
	for _, wrong := range []control.TillTotal{
		{Day: "x", Project: "shop", Currency: "EUR", Cents: 1}, {Day: today, Project: "nobody", Currency: "EUR", Cents: 1},
		{Day: today, Project: "shop", Currency: "EURO", Cents: 1}, {Day: today, Project: "shop", Currency: "EUR", Cents: 1 << 60},
	} {
		d.refusedWith(t, 400, "total 2", "PUT", "days/till-totals", []control.TillTotal{z[1], wrong})
	}

	flow := must[[]control.Flow](t, d, "GET", "flow", nil)
	var sum control.Flow
	for i, f := range flow {
		sum.Accepted, sum.Sent, sum.Dead = sum.Accepted+f.Accepted, sum.Sent+f.Sent, sum.Dead+f.Dead
		if i > 0 && !f.At.Equal(flow[i-1].At.Add(15*time.Minute)) {
			t.Errorf("%s follows %s", f.At, flow[i-1].At)
		}
	}
	if sum.Accepted != 4 || sum.Sent != 3 || sum.Dead != 1 || len(flow) < 96 || len(flow) > 98 {
		t.Errorf("%d quarters: %+v", len(flow), sum)
	}
	d.refusedWith(t, 400, "31 days", "GET", "flow?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z", nil)

	s := must[control.Status](t, d, "GET", "status", nil)
	if n := s.Today; n == nil || n.Day != today || n.Sales != 2 || n.SalesSent != 2 || n.Accepted != 4 || n.Sent != 3 ||
		n.LastSale.IsZero() || n.LastAccepted.IsZero() || n.LastSent.IsZero() || n.RoomDays <= 0 || len(n.Totals) != 1 || n.Totals[0].Cents != 750 {
		t.Errorf("%+v", s.Today)
	}
}

// TestBulkTellsTheMoneyOfWhatIsDone: what is refused is not in the sum.
func TestBulkTellsTheMoneyOfWhatIsDone(t *testing.T) {
	d := newDesk(t, true, nil)
	sent := d.put(t, commerce, sale("a@example.com", "1", 1000))
	d.arrived(t, 1)
	must[struct{}](t, d, "POST", "projects/shop/pause", nil)
	waits := d.put(t, commerce, sale("b@example.com", "2", 99))
	for _, dry := range []bool{true, false} {
		is := must[control.BulkResult](t, d, "POST", "events/bulk", control.Bulk{Do: "discard", IDs: []string{sent, waits}, DryRun: dry})
		if is.Matched != 2 || is.Done != 1 || len(is.Totals) != 1 || is.Totals[0].Cents != 99 {
			t.Errorf("%+v", is)
		}
	}
}

// TestTimesOfTheSite: sentences tell the site's time, not the machine's.
func TestTimesOfTheSite(t *testing.T) {
	d := newDesk(t, false, func(c *config.Config) { c.Timezone = "Pacific/Kiritimati" }) // 14 hours ahead
	zone, err := d.cfg.Timezone.Location()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	must[struct{}](t, d, "POST", "projects/shop/pause", nil)
	id := d.put(t, "Lead", `{"email":"a@example.com"}`)
	must[control.Decided](t, d, "POST", "events/"+id+"/discard", nil)
	for _, path := range []string{"status", "alarms", "events/" + id} {
		_, text := d.do(t, "GET", path, nil)
		from, to := begun.In(zone).Format("2006-01-02 15:"), time.Now().Add(time.Second).In(zone).Format("2006-01-02 15:")
		if !strings.Contains(string(text), from) && !strings.Contains(string(text), to) {
			t.Errorf("%s: no %s… in %s", path, from, text)
		}
	}
}

// TestDaysOfWhatWasTakenOut: it counts as accepted as before, and is no sale of
// today any more: an edit has accepted it once more.
func TestDaysOfWhatWasTakenOut(t *testing.T) {
	d := newDesk(t, false, nil)
	must[struct{}](t, d, "POST", "projects/shop/pause", nil)
	d.put(t, commerce, sale("a@example.com", "1", 1000))
	out := d.put(t, commerce, sale("b@example.com", "2", 99))
	must[control.Decided](t, d, "POST", "events/"+out+"/discard", nil)
	euro := must[control.Days](t, d, "GET", "days", nil).Rows[0]
	if euro.Accepted.Amount != 1099 || euro.Discarded.Amount != 99 || euro.Pending.Amount != 1000 {
		t.Errorf("%+v", euro)
	}
	if is := must[control.Status](t, d, "GET", "status", nil).Today; is == nil || is.Accepted != 2 || is.Sales != 1 || len(is.Totals) != 1 || is.Totals[0].Cents != 1000 {
		t.Errorf("%+v", is)
	}
}

// TestReadTillTotals reads Z reports as tills write them.
func TestReadTillTotals(t *testing.T) {
	d := newDesk(t, false, func(c *config.Config) { c.Projects[0].Defaults = map[string]string{"__currency__": "EUR"} })
	for name, c := range map[string]struct {
		text string
		want []control.TillTotal
	}{
		"german": {"Z-Bericht;Filiale 3\n\nDatum;Z-Nr;Umsatz (EUR);Anzahl Belege\n23.11.2026;1;1.234,56;87\n24.11.2026;2;987,50;61\nSumme;;2.222,06;148\n",
			[]control.TillTotal{{Day: "2026-11-23", Cents: 123456, Count: 87}, {Day: "2026-11-24", Cents: 98750, Count: 61}}},
		"english": {"Date,Gross Sales,Currency,Transactions\n2026-11-23,\"1,234.56\",USD,10\n2026-11-23,5.00,GBP,1\n",
			[]control.TillTotal{{Day: "2026-11-23", Currency: "GBP", Cents: 500, Count: 1}, {Day: "2026-11-23", Currency: "USD", Cents: 123456, Count: 10}}},
		"in windows-1252, several tills": {"Gesch\xe4ftstag;Brutto;W\xe4hrung\n2026-11-23;10,00;EUR\n2026-11-23;1,50;EUR\n",
			[]control.TillTotal{{Day: "2026-11-23", Cents: 1150}}},
		"ambiguous but for the semicolon": {"Tag;Summe\n23.11.2026;1.234\n", []control.TillTotal{{Day: "2026-11-23", Cents: 123400}}},
		"with its sign":                   {"day\ttotal\n2026-11-23\t€ 1.234,50\n", []control.TillTotal{{Day: "2026-11-23", Cents: 123450}}},
	} {
		list := must[[]control.TillTotal](t, d, "POST", "days/till-totals/read?project=shop&name=z.csv", strings.NewReader(c.text))
		if len(list) != len(c.want) {
			t.Errorf("%s: %+v", name, list)
			continue
		}
		for i, w := range c.want {
			if w.Project, w.By = "shop", "z.csv"; w.Currency == "" {
				w.Currency = "EUR"
			}
			if list[i] != w {
				t.Errorf("%s: %+v, want %+v", name, list[i], w)
			}
		}
	}
	for text, words := range map[string]string{
		"":                                "is empty",
		"a,b\n1,2\n":                      "no columns for the day and the total",
		"Datum,Umsatz\n":                  "no row",
		"Datum,Umsatz\n05/06/2026,1\n":    "day or the month",
		"Datum,Umsatz\n2026-11-23,viel\n": "is not an amount",
		"Datum,Umsatz\n2026-13-23,1\n":    "days cannot be read",
	} {
		d.refusedWith(t, 400, words, "POST", "days/till-totals/read", strings.NewReader(text))
	}
	d.refusedWith(t, 404, "not in the config", "POST", "days/till-totals/read?project=nobody", strings.NewReader("x"))
}
