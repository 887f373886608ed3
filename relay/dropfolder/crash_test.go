package dropfolder

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// crashIn names, for a child process of TestCrash, where it works and where it
// dies: DIR|CASE.
const crashIn = "FUNNELRELAY_TEST_CRASH"

// died is the exit code of a child that died where it was to.
const died = 9

// crash is a row of the table in the package's doc.
type crash struct {
	after string // the step
	nth   int    // how often it is reached before, plus one
	edit  func(*source.Source)
	watch string // default: *.csv
	rows  string // of the file big.csv
	more  map[string]string

	before func(s *site) // the next start

	offers int      // of the next start
	files  []string // at last
	events []string
}

// mixed is a table of 1200 leads of which every hundredth is refused.
func mixed() (text string, good []string) {
	var b strings.Builder
	b.WriteString("id,email\n")
	for i, id := range numbered(1200) {
		if i%100 == 50 {
			fmt.Fprintf(&b, "%s,\n", id)
			continue
		}
		fmt.Fprintf(&b, "%s,%s@x.de\n", id, id)
		good = append(good, id)
	}
	return b.String(), good
}

// bigIndex describes big.csv.
const bigIndex = `<?xml version="1.0" encoding="UTF-8"?>
<DataSet><Version>1.0</Version><Media><Name>x</Name>
<Table><URL>big.csv</URL><Name>big</Name><UTF8/><DecimalSymbol>.</DecimalSymbol><DigitGroupingSymbol>,</DigitGroupingSymbol>
<Range><From>2</From></Range>
<VariableLength><ColumnDelimiter>,</ColumnDelimiter><RecordDelimiter>&#10;</RecordDelimiter><TextEncapsulator>"</TextEncapsulator>
<VariableColumn><Name>id</Name><AlphaNumeric/></VariableColumn>
<VariableColumn><Name>email</Name><AlphaNumeric/></VariableColumn>
</VariableLength></Table></Media></DataSet>`

func crashes() map[string]crash {
	text, good := mixed()
	strict := func(spec *source.Source) { spec.Identity = "require" }
	marked := func(spec *source.Source) { spec.Identity, spec.Marker = "require", ".ok" }
	journal := func(spec *source.Source) { spec.Identity, spec.Mode = "require", source.Follow }
	kept := func(spec *source.Source) { spec.Identity, spec.After = "require", source.AfterKeep }
	deleted := func(spec *source.Source) { spec.Identity, spec.After = "require", source.AfterDelete }
	set := func(spec *source.Source) {
		strict(spec)
		spec.Read.Type, spec.Read.Table = "gdpdu", "big.csv"
	}
	unset := func(spec *source.Source) {
		set(spec)
		spec.After = source.AfterDelete
	}
	ledger := map[string]string{"index.xml": bigIndex}
	end := []string{"done/big.csv", "rejected/big.csv.rows.csv"}
	marker := map[string]string{"big.csv.ok": ""}
	again := func(s *site) { s.put("big.csv", text) }
	tail := func(s *site) { s.grow("rejected/"+partName("big.csv.rows.csv"), "n00550,,read again\n") }
	return map[string]crash{
		"hashed":           {after: stepRead, nth: 1, edit: strict, rows: text, offers: 1188, files: end, events: good},
		"first batch":      {after: stepBatch, nth: 1, edit: strict, rows: text, offers: 688, files: end, events: good},
		"second batch":     {after: stepBatch, nth: 2, edit: strict, rows: text, offers: 188, files: end, events: good},
		"last batch":       {after: stepBatch, nth: 3, edit: strict, rows: text, offers: 0, files: end, events: good},
		"taken":            {after: stepTaken, nth: 1, edit: strict, rows: text, offers: 0, files: end, events: good},
		"rejects named":    {after: stepRejects, nth: 1, edit: strict, rows: text, offers: 0, files: end, events: good},
		"put away":         {after: stepMoved, nth: 1, edit: strict, rows: text, offers: 0, files: end, events: good},
		"dropped again":    {after: stepMoved, nth: 1, edit: strict, rows: text, before: again, offers: 1188, files: append([]string{"done/big (2).csv", "rejected/big.csv.rows (2).csv"}, end...), events: good},
		"marker put away":  {after: stepMarker, nth: 1, edit: marked, rows: text, more: marker, offers: 0, files: append([]string{"done/big.csv.ok"}, end...), events: good},
		"tables put away":  {after: stepMarker, nth: 1, edit: set, watch: "index.xml", rows: text, more: ledger, offers: 0, files: []string{"done/big.csv", "done/index.xml", "rejected/index.xml.rows.csv"}, events: good},
		"tables deleted":   {after: stepMarker, nth: 1, edit: unset, watch: "index.xml", rows: text, more: ledger, offers: 0, files: []string{"rejected/index.xml.rows.csv"}, events: good},
		"kept":             {after: stepMoved, nth: 1, edit: kept, rows: text, offers: 0, files: []string{"big.csv", "rejected/big.csv.rows.csv"}, events: good},
		"to be deleted":    {after: stepTaken, nth: 1, edit: deleted, rows: text, offers: 0, files: []string{"rejected/big.csv.rows.csv"}, events: good},
		"reason written":   {after: stepWhy, nth: 1, edit: strict, rows: "nr,mail\n1,a@x.de\n", offers: 0, files: []string{"rejected/big.csv", "rejected/big.csv.why.txt"}},
		"part of journal":  {after: stepBatch, nth: 1, edit: journal, before: tail, rows: text, offers: 688, files: []string{"big.csv", "rejected/big.csv.rows.csv", "rejected/big.csv.rows (2).csv"}, events: good},
		"parts of journal": {after: stepBatch, nth: 2, edit: journal, rows: text, offers: 188, files: []string{"big.csv", "rejected/big.csv.rows.csv", "rejected/big.csv.rows (2).csv"}, events: good},
	}
}

// TestCrash kills a process at each step of a file's life, and starts it again.
func TestCrash(t *testing.T) {
	if in := os.Getenv(crashIn); in != "" {
		dir, name, _ := strings.Cut(in, "|")
		crashChild(t, dir, crashes()[name])
		return
	}
	for name, c := range crashes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			child := exec.Command(os.Args[0], "-test.run=^TestCrash$", "-test.timeout=30s")
			child.Env = append(os.Environ(), crashIn+"="+dir+"|"+name)
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != died {
				t.Fatalf("the child did not die where it was to: %v\n%s", err, out)
			}
			synctest.Test(t, func(t *testing.T) { afterCrash(t, dir, c) })
		})
	}
}

// crashChild takes a file until it dies.
func crashChild(t *testing.T, dir string, c crash) {
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, dir)
		s.put("big.csv", c.rows)
		for name, text := range c.more {
			s.put(name, text)
		}
		o := s.options()
		reached := 0
		o.fault = func(step string) {
			if step != c.after {
				return
			}
			if reached++; reached == c.nth {
				os.Exit(died)
			}
		}
		s.start(o, s.source(leads(c.edit), cmp.Or(c.watch, "*.csv")))
		time.Sleep(time.Hour) // fake
	})
}

// afterCrash starts again on what is left behind.
func afterCrash(t *testing.T, dir string, c crash) {
	s := openSite(t, dir)
	src := s.source(leads(c.edit), cmp.Or(c.watch, "*.csv"))
	if c.before != nil {
		c.before(s)
	}
	s.during(time.Minute, src)
	s.wantEvents(c.events...)
	s.wantFiles(c.files...)
	if s.offered() != c.offers {
		t.Errorf("%d offers after the crash, want %d", s.offered(), c.offers)
	}
	if len(c.events) > 0 {
		refused := map[string]int{}
		for _, f := range s.files() {
			if strings.HasPrefix(f, "rejected/") {
				for line := range strings.Lines(s.read(f)) {
					id, _, _ := strings.Cut(strings.ReplaceAll(line, ";", ","), ",")
					refused[id]++
				}
			}
		}
		delete(refused, "id")
		if len(refused) != 12 {
			t.Errorf("%d rows are in rejected, want 12", len(refused))
		}
		for id, n := range refused {
			if n != 1 && c.offers != 1188 {
				t.Errorf("row %s is in rejected %d times", id, n)
			}
		}
	}
	if n := s.spool.Counts()["shop"]; !n.Balanced() || len(s.events(spool.Dead)) > 0 {
		t.Errorf("counts %+v", n)
	}
	// the same name with other content is a new file, whatever note is left
	if src.Spec.Mode == source.Once && src.Spec.After != source.AfterKeep && len(c.events) > 0 {
		s.put("big.csv", table("new"))
		for name, text := range c.more {
			s.put(name, text)
		}
		s.during(time.Minute, src)
		s.wantEvents(append([]string{"new"}, c.events...)...)
	}
}
