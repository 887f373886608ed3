package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNewestTaken: a name is no pattern.
func TestNewestTaken(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"done/2026-11-23/a[1].csv", "done/2026-11-24/a[1].csv", "done/2026-11-25/a1.csv"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"a[1].csv": "2026-11-24", "a1.csv": "2026-11-25", "a*.csv": "", "b.csv": ""} {
		got := newestTaken(folder, name)
		if want == "" && got != "" || want != "" && got != filepath.Join(folder, "done", want, name) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
