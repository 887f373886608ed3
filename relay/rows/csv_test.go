package rows_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/rows"
)

// read is all of a text: each row as its cells joined by |, each broken record
// as ! and its line.
func read(t testing.TB, text string, o rows.Options) (list []string, r *rows.Reader) {
	t.Helper()
	r, err := rows.OpenBytes("t.csv", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return drain(t, r), r
}

func drain(t testing.TB, r *rows.Reader) (list []string) {
	t.Helper()
	for {
		row, err := r.Next()
		var b *rows.Broken
		switch {
		case errors.Is(err, io.EOF):
			return list
		case errors.As(err, &b):
			list = append(list, fmt.Sprintf("!%d", b.At.Line))
		case err != nil:
			t.Fatal(err)
		default:
			list = append(list, strings.Join(row.Cells, "|"))
		}
	}
}

// nulls are what a power cut leaves of a block that was not written yet.
var nulls = strings.Repeat("\x00", 5000)

func TestTables(t *testing.T) {
	for _, test := range []struct {
		name, text string
		o          rows.Options
		want       []string
	}{
		{name: "empty", text: ""},
		{name: "only a BOM", text: "\uFEFF"},
		{name: "header only", text: "a,b\n"},
		{name: "header without its end", text: "a,b"},
		{name: "comma", text: "a,b\n1,2\n", want: []string{"1|2"}},
		{name: "no end of the last line", text: "a,b\n1,2", want: []string{"1|2"}},
		{name: "semicolon and amounts", text: "a;b\n1,5;2,5\n3,5;4,5\n", want: []string{"1,5|2,5", "3,5|4,5"}},
		{name: "tab", text: "a\tb\n1\t2,3\n", want: []string{"1|2,3"}},
		{name: "bar", text: "a|b\n1|2,3\n", want: []string{"1|2,3"}},
		{name: "a header with quotes again behind a broken record", text: "\"a\" b;c\n1;\"2\n\"a\" b;c\n3;4\n", want: []string{"!2", "3|4"}},
		{name: "packed cells", text: "a,b\n1,x:1|y:2\n2,x:1|y:2\n", want: []string{"1|x:1|y:2", "2|x:1|y:2"}},
		{name: "sep", text: "sep=|\r\na|b\r\n1,2|3\r\n", want: []string{"1,2|3"}},
		{name: "sep behind a BOM", text: "\uFEFFsep=;\na;b\n1,2;3\n", want: []string{"1,2|3"}},
		{name: "sep before a BOM", text: "sep=;\n\uFEFF\"a\";b\n1;3\n", want: []string{"1|3"}},
		{name: "quoted sep", text: "\"sep=;\"\na;b\n1;3\n", want: []string{"1|3"}},
		{name: "a delimiter of two bytes", text: "a§b\n1§ä\n", o: rows.Options{Delimiter: '§'}, want: []string{"1|ä"}},
		{name: "the same in windows-1252", text: "a\xA7b\n1\xA7\xE4\n", o: rows.Options{Delimiter: '§'}, want: []string{"1|ä"}},
		{name: "CR", text: "a,b\r1,2\r\r3,4\r", want: []string{"1|2", "3|4"}},
		{name: "mixed line ends", text: "a,b\r\n1,2\n3,4\r5,6\r\r\n7,8", want: []string{"1|2", "3|4", "5|6", "7|8"}},
		{name: "blank lines", text: "\n\na,b\n\n1,2\n  \n,\n;;;\n3,4\n\n", want: []string{"1|2", ";;;", "3|4"}},
		{name: "line ends in quotes", text: "a,b\n\"1\r\n1\",\"2\n\n2\"\n", want: []string{"1\r\n1|2\n\n2"}},
		{name: "doubled quotes", text: "a,b\n\"\"\"1\"\"\",\"\"\n", want: []string{`"1"|`}},
		{name: "stray quotes", text: "a,b\n5\" pipe,x\"y\"\n", want: []string{`5" pipe|x"y"`}},
		{name: "quotes that are not doubled", text: "a,b\n\"5\" pipe\",1\n\"Best\" Coffee,2\n", want: []string{`5" pipe|1`, `"Best" Coffee|2`}},
		{name: "space before a quote", text: "a, \"b\"\n1, \"2,3\" \n", want: []string{"1|2,3"}},
		{name: "NUL and 0x1A", text: "a,b\n1\x00,\x00\"2\x1A\"\n3,4\n\x1A", want: []string{"1|2", "3|4"}},
		{name: "ragged", text: "a,b,c\n1\n1,2,3,4\n1,2,3,\n", want: []string{"1", "1|2|3|4", "1|2|3|"}},
		{name: "guards", text: "a,b\n=\"0123\",'07046\n\"=\"\"0,1\"\"\",'t Hooft\n=\"1,5\",'+41 79\n'=1+1,'90s\n", want: []string{"0123|07046", "0,1|'t Hooft", "1,5|+41 79", "=1+1|'90s"}},
		{name: "guards with blanks", text: "a,b\n '0123,'0123 \n\" '0123\t\",\u00a0'0123\n =\"0123\" , 't Hooft \n ' , '90s\n", want: []string{"0123|0123", "0123|0123", "0123| 't Hooft ", " ' | '90s"}},
		{name: "a quote that is never closed", text: "a,b\n1,\"x\n2,y\n3,z\n", want: []string{"!2", "2|y", "3|z"}},
		{name: "a quote closed by another record's", text: "a,b,c\n1,\"x,3\n2,\"y\",4\n5,z,6\n", want: []string{"!2", "2|y|4", "5|z|6"}},
		{name: "a quote that takes whole records with it", text: "a,b,c\n1,\"x,3\n4,5,6\n7,8,\"\"\"\n9,8,7\n", want: []string{"!2", "4|5|6", "!4", "9|8|7"}},
		{name: "the rest of a broken cell", text: "a,b,c\n1,\"x\nrest of it\n2,y,3\n", want: []string{"!2", "!3", "2|y|3"}},
		{name: "a quote that shifts cells", text: "a,b\n\"5\" pipe, large\",1\n2,3\n", want: []string{"!2", "2|3"}},
		{name: "repeated header", text: "a,b\n1,2\na,b\n3,4\n", want: []string{"1|2", "3|4"}},
		{name: "preamble", text: "Report of;today\n\nall;branches;x\nNo;Amount\n1;2\n", o: rows.Options{Want: []string{"no", "AMOUNT"}}, want: []string{"1|2"}},
		{name: "a header that lacks a wanted column", text: "My shop\nNo;Amount;Qty\n1;2;3\n", o: rows.Options{Want: []string{"No", "Qty", "Amuont"}}, want: []string{"1|2|3"}},
		{name: "a header by its names", text: "a;b\nx;y\nTerm;Seq\n1;2\n", o: rows.Options{Header: []string{"Term", "Seq"}}, want: []string{"1|2"}},
		{name: "no header", text: "1;2\n3;4\n", o: rows.Options{NoHeader: true}, want: []string{"1|2", "3|4"}},
		{name: "end", text: "a;b\n1;2\nSum;2\n3;4\n", o: rows.Options{End: func(r *rows.Row) bool { return r.Cell(0) == "Sum" }}, want: []string{"1|2"}},
		{name: "too long", text: "a;b\n1;" + strings.Repeat("x", 1000) + "\n3;4\n", o: rows.Options{MaxRecord: 100}, want: []string{"!2", "3|4"}},
		{name: "a quote open for too long", text: "a;b\n1;\"2\n" + strings.Repeat("3;4\n", 100), o: rows.Options{MaxRecord: 100}, want: append([]string{"!2"}, list("3|4", 100)...)},
		{name: "a block of NULs", text: "a;b\n1;2\n" + nulls + "3;4\n5;6\n", want: []string{"1|2", "3|4", "5|6"}},
		{name: "a block of NULs in a line", text: "a;b\n1;2\n3" + nulls + "5;6\n7;8\n", want: []string{"1|2", "!3", "5|6", "7|8"}},
		{name: "a block of NULs in a line of quotes", text: "\"a\";\"b\"\n\"1\";\"2\"\n\"3" + nulls + "\"5\";\"6\"\n\"7\";\"8\"\n", want: []string{"1|2", "!3", "5|6", "7|8"}},
		{name: "a block of NULs behind a line without its end", text: "a;b\n1;2\n3;4" + nulls + "5;6\n7;8\n", want: []string{"1|2", "!3", "5|6", "7|8"}},
		{name: "a field filled up with NULs", text: "a;b\n1" + nulls[:200] + ";2\n3;4\n", want: []string{"1|2", "3|4"}},
		{name: "blocks that were never written", text: "a;b\n1;2\n" + strings.Repeat("\x00", 5000), o: rows.Options{MaxRecord: 100}, want: []string{"1|2"}},
		{name: "one row of a journal that is being written", text: "a;b\n1;2\n3;", o: rows.Options{Growing: true}, want: []string{"1|2"}},
		{name: "half a line end", text: "a;b\r\n1;2\r\n3;4\r", o: rows.Options{Growing: true}, want: []string{"1|2"}},
		{name: "an open quote in a journal", text: "a;b\n1;2\n3;\"4\n5;6\n", o: rows.Options{Growing: true}, want: []string{"1|2"}},
		{name: "an open quote that was forgotten", text: "a;b\n1;2\n3;\"4\n5;6\n7;8\n9;0\n1", o: rows.Options{Growing: true}, want: []string{"1|2", "!3", "5|6", "7|8", "9|0"}},
		{name: "a journal whose lines end with CR", text: "a;b\r1;2\r3;4\r5", o: rows.Options{Growing: true}, want: []string{"1|2", "3|4"}},
		{name: "a journal whose last line ends with CR", text: "a;b\r1;2\r3;4\r", o: rows.Options{Growing: true}, want: []string{"1|2", "3|4"}},
		{name: "a journal's header that is not there yet", text: "Shop\nNo;", o: rows.Options{Growing: true, Header: []string{"No"}}},
		{name: "broken first, and all rows end with a delimiter", text: "a;b\n\"1;2;\n3;4;\n5;6;\n7;8;\n", want: []string{"!2", "!3", "5|6|", "7|8|"}},
		{name: "one file behind another", text: "\uFEFF\"a\";b\n\"1\";2\n\uFEFF\"a\";b\n\uFEFF\"3\";4\n", want: []string{"1|2", "3|4"}},
		{name: "one column", text: "Name\nTea\nMilk\n", want: []string{"Tea", "Milk"}},
		{name: "dates in brackets", text: "[2026-01-02];x\n[2026-01-03];y\n", o: rows.Options{NoHeader: true}, want: []string{"[2026-01-02]|x", "[2026-01-03]|y"}},
		{name: "brackets", text: "[INFO]\n\"1.05\",3\n", o: rows.Options{NoHeader: true}, want: []string{"[INFO]", "1.05|3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := read(t, test.text, test.o)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// list is the same row n times.
func list(row string, n int) (all []string) {
	for range n {
		all = append(all, row)
	}
	return all
}

// TestBroken pins what a person is told.
func TestBroken(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a;Note\n1;\"x\n2;y\n", `the quote in column "Note" in line 2 is never closed: close it, or write a quote in a text as ""`},
		{"a;b\n1;\"x\n2;\"y\"\n", `the quote in column "b" in line 2 is closed in a later line, in the middle of a text: close it, or write a quote in a text as ""`},
		{"a;b\n\"1\" x;y;z\n", `a quote stands where none may, and the line has 3 cells, not 2: write a quote in a text as ""`},
	} {
		r, err := rows.OpenBytes("t.csv", []byte(test.text), rows.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Next()
		var b *rows.Broken
		if !errors.As(err, &b) || b.Reason != test.want || b.Row == nil {
			t.Errorf("%q: %v", test.text, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		o                rows.Options
	}{
		{name: "a.csv", text: "%PDF-1.7\n", want: "a.csv: is a PDF, not a table; export it as CSV"},
		{name: "a.csv", text: "PK\x03\x04rest", want: "a.csv: is a zip or an Excel workbook (xlsx), not a table; export it as CSV"},
		{name: "a.csv", text: "<html><body>", want: "a.csv: is a web page, not a table; export it as CSV"},
		{name: "a.csv", text: strings.Repeat("\x00", 300), want: "a.csv: holds nothing but NUL bytes, as after a power cut while it was written; export it again"},
		{name: "a.csv", text: strings.Repeat("\x01\x02\x7fx", 30), want: "a.csv: is binary, not a table; export it as CSV"},
		{name: "GNDITEM.DBF", text: "\x03\x7E\x0B\x17" + strings.Repeat("\x00\x01xy", 30), want: "GNDITEM.DBF: is a dBASE file (DBF), not a table; export it as CSV"},
		{name: "a.tar", text: "a.csv" + strings.Repeat("\x00", 95) + "0000644" + strings.Repeat("\x00", 150) + "ustar\x0000" + strings.Repeat("\x00", 247) + "a;b\n1;2\n", want: "a.tar: is packed with tar, not a table; export it as CSV"},
		{name: "a.dat", text: "ab" + nulls + strings.Repeat("\x02\x10a;b", 30), want: "a.dat: is binary, not a table; export it as CSV"},
		{name: "a.csv", text: "ab" + strings.Repeat("\x00\x00\x00x", 30), want: "a.csv: is binary, not a table; export it as CSV"},
		{name: "a.csv", text: "a;b\n1;2\n", o: rows.Options{Header: []string{"a", "Betrag"}}, want: `a.csv: no header: none of the first 100 rows holds the columns of read: {header: …}; the nearest one has no "Betrag"`},
		{name: "a.csv", text: "a;b\n", o: rows.Options{Encoding: "cp9999"}, want: `a.csv: encoding "cp9999" is unknown: write one as windows-1252, ibm850 or iso-8859-15`},
		{name: "a.csv", text: "a;b\n", o: rows.Options{Type: "gdpdu"}, want: "a.csv: is not the index.xml that read: {type: gdpdu} asks for"},
	} {
		_, err := rows.OpenBytes(test.name, []byte(test.text), test.o)
		if err == nil || err.Error() != test.want {
			t.Errorf("%.20q: %v", test.text, err)
		}
	}
	fsys := fstest.MapFS{"x.csv/y.csv": {}}
	if _, err := rows.Open(fsys, "x.csv", rows.Options{}); err == nil || err.Error() != "x.csv: is a folder, not a file" {
		t.Error(err)
	}
}

// TestPositions: each record is found again at the position that was told.
func TestPositions(t *testing.T) {
	for name, text := range map[string]string{
		"bytes":  "\uFEFFpreamble\r\nNo;Text\r\n1;\"a\r\n\r\nb\"\r\n\r\n2;ä\r\n3;\"open\r\n4;c\r\nNo;Text\r\n5;d\r\n6",
		"latin":  "preamble\nNo;Text\n1;\"a\n\nb\"\n\n2;\xE4\n3;\"open\n4;c\nNo;Text\n5;d\n6",
		"UTF-16": utf16le("preamble\r\nNo;Text\r\n1;\"a\r\n\r\nb\"\r\n\r\n2;ä\r\n3;\"open\r\n4;c\r\nNo;Text\r\n5;d\r\n6"),
	} {
		o := rows.Options{Want: []string{"No", "Text"}}
		all, r := read(t, text, o)
		want := []string{"1|a\r\n\r\nb", "2|ä", "!8", "4|c", "5|d", "6"}
		if name == "latin" {
			want[0] = "1|a\n\nb"
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Fatal(name, diff)
		}
		if end := r.Position(); end.Record != 7 || end.Line != 12 {
			t.Errorf("%s: ends at %+v", name, end)
		}
		r, err := rows.OpenBytes("t.csv", []byte(text), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Format().HeaderAt != 2 || r.Header().Find("text") != 1 {
			t.Errorf("%s: %+v", name, r.Format())
		}
		for i := range all {
			o.Start = r.Position()
			again, _ := read(t, text, o)
			if diff := cmp.Diff(all[i:], again); diff != "" {
				t.Errorf("%s from %+v: %s", name, o.Start, diff)
			}
			r.Next()
		}
	}
}

// TestGrowing reads a journal byte by byte as it grows, each time by a new
// Reader from where the last one stood.
func TestGrowing(t *testing.T) {
	text := "No;Text\r\n1;ä\r\n2;\"x\r\ny\"\r\n\r\n3;z\r\nNo;Text\r\n4;\xE4\r\n"
	var got []string
	o := rows.Options{Growing: true, Want: []string{"No"}}
	for n := range len(text) + 1 {
		list, r := read(t, text[:n], o)
		got = append(got, list...)
		if r.Header().Find("No") == 0 {
			o.Start = r.Position()
		}
	}
	want := []string{"1|ä", "2|x\r\ny", "3|z", "4|ä"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if o.Start.Offset != int64(len(text)) || o.Start.Record != 5 || o.Start.Line != 9 {
		t.Errorf("%+v", o.Start)
	}
}

// TestGrowingWider: in a journal whose rows are wider than its header, a quote
// that is not closed, or holds a line end, is judged as by a Reader that has
// read the rows before it.
func TestGrowingWider(t *testing.T) {
	for _, test := range []struct {
		o    rows.Options
		text string
		last string
		want []string
	}{
		{rows.Options{}, "a;b\n1;2;\n", "3;\"x;\n4;5;\n6;7;\n8;9;\n", []string{"!3", "4|5|", "6|7|", "8|9|"}},
		{rows.Options{}, "a;b\n1;2;\n", "3;\"x\ny\";\n4;5;\n", []string{"3|x\ny|", "4|5|"}},
		{rows.Options{NoHeader: true}, "1;2\n", "3;\"x\n4;5\n6;7\n8;9\n", []string{"!2", "4|5", "6|7", "8|9"}},
	} {
		test.o.Growing = true
		_, r := read(t, test.text, test.o)
		test.o.Start = r.Position()
		got, _ := read(t, test.text+test.last, test.o)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestGrowingCR: in a journal whose lines end with a CR alone, a record of two
// lines with too few cells is not returned before its bytes are read.
func TestGrowingCR(t *testing.T) {
	got, r := read(t, "a;b;c\r1;\"x\ry\"\r", rows.Options{Growing: true})
	if diff := cmp.Diff([]string{"1|x\ry"}, got); diff != "" || r.Position().Offset != 14 {
		t.Error(diff, r.Position())
	}
}

// TestWindow: what is told by the line behind a record does not depend on how
// much of it is in memory.
func TestWindow(t *testing.T) {
	record := "1;\"x\n2;\";more\n"
	filler := strings.Repeat("0;0\n", (128<<10-len("a;b\n"+record+"te"))/4)
	got, _ := read(t, "a;b\n"+filler+record+"text\"\n3;4\n", rows.Options{})
	want := []string{"!32765", "2|;more\ntext", "3|4"}
	if diff := cmp.Diff(want, got[len(filler)/4:]); diff != "" {
		t.Error(diff)
	}
}

// TestLongLine: a line of any length is skipped in little memory.
func TestLongLine(t *testing.T) {
	src := io.MultiReader(strings.NewReader("a;b\n1;2\n3;"), io.LimitReader(endless('x'), 64<<20), strings.NewReader("\n4;5\n"))
	r, err := rows.Open(oneFile{src}, "t.csv", rows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := drain(t, r)
	if diff := cmp.Diff([]string{"1|2", "!3", "4|5"}, got); diff != "" {
		t.Error(diff)
	}
	if n := r.Position().Offset; n != 10+64<<20+5 {
		t.Error(n)
	}
}

// What belongs to an order is known by its first cells, so that the order is not
// sent without it.
func TestFirstCellsOfALongRecord(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"plain":     {"P7;ä;" + strings.Repeat("x", 200) + ";1", "P7|ä|" + strings.Repeat("x", 94) + "…"},
		"quoted":    {`"P;7";"ä";"` + strings.Repeat("x", 200) + `";1`, `P;7|ä|"` + strings.Repeat("x", 88) + "…"},
		"a letter":  {"P7;" + strings.Repeat("xä", 200), "P7|" + strings.Repeat("xä", 32) + "x…"},
		"delimited": {strings.Repeat("x", 99) + ";" + strings.Repeat("x", 99), strings.Repeat("x", 99) + "|…"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := rows.OpenBytes("t.csv", []byte("a;b;c;d\n"+c.line+"\n1;2;3;4\n"), rows.Options{MaxRecord: 100})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Next()
			var b *rows.Broken
			if !errors.As(err, &b) {
				t.Fatal(err)
			}
			if got := strings.Join(b.Row.Cells, "|"); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if diff := cmp.Diff([]string{"1|2|3|4"}, drain(t, r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A journal in which a block was never written is read on, also from behind it.
func TestBlockOfNULsInAJournal(t *testing.T) {
	text := "a;b\n1;2\n3;4\n" + nulls + "5;6\n7;8\n"
	o := rows.Options{Growing: true}
	list, _ := read(t, text, o)
	if diff := cmp.Diff([]string{"1|2", "3|4", "5|6", "7|8"}, list); diff != "" {
		t.Error(diff)
	}
	o.Start = rows.Position{Offset: 8, Line: 3, Record: 2}
	list, _ = read(t, text, o)
	if diff := cmp.Diff([]string{"3|4", "5|6", "7|8"}, list); diff != "" {
		t.Error(diff)
	}
}
