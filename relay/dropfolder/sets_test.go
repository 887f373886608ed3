package dropfolder

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/source"
)

// waitTaken is long enough for any file to be taken.
const waitTaken = 10 * time.Second

// zipped is a zip of files, by pairs of name and text.
func zipped(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// All files in a zip are read; each that holds refused rows has rejects of its
// own, which can be dropped back.
func TestZip(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(leads(func(spec *source.Source) { spec.Identity = "require" }), "*.zip")
		s.put("z.zip", zipped(t, "1.csv", "id,email\na,a@x.de\nb,\n", "2.csv", "id;email\nc;c@x.de\nd;\n"))
		s.put("broken.zip", zipped(t, "1.csv", table("x"))[:60])
		s.during(waitTaken, src)
		s.wantEvents("a", "c")
		s.wantFiles("done/z.zip", "rejected/z.zip.rows.csv", "rejected/z.zip.rows-2.csv", "rejected/broken.zip", "rejected/broken.zip.why.txt")
		s.put("z.zip.rows-2.csv", "id;email\nd;d@x.de\n")
		s.during(waitTaken, src)
		s.wantEvents("a", "c", "d")
	})
}

const index = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">
<DataSet><Version>1.0</Version><Media><Name>x</Name>
<Table><URL>lines.csv</URL><Name>lines</Name><UTF8/><DecimalSymbol>,</DecimalSymbol><DigitGroupingSymbol>.</DigitGroupingSymbol>
<VariableLength><ColumnDelimiter>;</ColumnDelimiter><RecordDelimiter>&#13;&#10;</RecordDelimiter><TextEncapsulator>"</TextEncapsulator>
<VariableColumn><Name>order</Name><AlphaNumeric/></VariableColumn>
<VariableColumn><Name>label</Name><AlphaNumeric/></VariableColumn>
<VariableColumn><Name>total</Name><Numeric><Accuracy>2</Accuracy></Numeric></VariableColumn>
</VariableLength></Table></Media></DataSet>`

// An index.xml goes with its tables: the same index with other tables is another
// export, and it waits for them.
func TestIndex(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		src := s.source(sales(func(spec *source.Source) {
			spec.Values.Money = ""
			spec.Read.Type, spec.Read.Table = "gdpdu", "lines.csv"
		}), "index.xml")
		s.put("other.txt", "x")
		for _, order := range []string{"1", "2"} {
			r := s.start(s.options(), src)
			s.put("index.xml", index)
			s.put("gdpdu-01-09-2004.dtd", "<!-- -->")
			for range 10 {
				s.grow("lines.csv", order+";Tea;2,50\r\n")
				time.Sleep(time.Second) // fake
				if got := r.State()[0].Totals.Files; got > 0 {
					t.Fatal("it was read before its table was whole")
				}
			}
			time.Sleep(waitTaken) // fake
			r.stop()
		}
		s.wantEvents("1", "2")
		s.wantFiles("other.txt", "done/index.xml", "done/lines.csv", "done/gdpdu-01-09-2004.dtd",
			"done/index (2).xml", "done/lines (2).csv", "done/gdpdu-01-09-2004 (2).dtd")
	})
}

// An index.xml that comes before the tables which are read waits for them, and is
// refused when they stay away; tables that nobody reads need not come.
func TestIndexWaits(t *testing.T) {
	two := strings.Replace(index, "<Table>", "<Table><URL>unread.csv</URL><Name>unread</Name></Table><Table>", 1)
	src := func(s *site) Source {
		return s.source(sales(func(spec *source.Source) {
			spec.Values.Money = ""
			spec.Read.Type, spec.Read.Table = "gdpdu", "lines.csv"
		}), "index.xml")
	}
	t.Run("comes", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			s.put("index.xml", two)
			r := s.start(s.options(), src(s))
			time.Sleep(2 * time.Minute) // fake
			s.wantFiles("index.xml")
			for range 10 {
				s.grow("lines.csv", "1;Tea;2,50\r\n")
				time.Sleep(time.Second) // fake
			}
			time.Sleep(2 * waitTaken) // fake
			r.stop()
			s.wantEvents("1")
			s.wantFiles("done/index.xml", "done/lines.csv")
			if body := s.bodies(); strings.Count(body, ":250,") != 10 {
				t.Errorf("not all of the table: %s", body)
			}
			if got := strings.Count(s.log.String(), "waits for a table"); got != 1 {
				t.Errorf("%d remarks that it waits", got)
			}
		})
	})
	t.Run("stays away", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			s.put("index.xml", index)
			r := s.start(s.options(), src(s))
			time.Sleep(tableWait + time.Minute) // fake
			r.stop()
			s.wantFiles("rejected/index.xml", "rejected/index.xml.why.txt")
			if why := s.read("rejected/index.xml.why.txt"); !strings.Contains(why, "lines.csv") {
				t.Errorf("why: %s", why)
			}
		})
	})
}
