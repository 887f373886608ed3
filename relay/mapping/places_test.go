package mapping

import (
	"strings"
	"testing"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// Where columns are numbers, the first row is a header only if it looks like
// one: else a sale would be lost without a word.
func TestColumnsByPlaceWithoutHeader(t *testing.T) {
	with := func(change func(*source.Source)) *source.Source {
		s := &source.Source{
			Values: source.Values{Date: []string{"yyyy-MM-dd"}, Money: "1.50"}, Const: extra("currency", "EUR"),
			Order: &source.Order{ID: column("0"), At: column("1")}, Items: &source.Items{Label: column("2"), Total: column("3")},
		}
		if change != nil {
			change(s)
		}
		return s
	}
	none := func(s *source.Source) { s.Read.Header.None = true }
	lead := &source.Source{Event: &source.Event{Action: "Lead", ID: column("0"), Email: column("1")}}
	for name, c := range map[string]struct {
		source  *source.Source
		first   string
		advised bool
		refused bool
	}{
		"a row":                {with(nil), "A-1,2026-03-01,Tea,1.50", true, true},
		"a row without amount": {with(nil), "A-1,2026-03-01,Tea,", true, true},
		"an id only":           {with(nil), "17,,,", true, true},
		"two equal cells":      {with(nil), "Tea,,2,2", true, true},
		"a header":             {with(nil), "No,Day,Item,Total", true, false},
		"a header of numbers":  {with(nil), "0,1,2,3", true, false},
		"no header":            {with(none), "A-1,2026-03-01,Tea,1.50", false, false},
		"one name":             {with(func(s *source.Source) { s.Items.Label = column("Tea") }), "A-1,2026-03-01,Tea,1.50", false, false},
		"names of the header":  {with(func(s *source.Source) { s.Read.Header.Names = []string{"A-1"} }), "A-1,2026-03-01,Tea,1.50", false, false},
		"a custom action":      {lead, "17,a@b.c", true, true},
		"its header":           {lead, "No,Email", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := made(t, c.source, Options{})
			if got := strings.Contains(strings.Join(m.Advice(), "\n"), "read: { header: none }"); got != c.advised {
				t.Errorf("the advice is %q", m.Advice())
			}
			r, err := rows.OpenBytes("sales.csv", []byte(text(c.first, "A-2,2026-03-02,Tea,2.50")), m.Reading())
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			_, err = m.Read(r, File{Name: "sales.csv"})
			if c.refused != (err != nil) || err != nil && !strings.Contains(err.Error(), "line 1, the header, is a row by what it holds") {
				t.Error(err)
			}
		})
	}
}
