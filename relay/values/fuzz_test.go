package values

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// moneyText is cents as a file writes them by the example.
func moneyText(cents int64, example string, style uint8) string {
	n := cents
	if n < 0 {
		n = -n
	}
	if example == "cents" {
		return strconv.FormatInt(cents, 10)
	}
	var point, group string
	switch example {
	case "1.234,56":
		point, group = ",", "."
	case "$1,234.56":
		point, group = ".", ","
	case "1'234.50":
		point, group = ".", "'"
	case "1 234,56":
		point, group = ",", "\u00a0"
	case "1234.56":
		point = "."
	}
	whole := strconv.FormatInt(n/100, 10)
	for i := len(whole) - 3; i > 0 && group != "" && style&1 == 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	text := whole + point + string(rune('0'+n/10%10)) + string(rune('0'+n%10))
	if style&2 != 0 {
		text = "€ " + text
	}
	if cents >= 0 {
		return text
	}
	switch style >> 2 % 3 {
	case 0:
		return "-" + text
	case 1:
		return text + "-"
	}
	return "(" + text + ")"
}

// FuzzMoney writes cents by each example and reads them back, and reads what
// comes, in which nothing may panic.
func FuzzMoney(f *testing.F) {
	for i, text := range []string{"1.234,56", "$1,234.56", "(5.00)", "1E+05", "12,-", "-7.1e-15", "1 234", "Rs.5", "٣", "1'2'3"} {
		f.Add(text, int64(i)*123456789-5, uint8(i))
	}
	examples := []string{"1.234,56", "$1,234.56", "1'234.50", "1 234,56", "1234.56", "cents"}
	var forms []*Value
	for _, example := range append(examples, "") {
		forms = append(forms, compile(f, source.Values{Money: example}, source.Value{"Total"}))
	}
	f.Fuzz(func(t *testing.T, text string, cents int64, style uint8) {
		if cents < maxCoef/100 && cents > -maxCoef/100 {
			for i, example := range examples {
				text := moneyText(cents, example, style)
				got, ok, err := forms[i].Money(&Scope{Cells: map[string]string{"Total": text}}, "EUR")
				if got != cents || !ok || err != nil {
					t.Fatalf("%d as %q by %s: got %d, %t, %v", cents, text, example, got, ok, err)
				}
			}
		}
		for _, v := range forms {
			got, ok, err := v.Money(&Scope{Cells: map[string]string{"Total": text}}, "EUR")
			if err == nil && ok && !strings.ContainsAny(text, "0123456789") {
				t.Fatalf("%q is %d", text, got)
			}
		}
		SpoiltNumber(text)
	})
}

// FuzzDate writes a time by each pattern and reads it back, and reads what
// comes by all of them.
func FuzzDate(f *testing.F) {
	for i, text := range []string{"31.02.2026", "2026-09-11T10:00:00+02:00", "16-Dec-2023 02:44 AM EST", "1768125600", "Sept. 6, 2026", "0000-00-00"} {
		f.Add(text, int64(i)*98765432+1700000000)
	}
	patterns := map[string]string{
		"yyyy-MM-dd HH:mm:ss Z":           "2006-01-02 15:04:05 -0700",
		"dd.MM.yyyy HH:mm:ss XXX":         "02.01.2006 15:04:05 -07:00",
		"M/d/yy h:mm:ss a Z":              "1/2/06 3:04:05 PM -0700",
		"yyyyMMddHHmmss Z":                "20060102150405 -0700",
		"EEE, d MMM yyyy HH:mm:ss Z":      "Mon, 2 Jan 2006 15:04:05 -0700",
		"dddd, MMMM d, yyyy h:mm:ss tt Z": "Monday, January 2, 2006 3:04:05 PM -0700",
		"iso":                             time.RFC3339,
		"dd-MMM-yyyy hh:mm a z":           "",
		"unix":                            "",
		"unix_ms":                         "",
	}
	berlin := location(f, "Europe/Berlin")
	forms := map[string]*Value{}
	for pattern := range patterns {
		c := NewCompiler(source.Values{Date: []string{pattern}}, CompilerOptions{Site: berlin})
		if forms[pattern] = c.Value("at", source.Value{"At"}); c.Faults() != nil {
			f.Fatal(c.Faults())
		}
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		want := time.Unix(946684800+(unix%3155760000+3155760000)%3155760000, 0).In(berlin) // of 2000 to 2099
		if want.Year() > 2099 {
			return
		}
		for pattern, layout := range patterns {
			if layout != "" {
				at, _, ok, err := forms[pattern].Time(&Scope{Cells: map[string]string{"At": want.Format(layout)}})
				if !at.Equal(want) || !ok || err != nil {
					t.Fatalf("%s as %s: got %v, %t, %v", want.Format(layout), pattern, at, ok, err)
				}
			}
			at, _, ok, err := forms[pattern].Time(&Scope{Cells: map[string]string{"At": text}})
			if err == nil && ok && (at.Year() < 1899 || at.Year() > 10000) {
				t.Fatalf("%q by %s is %v", text, pattern, at)
			}
		}
		if l, is, _ := newLayout(text); is == "" {
			l.read(text, newZone(berlin))
			l.read("2026-09-11 10:00:00", newZone(berlin))
		}
	})
}

// FuzzExpr compiles and runs what comes.
func FuzzExpr(f *testing.F) {
	for _, text := range []string{
		`money("A") + money("B") * 1.19`, `text("C")[1:2] + "x"`, `split(text("C"), "")[0]`, `let a = num("A"); a / 0`, `["a"] in ["b"]`,
		`replace(text("C"), "", text("C"))`, `"a" matches "(a*)*b"`, `round(1/3, 2) ?? nil`, `if num("A") > 1 {1} else {"x"}`, `text("C") | upper()`, `1e400`, `-"x"`,
		`first([1,[2]])`, `len(nil)`, `A.b?.c`, "`", `"\xff"`,
	} {
		f.Add(text)
	}
	row := table(f, "A,B,C\n12.50,3,Tea\n")[0]
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		c := NewCompiler(source.Values{}, CompilerOptions{})
		v := c.Value("key", source.Value{"=" + text})
		if c.Faults() != nil {
			return
		}
		s := &Scope{Row: row, Currency: "EUR"}
		out, err := v.Text(s)
		if err == nil && len(out) > maxCalcText {
			t.Fatalf("%d bytes", len(out))
		}
		if json, err := v.JSON(s); err == nil && json != nil && !validScalar(json) {
			t.Fatalf("%s is no JSON", json)
		}
		again, againErr := v.Text(s)
		if again != out || (err == nil) != (againErr == nil) {
			t.Fatalf("%q, then %q; %v, %v", out, again, err, againErr)
		}
	})
}

// validScalar reads JSON by the package that reads files.
func validScalar(json []byte) bool {
	r, err := rows.OpenBytes("x", append(append([]byte(`{"a":`), json...), '}'), rows.Options{Type: "json"})
	if err != nil {
		return false
	}
	defer r.Close()
	row, err := r.Next()
	return err == nil && row.Value.Get("a") != nil
}

// FuzzGlob compiles and matches what comes.
func FuzzGlob(f *testing.F) {
	for _, text := range []string{"drop/{a:yyyyMMdd}*/[!x]?.csv", `\\s\x\**\[[]`, "{{}}", "**/a", "[\\]", "[^]-a]"} {
		f.Add(text, "drop/20260911/a.csv")
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		for _, windows := range []bool{false, true} {
			g, err := newGlob(pattern, windows)
			if err != nil {
				continue
			}
			captures, ok := g.Match(path)
			if ok && len(captures) != len(g.Captures()) {
				t.Fatalf("%q and %q: %v", pattern, path, captures)
			}
			for name, text := range captures {
				if text == "" || strings.Contains(text, "/") {
					t.Fatalf("%q and %q: %s is %q", pattern, path, name, text)
				}
			}
			_ = g.Deep()
		}
	})
}

func BenchmarkMoney(b *testing.B) {
	v := compile(b, source.Values{Money: "$1,234.56"}, source.Value{"Net Sales"})
	s := &Scope{Row: table(b, "A,B,Net Sales\n1,2,\"$1,149.00\"\n")[0]}
	b.ReportAllocs()
	for b.Loop() {
		if cents, _, err := v.Money(s, "USD"); cents != 114900 || err != nil {
			b.Fatal(cents, err)
		}
	}
}

func BenchmarkTime(b *testing.B) {
	v := compile(b, source.Values{Date: []string{"yyyy-MM-dd HH:mm:ss"}, Zone: "{Time Zone}"}, source.Value{"{Date} {Time}"})
	s := &Scope{Row: table(b, "Date,Time,Time Zone\n2026-07-18,12:59:59,Eastern Time (US & Canada)\n")[0]}
	b.ReportAllocs()
	for b.Loop() {
		if at, _, _, err := v.Time(s); at.Unix() != 1784393999 || err != nil {
			b.Fatal(at.Unix(), err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	v := compile(b, source.Values{}, source.Value{"{Item} {Price Point Name}"})
	s := &Scope{Row: table(b, "Item,Price Point Name\nTea,Regular\n")[0]}
	b.ReportAllocs()
	for b.Loop() {
		if text, err := v.Text(s); text != "Tea Regular" || err != nil {
			b.Fatal(text, err)
		}
	}
}

func BenchmarkCalculation(b *testing.B) {
	v := compile(b, source.Values{Money: "$1,234.56"}, source.Value{`= money("Net Sales") + money("Tax")`})
	s := &Scope{Row: table(b, "Net Sales,Tax\n$8.00,$0.66\n")[0]}
	b.ReportAllocs()
	for b.Loop() {
		if cents, _, err := v.Money(s, "USD"); cents != 866 || err != nil {
			b.Fatal(cents, err)
		}
	}
}

func BenchmarkMatcher(b *testing.B) {
	c := NewCompiler(source.Values{}, CompilerOptions{})
	m := c.Matcher("refund", source.Matcher{{{Column: "Type", Is: []string{"Refund"}}}, {{Column: "Total", Is: []string{"<0"}}}})
	s := &Scope{Row: table(b, "Type,Total\nSale,8.00\n")[0]}
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := m.Holds(s); ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
