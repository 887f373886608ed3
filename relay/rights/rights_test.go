package rights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestForeignFoldersAreRefused(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip("this user has no home")
	}
	root := filepath.VolumeName(home) + string(filepath.Separator)
	for _, path := range []string{root, home, filepath.Dir(home), os.TempDir(), "relative"} {
		for name, f := range map[string]func(string, string) error{"Private": Private, "Shared": Shared} {
			if err := f(path, ""); err == nil || !strings.Contains(err.Error(), "rights of "+path) {
				t.Errorf("%s(%s): %v, want it refused", name, path, err)
			}
		}
	}
}

func TestAccountIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := Private(path, "nobody-of-this-name"); err == nil || !strings.Contains(err.Error(), "nobody-of-this-name is not there") {
		t.Errorf("got %v", err)
	}
}

// write makes files, each in its folder.
func write(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
