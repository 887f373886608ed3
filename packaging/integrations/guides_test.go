package integrations

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/config"
	"go.yaml.in/yaml/v4"
)

// guides are all texts for people, by the name of their folder.
func guides(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{".": file(t, "README.md")}
	for _, path := range paths {
		found[filepath.Dir(path)] = file(t, path)
	}
	return found
}

// block is a fenced text of a guide.
type block struct {
	kind, text string
	table      map[string]string // the last table of fields and values before it
	before     string            // the line before the fence
}

var cells = regexp.MustCompile("^\\| ([^|]+) \\| (.+) \\|$")

// blocks takes a guide apart.
func blocks(guide string) []block {
	var all []block
	var table map[string]string
	var open *block
	before := ""
	for line := range strings.Lines(guide) {
		line = strings.TrimSuffix(line, "\n")
		fence, fenced := strings.CutPrefix(line, "```")
		cell := cells.FindStringSubmatch(line)
		switch {
		case fenced && open == nil:
			open = &block{kind: fence, table: table, before: before}
		case fenced:
			all, open, table = append(all, *open), nil, nil
		case open != nil:
			open.text += line + "\n"
		case line == "| field | value |":
			table = map[string]string{}
		case cell != nil && table != nil && cell[1] != "---":
			table[cell[1]] = strings.Trim(cell[2], "`")
		case line != "":
			before = line
		}
	}
	return all
}

// ofTable makes the request that a tool sends whose fields are filled in as the
// table says, with the body under it.
func ofTable(t *testing.T, table map[string]string, body string) (request []byte, action string) {
	t.Helper()
	var method, url, headers string
	typed := false
	for name, value := range table {
		header, isHeader := strings.CutPrefix(name, "Header `")
		switch {
		case isHeader:
			header = strings.TrimSuffix(header, "`")
			typed = typed || header == "Content-Type"
			headers += header + ": " + value + "\r\n"
		case strings.Contains(name, "URL"):
			url = value
		case name == "Method" || name == "Verb":
			method = value
		case strings.Contains(value, "JSON") || slices.Contains([]string{"Raw", "No Auth", "None", "Yes"}, value): // how the tool is to write the body, and that it adds nothing
		default:
			t.Fatalf("field %q: %q: what does a tool do with it?", name, value)
		}
	}
	if !typed { // a tool that is told that the body is JSON says so itself
		headers += "Content-Type: application/json\r\n"
	}
	scheme, rest, ok := strings.Cut(url, "://")
	host, path, hasPath := strings.Cut(rest, "/")
	if !ok || !hasPath || method != "POST" {
		t.Fatalf("method %q, URL %q", method, url)
	}
	if scheme == "https" { // it comes through what speaks TLS in front of the relay
		headers += "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n"
	}
	_, action, _ = strings.Cut(path, "api/v1/webhook/")
	return fmt.Appendf(nil, "%s /%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", method, path, host, headers, len(body), body), action
}

// filled puts the reader's own values in the place of what stands for them.
func filled(text string, values map[string]string) string {
	text = strings.NewReplacer("YOUR ACCOUNT ID", accountID, "YOUR SECRET KEY", secretKey).Replace(text)
	for name, value := range values {
		text = strings.ReplaceAll(text, "{{"+name+"}}", value)
	}
	return text
}

// Every table of fields with the JSON under it, filled in as the guide's tool
// does, is one of the contract's examples: it is taken, and arrives as it is; the
// same again is a duplicate.
func TestFieldsOfGuides(t *testing.T) {
	for name, guide := range guides(t) {
		if name == "." || name == "reach" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			values := variables(t, name)
			var actions []string
			for _, b := range blocks(guide) {
				if b.kind != "json" {
					continue
				}
				table := b.table
				if name == "custom" { // a file there, which the clients send
					table = fileFields(t, b.before)
				}
				for field := range table {
					table[field] = filled(table[field], values)
				}
				request, action := ofTable(t, table, filled(b.text, values))
				actions = append(actions, action)
				r := newRig(t, nil)
				if a := r.send(request); !a.is("202 queued") {
					t.Fatalf("%s\n%d %s", request, a.status, a.text)
				}
				holds(t, r.arrived(1)[0], action, example(action))
				if a := r.send(request); !a.is("200 duplicate") {
					t.Errorf("again: %d %s", a.status, a.text)
				}
			}
			if got := strings.Join(actions, " "); got != "Lead __commerce_action__" {
				t.Errorf("examples for %q", got)
			}
		})
	}
}

// fileFields are the fields of a request with a file as its body, by the line that
// names the file.
func fileFields(t *testing.T, before string) map[string]string {
	t.Helper()
	action := "Lead"
	if strings.Contains(before, "`purchase.json`") {
		action = "__commerce_action__"
	} else if !strings.Contains(before, "`lead.json`") {
		t.Fatalf("no file is named in %q", before)
	}
	return map[string]string{"Method": "POST", "URL": "http://127.0.0.1:8787/api/v1/webhook/" + action, "Header `Idempotency-Key`": "file"}
}

// What a guide has to say, it says.
func TestGuidesAreWhole(t *testing.T) {
	all := guides(t)
	for name, guide := range all {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(guide, -1) {
			if _, err := os.Stat(filepath.Join(name, link[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if name == "." || name == "reach" {
			continue
		}
		for _, part := range []string{"## What comes back", "## Retries", "## Did it arrive?", "reach/README.md", "Idempotency-Key", "__commerce_action__", "queued", "duplicate"} {
			if !strings.Contains(guide, part) {
				t.Errorf("%s: %q is missing", name, part)
			}
		}
		if !strings.Contains(all["."], "("+name+"/README.md)") {
			t.Errorf("%s is not in the list of guides", name)
		}
	}
}

// Every piece of the relay's config in a guide is taken by the relay as it stands,
// and every other YAML is what its program reads.
func TestConfigOfGuides(t *testing.T) {
	pieces := 0
	for name, guide := range guides(t) {
		for _, b := range blocks(guide) {
			if b.kind != "yaml" {
				continue
			}
			pieces++
			if strings.Contains(b.text, "tunnel:") {
				checkTunnel(t, b.text)
				continue
			}
			path := filepath.Join(t.TempDir(), "config.yaml")
			text := b.text + "data: data\nprojects: {shop: {project_id: a, api_key: b}}\n"
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(path)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, text)
				continue
			}
			if !cfg.HTTP.Auth.On() {
				t.Errorf("%s: everybody may post:\n%s", name, text)
			}
		}
	}
	if pieces != 4 {
		t.Errorf("%d pieces of YAML in the guides", pieces)
	}
}

// checkTunnel reads a config of cloudflared, whose last rule must take all the
// rest, and which must not make the relay believe that it is called from here.
func checkTunnel(t *testing.T, text string) {
	t.Helper()
	var c struct {
		Tunnel      string `yaml:"tunnel"`
		Credentials string `yaml:"credentials-file"`
		Ingress     []struct {
			Hostname string `yaml:"hostname"`
			Path     string `yaml:"path"`
			Service  string `yaml:"service"`
		} `yaml:"ingress"`
	}
	if err := yaml.Load([]byte(text), &c, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if len(c.Ingress) != 2 || c.Ingress[0].Hostname != public || c.Ingress[0].Service != "http://127.0.0.1:8787" ||
		c.Ingress[1].Hostname != "" || c.Ingress[1].Service != "http_status:404" || !strings.Contains(c.Credentials, c.Tunnel) {
		t.Errorf("%+v", c)
	}
	if path, err := regexp.Compile(c.Ingress[0].Path); err != nil || !path.MatchString("/api/v1/webhook/Lead") || path.MatchString("/metrics") {
		t.Errorf("path %q: %v", c.Ingress[0].Path, err)
	}
}
