package values

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	type m = map[string]string
	for _, tt := range []struct {
		pattern, path string
		windows       bool
		want          map[string]string // nil: does not fit
	}{
		{"drop/*.csv", "drop/a.csv", false, m{}},
		{"drop/*.csv", "./drop/a.csv", false, m{}},
		{"./drop/*.csv", "drop/a.csv", false, m{}},
		{"drop/*.csv", "drop/.csv", false, m{}},
		{"drop/*.csv", "drop/x/a.csv", false, nil},
		{"drop/*.csv", "drop/a.CSV", false, nil},
		{"drop/*.csv", "drop/a.csvx", false, nil},
		{"drop/*.csv", "xdrop/a.csv", false, nil},
		{"/srv/*/o?.csv", "/srv/north/o1.csv", false, m{}},
		{"/srv/*/o?.csv", "/srv/north/o.csv", false, nil},
		{"/srv/*/o?.csv", "/srv/a/b/o1.csv", false, nil},
		{"a[0-9x].csv", "a7.csv", false, m{}},
		{"a[0-9x].csv", "ax.csv", false, m{}},
		{"a[0-9x].csv", "a-.csv", false, nil},
		{"a[!0-9].csv", "ab.csv", false, m{}},
		{"a[!0-9].csv", "a1.csv", false, nil},
		{"[!a]b.csv", "/b.csv", false, nil},
		{"a[]x].csv", "a].csv", false, m{}},
		{"a[[]1].csv", "a[1].csv", false, m{}},
		{"a[-x].csv", "a-.csv", false, m{}},
		{"a{{1}}.csv", "a{1}.csv", false, m{}},
		{"export (10)+.csv", "export (10)+.csv", false, m{}},
		{"/srv/drop/{store}/orders-*.json", "/srv/drop/north/orders-1.json", false, m{"store": "north"}},
		{"/srv/drop/{store}/orders-*.json", "/srv/drop//orders-1.json", false, nil},
		{"/srv/drop/{store}/orders-*.json", "/srv/drop/a/b/orders-1.json", false, nil},
		{"{store}-{n}.csv", "a-b-1.csv", false, m{"store": "a", "n": "b-1"}},
		{"{day:yyyyMMdd}*.csv", "20260911_till.csv", false, m{"day": "20260911"}},
		{"{day:yyyyMMdd}*.csv", "20261311_till.csv", false, nil},
		{"{day:yyyyMMdd}*.csv", "2026091_till.csv", false, nil},
		{"z-{day:yyyy-MM-dd-HH-mm-ss}raw.csv", "z-2018-09-19-16-43-21raw.csv", false, m{"day": "2018-09-19-16-43-21"}},
		{"items-{from:yy.MM.dd}-*.csv", "items-26.07.01-x.csv", false, m{"from": "26.07.01"}},
		{"drop/**/*.csv", "drop/a.csv", false, m{}},
		{"drop/**/*.csv", "drop/x/y/a.csv", false, m{}},
		{"drop/**/*.csv", "drip/x/a.csv", false, nil},
		{"**/{store}/a.csv", "x/north/a.csv", false, m{"store": "north"}},
		{"kasse-ä/*.csv", "kasse-ä/ö.csv", false, m{}},
		{"a?.csv", "aö.csv", false, m{}},
		{`a\b*.csv`, `a\b1.csv`, false, m{}},
		{`D:\drop\items-*.csv`, `D:\drop\items-1.csv`, true, m{}},
		{`D:\drop\items-*.csv`, `d:/DROP/Items-1.CSV`, true, m{}},
		{`D:\drop\items-*.csv`, `D:\drop\x\items-1.csv`, true, nil},
		{`D:/drop/{store}/*.csv`, `D:\drop\North\1.csv`, true, m{"store": "North"}},
		{`\\server\till\{day:yyyyMMdd}*\index.xml`, `\\SERVER\till\20260911a\index.xml`, true, m{"day": "20260911"}},
	} {
		g, err := newGlob(tt.pattern, tt.windows)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		got, ok := g.Match(tt.path)
		if ok != (tt.want != nil) || !maps.Equal(got, tt.want) {
			t.Errorf("%s and %s: got %v, %t; want %v", tt.pattern, tt.path, got, ok, tt.want)
		}
	}
}

func TestGlobRoot(t *testing.T) {
	for _, tt := range []struct {
		pattern  string
		windows  bool
		root     string
		deep     bool
		captures []string
	}{
		{"drop/*.csv", false, "drop", false, nil},
		{"*.csv", false, ".", false, nil},
		{"./*.csv", false, ".", false, nil},
		{"*/a.csv", false, ".", true, nil},
		{"././drop/*.csv", false, "drop", false, nil},
		{"/srv//drop/*.csv", false, "/srv//drop", false, nil},
		{"/*.csv", false, "/", false, nil},
		{"/srv/drop/{store}/{day:yyyyMMdd}.csv", false, "/srv/drop", true, []string{"store", "day"}},
		{"/srv/drop/sales.csv", false, "/srv/drop", false, nil},
		{"sales.csv", false, ".", false, nil},
		{"/srv/a[b]/sales.csv", false, "/srv", true, nil},
		{"drop/**/*.csv", false, "drop", true, nil},
		{`D:\drop\items-*.csv`, true, `D:\drop`, false, nil},
		{`D:\*.csv`, true, `D:\`, false, nil},
		{`D:\{store}\*.csv`, true, `D:\`, true, []string{"store"}},
		{`\\server\till\*\index.xml`, true, `\\server\till`, true, nil},
	} {
		g, err := newGlob(tt.pattern, tt.windows)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		if g.Root() != tt.root || g.Deep() != tt.deep || !slices.Equal(g.Captures(), tt.captures) || g.String() != tt.pattern {
			t.Errorf("%s: got root %s, deep %t, captures %q", tt.pattern, g.Root(), g.Deep(), g.Captures())
		}
	}
}

func TestGlobRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		"": "is empty", " ": "is empty", "drop/": "ends with a folder", "drop/**": "ends with **", "drop/a**.csv": "beside other text",
		"a{b.csv": "without its other half", "a}b.csv": "without its other half", "{}.csv": "has no name", "{:yyyy}.csv": "has no name",
		"{a}/{a}.csv": "in two places", "{a:}.csv": "no pattern", "{a:yyyyQQ}.csv": "no pattern", "{a:MM/dd}.csv": "other half",
		"a[b.csv": "has [ without ]", "a[].csv": "has [ without ]", "a[z-a].csv": "is no pattern", "{a*}.csv": "has no name",
	} {
		if _, err := newGlob(pattern, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", pattern, err, want)
		}
	}
	if _, err := Pattern("drop/*.csv"); err != nil {
		t.Error(err)
	}
}
