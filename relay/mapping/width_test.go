package mapping

import (
	"strings"
	"testing"
	"testing/fstest"

	"funnelrelay/relay/source"
)

// An amount or a text with a delimiter that is not quoted moves what stands
// behind it: such a row is never taken as it stands.
func TestRowsLongerThanTheHeader(t *testing.T) {
	sums := func(change func(*source.Source)) *Mapping {
		s := &source.Source{
			Values: source.Values{Money: "1.50"}, Const: extra("currency", "EUR"),
			Order: &source.Order{ID: column("No")}, Items: &source.Items{Label: column("Item"), Total: column("Total")},
		}
		if change != nil {
			change(s)
		}
		return made(t, s, Options{Action: "__commerce_action__"})
	}
	const cells = `the row has 4 cells, but the header names 3 columns only: a text or an amount seems to hold the delimiter "," without quotes`
	sold := func(no, cents string) string {
		return `sale ` + no + ` __commerce_action__ {"purchase_data":[{"__sku__":"Tea","__label__":"Tea","__total_in_cents__":` + cents +
			`,"__order__":"` + no + `","__currency__":"EUR"}]}`
	}
	for name, c := range map[string]struct {
		m    *Mapping
		text string
		want []string // of each result, its start
	}{
		"an amount":              {sums(nil), text(`No,Item,Total`, `1,Tea,1,50`, `2,Tea,2`), []string{`1 refused: ` + cells, sold("2", "200")}},
		"a text":                 {sums(nil), text(`No,Item,Total`, `1,Tea, green,2`), []string{`1 refused: ` + cells}},
		"a blank cell":           {sums(nil), text(`No,Item,Total`, `1,,1,50`), []string{`1 refused: ` + cells}},
		"blanks behind":          {sums(nil), text(`No,Item,Total`, `1,Tea,2,, `), []string{sold("1", "200")}},
		"a short row":            {sums(nil), text(`No,Item,Total,Note`, `1,Tea,2`), []string{sold("1", "200")}},
		"a column unnamed":       {sums(nil), text(`No,Item,Total,`, `1,Tea,2,x`), []string{sold("1", "200")}},
		"a delimiter at the end": {sums(nil), text(`No,Item,Total,`, `1,Tea,1,50,`), []string{`1 refused: ` + cells}},
		"by its place":           {sums(func(s *source.Source) { s.Order.Extra = extra("note", "3") }), text(`No,Item,Total`, `1,Tea,2,x`), []string{`sale 1 __commerce_action__ {"note":"x",`}},
		"of one order":           {sums(nil), text(`No,Item,Total`, `1,Tea,2`, `2,Tea,2`, `1,Tea,1,50`), []string{`1 refused: row 3 of the order has 4 cells`, sold("2", "200")}},
		"left out by skip":       {sums(func(s *source.Source) { s.Skip = is("Item", "Note") }), text(`No,Item,Total`, `1,Note,a,b`, `2,Tea,1,50`), []string{`1 skipped: skip`, `2 refused: ` + cells}},
		"an item left out":       {sums(func(s *source.Source) { s.Items.Skip = is("Item", "Note") }), text(`No,Item,Total`, `1,Note,a,b`, `1,Tea,2`), []string{sold("1", "200")}},
		"behind the end":         {sums(func(s *source.Source) { s.Read.End = is("No", "Sum") }), text(`No,Item,Total`, `1,Tea,2`, `Sum,1,50,x,y`), []string{sold("1", "200")}},
		"without a header": {sums(func(s *source.Source) {
			s.Read.Header.None, s.Order.ID, s.Items = true, column("0"), &source.Items{Label: column("1"), Total: column("2")}
		}), text(`1,Tea,2`, `2,Tea,2,x`), []string{sold("1", "200"), sold("2", "200")}},
		"a custom action":   {made(t, &source.Source{Event: &source.Event{Action: "Lead", Email: column("Email")}}, Options{}), text(`Email,Note`, `a@b.c,x, y`), []string{`refused: the row has 3 cells, but the header names 2 columns`}},
		"the webhook's own": {made(t, &source.Source{}, Options{Action: "__commerce_action__"}), text(`__order__,__label__,__total_in_cents__`, `1,Tea, green,200`), []string{`1 refused: ` + cells}},
	} {
		t.Run(name, func(t *testing.T) {
			got := shown(read(t, c.m, c.text, File{}))
			if len(got) != len(c.want) {
				t.Fatalf("%q", got)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("%q, want %q", got[i], want)
				}
			}
		})
	}
}

// The same holds where another table's columns stand behind the row's own.
func TestRowsLongerThanTheHeaderJoined(t *testing.T) {
	m := made(t, &source.Source{
		Read:   source.Read{Join: []source.Join{{Table: "days.csv", By: []string{"No"}}}},
		Values: source.Values{Date: []string{"yyyy-MM-dd"}, Money: "1.50"}, Const: extra("currency", "EUR"),
		Order: &source.Order{ID: column("No"), At: column("Day")}, Items: &source.Items{Label: column("Item"), Total: column("Total")},
	}, Options{})
	fsys := fstest.MapFS{
		"days.csv":  {Data: []byte("No,Day\n1,2026-03-01\n")},
		"sales.csv": {Data: []byte("No,Item,Total\n1,Tea,1,50\n")},
	}
	results := readFS(t, m, fsys, "sales.csv", File{})
	if len(results) != 1 || !strings.Contains(results[0].Reason, "the row has 5 cells, but the header names 4 columns only") {
		t.Errorf("%q", shown(results))
	}
}
