package config

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funnelrelay/relay/source"
)

// parse reads a config that is in order.
func parsed(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("c.yaml", []byte(text), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSourceForms reads values, fields, conditions and headers in each of their
// forms: as texts, as they were written, in the order of the file.
func TestSourceForms(t *testing.T) {
	c := parsed(t, with("")+`sources:
  z:
    watch: drop/z/*.csv
    read: {header: none, end: {0: /Summary/}, fill: 3}
    values: {date: dd.MM.yyyy, zone: "{Zone}", money: '1''234.50'}
    skip: {Paid: no, Nr: 0123, Amount: "<0", 0: [1, 2.50], Cancelled at: '', BON_TYP: '/^AV{2,3}: \d+$/'}
    void:
      - {A: present, B: absent}
      - {C: '${env:FUNNELYTICS_PROJECT_ID}', D: '$${x}'}
    const: {z: 1, currency: EUR, a: "true"}
    order:
      id: 0
      at: [Paid at, = date("A") ]
      extra:
        b?: Column
        a: ["A", 'B']
        c: = money("Net Sales") + money("Tax") * 2  # both
    items:
      match: "(?<qty>[0-9.]+) x (?<label>[^,]+)"
      balance: {total: Total}
    policy: {refund: action Money back, changed: send}
    repeat_window: 1h
  a:
    read: {header: Receipt}
    event:
    settle: 1m
`)
	z, _ := c.Sources.Get("z")
	want := source.Source{
		Name: "z", Watch: []string{filepath.Join(c.Data, "drop", "z", "*.csv")},
		Mode: source.Once, Settle: time.Second, After: source.AfterDone, KeepDone: 90 * day,
		Read:   source.Read{Header: source.Header{None: true}, End: source.Matcher{{{Column: "0", Is: []string{"/Summary/"}}}}, Fill: []string{"3"}},
		Values: source.Values{Date: []string{"dd.MM.yyyy"}, Zone: "{Zone}", Money: "1'234.50"},
		Skip: source.Matcher{{
			{Column: "Paid", Is: []string{"no"}}, {Column: "Nr", Is: []string{"0123"}}, {Column: "Amount", Is: []string{"<0"}},
			{Column: "0", Is: []string{"1", "2.50"}}, {Column: "Cancelled at", Is: []string{"absent"}}, {Column: "BON_TYP", Is: []string{`/^AV{2,3}: \d+$/`}},
		}},
		Void: source.Matcher{
			{{Column: "A", Is: []string{"present"}}, {Column: "B", Is: []string{"absent"}}},
			{{Column: "C", Is: []string{"acc-1"}}, {Column: "D", Is: []string{"${x}"}}},
		},
		Const: []source.Field{{Name: "z", Value: source.Value{"1"}}, {Name: "currency", Value: source.Value{"EUR"}}, {Name: "a", Value: source.Value{"true"}}},
		Order: &source.Order{
			ID: source.Value{"0"}, At: source.Value{"Paid at", `= date("A")`},
			Extra: []source.Field{
				{Name: "b?", Value: source.Value{"Column"}}, {Name: "a", Value: source.Value{"A", "B"}},
				{Name: "c", Value: source.Value{`= money("Net Sales") + money("Tax") * 2`}},
			},
		},
		Items:  &source.Items{Match: "(?<qty>[0-9.]+) x (?<label>[^,]+)", Balance: &source.Balance{Total: source.Value{"Total"}}},
		Policy: source.Policy{Refund: "action Money back", Changed: "send"}, RepeatWindow: time.Hour,
	}
	if diff := cmp.Diff(want, z); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	a := c.Sources[1]
	if a.Name != "a" || a.Event != nil || !slices.Equal(a.Read.Header.Names, []string{"Receipt"}) || a.Settle != time.Minute || !a.Plain() {
		t.Errorf("a: %+v", a)
	}
	if _, ok := c.Sources.Get("b"); ok {
		t.Error("found what is not there")
	}
}

// TestSourcesAreDumped reads what Redacted wrote: it must be the same sources.
func TestSourcesAreDumped(t *testing.T) {
	for name, text := range map[string]string{
		"none": "",
		"one":  "sources: {t: {}}",
		"many": `sources:
  a: {preset: square-items, const: {currency: USD}, watch: [drop/a/*.csv, drop/b/x.csv], keep_done: 0}
  b: {preset: dsfinvk, after: delete, settle: 0}
  c: {mode: follow, read: {header: none, records: {order: {0: O}, item: {0: I}}}, order: {id: "$${x}"}, items: {balance: {total: T, label: "a: b"}}}
  d: {event: {}, defaults: {a: b}, skip: [{A: ["<0", "1"], 0: x}, {B: present}], read: {header: [A, "B#2"]}}
  e: {preset: square-orders, refunds: none, values: {money: ""}, items: {extra: none, balance: none}}`,
	} {
		c := parsed(t, with("")+text+"\n")
		dump, err := c.Redacted()
		if err != nil {
			t.Fatal(err)
		}
		again := parsed(t, string(dump))
		for _, key := range Changed(c, again) {
			if strings.HasPrefix(key, "sources") {
				t.Errorf("%s: read from the dump, %s differs:\n%s", name, key, dump)
			}
		}
		if strings.Contains(string(dump), "records: {}") || name == "none" && !strings.Contains(string(dump), "sources: {}\n") {
			t.Errorf("%s:\n%s", name, dump)
		}
	}
}

func TestSourcesChanged(t *testing.T) {
	base := `sources:
  a: {watch: drop/a/*.csv, values: {date: iso}, order: {id: A}, read: {header: none}}
  b: {watch: drop/b/*.csv}
`
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"another order", "sources:\n  b: {watch: drop/b/*.csv}\n  a: {watch: drop/a/*.csv, values: {date: iso}, order: {id: A}, read: {header: none}}\n", []string{"sources"}},
		{"nothing", "sources:\n  a: {read: {header: none}, watch: [drop/a/*.csv], values: {date: iso}, order: {id: A}}\n  b: {watch: [drop/b/*.csv], mode: once}\n", nil},
		{"keys", "sources:\n  a: {watch: drop/a/*.txt, order: {id: B}, read: {header: A}}\n  b: {watch: drop/b/*.csv, settle: 5s}\n",
			[]string{"sources.a.order", "sources.a.read.header", "sources.a.values.date", "sources.a.watch", "sources.b.settle"}},
		{"came and went", "sources:\n  a: {watch: drop/a/*.csv, values: {date: iso}, order: {id: A}, read: {header: none}}\n  c: {}\n", []string{"sources.b", "sources.c"}},
	} {
		got := Changed(parsed(t, base+with("")), parsed(t, row.text+with("")))
		if !slices.Equal(got, row.want) || len(NeedRestart(got)) > 0 {
			t.Errorf("%s: %v, restart %v", row.name, got, NeedRestart(got))
		}
	}
}

// TestProblem finds the places of what others find out.
func TestProblem(t *testing.T) {
	c := parsed(t, `projects: {shop: {project_id: a, api_key: hunter2}}
sources:
  square:
    preset: square-items
    const: {currency: USD}
    values:
      date: [dd.MM.yyyy, MM/dd/yyyy]
    skip:
      - {Status: open}
      - {"Void?": /(/}
    order:
      extra: {store name: = money(}
`)
	for _, row := range []struct {
		path, place string
	}{
		{"sources.square.values.date", "7:13"},
		{"sources.square.values.date[1]", "7:26"},
		{"sources.square.values.zone", "6:5"},
		{"sources.square.skip[1].Void?", "10:19"},
		{"sources.square.skip[0].Status", "9:18"},
		{"sources.square.order.extra.store name", "12:27"},
		{"sources.square.order.at", "11:5"},
		{"sources.square.items.total", "3:3"},
		{"sources.square.const.currency", "5:23"},
		{"sources.none.order", "2:1"},
		{"nothing", "1:1"},
		{"projects.shop.api_key", "1:43"},
	} {
		p := c.Problem(row.path, "is odd", "write it even")
		if want := "c.yaml:" + row.place + ": " + row.path + ": is odd; write it even"; p.String() != want {
			t.Errorf("got %s, want %s", p, want)
		}
		if strings.Contains(p.Detail(), "hunter2") {
			t.Errorf("a secret in %s", p.Detail())
		}
	}
	list := InOrder([]Problem{c.Problem("sources.square.skip", "b", ""), c.Problem("sources.square.values.date", "a", "")})
	if list.Error() != "c.yaml:7:13: sources.square.values.date: a\nc.yaml:8:5: sources.square.skip: b" {
		t.Errorf("in order: %v", list)
	}
	if p := Default().Problem("sources.a.order", "is odd", ""); p.String() != "sources.a.order: is odd" {
		t.Errorf("made in code: %s", p)
	}
}

func TestWatch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of Unix")
	}
	c := parsed(t, `data: /srv/relay
sources:
  a: {watch: [drop/a/../b/*.csv, "/mnt/till/{store}/{day:yyyyMMdd}*/x.csv", drop/till, "/mnt/{{a}}[[]{n}.csv"]}
  b: {watch: /mnt/*.csv, mode: rewrite}
  c: {watch: [/mnt/till.csv/x, "/mnt/{any}/*"], mode: follow, after: keep} # wider than a's, and after it
`+with(""))
	want := []string{"/srv/relay/drop/b/*.csv", "/mnt/till/{store}/{day:yyyyMMdd}*/x.csv", "/srv/relay/drop/till", "/mnt/{{a}}[[]{n}.csv"}
	if got := c.Sources[0].Watch; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(c.Warnings) != 2 || !strings.HasPrefix(c.Warnings[0].String(), `c.yaml:3:77: sources.a.watch[2]: ends in "till"`) {
		t.Errorf("%v", c.Warnings)
	}
	if c.Sources[1].After != source.AfterKeep || c.Sources[2].After != source.AfterKeep || c.Sources[0].After != source.AfterDone {
		t.Error("a file that stays is moved")
	}
	if err := c.Check(); err != nil || !slices.Equal(c.Sources[0].Watch, want) {
		t.Errorf("looked at again: %v, %q", err, c.Sources[0].Watch)
	}
	for _, pattern := range []string{`C:\drop\*.csv`, `d:/drop/*.csv`, `\\nas\till\*.csv`} {
		c.Sources = Sources{{Name: "a", Mode: source.Once, After: source.AfterDone, Watch: []string{pattern}}}
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), "is a path of Windows") {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	c.Sources = Sources{{Name: "a", Mode: "x", Settle: -1, Watch: []string{"drop/a/*"}}, {Name: "a", Watch: []string{"drop/a/*"}}, {Name: "-"}}
	err := c.Check()
	for _, want := range []string{"sources.a: is there twice", `sources.a.mode: "x" is none`, "sources.a.settle: is less than nothing", "sources.-: is not a source's name"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// The last order of a journal waits longer, unless it is said for how long.
func TestJournalWaits(t *testing.T) {
	text := "projects: {shop: {project_id: a, api_key: b}}\nsources:\n  a: {watch: drop/a/*.csv, mode: follow}\n  b: {watch: drop/b/*.csv, mode: follow, settle: 1s}\n"
	c := parsed(t, text)
	if a, b := c.Sources[0].Settle, c.Sources[1].Settle; a != source.FollowSettle || b != time.Second {
		t.Errorf("%s, %s", a, b)
	}
}

func TestCovers(t *testing.T) {
	for _, row := range []struct {
		wide, narrow string
		want         bool
	}{
		{"*.csv", "*.csv", true}, {"*.csv", "items-*.csv", true}, {"items-*.csv", "*.csv", false}, {"*", "?", true}, {"?", "*", false},
		{"?.csv", "a.csv", true}, {"a*b*c", "axbxc", true}, {"a*b*c", "a*c", false}, {"*a*", "bab", true}, {"**", "*", true},
		{"a/*", "a/b", true}, {"*/b", "a/b", true}, {"*", "a/b", false}, {"a/{x}", "a/{y}-z", true}, {"ä?", "äü", true}, {"", "", true},
		{"items-*.csv", "*-items.csv", false}, {"x?", "x", false}, {"x*", "x", true},
	} {
		if got := covers(segments(row.wide), segments(row.narrow)); got != row.want {
			t.Errorf("%q covers %q: %v", row.wide, row.narrow, got)
		}
	}
}

// TestBrokenSources breaks the example in any way: it is read or refused, each
// refusal with a place and a way out.
func TestBrokenSources(t *testing.T) {
	lines := strings.Split(commented.ReplaceAllString(string(readExample(t)), "$1$2"), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") })
	rapid.Check(t, func(t *rapid.T) {
		broken := slices.Clone(lines)
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			at := rapid.IntRange(0, len(broken)-1).Draw(t, "line")
			line := broken[at]
			cut := rapid.IntRange(0, len(line)).Draw(t, "cut")
			piece := rapid.SampledFrom([]string{"", "[", "]", "{", "}", "{a}", ": ", "- ", "x", "[[a]]", "{a: {b: c}}", "&x ", "*x", "~", "'", "\"", "none", "0", "${env:NO}", "=", "<<: *x"}).Draw(t, "piece")
			broken[at] = line[:cut] + piece + line[rapid.IntRange(cut, len(line)).Draw(t, "to"):]
		}
		_, err := Parse("/etc/funnelrelay/config.yaml", []byte(strings.Join(broken, "\n")), fakeEnv())
		if err == nil {
			return
		}
		for _, p := range err.(Errors) {
			if p.Line < 1 || p.Column < 1 || p.What == "" || p.Write == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}
