//go:build unix

package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRights(t *testing.T) {
	s := Beside(filepath.Join(t.TempDir(), "config.yaml"))
	if err := s.Set("shop", "hunter2"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{s.Folder: 0o700, s.Path("shop"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	if err := os.Chmod(s.Path("shop"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("shop"); err == nil || !strings.Contains(err.Error(), "run `chmod o-rwx "+s.Path("shop")+"`") {
		t.Errorf("a secret that all can read: %v", err)
	}
	if err := os.WriteFile(s.Path("edited"), []byte("\ufeffby hand\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get("edited"); err != nil || got != "by hand" {
		t.Errorf("edited by hand: %q, %v", got, err)
	}
	if err := os.Symlink(s.Path("edited"), s.Path("link")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("link"); err == nil {
		t.Error("a link was read")
	}
}
