package learn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"funnelrelay/relay/learn"
)

// bons are the rows of 45 orders, a row each.
func bons() string {
	var b strings.Builder
	b.WriteString("Datum;Bon;Artikel;Preis\n")
	for i := range 45 {
		fmt.Fprintf(&b, "%02d.11.2026 %02d:00;%d;Tee;1,50\n", 10+i/3, 10+i%3, 200+i)
	}
	return b.String()
}

// An answer that cannot be is refused by its key, before it is written.
func TestAnswers(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"values.date", "9", `values.date=9: "9" is a time without a date`},
		{"values.date", "dd.MM.yyyy | 9", `values.date=dd.MM.yyyy | 9: "9" is a time without a date`},
		{"values.zone", "9", `values.zone=9: "9" is not a timezone that is known`},
		{"values.money", "x", `values.money=x: `},
		{"const.currency", "9", `const.currency=9: is not a currency's code`},
		{"order.id", "9", "order.id=9: there is no column 9; there are: Datum, Bon, Artikel, Preis"},
		{"order.id", "{Datum}/{Nr}", "order.id={Datum}/{Nr}: there is no column Nr;"},
		{"order.at", "9", "order.at=9: there is no column 9;"},
		{"items.label", "= 1 +", "items.label== 1 +: "},
		{"items.total", "Summe", "items.total=Summe: there is no column Summe;"},
		{"read.fill", "Datum", "read.fill=Datum: is not the column"},
	} {
		_, err := learn.Files(fstest.MapFS{"a.csv": {Data: []byte(bons() + ";;Kuchen;2,00\n")}}, []string{"a.csv"}, learn.Options{Set: map[string]string{c.key: c.value}})
		var wrong *learn.AnswerError
		if !errors.As(err, &wrong) || wrong.Key != c.key || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s=%s: error %v, want %q", c.key, c.value, err, c.want)
		}
	}
	for _, set := range []map[string]string{
		{"order.id": "rows", "order.at": "none", "items.label": `= "Sale"`, "const.currency": "eur"},
		{"order.id": "{Datum}/{Bon}", "items.total": `= money("Preis") * 2`, "values.zone": "{Zone}"},
		{"order.id": "{store}/{Bon}"},
	} {
		learned(t, learn.Options{Set: set, Watch: "drop/{store}/*.csv"}, "a.csv", bons())
	}
}
