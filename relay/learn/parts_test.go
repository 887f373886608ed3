package learn

import (
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

func TestReadDate(t *testing.T) {
	for text, want := range map[string]string{
		"2026-07-18":                "yyyy-MM-dd",
		"2026-07-18 12:59:30":       "yyyy-MM-dd HH:mm:ss",
		"2026-07-18 12:59:30 +0400": "yyyy-MM-dd HH:mm:ss Z",
		"2026-07-18T12:59:30Z":      "iso",
		"2026-07-18T12:59:30.1":     "iso",
		"2026/07/18 9:59":           "yyyy/MM/dd H:mm",
		"18.07.2026 09:05":          "\x01.\x02.yyyy HH:mm",
		"9/6/2016 6:29:00":          "\x01/\x02/yyyy H:mm:ss",
		"10/8/26 5:18 PM":           "\x01/\x02/yy h:mm a",
		"10/8/26, 5:18 p.m.":        "\x01/\x02/yy, h:mm a",
		"15.03.23 11:53":            "\x01.\x02.yy HH:mm",
		"16-Dec-2023 02:44 AM EST":  "dd-MMM-yyyy hh:mm a Z",
		"3 novembre 2026":           "dd MMMM yyyy",
		"Nov 3, 2026 10:00":         "MMM d, yyyy HH:mm",
		"20260718":                  "yyyyMMdd",
		"20260718125930":            "yyyyMMddHHmmss",
		"26-13-18":                  "", // no month
		"1.234,56":                  "",
		"1.2.3":                     "",
		"192.168.1.20":              "",
		"Tea 2026-07-18":            "",
		"2026-07-18 Tea":            "",
		"9007199254740993":          "",
		"12:30":                     "",
		"31.12":                     "",
		"":                          "",
	} {
		d, ok := readDate(text)
		if !ok {
			d.pattern = ""
		}
		if d.pattern != want {
			t.Errorf("%q: %q, want %q", text, d.pattern, want)
		}
	}
}

// A pattern that is found reads the text that it was found in.
func TestPatternsRead(t *testing.T) {
	set := &sampled{files: []string{"a.csv"}}
	for _, text := range []string{
		"2026-07-18", "2026-07-18 12:59:30", "2026-07-18 12:59:30 +0400", "2026-07-18T12:59:30Z", "2026/07/18 9:59", "18.07.2026 09:05", "9/16/2016 6:29:00",
		"10/18/26 5:18 PM", "15.03.23 11:53", "16-Dec-2023 02:44 AM", "Nov 3, 2026 10:00", "20260718", "20260718125930", "202607181259", "18.07.2026 09:05:01,250", "3. Nov 2026",
	} {
		d := set.datings([]spot{{text: text, line: 1}})
		if d.open || len(d.patterns) == 0 {
			t.Errorf("%q: %+v", text, d)
			continue
		}
		c := values.NewCompiler(source.Values{Date: d.patterns}, values.CompilerOptions{})
		v := c.Value("at", source.Value{"at"})
		if faults := c.Faults(); len(faults) > 0 {
			t.Errorf("%q: %v", text, faults)
			continue
		}
		if _, _, ok, err := v.Time(&values.Scope{Cells: map[string]string{"at": text}}); !ok || err != nil {
			t.Errorf("%q is not read by %q: %v", text, d.patterns, err)
		}
	}
}

func TestDatings(t *testing.T) {
	set := &sampled{files: []string{"a.csv"}}
	for name, c := range map[string]struct {
		texts, want string
		open        bool
	}{
		"one form's proof counts for another": {"03/04/2026 10:00|23/04/2026", "dd/MM/yyyy HH:mm dd/MM/yyyy", false},
		"and not for one with other marks":    {"03/04/2026|23.04.2026", "dd/MM/yyyy dd.MM.yyyy", true},
		"twelve is no proof":                  {"12/12/2026", "dd/MM/yyyy", true},
		"thirteen is":                         {"12/13/2026", "MM/dd/yyyy", false},
		"hours of one and two digits":         {"2026-01-02 9:00|2026-01-02 10:00", "yyyy-MM-dd HH:mm", false},
	} {
		var texts []spot
		for text := range strings.SplitSeq(c.texts, "|") {
			texts = append(texts, spot{text: text, line: 1})
		}
		if d := set.datings(texts); strings.Join(d.patterns, " ") != c.want || d.open != c.open {
			t.Errorf("%s: %q, open %v (%s)", name, d.patterns, d.open, d.why)
		}
	}
}

func TestReadAmount(t *testing.T) {
	for text, want := range map[string]string{
		"8": "", "-8": "-", "8.00": ".", "8,00": ",", "1.234,56": ",.", "1,234.56": ".,", "$1,149.00 ": ".,$", "-$0.70": "-.$", "($33.62)": "-.$", "5.00-": "-.",
		"1'234.50": ".'", "1 234,50 zł": ", zł", "12,5 €": ",€", "€ 12": "€", "1.234": "?", "0.350": ".", "11,90000": ",", "EUR 5.00": ".EUR",
		"Tea": "no", "": "no", "2026-07-18": "no", "1.2.3": "no", "12:30": "no", "A7": "no", "1,23.45,6": "no", "5 x": "no",
	} {
		a, ok := readAmount(text)
		got := ""
		for _, one := range []struct {
			text string
			is   bool
		}{{"no", !ok}, {"-", ok && a.negative}, {string(a.decimal), ok && a.decimal != 0}, {string(a.group), ok && a.group != 0}, {"?", ok && a.either != 0}, {a.sign, ok}} {
			if one.is {
				got += one.text
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestGeneralName(t *testing.T) {
	for name, want := range map[string]string{
		"export-2026-11-22.csv":              "export-*.csv",
		"items-2026-07-01-2026-07-07.csv":    "items-*.csv",
		"orders_export (10).csv":             "orders_export*.csv",
		"orders_export_1.csv":                "orders_export_*.csv",
		"2018-09-19-16-43-21rawsalesout.csv": "*rawsalesout.csv",
		"20261122.csv":                       "*.csv",
		"till3.csv":                          "till3.csv",
		"till3-20261122.csv":                 "till3-*.csv",
		"Orders.csv":                         "Orders.csv",
		"export20261122T101500.json":         "export*.json",
		"a{b}[c]-7.csv":                      "a{{b}}[[]c]-*.csv",
		"JOURNAL":                            "JOURNAL",
	} {
		got := generalName(name)
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		glob, err := values.Pattern("drop/" + got)
		if err != nil {
			t.Errorf("%s: %v", got, err)
		} else if _, ok := glob.Match("drop/" + name); !ok {
			t.Errorf("%s does not fit %s", got, name)
		}
	}
}

func TestSourceName(t *testing.T) {
	for name, want := range map[string]string{
		"in/Export-2026-11-22.csv": "export", "Käse Täglich (3).csv": "kase_taglich", "2026.csv": "till", "drop.csv": "drop_files", "orders_export_1.csv": "orders_export", "売上.csv": "till",
	} {
		if got := sourceName(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A text in an entry reads as itself.
func TestScalar(t *testing.T) {
	for _, text := range []string{
		"Tea", "Order No", "Receipt #", "yes", "null", "12", "-1", "it's", `say "x"`, "a: b", "{A} {B}", "= money(\"A\") * num('B')", "/^Sum: .*/", " x ", "a\nb", "\ttab", "Käse", "売上", "@x", "*x", "&x", "!x", "%x", "#x", "x #y", "2026-11-22", "HH:mm", "1e3", "", "~", `a\b`, `it's "x" \`, "\u2028",
	} {
		for _, format := range []string{"k: %s\n", "k: [%s, b]\n", "k: { %s: b }\n"} {
			var root yaml.Node
			written := strings.Replace(format, "%s", scalar(text), 1)
			if err := yaml.Unmarshal([]byte(written), &root); err != nil {
				t.Errorf("%q: %v", written, err)
				continue
			}
			value := root.Content[0].Content[1]
			if len(value.Content) > 0 {
				value = value.Content[0]
			}
			if value.Value != text || value.Tag != "!!str" {
				t.Errorf("%q reads as %s %q", written, value.Tag, value.Value)
			}
		}
	}
}

// Orders that go on over midnight are not numbers that begin anew.
func TestMidnight(t *testing.T) {
	var b strings.Builder
	b.WriteString("Order ID,Date,Item,Total,Currency\n")
	for i := range 50 {
		day := "2026-11-20"
		if i >= 25 {
			day = "2026-11-21"
		}
		b.WriteString("A" + strings.Repeat("x", i+1) + "," + day + ",Tea,2.50,EUR\n")
		if i == 24 {
			b.WriteString("A" + strings.Repeat("x", i+1) + ",2026-11-21,Cake,2.50,EUR\n")
		}
	}
	f, err := Files(fstest.MapFS{"a.csv": {Data: []byte(b.String())}}, []string{"a.csv"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if id := strings.Join(f.Source.Order.ID, ""); id != "Order ID" {
		t.Errorf("id %q, because %s", id, f.Because["order.id"])
	}
}

// Whatever a file holds, there is an entry or an error, and the entry is YAML.
func FuzzFiles(f *testing.F) {
	f.Add("Order No,Date,Item,Total\nA1,03/04/2026,Tea,5.00\nA1,03/04/2026,\"Ca\nke\",5.00\n")
	f.Add("a;b;c\n1;2;3\n1;2;\n;;4\n\n;\n")
	f.Add(`{"data":[{"id":1,"total":2.5,"items":[{"name":"a","price":1}]},{"id":2}]}`)
	f.Add("line_item_1,line_item_2,id\na:b|c:d,,1\n")
	f.Add("Order Ref,Date,Line\nx,2026-01-01,1\n,,2\ny,2026-01-02,3\n,,4\n")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := Files(fstest.MapFS{"a.csv": {Data: []byte(text)}}, []string{"a.csv"}, Options{Folder: "drop/"})
		if err != nil {
			return
		}
		var root yaml.Node
		if err := yaml.Unmarshal(found.YAML(), &root); err != nil {
			t.Errorf("%v in\n%s", err, found.YAML())
		}
	})
}

// The folder's own name is no pattern either.
func TestWatchFolder(t *testing.T) {
	f := &Finding{Because: map[string]string{}}
	f.watch([]string{"day-20261122.csv"}, Options{Folder: "in/Export [1] {a}/"})
	glob, err := values.Pattern(f.Source.Watch[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := glob.Match("in/Export [1] {a}/day-20261123.csv"); !ok {
		t.Errorf("%s does not fit its own files", f.Source.Watch[0])
	}
}
