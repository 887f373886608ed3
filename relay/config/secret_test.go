package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func TestSecretIsHidden(t *testing.T) {
	const text = "hunter2hunter2"
	type outer struct {
		Secret Secret
		hidden Secret
		proxy  Proxy
	}
	proxy, err := ParseProxy("http://user:" + text + "@proxy.example:3128")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSecret(text)
	o := outer{s, s, proxy}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
		for _, value := range []any{s, &s, o, &o, []Secret{s}, map[string]Secret{"a": s}, proxy, &proxy, o.hidden, o.proxy} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	j, err := json.Marshal(map[string]any{"a": s, "b": o, "c": proxy})
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(map[string]any{"a": s, "b": proxy})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	out.Write(y)
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "a", s, "b", o, "c", &o, "d", proxy)
	}
	hex := fmt.Sprintf("%x", text)
	if got := out.String(); strings.Contains(got, text) || strings.Contains(strings.ToLower(got), hex) {
		t.Errorf("leaks:\n%s", got)
	}
	if s.Reveal() != text || !s.Equal(NewSecret(text)) || s.IsZero() || !(Secret{}).IsZero() {
		t.Error("the text is lost")
	}
	if u := proxy.URL(); u == nil || u.User.String() != "user:"+text {
		t.Errorf("proxy's URL is %v", u)
	}
}

// TestErrorsHoldNoSecret puts secrets where they belong, and mistakes all
// around them: none may show, whatever else is wrong.
func TestErrorsHoldNoSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := "Zq" + rapid.StringMatching(`[A-Za-z0-9*&!@%,:#{}\[\]"'\\|> -]{8,24}`).Draw(t, "secret") + "7w"
		core := secret
		lead := rapid.SampledFrom([]string{"", "", "*", "&", "!", "@", "`", "%", "\"", "'", "[", "{", "- ", "|\n      ", ">\n      "}).Draw(t, "lead")
		mistake := rapid.SampledFrom([]string{"", "rate: 20", "ulr: x", "connections: [", "stamp: \"", "url: a: b", "\tx: 1", "}", "nested: *x", "api_key: again"}).Draw(t, "mistake")
		name := rapid.SampledFrom([]string{"api_key: ", "api_key:", "apikey: ", "api-key: ", "proxy: http://u:", "api_key: ${", "api_key: ${env:NO}"}).Draw(t, "name")
		flow := rapid.Bool().Draw(t, "flow")
		text := "projects:\n  shop:\n    project_id: a\n    " + name + lead + secret + "\n    " + mistake + "\nhttp:\n  auth:\n    tokens:\n    - " + lead + secret + "\n"
		if flow {
			text = "projects: {shop: {project_id: a, " + name + lead + secret + ", " + mistake + ", connections: x}}\n"
		}
		c, err := Parse("c.yaml", []byte(text), Env{Lookup: func(string) (string, bool) { return core, true }})
		var problems Errors
		if err != nil && !errors.As(err, &problems) {
			t.Fatal(err)
		}
		shown := problems.Error() + problems.Detail()
		if c != nil {
			dump, err := c.Redacted()
			if err != nil {
				t.Fatal(err)
			}
			shown += string(dump) + fmt.Sprintf("%v %+v %#v", c, *c, *c)
		}
		for _, part := range pieces(core) {
			if strings.Contains(shown, part) {
				t.Fatalf("shows %q of %q\n%s\n--- from\n%s", part, core, shown, text)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 {
				t.Fatalf("no place: %s", p)
			}
		}
	})
}

// pieces are the runs of letters and digits of a secret that are long enough
// to be its own.
func pieces(secret string) []string {
	var long []string
	for _, run := range strings.FieldsFunc(secret, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		if len(run) >= 5 {
			long = append(long, run)
		}
	}
	return long
}

// TestReferencedValuesAreNotShown: what a reference holds is in no error, also
// where the key is not secret.
func TestReferencedValuesAreNotShown(t *testing.T) {
	const held = "hunter2hunter2"
	env := Env{Lookup: func(string) (string, bool) { return held, true }}
	for _, key := range keys() {
		if strings.Contains(key, "NAME") || key == "projects" {
			continue
		}
		parts := strings.Split(key, ".")
		text := strings.Join(parts, ": {") + ": '${env:X}'" + strings.Repeat("}", len(parts)-1) + "\n" + with("")
		_, err := Parse("c.yaml", []byte(text), env)
		if err != nil && strings.Contains(err.Error(), held) {
			t.Errorf("%s: %v", key, err)
		}
		text = with(parts[len(parts)-1] + ": '${env:X}'")
		if _, err := Parse("c.yaml", []byte(text), env); err != nil && strings.Contains(err.Error(), held) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, key := range keys() {
		name, ok := strings.CutPrefix(key, "projects.NAME.")
		if !ok || strings.Contains(name, ".") || name == "project_id" || name == "api_key" {
			continue
		}
		for _, value := range []string{"'${env:X}'", "['${env:X}']", "{a: '${env:X}', __currency__: '${env:X}', duplicate: ['${env:X}']}"} {
			if _, err := Parse("c.yaml", []byte(with(name+": "+value)), env); err != nil && strings.Contains(err.Error()+err.(Errors).Detail(), held) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", with("rate: 20"), "a: [*b, {<<: &c d}]\n", "\xff\xfea\x00", "? [x]\n: y\n---\n", "projects: &p {a: *p}\n",
		"projects: {a: {api_key: '${env:X}', outcomes: {retry: [404], dead: [404, 4xx]}}}", "a: \"\\x", "spool: {keep_sent: 1w2d3h, max_size: 1.5GiB}"} {
		f.Add([]byte(text))
	}
	none := Env{Lookup: func(string) (string, bool) { return "", false }, Open: fakeEnv().Open}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("c.yaml", data, none)
		if err == nil {
			dump, err := c.Redacted()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse("c.yaml", dump, none)
			if err != nil && !strings.Contains(string(dump), Hidden+"@") {
				t.Fatalf("the dump is not read again: %v\n%s", err, dump)
			}
			if err == nil {
				for _, key := range Changed(c, again) {
					if !strings.HasSuffix(key, "api_key") && !strings.HasSuffix(key, "tokens") {
						t.Fatalf("the dump changed %s\n%s", key, dump)
					}
				}
			}
			return
		}
		var problems Errors
		if !errors.As(err, &problems) || len(problems) == 0 || c != nil {
			t.Fatalf("%v, %v", c, err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.What == "" || strings.ContainsAny(p.String(), "\n\r") {
				t.Fatalf("not a line with its place: %q", p.String())
			}
		}
		_ = problems.Detail()
	})
}
