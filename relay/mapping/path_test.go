package mapping

import (
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

// A part of the path that a file's path does not give is no empty column, as
// where a file is looked at outside its folder.
func TestPartOfThePathMissing(t *testing.T) {
	shop := func(change func(*source.Source)) *source.Source {
		s := daily()
		s.Watch, s.Order.ID = []string{"/in/{store}/*.csv"}, column("{store}-{No}")
		change(s)
		return s
	}
	const header, row = "Day,No,SKU,Item,Sum,Note", "2026-03-01,7,S,Tea,1.00,"
	const reason = `"store" is a part of the path (watch), and the path of this file does not give it`
	for name, c := range map[string]struct {
		source      *source.Source
		text        string
		given, want string
	}{
		"an id":      {shop(func(*source.Source) {}), text(header, row), "EUR", `the order has no id: ` + reason},
		"a group":    {shop(func(s *source.Source) { s.Order.Group, s.Order.ID = s.Order.ID, column("No") }), text(header, row), "EUR", `the order has no id: ` + reason},
		"a currency": {shop(func(s *source.Source) { s.Order.ID, s.Const = column("No"), extra("currency", "{store}") }), text(header, row), "EUR", `the order has no currency: ` + reason},
		"a time": {shop(func(s *source.Source) {
			s.Watch, s.Order.ID, s.Order.At = []string{"/in/{store:yyyyMMdd}/*.csv"}, column("No"), column("{store}")
			s.Values.Date = []string{"yyyyMMdd"}
		}), text(header, row), "20260301", `the order has no time: ` + reason},
		"an action":      {&source.Source{Watch: []string{"/in/{store}/*.csv"}, Event: &source.Event{Action: "{store}"}}, text("Email", "a@b.c"), "EUR", `the event has no action: ` + reason},
		"a blank column": {shop(func(*source.Source) {}), text(header+",store", row+",x", "2026-03-01,,S,Tea,1.00,,"), "", `one of the columns "store", "No" is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			results := read(t, made(t, c.source, Options{}), c.text, File{})
			if got := results[len(results)-1].Reason; !strings.Contains(got, c.want) {
				t.Error(got)
			}
			if name == "a blank column" {
				return
			}
			for _, r := range read(t, made(t, c.source, Options{}), c.text, File{Captures: map[string]string{"store": c.given}}) {
				if r.Offer == nil {
					t.Errorf("with the path: %q", r.Reason)
				}
			}
		})
	}
}
