package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"funnelrelay/relay/secret"
)

// env has a variable, a credential and some files.
func env(t *testing.T) Env {
	t.Helper()
	files := fstest.MapFS{
		"keys/good":           {Data: []byte("a b\r\n"), Mode: 0o600},
		"keys/two ends":       {Data: []byte("ab\n\n"), Mode: 0o600},
		"keys/open":           {Data: []byte("hunter2hunter2"), Mode: 0o644},
		"keys/notepad":        {Data: []byte("\xef\xbb\xbfab"), Mode: 0o600},
		"keys/powershell":     {Data: []byte("\xff\xfea\x00b\x00"), Mode: 0o600},
		"keys/big":            {Data: make([]byte, 70<<10), Mode: 0o600},
		"keys/looks":          {Data: []byte("${env:ID}\n"), Mode: 0o600},
		"run/secrets/key":     {Data: []byte("ab"), Mode: 0o444},
		"run/credentials/key": {Data: []byte("from systemd\n"), Mode: 0o444},
		"etc/relative":        {Data: []byte("near"), Mode: 0o600},
	}
	variables := map[string]string{"ID": "acc", "RATE": "5/s", "EMPTY": "", "CREDENTIALS_DIRECTORY": "/run/credentials", "PORT": "9999999", "YAML": "a: {b"}
	return Env{
		Lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		Open: func(path string) (fs.File, error) {
			path = filepath.ToSlash(path)
			return files.Open(strings.TrimPrefix(path[strings.Index(path, "/"):], "/"))
		},
	}
}

func TestReferences(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of Unix")
	}
	project := func(id, key string) string {
		return "projects:\n  shop:\n    project_id: " + id + "\n    api_key: " + key + "\n"
	}
	for _, row := range []struct{ id, key, wantID, wantKey string }{
		{"${env:ID}", "${file:/keys/good}", "acc", "a b"},
		{"x-${env:ID}-${env:ID}", "${cred:key}", "x-acc-acc", "from systemd"},
		{"'$${env:ID}'", "${file:/keys/notepad}", "${env:ID}", "ab"},
		{"a$b", "${file:relative}", "a$b", "near"},
		{"${env:YAML}", "${file:/keys/looks}", "a: {b", "${env:ID}"},
		{"0123", "${file:/run/secrets/key}", "0123", "ab"},
	} {
		c, err := Parse("/etc/c.yaml", []byte(project(row.id, row.key)), env(t))
		if err != nil {
			t.Errorf("%s %s: %v", row.id, row.key, err)
			continue
		}
		if p := c.Projects[0]; p.ProjectID != row.wantID || p.APIKey.Reveal() != row.wantKey {
			t.Errorf("%s, %s: read %q, %q", row.id, row.key, p.ProjectID, p.APIKey.Reveal())
		}
	}
	for _, row := range []struct{ key, want string }{
		{"${env:NOT}", "the environment variable NOT is not set; set it where the daemon is started (a service does not see your terminal's), or use ${file:PATH}"},
		{"${env:EMPTY}", "what ${env:EMPTY} holds is empty; give it a text"},
		{"${file:/keys/none}", "/keys/none: no such file; check the path, and that the daemon's user may read it"},
		{"${file:/keys/open}", "/keys/open can be read by every user of this machine; run `chmod o-rwx /keys/open`"},
		{"${file:/keys/two ends}", "what ${file:/keys/two ends} holds holds a line end or another invisible character; copy it again without; a file must hold one line in UTF-8"},
		{"${file:/keys/powershell}", "/keys/powershell is not text in UTF-8; save it as UTF-8 (Windows PowerShell's > writes UTF-16)"},
		{"${file:/keys/big}", "/keys/big is larger than 64 KiB; a value is one line; check the path"},
		{"${cred:../x}", `a secret cannot be called "../x"; use up to 64 letters, digits, -, _ and .; write it as ` + "`funnelrelay secret list` shows it"},
		{"${cred:none}", "there is no secret none in /run/credentials or /etc/secrets; run `funnelrelay secret set none`"},
		{"${hunter2}", "has a reference of an unknown kind; write ${env:NAME}, ${file:PATH} or ${cred:NAME}; a literal ${ is written $${"},
		{`"${env:a\nb}"`, "has a reference of an unknown kind; write ${env:NAME}, ${file:PATH} or ${cred:NAME}; a literal ${ is written $${"},
		{"${env:ID", "has a ${ without its }; write ${env:NAME}, ${file:PATH} or ${cred:NAME}; a literal ${ is written $${"},
	} {
		_, err := Parse("/etc/c.yaml", []byte(project("a", row.key)), env(t))
		if want := "/etc/c.yaml:4:14: projects.shop.api_key: " + row.want; err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", row.key, err, want)
		}
	}
	_, err := Parse("/etc/c.yaml", []byte("listen: 127.0.0.1:${env:PORT}\n"+project("a", "b")), env(t))
	if want := "/etc/c.yaml:1:9: listen: what ${env:PORT} holds has no port from 0 to 65535; write an address and a port, as in 127.0.0.1:8787"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestCredentials reads what is stored beside a config, and what systemd hands
// over first.
func TestCredentials(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, []byte("projects: {shop: {project_id: a, api_key: '${cred:shop_key}'}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := func() string {
		t.Helper()
		c, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return c.Projects[0].APIKey.Reveal()
	}
	if _, err := Load(path); err == nil || !strings.HasSuffix(err.Error(),
		"there is no secret shop_key in "+secret.Folder(path)+"; run `funnelrelay secret set shop_key`") {
		t.Errorf("nothing is stored: %v", err)
	}
	store := secret.Beside(path)
	if err := store.Set("shop_key", "stored 1"); err != nil {
		t.Fatal(err)
	}
	if got := key(); got != "stored 1" {
		t.Errorf("read %q", got)
	}
	systemd := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", systemd)
	if got := key(); got != "stored 1" {
		t.Errorf("systemd hands nothing over: read %q", got)
	}
	if err := os.WriteFile(filepath.Join(systemd, "shop_key"), []byte("handed over\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	if got := key(); got != "handed over" {
		t.Errorf("systemd's comes first: read %q", got)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if err := os.WriteFile(store.Path("shop_key"), []byte("hunter2\x00hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasSuffix(err.Error(), "run `funnelrelay secret set shop_key` again") &&
		!strings.Contains(err.Error(), "a secret is one line") {
		t.Errorf("a damaged secret: %v", err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(store.Path("shop_key"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.HasSuffix(err.Error(), "run `chmod o-rwx "+store.Path("shop_key")+"`") {
			t.Errorf("a secret that all can read: %v", err)
		}
	}
}

// TestLoad reads real files, with real rights.
func TestLoad(t *testing.T) {
	folder := t.TempDir()
	path, key := filepath.Join(folder, "c.yaml"), filepath.Join(folder, "key")
	write := func(path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(path, "data: spool\nprojects: {shop: {project_id: a, api_key: '${file:key}'}}\n", 0o644)
	write(key, "a b\n", 0o600)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != filepath.Join(folder, "spool") || c.Projects[0].APIKey.Reveal() != "a b" || len(c.Warnings) > 0 {
		t.Errorf("read %+v", c)
	}
	if runtime.GOOS != "windows" {
		write(key, "a b\n", 0o604)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "chmod o-rwx "+key) {
			t.Errorf("a key that all can read: %v", err)
		}
		write(path, with("rate: none"), 0o644)
		if c, err := Load(path); err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].String(), "every user") {
			t.Errorf("a key in a file that all can read: %v, %v", c, err)
		}
	}
	write(path, with("proxy: '${file:"+filepath.ToSlash(folder)+"}'"), 0o600)
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a folder for a file: %v", err)
	}
	if _, err := Load(filepath.Join(folder, "none")); err == nil || !strings.Contains(err.Error(), "no such file; write one with `funnelrelay init`") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	t.Setenv(EnvName, path)
	if Find() != path {
		t.Errorf("found %q", Find())
	}
	t.Setenv(EnvName, "")
	t.Chdir(folder)
	write(filepath.Join(folder, "funnelrelay.yaml"), with(""), 0o600)
	if c, err := Load(""); err != nil || c.Projects[0].Name != "shop" {
		t.Errorf("the current folder's: %v", err)
	}
}

func TestPlaces(t *testing.T) {
	none := func(string) string { return "" }
	for _, row := range []struct {
		s                system
		data, configFile string
	}{
		{system{"linux", true, none, "/root"}, "/var/lib/funnelrelay", "/etc/funnelrelay/config.yaml"},
		{system{"linux", false, none, "/home/a"}, "/home/a/.local/state/funnelrelay", "/etc/funnelrelay/config.yaml"},
		{system{"linux", false, none, ""}, "/var/lib/funnelrelay", "/etc/funnelrelay/config.yaml"},
		{system{"linux", false, func(name string) string {
			return map[string]string{"STATE_DIRECTORY": "/var/lib/private/f:/x", "XDG_STATE_HOME": "/s"}[name]
		}, "/"}, "/var/lib/private/f", "/etc/funnelrelay/config.yaml"},
		{system{"linux", false, func(name string) string { return map[string]string{"XDG_STATE_HOME": "/s"}[name] }, "/h"}, "/s/funnelrelay", "/etc/funnelrelay/config.yaml"},
		{system{"darwin", true, none, "/var/root"}, "/Library/Application Support/funnelrelay", "/Library/Application Support/funnelrelay/config.yaml"},
		{system{"darwin", false, none, "/Users/a"}, "/Users/a/Library/Application Support/funnelrelay", "/Library/Application Support/funnelrelay/config.yaml"},
	} {
		if runtime.GOOS == "windows" {
			t.Skip("the paths are those of Unix")
		}
		if got := dataFolder(row.s); got != row.data {
			t.Errorf("%+v: data %s", row.s, got)
		}
		if list := places(row.s); list[len(list)-1] != row.configFile || list[0] != "funnelrelay.yaml" {
			t.Errorf("%+v: places %v", row.s, list)
		}
	}
	windows := system{"windows", false, func(string) string { return `D:\PD` }, ""}
	if got := filepath.ToSlash(dataFolder(windows)); !strings.HasPrefix(got, `D:`) || !strings.HasSuffix(got, "/funnelrelay") {
		t.Errorf("windows: %s", got)
	}
}
