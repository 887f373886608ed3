package rows_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/rows"
)

// TestRejects: what was refused is, dropped again, what it was.
func TestRejects(t *testing.T) {
	for _, test := range []struct {
		name, text string
		o          rows.Options
		want       string // of the rejects, where it is not ""
	}{
		{name: "plain", text: "a;b\r\n1;x\r\n", want: "a;b;funnelrelay_reason\r\n1;x;\"because; ü\"\r\n"},
		{name: "all that needs quotes", text: "a,b\n\"1,\"\"\n2\",\" x \"\n"},
		{name: "preamble", text: "Shop\na;b\n1;x\n", o: rows.Options{Want: []string{"a"}}},
		{name: "BOM", text: "\uFEFFa;b\n1;ä\n"},
		{name: "windows-1252", text: "a;b\n1;\xE4\n", want: "a;b;funnelrelay_reason\n1;\xE4;\"because; \xFC\"\n"},
		{name: "both", text: "a;b\n1;\xE4\n2;Ł€\n3;CAF\xC9\xA0\n"},
		{name: "ibm850", text: "a;b\n1;\x84\n", o: rows.Options{Encoding: "cp850"}},
		{name: "UTF-16", text: "\xFF\xFE" + utf16le("a;b\r\n1;ä€\r\n")},
		{name: "Shift_JIS", text: "a;b\n1;\x83\x5C\n", o: rows.Options{Encoding: "sjis"}},
		{name: "ragged", text: "a;b;c\n1;2;3;4;5\n6;7\n;;8;;\n"},
		{name: "guards", text: "a;b\n'07;=\"01\"\n\"'''12\";'t\n"},
		{name: "guards with blanks", text: "a;b\n '07;\"=\"\" '01 \"\"\"\n\" =\"\"1\"\" \";'2 \n"},
		{name: "same names", text: "a;a\n1;2\n"},
		{name: "no header", text: "1;2\n3\n", o: rows.Options{NoHeader: true}, want: "1;2;\"funnelrelay_reason: because; ü\"\n3;\"funnelrelay_reason: because; ü\"\n"},
		{name: "CR", text: "a;b\r1;2\r"},
		{name: "one column", text: "a\n1\n2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			first, r := read(t, test.text, test.o)
			var b bytes.Buffer
			refuse(t, test.text, test.o, &b)
			if test.want != "" && b.String() != test.want {
				t.Errorf("%q, want %q", b.String(), test.want)
			}
			again, r2 := read(t, b.String(), test.o)
			for i := range first { // short rows are filled up to the header
				for strings.Count(first[i], "|") < strings.Count(again[i], "|") && !test.o.NoHeader {
					first[i] += "|"
				}
			}
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("%s\n%q", diff, b.String())
			}
			if diff := cmp.Diff(r.Header().Names, r2.Header().Names); diff != "" && test.name != "same names" {
				t.Error(diff)
			}
		})
	}
}

// refuse writes all rows of a text as rejects.
func refuse(t *testing.T, text string, o rows.Options, to io.Writer) {
	t.Helper()
	r, err := rows.OpenBytes("t.csv", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	var w *rows.Rejects
	for {
		row, err := r.Next()
		var broken *rows.Broken
		if err == io.EOF {
			break
		} else if errors.As(err, &broken) {
			row = broken.Row
		} else if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			w = rows.NewRejects(to, r.Format())
		}
		if err := w.Write(row, "because; ü"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRejectsOfTables: a gdpdu table's rows are read as a CSV, whatever the
// type, and know their decimal sign.
func TestRejectsOfTables(t *testing.T) {
	_, r := read(t, "a;b\n1;2,5\n", rows.Options{})
	f := r.Format()
	f.Type, f.Decimal = rows.TypeGDPdU, ","
	var b bytes.Buffer
	w := rows.NewRejects(&b, f)
	if err := w.Write(&rows.Row{Header: f.Header, Cells: []string{"1", "2,5"}}, "no"); err != nil {
		t.Fatal(err)
	}
	if want := "a;b;funnelrelay_reason decimal ,\n1;2,5;no\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
	back, err := rows.OpenBytes("lines.csv.rows-2.csv", b.Bytes(), rows.Options{Type: rows.TypeGDPdU})
	if err != nil {
		t.Fatal(err)
	}
	if f := back.Format(); f.Decimal != "," || len(f.Header.Names) != 2 {
		t.Errorf("%+v", f)
	}
	if diff := cmp.Diff([]string{"1|2,5"}, drain(t, back)); diff != "" {
		t.Error(diff)
	}
}

// TestRejectsOfJSON: a row is its own line, with the reason, which is gone when
// it comes back.
func TestRejectsOfJSON(t *testing.T) {
	text := "[{\"id\": 1234567890123456789,\n  \"name\": \"a\\nb\"}, {}]"
	r, err := rows.OpenBytes("t.json", []byte(text), rows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := rows.NewRejects(&b, r.Format())
	for {
		row, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(row, "no \"price\""); err != nil {
			t.Fatal(err)
		}
	}
	want := `{"funnelrelay_reason":"no \"price\"","id": 1234567890123456789,   "name": "a\nb"}` + "\n" +
		`{"funnelrelay_reason":"no \"price\""}` + "\n"
	if b.String() != want {
		t.Fatalf("%s\nwant\n%s", b.String(), want)
	}
	r, err = rows.OpenBytes("t.json.rows-2.ndjson", b.Bytes(), rows.Options{Type: rows.TypeCSV, Rows: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if id := row.Value.Get("id").Text(); id != "1234567890123456789" || row.Value.Get(rows.ReasonColumn) != nil {
		t.Errorf("%s", row.Value.JSON())
	}
}
