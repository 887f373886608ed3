package values

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// table reads the rows of a file.
func table(t testing.TB, text string) []*rows.Row {
	t.Helper()
	r, err := rows.OpenBytes("test", []byte(text), rows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all []*rows.Row
	for {
		row, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
}

// compiled wants no faults.
func compile(t testing.TB, o source.Values, v source.Value, captures ...string) *Value {
	t.Helper()
	c := NewCompiler(o, CompilerOptions{Captures: captures})
	made := c.Value("key", v)
	if faults := c.Faults(); faults != nil {
		t.Fatal(faults)
	}
	return made
}

const csvText = "Id,Name,Qty,Price,Tax,Empty,Zip,Code,A{b}\n" +
	"7,\"Tea, green\",2,\"$1,234.50\",$0.66,,'04109,\"=\"\"0123\"\"\",x\n" +
	",Coffee,1,$8.00,,,'n Beetje,,\n"

func TestValueForms(t *testing.T) {
	all := table(t, csvText)
	for _, tt := range []struct {
		value      source.Value
		text, json string
	}{
		{source.Value{"Name"}, "Tea, green", `"Tea, green"`},
		{source.Value{" name "}, "Tea, green", `"Tea, green"`},
		{source.Value{"Qty"}, "2", `"2"`},
		{source.Value{"Empty"}, "", ""},
		{source.Value{"Empty", "Nothing", "Qty"}, "2", `"2"`},
		{source.Value{"{Empty}", "{Id}/{Qty}"}, "7/2", `"7/2"`},
		{source.Value{"{Empty}-{Empty}"}, "", ""},
		{source.Value{"{Name} {Empty}"}, "Tea, green", `"Tea, green"`},
		{source.Value{"{{{Id}}}"}, "{7}", `"{7}"`},
		{source.Value{"{ Id }"}, "7", `"7"`},
		{source.Value{"{store}"}, "north", `"north"`},
		{source.Value{"store"}, "north", `"north"`},
		{source.Value{"Zip"}, "04109", `"04109"`},
		{source.Value{"Code"}, "0123", `"0123"`},
		{source.Value{"2"}, "2", `"2"`},
		{source.Value{`= text("Name")`}, "Tea, green", `"Tea, green"`},
		{source.Value{`= text("A{b}") + "!"`}, "x!", `"x!"`},
		{source.Value{`=num("Qty")`}, "2", "2"},
		{source.Value{`= money("Price") + money("Tax")`}, "1235.16", "1235.16"},
		{source.Value{`= num("Qty") > 1`}, "true", "true"},
		{source.Value{`= money("Empty")`}, "", ""},
		{source.Value{`= money("Empty")`, "Name"}, "Tea, green", `"Tea, green"`},
	} {
		v := compile(t, source.Values{Money: "$1,234.56"}, tt.value, "store")
		s := &Scope{Row: all[0], Captures: map[string]string{"store": "north"}}
		text, err := v.Text(s)
		json, jsonErr := v.JSON(s)
		if text != tt.text || string(json) != tt.json || err != nil || jsonErr != nil {
			t.Errorf("%q: got %q, %s, %v, %v; want %q, %s", tt.value, text, json, err, jsonErr, tt.text, tt.json)
		}
	}
}

func TestTextIsLiteral(t *testing.T) {
	row := table(t, csvText)[0]
	for text, want := range map[source.Text]string{
		"Name": "Name", "Lead {Id}": "Lead 7", "{{Id}}": "{Id}", `= text("Id") + "x"`: "7x", " a ": "a", "it's 5 > 3": "it's 5 > 3",
	} {
		c := NewCompiler(source.Values{}, CompilerOptions{})
		got, err := c.Text("key", text).Text(&Scope{Row: row})
		if got != want || err != nil || c.Faults() != nil {
			t.Errorf("%q: got %q, %v, %v; want %q", text, got, err, c.Faults(), want)
		}
	}
}

func TestGroup(t *testing.T) {
	all := table(t, "Name,Total,Email\n#1,10,\n#1,,a@example.com\n#1,30,b@example.com\n")
	s := &Scope{Row: all[2], Group: all}
	for column, want := range map[string]string{"Total": "10", "Email": "a@example.com", "{Total} {Email}": "10 a@example.com"} {
		if got, err := compile(t, source.Values{}, source.Value{column}).Text(s); got != want || err != nil {
			t.Errorf("%s of the group: got %q, %v; want %q", column, got, err, want)
		}
	}
	if got, _ := compile(t, source.Values{}, source.Value{"Total"}).Text(&Scope{Row: all[1]}); got != "" {
		t.Errorf("an empty cell of a line: got %q", got)
	}
}

func TestScopeOrder(t *testing.T) {
	row := table(t, `{"id":9007199254740993,"name":"order","paid":true,"big":1e3,"none":null,
		"lines":[{"id":1,"sku":"A","name":null},{"id":2,"sku":" B "}],"billing":{"email":"x@example.com"}}`)[0]
	element := row.Value.Get("lines.1")
	s := &Scope{Element: element, Cells: map[string]string{"Qty": " 3 "}, Row: row, Captures: map[string]string{"id": "capture", "shop": "s"}}
	for _, tt := range []struct{ name, text, json string }{
		{"id", "2", "2"}, {"sku", "B", `"B"`}, {"name", "order", `"order"`}, {"paid", "true", "true"}, {"none", "", ""},
		{"qty", "3", `"3"`}, {"billing.email", "x@example.com", `"x@example.com"`}, {"lines.0.sku", "A", `"A"`},
		{"shop", "s", `"s"`}, {"big", "1e3", "1e3"}, {"missing", "", ""}, {"{id}-{shop}-{lines.0.id}", "2-s-1", `"2-s-1"`},
	} {
		v := compile(t, source.Values{}, source.Value{tt.name}, "id", "shop")
		text, err := v.Text(s)
		json, _ := v.JSON(s)
		if text != tt.text || string(json) != tt.json || err != nil {
			t.Errorf("%s: got %q, %s, %v; want %q, %s", tt.name, text, json, err, tt.text, tt.json)
		}
	}
	s.Element = row.Value.Get("lines.0")
	if got, err := compile(t, source.Values{}, source.Value{"name"}).Text(s); got != "" || err != nil {
		t.Errorf("an element's null: got %q, %v", got, err)
	}
	s.Element = nil
	if got, _ := compile(t, source.Values{}, source.Value{"id"}).Text(s); got != "9007199254740993" {
		t.Errorf("a large number: got %s", got)
	}
	for path, want := range map[string]string{"lines": `"lines" is a list and no single value: name one of it, as in lines.0`,
		"billing": `"billing" is an object and no single value: name a key in it, as in billing.email`, `{billing}`: "billing.email",
		`= text("lines")`: "lines.0", `= money("billing")`: "billing.email"} {
		if got, err := compile(t, source.Values{}, source.Value{path}).Text(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v; want %s", path, got, err, want)
		}
	}
}

func TestJSONAmounts(t *testing.T) {
	row := table(t, `{"a":12.5,"b":"1.234,56","c":1e5,"d":1.234,"e":true,"f":"12.50","g":1250,"h":12.345}`)[0]
	for _, tt := range []struct {
		money, path string
		want        int64
	}{
		{"1.234,56", "a", 1250}, {"1.234,56", "b", 123456}, {"1.234,56", "c", 10000000}, {"1.234,56", "d", 123},
		{"", "d", 123}, {"", "f", 1250}, {"cents", "g", 1250}, {"", "h", 1235},
	} {
		got, ok, err := compile(t, source.Values{Money: tt.money}, source.Value{tt.path}).Money(&Scope{Row: row}, "EUR")
		if got != tt.want || !ok || err != nil {
			t.Errorf("%s as %q: got %d, %t, %v; want %d", tt.path, tt.money, got, ok, err, tt.want)
		}
	}
	for money, path := range map[string]string{"": "e", "cents": "a"} {
		if got, _, err := compile(t, source.Values{Money: money}, source.Value{path}).Money(&Scope{Row: row}, "EUR"); err == nil {
			t.Errorf("%s as %q: got %d", path, money, got)
		}
	}
}

func TestColumns(t *testing.T) {
	c := NewCompiler(source.Values{Zone: "{Zone} {store}"}, CompilerOptions{Captures: []string{"store"}})
	v := c.Value("a", source.Value{"A", "{B} {A} {store}", `= money("C") + (num("D") > 0 ? money(" E ") : 1)`, "store"})
	c.Matcher("skip", source.Matcher{{{Column: "F", Is: []string{"x"}}, {Column: "A", Is: []string{"present"}}}})
	c.Text("t", "literal {G}")
	if got, want := v.Columns(), []string{"A", "B", "C", "D", "E"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := c.Columns(), []string{"Zone", "A", "B", "C", "D", "E", "F", "G"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if c.Faults() != nil {
		t.Error(c.Faults())
	}
}

func TestFaults(t *testing.T) {
	c := NewCompiler(source.Values{Date: []string{"dd.MM.yyyy", "HH:mm"}, Zone: "Nowhere", Money: "lots"}, CompilerOptions{})
	c.Value("order.id", source.Value{"A", "{B"})
	c.Value("order.at", source.Value{"{}"})
	c.Value("order.email", source.Value{"B}"})
	c.Value("order.empty", source.Value{""})
	c.Value("order.none", source.Value{})
	c.Value("items.total", source.Value{`= money("A") +`})
	c.Matcher("skip", source.Matcher{{{Column: "A", Is: []string{"/(/"}}}, {{Column: "B", Is: []string{"<x"}}}, {}, {{Column: "C"}}})
	var paths []string
	for _, f := range c.Faults() {
		if f.Is == "" || f.Write == "" {
			t.Errorf("%s: %q, %q", f.Path, f.Is, f.Write)
		}
		paths = append(paths, f.Path)
	}
	want := []string{"values.date[1]", "values.money", "values.zone", "order.id[1]", "order.at", "order.email", "order.empty", "order.none",
		"items.total", "skip[0].A", "skip[1].B", "skip[2]", "skip[3].C"}
	if !slices.Equal(paths, want) {
		t.Errorf("got %q\nwant %q", paths, want)
	}
}

// TestConcurrent is for the race detector: one Value for many rows at once.
func TestConcurrent(t *testing.T) {
	o := source.Values{Zone: "{Zone}", Date: []string{"yyyy-MM-dd HH:mm:ss"}}
	total, at := compile(t, o, source.Value{`= money("Net") + num("Qty")`}), compile(t, o, source.Value{"{At}"})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				// A header of its own: the columns' places change for all.
				row := table(t, "Zone,Net,At,Qty\nEurope/Berlin,1.50,2026-10-25 02:30:00,2\nTokyo,2.50,2026-01-01 00:00:00,1\n")
				for i, want := range []string{"3.50", "3.50"} {
					text, err := total.Text(&Scope{Row: row[i]})
					_, note, ok, timeErr := at.Time(&Scope{Row: row[i]})
					if text != want || err != nil || !ok || timeErr != nil || (note != "") != (i == 0) {
						t.Errorf("row %d: got %s, %v, %q, %v", i, text, err, note, timeErr)
					}
				}
			}
		})
	}
	wait.Wait()
}

func TestNil(t *testing.T) {
	c := NewCompiler(source.Values{}, CompilerOptions{})
	v, s := c.Value("key", nil), &Scope{}
	if v != nil || c.Text("key", "") != nil || c.Matcher("key", nil) != nil {
		t.Fatal("nil was compiled to something")
	}
	text, _ := v.Text(s)
	json, _ := v.JSON(s)
	_, money, _ := v.Money(s, "EUR")
	_, number, _ := v.Number(s)
	_, _, at, _ := v.Time(s)
	var m *Matcher
	holds, _ := m.Holds(s)
	if text != "" || json != nil || money || number || at || holds || v.Columns() != nil || m.Columns() != nil {
		t.Error("nil is not empty")
	}
}

func TestJSONString(t *testing.T) {
	got := appendString(nil, "a\"\\\n\r\t\x01é\xff")
	if want := []byte(`"a\"\\\n\r\t\u0001é` + "\ufffd" + `"`); !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What the reader of a table left is the cell's: '90s is no guarded number.
func TestApostrophe(t *testing.T) {
	row := table(t, "Name,No\n'90s Hits,'0123\n")[0]
	for column, want := range map[string]string{"Name": "'90s Hits", "No": "0123"} {
		got, err := compile(t, source.Values{}, source.Value{column}).Text(&Scope{Row: row})
		if got != want || err != nil {
			t.Errorf("%s: %q, %v", column, got, err)
		}
	}
}
