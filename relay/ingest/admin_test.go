package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAdminToken(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadAdminToken(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first start: %v", err)
	}
	first, err := AdminToken(dir)
	if err != nil || len(first) < 40 {
		t.Fatalf("made %d bytes, %v", len(first), err)
	}
	path := filepath.Join(dir, adminFile)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if again, err := AdminToken(dir); err != nil || again != first {
		t.Errorf("the second start made another token: %v", err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, text := range []string{"", "abc\n", strings.Repeat("ä", 43)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadAdminToken(dir); err == nil {
			t.Errorf("%q was taken for a token", text)
		}
		if made, err := AdminToken(dir); err != nil || made == first || len(made) != len(first) {
			t.Errorf("after %q: %v", text, err)
		}
	}
	if names, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
	if _, err := AdminToken(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there was fine")
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	o := Options{Projects: []Project{{APIKey: "hush"}}, Auth: Auth{Tokens: []Secret{"hush"}}}
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	log.Info("x", "key", o.Projects[0].APIKey, "options", o.Projects, "auth", o.Auth)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "key", o.Projects[0].APIKey, "auth", o.Auth)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, o.Projects[0].APIKey)
		fmt.Fprintf(&b, verb, o.Auth)
	}
	text, err := json.Marshal(o.Auth)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(text)
	if strings.Contains(b.String(), "hush") || strings.Contains(b.String(), "68757368") {
		t.Errorf("printed: %s", b.String())
	}
}
