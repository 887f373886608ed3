package learn_test

import (
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/learn"
)

// What stands below a table is no item of its last order.
func TestFooter(t *testing.T) {
	const goesOn = "Datum;Bon;Artikel;Preis\n20.11.2026 09:00;1001;Tee;1,50\n;;Kuchen;2,00\n21.11.2026 09:00;1002;Tee;1,50\n22.11.2026 09:00;1003;Tee;1,50\n;;Kuchen;2,00\n23.11.2026 09:00;1004;Tee;1,50\n;;Kuchen;2,00\n"
	days := strings.NewReplacer("12:00;202;Tee;1,50\n", "12:00;202;Tee;1,50\n;;Tagessumme;4,50\n", "12:00;205;Tee;1,50\n", "12:00;205;Tee;1,50\n;;Tagessumme;4,50\n").Replace(bons())
	for name, s := range map[string]struct {
		file string
		set  map[string]string
		want string
		fill string
		asks []string
	}{
		"a word where the article stands":      {file: bons() + ";;Summe;67,50\n", want: "end: { Artikel: Summe, Bon: absent, Datum: absent }"},
		"where the date stands":                {file: bons() + "Summe;;;67,50\n", want: "end: { Datum: '/^Summe/' }"},
		"where the key stands, with a date":    {file: bons() + "24.11.2026;Summe;;67,50\n", want: "end: { Bon: '/^Summe/' }"},
		"beside a count in the key's column":   {file: bons() + "Gesamt;45;;67,50\n", want: "end: { Datum: '/^Gesamt/' }"},
		"a day in its text":                    {file: bons() + "Tagessumme 24.11.2026;;;67,50\n", want: "end: { Datum: '/^Tagessumme/' }"},
		"a currency and a number in its text":  {file: bons() + ";;Total EUR (45);67,50\n", want: "end: { Artikel: '/^Total EUR \\(/', Bon: absent, Datum: absent }"},
		"in Czech, with the tax above":         {file: bons() + "DPH;;;5,00\nCelkem;;;67,50\n", want: "- { Datum: '/^DPH/' }\n- { Datum: '/^Celkem/' }"},
		"a count above":                        {file: bons() + "Anzahl Bons: 45\nGesamt;;;67,50\n", want: "- { Datum: '/^Anzahl Bons:/' }\n- { Datum: '/^Gesamt/' }"},
		"no word, what the amounts add up to":  {file: bons() + ";;Einnahmen;67,50\n", want: "end: { Artikel: Einnahmen, Bon: absent, Datum: absent }"},
		"an amount alone":                      {file: bons() + ";;;70,00\n", want: "end: { Bon: absent, Datum: absent, Artikel: absent }"},
		"a word below orders that go on":       {file: goesOn + ";;Summe;12,00\n", want: "end: { Artikel: Summe, Bon: absent, Datum: absent }", fill: "Bon"},
		"a sum below orders that go on":        {file: goesOn + ";;;12,00\n", want: "end: { Bon: absent, Datum: absent, Artikel: absent }", fill: "Bon"},
		"none below orders that go on":         {file: goesOn, fill: "Bon"},
		"a last order that goes on, or no":     {file: bons() + ";;Kuchen;2,00\n", asks: []string{"read.fill"}},
		"it goes on, as was said":              {file: bons() + ";;Kuchen;2,00\n", set: map[string]string{"read.fill": "Bon"}, fill: "Bon"},
		"it does not, as was said":             {file: bons() + ";;Kuchen;2,00\n", set: map[string]string{"read.fill": "none"}, want: "end: { Bon: absent, Datum: absent }"},
		"one order of many goes on":            {file: strings.Replace(bons(), ";210;Tee;1,50\n", ";210;Tee;1,50\n;;Kuchen;2,00\n", 1), asks: []string{"read.fill"}},
		"an order without a number":            {file: strings.Replace(bons(), ";210;", ";;", 1), asks: []string{"read.fill"}},
		"keys that begin so":                   {file: strings.ReplaceAll(bons(), ":00;2", ":00;SUM-2")},
		"an article that is called so":         {file: bons() + "25.11.2026 09:00;245;Total;1,50\n"},
		"one that begins so, at the end":       {file: goesOn + ";;Total Care Shampoo;2,00\n", fill: "Bon"},
		"below each order":                     {file: strings.ReplaceAll(goesOn, ";;Kuchen;2,00\n", ";;Kuchen;2,00\n;;Zwischensumme;3,50\n"), want: "skip: { Artikel: Zwischensumme }", fill: "Bon"},
		"below each day":                       {file: days, want: "skip: { Artikel: Tagessumme }"},
		"below each day, where the key stands": {file: strings.ReplaceAll(days, ";;Tagessumme", "24.11.2026;Tagessumme;"), want: "skip: { Bon: '/^Tagessumme/' }"},
	} {
		t.Run(name, func(t *testing.T) {
			set := map[string]string{"const.currency": "EUR", "values.zone": "Europe/Berlin"}
			for key, value := range s.set {
				set[key] = value
			}
			f := learned(t, learn.Options{Set: set, Folder: "drop/till/"}, "kasse.csv", s.file)
			checkEntry(t, f, sample{want: s.want, asks: s.asks})
			if fill := strings.Join(f.Source.Read.Fill, " "); fill != s.fill {
				t.Errorf("fills %q, want %q", fill, s.fill)
			}
			if s.want == "" && f.Source.Read.End != nil {
				t.Errorf("ends at %v", f.Source.Read.End)
			}
		})
	}
}

// Each file has its own end, and what was cut off has none.
func TestFootersOfFiles(t *testing.T) {
	f := learned(t, learn.Options{}, "a.csv", bons()+";;Summe;67,50\n", "b.csv", strings.ReplaceAll(bons(), ".11.2026", ".12.2026")+"Ende;;;\n;;Summe;67,50\n")
	if n := len(f.Source.Read.End); n != 2 || f.Source.Read.Fill != nil {
		t.Errorf("ends at %v, fills %q", f.Source.Read.End, f.Source.Read.Fill)
	}
	f = learned(t, learn.Options{MaxRows: 20}, "a.csv", strings.Replace(bons(), ";Tee;1,50\n", ";Tee;1,50\n;;Summe;1,50\n", 19))
	if f.Source.Read.End != nil || slices.Contains(keys(f), "read.fill") {
		t.Errorf("ends at %v, asks %q", f.Source.Read.End, keys(f))
	}
}
