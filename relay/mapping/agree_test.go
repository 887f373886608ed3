package mapping

import (
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

// till is one whose receipts are numbered.
func till() *source.Source {
	return &source.Source{
		Values: source.Values{Money: "1.234,56", Date: []string{"dd.MM.yyyy HH:mm"}}, Const: extra("currency", "EUR"),
		Order: &source.Order{ID: column("Beleg"), At: column("{Datum} {Zeit}")},
		Items: &source.Items{Label: column("Artikel"), Qty: column("Menge"), Price: column("Preis")},
	}
}

const tillHeader = "Beleg;Datum;Zeit;Artikel;Menge;Preis;Cur"

// reasons are those of all results, "" for one that is taken.
func reasons(results []*Result) string {
	var list []string
	for _, r := range results {
		list = append(list, r.Reason)
	}
	return strings.Join(list, "|")
}

// Amounts of two currencies are no one order: the second one would be sent in
// the first one's.
func TestCurrencyChangesInAnOrder(t *testing.T) {
	s := till()
	s.Const, s.Order.Currency = nil, column("Cur")
	m := made(t, s, Options{})
	for name, c := range map[string]struct{ first, second, third, want string }{
		"two":       {"EUR", "USD", "USD", `order.currency ("Cur"): row 2 (line 3) has USD, but row 1 (line 2) of the same order EUR; an order has one currency`},
		"later":     {"", "EUR", "usd", `order.currency ("Cur"): row 3 (line 4) has USD, but row 2 (line 3) of the same order EUR; an order has one currency`},
		"blank":     {"EUR", "", "", ""},
		"and again": {"EUR", "", "eur", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := reasons(read(t, m, text(tillHeader, "C1;02.11.2026;10:00;Tee;1;1,00;"+c.first, "C1;02.11.2026;10:00;Tee;1;2,00;"+c.second, "C1;02.11.2026;10:00;Tee;1;3,00;"+c.third), File{}))
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	s.Items.Skip = is("Artikel", "Zahlung")
	if got := reasons(read(t, made(t, s, Options{}), text(tillHeader, "C1;02.11.2026;10:00;Tee;1;1,00;EUR", "C1;02.11.2026;10:00;Zahlung;1;2,00;USD"), File{})); got != "" {
		t.Errorf("a row that is no item counts: %s", got)
	}
}

// A number that is given anew each day is two orders, which would be sent as one.
func TestNumberOfTwoDays(t *testing.T) {
	for name, c := range map[string]struct {
		change        func(*source.Source)
		first, second string // date and time
		third, want   string
	}{
		"two days": {nil, "02.11.2026;20:00", "03.11.2026;10:00", "",
			`row 2 (line 3) is of 2026-11-03, but row 1 (line 2) of the same order of 2026-11-02: is the number given anew each day? Write id: "{Datum}/{Beleg}" below order`},
		"newest first": {nil, "03.11.2026;10:00", "02.11.2026;20:00", "",
			`row 2 (line 3) is of 2026-11-02, but row 1 (line 2) of the same order of 2026-11-03: is the number given anew each day? Write id: "{Datum}/{Beleg}" below order`},
		"same hour":           {nil, "02.11.2026;10:00", "03.11.2026;10:00", "", `row 2 (line 3) is of 2026-11-03, but row 1 (line 2) of the same order of 2026-11-02: is the number given anew each day? Write id: "{Datum}/{Beleg}" below order`},
		"over midnight":       {nil, "02.11.2026;20:00", "03.11.2026;01:30", "", ""},
		"a long tab":          {nil, "02.11.2026;18:00", "02.11.2026;23:00", "03.11.2026;02:00", ""},
		"one day":             {nil, "02.11.2026;08:00", "02.11.2026;20:00", "", ""},
		"blank":               {nil, "02.11.2026;20:00", ";", "", ""},
		"a date that is none": {nil, "02.11.2026;20:00", "x;10:00", "", ""},
		"days in the id":      {func(s *source.Source) { s.Order.ID = column("{Datum}/{Beleg}") }, "02.11.2026;20:00", "03.11.2026;10:00", "", "|"},
		"a group": {func(s *source.Source) { s.Order.Group, s.Order.ID = column("Beleg"), column("{Beleg}") }, "02.11.2026;20:00", "03.11.2026;10:00", "",
			`row 2 (line 3) is of 2026-11-03, but row 1 (line 2) of the same order of 2026-11-02: is the number given anew each day? Write group: "{Datum}/{Beleg}" below order`},
		"calculated": {func(s *source.Source) { s.Order.ID = column(`= text("Beleg")`) }, "02.11.2026;20:00", "03.11.2026;10:00", "",
			`row 2 (line 3) is of 2026-11-03, but row 1 (line 2) of the same order of 2026-11-02: is the number given anew each day? Put the day into order.id`},
		"no columns": {func(s *source.Source) { s.Watch, s.Order.At = []string{"/in/{day}/*.csv"}, column("{day} 10:00") }, "02.11.2026;20:00", "03.11.2026;10:00", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := till()
			if c.change != nil {
				c.change(s)
			}
			lines := []string{tillHeader, "RS1;" + c.first + ";Tee;1;1,00;", "RS1;" + c.second + ";Tee;1;2,00;"}
			if c.third != "" {
				lines = append(lines, "RS1;"+c.third+";Tee;1;2,00;")
			}
			got := reasons(read(t, made(t, s, Options{}), text(lines...), File{Captures: map[string]string{"day": "02.11.2026"}}))
			if got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// An order is not sent without a row of it that could not be read, wherever that
// stands.
func TestTooLongRowOfAnOrder(t *testing.T) {
	long := "P7;02.11.2026;10:00;" + strings.Repeat("x", 1<<20) + ";1;2,00;"
	quoted := `"P7";"02.11.2026";"10:00";"` + strings.Repeat(`x;""`, 1<<18) + `";1;2,00;`
	short, other := "P7;02.11.2026;10:00;Tee;1;1,00;", "P8;02.11.2026;10:00;Tee;1;1,00;"
	for name, lines := range map[string][]string{
		"behind":         {short, long, other},
		"quoted":         {short, quoted, other},
		"first":          {long, short, other},
		"with one apart": {other, long, short},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range read(t, made(t, till(), Options{}), text(append([]string{tillHeader}, lines...)...), File{}) {
				if r.Offer != nil && r.Order != "P8" || r.Offer == nil && !strings.Contains(r.Reason, "longer than 1048576 bytes") {
					t.Errorf("%s: %q", shown([]*Result{r}), r.Reason)
				}
				if len(r.Rows) != 1 && r.Order != "P7" {
					t.Errorf("%d rows of the order %q", len(r.Rows), r.Order)
				}
			}
		})
	}
}

// The same in a file whose cells are all in quotes.
func TestQuotedBrokenRowOfAnOrder(t *testing.T) {
	for _, r := range read(t, made(t, till(), Options{}), text(tillHeader,
		`"P7";"02.11.2026";"10:00";"Tee";"1";"1,00";""`,
		`"P7";"02.11.2026";"10:00";"Tee;"1";"2,00";"`,
		`"P8";"02.11.2026";"10:00";"Tee";"1";"1,00";""`), File{}) {
		if r.Offer != nil && r.Order != "P8" {
			t.Errorf("%s", shown([]*Result{r}))
		}
	}
}
