package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "90s": 90 * time.Second, "15m": 15 * time.Minute, "1.5h": 90 * time.Minute, "30d": 720 * time.Hour,
		"2w": 336 * time.Hour, "1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "1h0m1s": time.Hour + time.Second, "800d": 800 * day,
	} {
		if got, f := readDuration(text); f != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, f)
		}
	}
	for _, text := range []string{"", "d", "1", "1.5", "-1h", "1y", "1 h", "1h 2m", "h1", "1e3s", "infs", "999999999999w", "99999999h", "1..5h", ".5h", "5.h", "٣d"} {
		if got, f := readDuration(text); f == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(800*day)).Draw(t, "d")).Round(time.Second)
		if got, f := readDuration(showDuration(d)); f != nil || got != d {
			t.Fatalf("%v is shown as %s and read as %v, %v", d, showDuration(d), got, f)
		}
	})
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{
		"0B": 0, "1B": 1, "2GB": 2e9, "512MB": 512e6, "16MiB": 16 << 20, "1.5 kB": 1500, "1KIB": 1024, "2gb": 2e9, "1TiB": 1 << 40,
	} {
		var got Size
		if f := got.readText(text); f != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, f)
		}
	}
	for _, text := range []string{"", "5", "GB", "-1GB", "1e3B", "1,5GB", "99999999TB", "0x10B", "1GBB", "infB", "1G"} {
		var got Size
		if f := got.readText(text); f == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Range(0, 1<<50).Draw(t, "s"))
		var got Size
		if f := got.readText(s.String()); f != nil || got != s {
			t.Fatalf("%d is shown as %s and read as %d, %v", s, s, got, f)
		}
	})
}

func TestRates(t *testing.T) {
	for text, want := range map[string]float64{"none": 0, "20/s": 20, "600/m": 10, "1800/h": 0.5, "0.5/s": 0.5, "60 / min": 1} {
		var got Rate
		if f := got.readText(text); f != nil || got.PerSecond() != want {
			t.Errorf("%s: %v, %v", text, got, f)
		}
		var again Rate
		if f := again.readText(got.String()); f != nil || again != got {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}

// TestDefaultOutcomes is the table of the design, status by status.
func TestDefaultOutcomes(t *testing.T) {
	table := DefaultProject().Outcomes.Table()
	want := map[Outcome][]int{
		OutcomeSent: {200, 201, 202, 204, 299}, OutcomeDuplicate: {409},
		OutcomePause: {401, 402, 403, 404, 405, 407, 410, 411, 415, 426, 300, 302, 307, 308},
		OutcomeRetry: {408, 425, 429, 500, 502, 503, 504, 599},
		OutcomeDead:  {400, 406, 412, 413, 414, 418, 422, 451, 499},
	}
	for outcome, list := range want {
		for _, status := range list {
			if table[status] != outcome {
				t.Errorf("%d is %s, want %s", status, table[status], outcome)
			}
		}
	}
	if len(table) != 400 {
		t.Errorf("%d statuses", len(table))
	}
}

func TestOutcomesAreLaidOverTheDefaults(t *testing.T) {
	c, err := Parse("c.yaml", []byte(with("outcomes: {retry: [404, 4XX], dead: [5xx, 302], sent: [409]}")), Env{})
	if err != nil {
		t.Fatal(err)
	}
	o := c.Projects[0].Outcomes
	for status, want := range map[int]Outcome{
		404: OutcomeRetry, 422: OutcomeRetry, 401: OutcomePause, 409: OutcomeSent, 302: OutcomeDead, 301: OutcomePause,
		500: OutcomeDead, 429: OutcomeRetry, 200: OutcomeSent, 700: OutcomeRetry,
	} {
		if got := o.For(status); got != want {
			t.Errorf("%d is %s, want %s", status, got, want)
		}
	}
	want := map[string]string{"404": "retry", "4xx": "retry", "5xx": "dead", "302": "dead", "409": "sent"}
	if diff := cmp.Diff(want, o.Given()); diff != "" {
		t.Error(diff)
	}
	if given := DefaultProject().Outcomes.Given(); len(given) != 0 {
		t.Errorf("the defaults give %v", given)
	}
	if Pattern("").Expr() == "" || !strings.HasPrefix(Pattern("x").Expr(), "(?i)") {
		t.Error("a pattern's expression")
	}
}

func TestChanged(t *testing.T) {
	read := func(text string) *Config {
		t.Helper()
		c, err := Parse("c.yaml", []byte(text), Env{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a := "  a: {project_id: 1, api_key: x}\n"
	b := "  b: {project_id: 2, api_key: y}\n"
	base := "projects:\n" + a + b
	for _, row := range []struct {
		name, text string
		want       []string
		restart    []string
	}{
		{"nothing", "listen: 127.0.0.1:8787\nhttp: {hosts: []}\nlog: {level: info}\n" + base, nil, nil},
		{"a key", "projects:\n  a: {project_id: 1, api_key: z}\n" + b, []string{"projects.a.api_key"}, nil},
		{"listen and more", "listen: 127.0.0.1:1\ndata: /x\nspool: {keep_sent: 1d}\nhttp: {tls: self-signed, hosts: [a], auth: {tokens: [0123456789abcdef]}}\n" + base,
			[]string{"data", "http.auth.tokens", "http.hosts", "http.tls", "listen", "spool.keep_sent"}, []string{"data", "http.tls", "listen"}},
		{"order", "projects:\n" + b + a, []string{"projects"}, nil},
		{"one less", "projects:\n" + a, []string{"projects.b"}, nil},
		{"renamed", "projects:\n  c: {project_id: 1, api_key: x}\n" + b, []string{"projects", "projects.a", "projects.c"}, nil},
		{"outcomes", "projects:\n  a: {project_id: 1, api_key: x, outcomes: {dead: [404]}}\n" + b,
			[]string{"projects.a.outcomes.dead", "projects.a.outcomes.pause"}, nil},
		{"values", "projects:\n  a: {project_id: 1, api_key: x, rate: 5/s, proxy: 'http://u:p@x:1', defaults: {k: v}}\n" + b,
			[]string{"projects.a.defaults", "projects.a.proxy", "projects.a.rate"}, nil},
	} {
		got := Changed(read(base), read(row.text))
		if !slices.Equal(got, row.want) || !slices.Equal(NeedRestart(got), row.restart) {
			t.Errorf("%s: %v, restart %v", row.name, got, NeedRestart(got))
		}
	}
}

func TestRedacted(t *testing.T) {
	c, err := Parse("c.yaml", []byte(`listen: "[::1]:0"
http: {auth: {api_key: true, tokens: [0123456789abcdef]}, allow: ["::1", 10.0.0.0/8], hosts: [TILL.example], tls: self-signed}
projects: {shop: {project_id: "no", api_key: hunter2, proxy: "http://u:hunter2@p:1", url: "https://x.example/base/", defaults: {n: "5", d: "$${x}"}}}
`), Env{})
	if err != nil {
		t.Fatal(err)
	}
	dump, err := c.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"listen: '[::1]:0'", "api_key: " + Hidden, "tokens: [" + Hidden + "]", "allow: ['::1', 10.0.0.0/8]", "hosts: [till.example]",
		"proxy: http://" + Hidden + "@p:1", "url: https://x.example/base\n", "tls: self-signed", "keep_sent: 30d", "rate: none"} {
		if !strings.Contains(string(dump), want) {
			t.Errorf("no %q in\n%s", want, dump)
		}
	}
	if strings.Contains(string(dump), "hunter2") || strings.Contains(string(dump), "0123456789abcdef") {
		t.Errorf("a secret in\n%s", dump)
	}
}

// TestCheck looks at configs that were made in code.
func TestCheck(t *testing.T) {
	c := Default()
	if err := c.Check(); err == nil || !strings.HasPrefix(err.Error(), "projects: is missing") {
		t.Errorf("no project: %v", err)
	}
	p := DefaultProject()
	p.Name, p.ProjectID, p.APIKey, p.URL = "demo", "a", NewSecret("b"), "http://127.0.0.1:4000/"
	c.Projects = Projects{p}
	if err := c.Check(); err != nil || c.Projects[0].URL != "http://127.0.0.1:4000" {
		t.Errorf("%v, %s", err, c.Projects[0].URL)
	}
	p.APIKey, p.Stamp, p.ProjectID = NewSecret("hunter2\n"), "hours", ""
	c.Projects, c.Listen, c.Timezone = Projects{p, p}, "x", "Nowhere/At_All"
	err := c.Check()
	for _, want := range []string{`listen: "x" is not an address`, "projects.demo: is there twice", "projects.demo.project_id: is missing", `stamp: "hours" is none`,
		"api_key: the value holds a line end", `timezone: "Nowhere/At_All" is not`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a secret in", err)
	}
}

func TestZone(t *testing.T) {
	for text, want := range map[Zone]string{"": "Local", LocalZone: "Local", "Europe/Berlin": "Europe/Berlin", "UTC": "UTC"} {
		if l, err := text.Location(); err != nil || l.String() != want {
			t.Errorf("%s: %v, %v", text, l, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	c, err := Parse("c.yaml", []byte("listen: 0.0.0.0:1\nhttp: {insecure: true}\n"+with("")), Env{})
	if err != nil || len(c.Warnings) != 1 || c.Warnings[0].Key != "listen" {
		t.Errorf("%v, %v", c, err)
	}
	c, err = Parse("c.yaml", []byte("listen: 0.0.0.0:1\nhttp: {auth: {api_key: yes}, tls: self-signed}\n"+with("")), Env{})
	if err != nil || len(c.Warnings) != 0 {
		t.Errorf("%v, %v", c, err)
	}
}
