package learn_test

import (
	"fmt"
	"strings"
	"testing"

	"funnelrelay/relay/learn"
)

// What an order costs as a whole, and what its rows cost, look alike where few
// orders have more than one row.
func TestTotalOfOrderOrLine(t *testing.T) {
	one := func(i int, more string) string {
		row := fmt.Sprintf("%02d.11.2026 10:00;R%d;Tee;1;1,50;1,50\n", 1+i, 500+i)
		return row + strings.ReplaceAll(more, "*", row)
	}
	const head = "Datum;Bon;Artikel;Menge;Einzelpreis;Total\n"
	alike, blank, repeated := head, head, "Datum;Bon;Artikel;Order Total\n"
	for i := range 20 {
		again := map[int]string{5: "*", 9: "*", 15: "*"}[i]
		alike += one(i, again)
		blank += one(i, map[int]string{5: "06.11.2026 10:00;R505;Milch;1;0,00;\n"}[i])
		for range 1 + i%3 {
			repeated += fmt.Sprintf("%02d.11.2026 10:00;R%d;Tee;%d,50\n", 1+i, 500+i, 1+i)
		}
	}
	const order = `= 0 * money("Order Total")`
	for name, s := range map[string]struct {
		file, total, balance, asks string
	}{
		"three orders with rows alike": {file: alike, total: "Total"},
		"one empty amount":             {file: blank, total: "Total"},
		"the same in all rows":         {file: repeated, asks: "items.total"},
		"the order's, as was said":     {file: repeated, total: order, balance: "Order Total"},
		"the line's, as was said":      {file: repeated, total: "Order Total"},
	} {
		set := map[string]string{"const.currency": "EUR"}
		if strings.HasSuffix(name, "said") {
			set["items.total"] = s.total
		}
		f := learned(t, learn.Options{Set: set, Folder: "drop/till/"}, "kasse.csv", s.file)
		items, balance := f.Source.Items, ""
		if items.Balance != nil {
			balance = strings.Join(items.Balance.Total, " ")
		}
		if total, asks := strings.Join(items.Total, " "), strings.Join(keys(f), " "); total != s.total || balance != s.balance || asks != s.asks {
			t.Errorf("%s: total %q, balance %q, asks %q", name, total, balance, asks)
		}
		if s.asks == "" {
			roundTrip(t, f)
		}
	}
}
