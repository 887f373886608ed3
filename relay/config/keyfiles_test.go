package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/secret"
)

// TestKeyFiles finds the files that values come from.
func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"key", "id", "token"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name+"-of-the-shop-12345"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf("http: {auth: {tokens: [\"${file:%s}\"]}}\nprojects:\n  shop: {project_id: \"${file:id}\", api_key: \"${file:key}\"}\n  web: {project_id: w, api_key: \"${cred:web}\"}\n",
		filepath.ToSlash(filepath.Join(dir, "token")))
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := secret.Beside(path).Set("web", "web-of-the-shop-12345"); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range c.KeyFiles() {
		rel, err := filepath.Rel(dir, filepath.FromSlash(path))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(rel))
	}
	slices.Sort(names)
	if want := []string{"id", "key", "secrets/web", "token"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if list := Default().KeyFiles(); list != nil {
		t.Errorf("a config made in code has files: %v", list)
	}
}

// TestSecrets finds every secret, in the forms in which it may come back.
func TestSecrets(t *testing.T) {
	c, err := Parse("c.yaml", []byte(`
http: {auth: {tokens: [a-token-of-a-sender-99, another-token-of-one]}}
projects:
  shop: {project_id: account, api_key: "the key of the shop", proxy: "http://till:p%40ss-word@proxy.example:3128"}
  web: {project_id: second, api_key: second-key-1234, proxy: none}
alarm:
  to:
    - {webhook: "https://hooks.example/services/T0/B0/s3cret?key=query-s3cret", headers: {X-Token: header-s3cret}}
    - {command: [/bin/tell, --to, "${env:TELL}"]}
    - {mail: {server: smtp.example.com, from: a@example.com, to: b@example.com, user: post, password: mail-s3cret}}
`), Env{Lookup: func(name string) (string, bool) { return "word-s3cret", name == "TELL" }})
	if err != nil {
		t.Fatal(err)
	}
	list := c.Secrets()
	for _, want := range []string{"a-token-of-a-sender-99", "another-token-of-one", "the key of the shop", "second-key-1234", "p@ss-word", "p%40ss-word",
		"https://hooks.example/services/T0/B0/s3cret?key=query-s3cret", "/services/T0/B0/s3cret", "key=query-s3cret", "header-s3cret", "word-s3cret", "mail-s3cret"} {
		if !slices.Contains(list, want) {
			t.Errorf("%q is missing in %q", want, list)
		}
	}
	for _, known := range []string{"account", "till", "proxy.example", "--to", "/bin/tell", "post"} {
		if slices.Contains(list, known) {
			t.Errorf("%q is no secret", known)
		}
	}
	if !slices.IsSortedFunc(list, func(a, b string) int { return len(b) - len(a) }) {
		t.Errorf("a secret in another one would be taken out first: %q", list)
	}
	if strings.Contains(fmt.Sprint(c.Projects[0].APIKey), "shop") {
		t.Error("it shows")
	}
}
