package ingest

import (
	archive "archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

// packed is a zip of files: pairs of a name and a content.
func packed(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := archive.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	zipType  = "Content-Type: application/zip"
	tillPath = "/api/v1/sources/till"
)

// A zip is read file by file, all of it or nothing.
func TestSourceZip(t *testing.T) {
	p := listen(t, func(o *Options) { o.Sources = []Source{tillSource(t, nil)} })
	head, row := "order;time;what;total;state\r\n", func(id, total string) string {
		return id + ";2026-11-23T10:00:00Z;Tea;" + total + ";paid\r\n"
	}
	refused := p.ask("POST", tillPath, packed(t, "mon.csv", head+row("1", "2,50")+row("2", "much"), "tue.csv", head+row("3", "many")), zipType)
	refused.refused(t, 422, "mon.csv: row 2 (line 3)", "tue.csv: row 1 (line 2)")
	if len(refused.Errors) != 2 || len(p.sink.all()) > 0 {
		t.Errorf("%s; taken %+v", refused.text, p.sink.all())
	}
	p.ask("POST", tillPath, packed(t, "mon.csv", head+row("1", "2,50"), "tue.csv", "a;b\r\n1;2\r\n"), zipType).refused(t, 422, "tue.csv", "order")

	const json = `[{"order":"3","time":"2026-11-23T10:00:00Z","what":"Mug","total":"12.00","state":"paid"}]`
	body := packed(t, "tue.csv", head+row("2", "2,00")+row("1", "1,00"), "mon.json", json, "wed.csv", head+strings.Replace(row("4", "4,00"), "paid", "open", 1))
	for _, kind := range []string{"application/x-zip-compressed", "application/octet-stream"} {
		r := p.ask("POST", tillPath, body, "Content-Type: "+kind)
		if len(r.Events) != 3 || !strings.Contains(r.text, `"skipped":[{"order":"4","rule":"skip"}]`) {
			t.Fatalf("%d %s", r.code, r.text)
		}
	}
	var orders []string
	for _, e := range p.sink.all() {
		_, rest, _ := strings.Cut(e.body, `"__order__":"`)
		id, _, _ := strings.Cut(rest, `"`)
		orders = append(orders, id)
	}
	if want := []string{"2", "1", "3"}; !slices.Equal(orders, want) {
		t.Errorf("taken %q, want %q", orders, want)
	}
}

// Rows without an id are as many as there are, in whichever file of a zip.
func TestSourceZipRows(t *testing.T) {
	p := listen(t, func(o *Options) {
		o.Sources = []Source{tillSource(t, func(s *source.Source) { s.Order = &source.Order{ID: source.Value{source.RowsID}} })}
	})
	const day = "what;total;state\r\nTea;2,50;paid\r\n"
	body := packed(t, "mon.csv", day, "tue.csv", day)
	for _, code := range []int{202, 200} {
		if r := p.ask("POST", tillPath, body, zipType); r.code != code || len(r.Events) != 2 || len(p.sink.all()) != 2 {
			t.Errorf("%d %s; taken %+v", r.code, r.text, p.sink.all())
		}
	}
}

// An index.xml in a zip brings its tables along.
func TestSourceZipJoins(t *testing.T) {
	table := func(url string, columns ...string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "<Table><URL>%s</URL><UTF8/><DecimalSymbol>,</DecimalSymbol><VariableLength><ColumnDelimiter>;</ColumnDelimiter>", url)
		for _, c := range columns {
			fmt.Fprintf(&b, "<VariableColumn><Name>%s</Name><AlphaNumeric/></VariableColumn>", c)
		}
		return b.String() + "</VariableLength></Table>"
	}
	index := "<DataSet><Media>" + table("lines.csv", "order", "what", "total", "state") + table("heads.csv", "order", "time") + "</Media></DataSet>"
	p := listen(t, func(o *Options) {
		o.Sources = []Source{tillSource(t, func(s *source.Source) {
			s.Read.Table = "lines.csv"
			s.Read.Join = []source.Join{{Table: "heads.csv", By: source.Value{"order"}}}
		})}
	})
	files := []string{"set/index.xml", index, "set/lines.csv", "1;Tea;2,50;paid\r\n2;Mug;12,00;paid\r\n", "set/heads.csv", "1;2026-11-23T10:00:00Z\r\n2;2026-11-23T10:01:00Z\r\n"}
	r := p.ask("POST", tillPath, packed(t, files...), zipType)
	if got := p.sink.all(); r.code != 202 || len(got) != 2 || !strings.Contains(got[1].body, "2026-11-23T10:01:00+00:00") {
		t.Fatalf("%d %s %+v", r.code, r.text, got)
	}
	p.ask("POST", tillPath, packed(t, files[:4]...), zipType).refused(t, 422, "heads.csv")
	p.ask("POST", tillPath, files[3], "Content-Type: text/csv").refused(t, 422, "zip")
}

// What a zip may bring is bounded, however little it is itself.
func TestSourceZipLimits(t *testing.T) {
	p := listen(t, func(o *Options) {
		o.Sources = []Source{tillSource(t, nil)}
		o.Limits = Limits{Event: 4 << 10, Body: 8 << 10, Batch: 5}
	})
	head, row := "order;time;what;total;state\r\n", func(id int, what string) string {
		return fmt.Sprintf("%d;2026-11-23T10:00:00Z;%s;2,50;paid\r\n", id, what)
	}
	long := strings.Repeat("Tea", 500)
	p.ask("POST", tillPath, packed(t, "a.csv", head+row(1, "a")+row(2, "b")+row(3, "c"), "b.csv", head+row(4, "d")+row(5, "e")+row(6, "f")), zipType).
		refused(t, 413, "5 orders")
	p.ask("POST", tillPath, packed(t, "a.csv", head+row(1, long+long)), zipType).refused(t, 413, "line 2", "4096 bytes")
	p.ask("POST", tillPath, packed(t, "a.csv", head+row(1, long), "b.csv", head+row(2, long), "c.csv", head+row(3, long)), zipType).
		refused(t, 413, "8192 bytes of events")
	p.ask("POST", tillPath, packed(t, "a.csv", head+row(1, strings.Repeat("x", 20<<20))), zipType).refused(t, 413) // the zip itself
	if got := p.sink.all(); len(got) > 0 {
		t.Errorf("taken: %+v", got)
	}
	bombs := listen(t, func(o *Options) { o.Sources = []Source{tillSource(t, nil)} })
	bombs.ask("POST", tillPath, packed(t, "a.csv", head+row(1, strings.Repeat("x", 20<<20))), zipType).refused(t, 422, "250 times")
}
