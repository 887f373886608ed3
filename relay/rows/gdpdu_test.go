package rows

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// dsfinvk is an index.xml as tills write it, with the tables' parts put in.
const dsfinvk = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">
<DataSet>
  <Version>1.0</Version>
  <DataSupplier><Name>Café Müller</Name><Location>Köln</Location><Comment>DSFinV-K</Comment></DataSupplier>
  <Media>
    <Name>Kasse 1</Name>
    <Table>
      <URL>lines.csv</URL><Name>Bonpos</Name><Description>Zeilen &amp; Preise</Description>
      <Validity><Range><From>01.09.2026</From><To>30.09.2026</To></Range><Format>DD.MM.YYYY</Format></Validity>
      <UTF8/><DecimalSymbol>,</DecimalSymbol><DigitGroupingSymbol>.</DigitGroupingSymbol>
      <Range><From>2</From></Range>
      <VariableLength>
        <ColumnDelimiter>;</ColumnDelimiter><RecordDelimiter>&#13;&#10;</RecordDelimiter><TextEncapsulator>"</TextEncapsulator>
        <VariablePrimaryKey><Name>Z_KASSE_ID</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>Z_NR</Name><Numeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>BON_ID</Name><AlphaNumeric/><MaxLength>40</MaxLength></VariablePrimaryKey>
        <VariablePrimaryKey><Name>POS_ZEILE</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariableColumn><Name>ARTIKELTEXT</Name><AlphaNumeric/></VariableColumn>
        <VariableColumn><Name>MENGE</Name><Numeric><Accuracy>3</Accuracy></Numeric></VariableColumn>
        <ForeignKey><Name>BON_ID</Name><References>transactions.csv</References></ForeignKey>
      </VariableLength>
    </Table>
    <Table>
      <URL>transactions.csv</URL><Name>Bonkopf</Name>
      <ANSI/><DecimalSymbol>,</DecimalSymbol>
      <Range><From>2</From></Range>
      <VariableLength>
        <VariablePrimaryKey><Name>Z_KASSE_ID</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>Z_NR</Name><Numeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>BON_ID</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariableColumn><Name>BON_ENDE</Name><Date><Format>YYYY-MM-DDTHH:MM:SS</Format></Date></VariableColumn>
        <VariableColumn><Name>BEDIENER</Name><AlphaNumeric/></VariableColumn>
        <VariableColumn><Name>UMS_BRUTTO</Name><Numeric><ImpliedAccuracy>2</ImpliedAccuracy></Numeric></VariableColumn>
      </VariableLength>
    </Table>
    <Table>
      <URL>lines_vat.csv</URL><Name>Bonpos_USt</Name>
      <UTF8/><DecimalSymbol>,</DecimalSymbol><DigitGroupingSymbol>.</DigitGroupingSymbol>
      <Range><From>2</From></Range>
      <VariableLength>
        <ColumnDelimiter>;</ColumnDelimiter>
        <VariablePrimaryKey><Name>Z_KASSE_ID</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>Z_NR</Name><Numeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>BON_ID</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariablePrimaryKey><Name>POS_ZEILE</Name><AlphaNumeric/></VariablePrimaryKey>
        <VariableColumn><Name>UST_SCHLUESSEL</Name><Numeric/></VariableColumn>
        <VariableColumn><Name>POS_BRUTTO</Name><Numeric><Accuracy>5</Accuracy></Numeric></VariableColumn>
      </VariableLength>
    </Table>
  </Media>
</DataSet>`

func dsfinvkFiles() fstest.MapFS {
	return fstest.MapFS{
		"a/index.xml": {Data: []byte(dsfinvk)},
		"a/lines.csv": {Data: []byte("Z_KASSE_ID;Z_NR;BON_ID;POS_ZEILE;ARTIKELTEXT;MENGE\r\n" +
			"K1;1.234;17;1;\"Tee; \"\"grün\"\"\";2,000\r\nK1;1234;17;2;Tüte;1,000\r\nK1;1234;18;1;Kuchen;1.000,5\r\n")},
		"a/Transactions.CSV": {Data: []byte("Z_KASSE_ID;Z_NR;BON_ID;BON_ENDE;BEDIENER;UMS_BRUTTO\r\n" +
			"K1;1234;17;2026-09-11T10:00:00;J\xf6rg;-1190\r\nK1;1.234;18;2026-09-11T10:05:00;J\xf6rg;5\r\n")},
		"a/lines_vat.csv": {Data: []byte("Z_KASSE_ID;Z_NR;BON_ID;POS_ZEILE;UST_SCHLUESSEL;POS_BRUTTO\r\n" +
			"K1;1.234;17;1;1;11,90000\r\nK1;1.234;17;1;2;1.000,1\r\nK1;1.234;17;2;1;0,10000\r\n")},
	}
}

// readTable is the rows of the file, their cells with | between them.
func readTable(t testing.TB, fsys fs.FS, name string, o Options) ([]string, Format) {
	t.Helper()
	r, err := Open(fsys, name, o)
	if err != nil {
		return []string{"error: " + err.Error()}, Format{}
	}
	defer r.Close()
	got := []string{strings.Join(r.Header().Names, "|")}
	for {
		row, err := r.Next()
		var broken *Broken
		switch {
		case errors.Is(err, io.EOF):
			return got, r.Format()
		case errors.As(err, &broken):
			got = append(got, "! "+broken.Reason)
		case err != nil:
			return append(got, "error: "+err.Error()), r.Format()
		default:
			if row.Header != r.Header() {
				t.Errorf("a row has another header: %v", row.Header.Names)
			}
			got = append(got, strings.Join(row.Cells, "|"))
		}
	}
}

func TestGDPdU(t *testing.T) {
	got, f := readTable(t, dsfinvkFiles(), "a/index.xml", Options{Table: "lines.csv"})
	want := []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE",
		`K1|1.234|17|1|Tee; "grün"|2,000`, "K1|1234|17|2|Tüte|1,000", "K1|1234|18|1|Kuchen|1.000,5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if f.Type != TypeGDPdU || f.Encoding != "utf-8" || f.Delimiter != ';' || f.Decimal != "," || f.Newline != "\r\n" || f.HeaderAt != 1 {
		t.Errorf("%+v", f)
	}
	got, f = readTable(t, dsfinvkFiles(), "a/index.xml", Options{Table: "bonkopf"})
	want = []string{"Z_KASSE_ID|Z_NR|BON_ID|BON_ENDE|BEDIENER|UMS_BRUTTO",
		"K1|1234|17|2026-09-11T10:00:00|Jörg|-11,90", "K1|1.234|18|2026-09-11T10:05:00|Jörg|0,05"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if f.Encoding != "windows-1252" {
		t.Errorf("%+v", f)
	}
}

func TestGDPdUJoins(t *testing.T) {
	keys := []string{"Z_KASSE_ID", "Z_NR", "BON_ID"}
	o := Options{Table: "lines.csv", Join: []Join{
		{Table: "transactions.csv", By: keys},
		{Table: "Bonpos_USt", By: append(keys, "POS_ZEILE"), Sum: []string{"POS_BRUTTO"}},
	}}
	got, _ := readTable(t, dsfinvkFiles(), "a/index.xml", o)
	want := []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE|BON_ENDE|BEDIENER|UMS_BRUTTO|UST_SCHLUESSEL|POS_BRUTTO",
		`K1|1.234|17|1|Tee; "grün"|2,000|2026-09-11T10:00:00|Jörg|-11,90|1|1012,00000`,
		"K1|1234|17|2|Tüte|1,000|2026-09-11T10:00:00|Jörg|-11,90|1|0,10000",
		"K1|1234|18|1|Kuchen|1.000,5|2026-09-11T10:05:00|Jörg|0,05||"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestGDPdUVariants(t *testing.T) {
	lines := Options{Table: "lines.csv"}
	for name, tt := range map[string]struct {
		old, new string // in the index.xml
		file     string // lines.csv
		o        Options
		want     []string
	}{
		"a header in another order": {file: "BON_ID;Z_NR;Z_KASSE_ID;MENGE;ARTIKELTEXT;POS_ZEILE\n17;1;K1;2;Tee;1\n", o: lines,
			want: []string{"BON_ID|Z_NR|Z_KASSE_ID|MENGE|ARTIKELTEXT|POS_ZEILE", "17|1|K1|2|Tee|1"}},
		"a header of other names": {file: "Kasse;Z;Bon;Zeile;Text;Menge\nK1;1;17;1;Tee;2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE", "K1|1|17|1|Tee|2"}},
		"no header": {old: "<Range><From>2</From></Range>", file: "K1;1;17;1;Tee;2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE", "K1|1|17|1|Tee|2"}},
		"a range with an end": {old: "<From>2</From>", new: "<From>2</From><Length>1</Length>", file: "\nK1;1;17;1;Tee;2\nK1;1;17;2;Tee;2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE", "K1|1|17|1|Tee|2"}},
		"a range of records": {old: "<From>2</From>", new: "<From>2</From><To>4</To>", file: "Z_KASSE_ID;Z_NR;BON_ID;POS_ZEILE;ARTIKELTEXT;MENGE\nK1;1;17;1;\"Tee\n\ngrün\";2\n\nK1;1;17;2;Tee;2\nK1;1;17;3;Tee;2\nK1;1;17;4;Tee;2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE", "K1|1|17|1|Tee\n\ngrün|2", "K1|1|17|2|Tee|2", "K1|1|17|3|Tee|2"}},
		"a range with a broken record": {old: "<From>2</From>", new: "<From>2</From><Length>2</Length>", file: "\nK1;1;17;1;Tee \xff;2\nK1;1;17;2;Tee;2\nK1;1;17;3;Tee;2\nK1;1;17;4;Tee;2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE", "! the line is not UTF-8: write its encoding as read: {encoding: windows-1252}", "K1|1|17|2|Tee|2", "K1|1|17|3|Tee|2"}},
		"an empty range": {old: "<From>2</From>", new: "<From>2</From><To>1</To>", file: "\nK1;1;17;1;Tee;2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE"}},
		"tabs and DOS": {old: "<UTF8/><DecimalSymbol>,</DecimalSymbol><DigitGroupingSymbol>.</DigitGroupingSymbol>\n      <Range><From>2</From></Range>\n      <VariableLength>\n        <ColumnDelimiter>;<",
			new:  "<OEM/><VariableLength><ColumnDelimiter>&#9;<",
			file: "K1\t1\t17\t1\tT\x81te\t2\n", o: lines,
			want: []string{"Z_KASSE_ID|Z_NR|BON_ID|POS_ZEILE|ARTIKELTEXT|MENGE", "K1|1|17|1|Tüte|2"}},
		"a joined table is missing": {old: "<URL>lines_vat.csv", new: "<URL>vat.csv", o: Options{Table: "lines.csv", Join: []Join{{Table: "vat.csv", By: []string{"BON_ID"}}}},
			want: []string{"error: a/index.xml: join vat.csv: table vat.csv: file does not exist beside the file in a"}},
		"another table":          {o: Options{Table: "x.csv"}, want: []string{`error: a/index.xml: the index.xml describes no table "x.csv"; there are lines.csv, transactions.csv, lines_vat.csv`}},
		"no table":               {want: []string{`error: a/index.xml: the index.xml describes several tables: say which one with read: { table: … }; there are lines.csv, transactions.csv, lines_vat.csv`}},
		"out of it":              {old: "<URL>lines.csv", new: "<URL>../lines.csv", o: Options{Table: "Bonpos"}, want: []string{`error: a/index.xml: the table "../lines.csv" does not lie beside the index.xml: only tables there, or in folders below it, are read`}},
		"on another disk":        {old: "<URL>lines.csv", new: `<URL>D:\lines.csv`, o: Options{Table: "Bonpos"}, want: []string{`error: a/index.xml: the table "D:\\lines.csv" does not lie beside the index.xml: only tables there, or in folders below it, are read`}},
		"not there":              {old: "<URL>lines.csv", new: "<URL>lines%20.csv", o: Options{Table: "Bonpos"}, want: []string{`error: a/index.xml: table lines .csv: file does not exist beside the file in a`}},
		"fixed widths":           {old: "<VariableLength>", new: "<FixedLength></FixedLength><VariableLength>", o: lines, want: []string{`error: a/index.xml: table lines.csv: its columns have fixed widths (FixedLength), which is not read: let the till export it as CSV (VariableLength)`}},
		"quotes of another kind": {old: `<TextEncapsulator>"`, new: `<TextEncapsulator>'`, o: lines, want: []string{`error: a/index.xml: table lines.csv: the TextEncapsulator "'" is not read: let the till write "`}},
		"no XML":                 {old: "<DataSet>", new: "<DataSet", o: lines, want: []string{`error: a/index.xml: line 4, column 3: no index.xml of a GDPdU export: expected attribute name in element`}},
		"an entity":              {old: "Café", new: "&xxe;", o: lines, want: []string{`error: a/index.xml: line 5, column 28: no index.xml of a GDPdU export: invalid character entity &xxe;`}},
		"another XML":            {old: dsfinvk, new: "<a/>", o: lines, want: []string{`error: a/index.xml: line 1, column 5: no index.xml of a GDPdU export: expected element type <DataSet> but have <a>`}},
		"no tables":              {old: dsfinvk, new: "<DataSet/>", o: lines, want: []string{`error: a/index.xml: the index.xml names no table`}},
	} {
		t.Run(name, func(t *testing.T) {
			files := dsfinvkFiles()
			if tt.old != "" {
				if !strings.Contains(dsfinvk, tt.old) {
					t.Fatalf("%q is not in the index.xml", tt.old)
				}
				files["a/index.xml"].Data = []byte(strings.Replace(dsfinvk, tt.old, tt.new, 1))
			}
			if tt.file != "" {
				files["a/lines.csv"].Data = []byte(tt.file)
			}
			got, _ := readTable(t, files, "a/index.xml", tt.o)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWithDecimals(t *testing.T) {
	for number, want := range map[string]string{
		"1250": "12,50", "-1250": "-12,50", "1250-": "-12,50", "+1250": "12,50", " 5 ": "0,05", "-0": "-0,00",
		"": "", "-": "-", "12,50": "12,50", "12,50-": "12,50-", "-1-": "-1-", "1-2": "1-2", "x": "x",
	} {
		if got := withDecimals(number, 2, ","); got != want {
			t.Errorf("%q: got %q, want %q", number, got, want)
		}
	}
}

// Reading goes on at any position that was given.
func TestGDPdUStart(t *testing.T) {
	for _, span := range []string{"<From>2</From>", "<From>2</From><Length>2</Length>"} {
		files := dsfinvkFiles()
		files["a/index.xml"].Data = []byte(strings.Replace(dsfinvk, "<From>2</From>", span, 1))
		startAnywhere(t, files)
	}
}

func startAnywhere(t *testing.T, files fstest.MapFS) {
	t.Helper()
	o := Options{Table: "lines.csv"}
	all, _ := readTable(t, files, "a/index.xml", o)
	r, err := Open(files, "a/index.xml", o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := 1; i < len(all); i++ {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		o.Start = r.Position()
		got, _ := readTable(t, files, "a/index.xml", o)
		if diff := cmp.Diff(all[i+1:], got[1:]); diff != "" && len(all[i+1:])+len(got[1:]) > 0 {
			t.Errorf("after %d rows: (-want +got)\n%s", i, diff)
		}
	}
}

// A Reader of several files may be closed twice, too.
func TestGDPdUClose(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, dsfinvkFiles()); err != nil {
		t.Fatal(err)
	}
	keys := []string{"Z_KASSE_ID", "Z_NR", "BON_ID"}
	r, err := Open(os.DirFS(dir), "a/index.xml", Options{Table: "lines.csv", Join: []Join{{Table: "transactions.csv", By: keys}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestIndexEncodings(t *testing.T) {
	ansi := strings.NewReplacer("é", "\xe9", "ü", "\xfc", "ö", "\xf6").Replace(dsfinvk)
	for name, text := range map[string]string{
		"declared":   strings.Replace(ansi, "UTF-8", "ISO-8859-1", 1),
		"undeclared": ansi,
		"UTF-16":     "\xff\xfe" + wide(strings.Replace(dsfinvk, "UTF-8", "UTF-16", 1)),
		"BOM":        bomUTF8 + dsfinvk,
	} {
		ix, err := parseIndex([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if n := len(ix.tables); n != 3 {
			t.Errorf("%s: %d tables", name, n)
		}
	}
}

// FuzzIndex: whatever an index.xml says, its table is read or refused, and no
// other file than those beside it.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(dsfinvk), "lines.csv", []byte("a;b\n1;2\n"))
	f.Add([]byte("<DataSet><Media><Table><URL>lines.csv</URL><VariableLength><VariableColumn><Name>a</Name><Numeric><ImpliedAccuracy>3</ImpliedAccuracy></Numeric></VariableColumn></VariableLength></Table></Media></DataSet>"), "", []byte("12\n-5\n"))
	f.Add([]byte("<!DOCTYPE DataSet [<!ENTITY a 'b'>]><DataSet><Media><Table><URL>../x</URL></Table></Media></DataSet>"), "../x", []byte(""))
	f.Fuzz(func(t *testing.T, index []byte, table string, data []byte) {
		files := fstest.MapFS{"index.xml": {Data: index}, "lines.csv": {Data: data}, "lines_vat.csv": {Data: data}}
		for _, joins := range [][]Join{nil, {{Table: "lines_vat.csv", By: []string{"Z_NR"}, Sum: []string{"POS_BRUTTO"}}}} {
			r, err := openGDPdU(files, "index.xml", Options{Table: table, Join: joins})
			if err != nil {
				continue
			}
			for range len(data) + 2 {
				var broken *Broken
				if _, err = r.next(); err != nil && !errors.As(err, &broken) {
					break
				}
			}
			var broken *Broken
			if err == nil || errors.As(err, &broken) {
				t.Fatal("reading does not end")
			}
			if err := r.close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
