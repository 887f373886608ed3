package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"funnelrelay/relay/source"
)

// fakeEnv resolves the references that the examples use.
func fakeEnv() Env {
	files := fstest.MapFS{"etc/funnelrelay/api_key": {Data: []byte("a key with spaces\n"), Mode: 0o600},
		"etc/funnelrelay/mail_password": {Data: []byte("a password\r\n"), Mode: 0o600}}
	return Env{
		Lookup: func(name string) (string, bool) {
			value, ok := map[string]string{"FUNNELYTICS_PROJECT_ID": "acc-1", "FUNNELYTICS_API_KEY": "k e y"}[name]
			return value, ok
		},
		Open: func(path string) (fs.File, error) {
			// On Windows with a volume, and below the folder of the config.
			const folder = "/etc/funnelrelay/"
			if path = filepath.ToSlash(path); strings.Contains(path, folder) {
				path = folder[1:] + path[strings.LastIndex(path, folder)+len(folder):]
			}
			return files.Open(path)
		},
	}
}

// compareConfig compares whole configs.
var compareConfig = cmp.Options{cmp.AllowUnexported(Problem{}), cmpopts.IgnoreUnexported(Config{})}

const exampleFile = "../../config.example.yaml"

func readExample(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestExampleParses reads the example as it stands.
func TestExampleParses(t *testing.T) {
	c, err := Parse("/etc/funnelrelay/config.yaml", readExample(t), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	p := DefaultProject()
	p.Name, p.ProjectID, p.APIKey = "shop", "acc-1", NewSecret("a key with spaces")
	want.Projects = Projects{p}
	if diff := cmp.Diff(want, c, compareConfig); diff != "" {
		t.Errorf("the example as it stands (-code +example):\n%s", diff)
	}
}

var commented = regexp.MustCompile(`(?m)^(\s*)#((?:- )?[a-z_]+:)`)

// TestExampleHoldsEveryKey takes the # from every key: each key of the code must
// be there, with the code's default, and no other.
func TestExampleHoldsEveryKey(t *testing.T) {
	text := commented.ReplaceAllString(string(readExample(t)), "$1$2")
	if strconv.IntSize == 32 { // the example shows the default of 64-bit systems
		text = strings.Replace(text, "max_size: 2GB", "max_size: 512MB", 1)
	}
	c, err := Parse("/etc/funnelrelay/config.yaml", []byte(text), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Data = dataFolder(system{goos: "linux", root: true, getenv: func(string) string { return "" }})
	if !filepath.IsAbs(want.Data) { // as on Windows
		want.Data = c.Data
	}
	want.HTTP.Hosts, want.HTTP.Origins, want.HTTP.Auth.Tokens = []string{}, []string{}, []Secret{}
	want.HTTP.Allow = c.HTTP.Allow[:0]
	p := DefaultProject()
	p.Name, p.ProjectID, p.APIKey, p.Defaults = "shop", "acc-1", NewSecret("a key with spaces"), map[string]string{}
	want.Projects = Projects{p}
	for outcome, list := range c.Projects[0].Outcomes.lists() {
		for same, usual := range p.Outcomes.lists() {
			if same == outcome && !sameSet(*list, *usual) {
				t.Errorf("outcomes.%s: example %v, code %v", outcome, *list, *usual)
			}
		}
	}
	c.Projects[0].Outcomes = p.Outcomes
	want.Sources = c.Sources // see TestExampleOfSources
	want.Alarm.To = c.Alarm.To
	if diff := cmp.Diff(want, c, compareConfig); diff != "" {
		t.Errorf("the example's defaults (-code +example):\n%s", diff)
	}

	d := newDecoder(&document{name: "x", folder: "/"}, fakeEnv())
	root, problem := d.doc.open([]byte(text))
	if problem != nil {
		t.Fatal(problem)
	}
	d.structure(root, "", Default())
	seen := map[string]bool{}
	entry := regexp.MustCompile(`^(projects|sources)\.[a-z]+|\[\d+\]`)
	for path := range d.marks {
		seen[entry.ReplaceAllStringFunc(path, func(part string) string {
			if top, _, named := strings.Cut(part, "."); named {
				return top + ".NAME"
			}
			return ""
		})] = true
	}
	for _, key := range keys() {
		if !seen[key] {
			t.Errorf("config.example.yaml does not have %s", key)
		}
	}
}

// TestExampleOfSources holds the entry that has every key of a CSV to the code:
// what stands there as a default is one, and the rest is read as it looks.
func TestExampleOfSources(t *testing.T) {
	text := commented.ReplaceAllString(string(readExample(t)), "$1$2")
	c, err := Parse("/etc/funnelrelay/config.yaml", []byte(text), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range c.Sources {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "square till webshop leads journal ledger wide packed" {
		t.Errorf("sources %s", got)
	}
	till, _ := c.Sources.Get("till")
	usual := source.Default()
	if till.Mode != usual.Mode || till.Settle != usual.Settle || till.After != usual.After || till.KeepDone != usual.KeepDone ||
		till.Marker != usual.Marker || till.RepeatWindow != usual.RepeatWindow {
		t.Errorf("defaults: %+v", till)
	}
	p := DefaultProject()
	if till.Stamp != string(p.Stamp) || till.Nested != string(p.Nested) || till.Identity != string(p.Identity) || till.Invalid != string(p.Invalid) {
		t.Errorf("what is as in a project: %+v", till)
	}
	folder := filepath.Join(c.Data, "drop", "till", "{store}")
	week := [7][]source.Span{time.Saturday: {{From: 9 * 60, To: 14 * 60}}}
	for day := time.Monday; day <= time.Friday; day++ {
		week[day] = []source.Span{{From: 9 * 60, To: 18*60 + 30}}
	}
	want := source.Source{
		Name: "till", Project: "shop", Watch: []string{filepath.Join(folder, "*.csv"), filepath.Join(folder, "*.txt")},
		Mode: usual.Mode, Settle: usual.Settle, After: usual.After, KeepDone: usual.KeepDone,
		Read: source.Read{
			Type: "csv", Encoding: "windows-1252", Delimiter: ";", Header: source.Header{Names: []string{"Receipt", "Total"}},
			End: source.Matcher{{{Column: "Receipt", Is: []string{"/^Sum/"}}}}, Fill: []string{"Date"},
		},
		Values: source.Values{Date: []string{"dd.MM.yyyy HH:mm:ss", "dd.MM.yyyy HH:mm"}, Zone: "Europe/Berlin", Money: "1.234,56"},
		Skip:   source.Matcher{{{Column: "Status", Is: []string{"open"}}}},
		Void:   source.Matcher{{{Column: "Status", Is: []string{"cancelled"}}}, {{Column: "Cancelled at", Is: []string{"present"}}}},
		Refund: source.Matcher{{{Column: "Total", Is: []string{"<0"}}}},
		Const:  []source.Field{{Name: "currency", Value: source.Value{"EUR"}}, {Name: "store", Value: source.Value{"{store}"}}},
		Order: &source.Order{
			Group: source.Value{"Receipt"}, ID: source.Value{"{Date}/{Receipt}"}, Number: source.Value{"Receipt"}, At: source.Value{"{Date} {Time}"},
			Email: source.Value{"Customer email"}, Session: source.Value{"Customer session"}, Currency: source.Value{"Currency"},
			Extra: []source.Field{{Name: "cashier", Value: source.Value{"Cashier"}}, {Name: "tip", Value: source.Value{`= money("Tip")`}}},
		},
		Items: &source.Items{
			Skip: source.Matcher{{{Column: "Item", Is: []string{"Change", "Deposit"}}}},
			SKU:  source.Value{"Article", "Barcode"}, Label: source.Value{"{Item} {Size}"}, Total: source.Value{"Line total"},
			Qty: source.Value{"Quantity"}, Price: source.Value{"Price"}, Discount: source.Value{"Discount"},
			Extra:   []source.Field{{Name: "category", Value: source.Value{"Group"}}},
			Balance: &source.Balance{Total: source.Value{"Total"}, Label: "Shipping and discounts"},
		},
		Policy: source.Policy{Refund: "action", Void: "skip", Changed: "hold"},
		Stamp:  "seconds", Nested: "flatten", Identity: "warn", Invalid: "reject", Defaults: map[string]string{},
		Silence: time.Hour, Hours: source.Hours{Given: true, Week: week},
	}
	if diff := cmp.Diff(want, till); diff != "" {
		t.Errorf("the example's till (-code +example):\n%s", diff)
	}
}

func sameSet(a, b []Status) bool {
	set := map[Status]int{}
	for _, s := range a {
		set[s]++
	}
	for _, s := range b {
		set[s]--
	}
	for _, n := range set {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestEveryKeyIsExplained holds the example to a comment above every key.
func TestEveryKeyIsExplained(t *testing.T) {
	lines := strings.Split(string(readExample(t)), "\n")
	key := regexp.MustCompile(`^\s*#?(?:- )?([a-z_]+):`)
	for i, line := range lines {
		if !key.MatchString(line) || line == "  shop:" {
			continue
		}
		above := i - 1
		for above > 0 && key.MatchString(lines[above]) { // explained together
			above--
		}
		if !strings.HasPrefix(strings.TrimSpace(lines[above]), "# ") {
			t.Errorf("line %d: %s: no comment above", i+1, line)
		}
	}
}

// TestManual holds the struct to a comment with every field's default.
func TestManual(t *testing.T) {
	var manual strings.Builder
	for _, file := range []string{"config.go", "alarm.go", "project.go", "outcomes.go", "../source/source.go", "../source/order.go", "../source/read.go"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		manual.Write(data)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[HTTP](), reflect.TypeFor[Auth](), reflect.TypeFor[Limits](),
		reflect.TypeFor[Spool](), reflect.TypeFor[Alarm](), reflect.TypeFor[Target](), reflect.TypeFor[Mail](), reflect.TypeFor[Log](), reflect.TypeFor[Project](), reflect.TypeFor[Outcomes](),
		reflect.TypeFor[source.Source](), reflect.TypeFor[source.Order](), reflect.TypeFor[source.Items](), reflect.TypeFor[source.Balance](),
		reflect.TypeFor[source.Event](), reflect.TypeFor[source.Refunds](), reflect.TypeFor[source.Policy](), reflect.TypeFor[source.Read](),
		reflect.TypeFor[source.Records](), reflect.TypeFor[source.Join](), reflect.TypeFor[source.Values]()} {
		_, body, _ := strings.Cut(manual.String(), "\ntype "+typ.Name()+" struct {")
		body, _, _ = strings.Cut(body, "\n}\n")
		for _, field := range reflect.VisibleFields(typ) {
			name := field.Tag.Get("yaml")
			if name == "" {
				continue
			}
			declared := regexp.MustCompile(`((?:\n\t//[^\n]*)+)\n\t` + field.Name + ` +\S+ +` + "`yaml:\"" + name + `"`)
			found := declared.FindStringSubmatch(body)
			if found == nil {
				t.Errorf("%s.%s has no comment of its own", typ.Name(), field.Name)
				continue
			}
			if field.Type.Kind() == reflect.Struct && field.Type.NumField() > 0 && field.Type.Field(0).Tag.Get("yaml") != "" ||
				name == "projects" || name == "sources" || name == "alarm" {
				continue // its own fields say
			}
			if !strings.Contains(found[1], "Default:") && !strings.Contains(found[1], "Required") {
				t.Errorf("%s.%s does not say its default:%s", typ.Name(), field.Name, found[1])
			}
		}
	}
}

func TestTemplateParses(t *testing.T) {
	env := fakeEnv()
	for name, o := range map[string]InitOptions{
		"nothing known": {},
		"all given": {Project: "my-shop", ProjectID: "0123", APIKey: "it's a # key: with 'signs' \\ and $${", URL: "http://127.0.0.1:9",
			Listen: "127.0.0.1:1", Data: `/srv/a b`, Timezone: "America/Argentina/Buenos_Aires"},
		"references":              {ProjectID: "${env:FUNNELYTICS_API_KEY}", APIKey: "${file:/etc/funnelrelay/api_key}"},
		"looks like another type": {ProjectID: "no", APIKey: "~ null"},
	} {
		t.Run(name, func(t *testing.T) {
			data := Template(o)
			c, err := Parse("/x/config.yaml", data, env)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			p := c.Projects[0]
			if name == "all given" && (p.Name != "my-shop" || p.ProjectID != "0123" || p.APIKey.Reveal() != "it's a # key: with 'signs' \\ and ${" ||
				p.URL != "http://127.0.0.1:9" || c.Listen != "127.0.0.1:1" || !strings.HasSuffix(filepath.ToSlash(c.Data), `/srv/a b`) || c.Timezone != "America/Argentina/Buenos_Aires") {
				t.Errorf("read as %+v\n%s", c, data)
			}
			if p.RepeatWindow != time.Hour {
				t.Error("a default is lost")
			}
		})
	}
}
