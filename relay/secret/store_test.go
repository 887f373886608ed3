package secret

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestStore(t *testing.T) {
	s := Beside(filepath.Join(t.TempDir(), "config.yaml"))
	if names, err := s.List(); err != nil || len(names) != 0 {
		t.Errorf("an empty store lists %v, %v", names, err)
	}
	if _, err := s.Get("shop"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not stored: %v", err)
	}
	if err := s.Remove("shop"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removing what is not stored: %v", err)
	}
	const value = "sk 日本 €'\"$${x}\\"
	for _, v := range []string{"first", value} {
		if err := s.Set("shop", v); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get("shop"); err != nil || got != v {
			t.Errorf("got %q, %v; want %q", got, err, v)
		}
	}
	if err := s.Set("other.key-2", strings.Repeat("k", longestValue)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get("other.key-2"); err != nil || len(got) != longestValue {
		t.Errorf("a long value: %d bytes, %v", len(got), err)
	}
	if names, err := s.List(); err != nil || !slices.Equal(names, []string{"other.key-2", "shop"}) {
		t.Errorf("lists %v, %v", names, err)
	}
	data, err := os.ReadFile(s.Path("shop"))
	if err != nil {
		t.Fatal(err)
	}
	if plain := strings.Contains(string(data), value); plain != (runtime.GOOS != "windows") {
		t.Errorf("the file holds %q", data)
	}
	if err := s.Remove("shop"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.Folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestRefused(t *testing.T) {
	s := Beside(filepath.Join(t.TempDir(), "config.yaml"))
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a b", "ä", "a.", "a\x00", strings.Repeat("a", 65)} {
		if err := s.Set(name, "v"); err == nil {
			t.Errorf("the name %q was taken", name)
		}
		if _, err := s.Get(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %q: %v", name, err)
		}
		if err := s.Remove(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("remove %q: %v", name, err)
		}
	}
	if runtime.GOOS == "windows" {
		for _, name := range []string{"nul", "CON", "com1"} {
			if err := s.Set(name, "v"); err == nil {
				t.Errorf("the name %q was taken", name)
			}
		}
	}
	const value = "hunter2\nhunter2"
	for _, v := range []string{"", value, "a\x00b", "a\xff", strings.Repeat("k", longestValue+1)} {
		err := s.Set("shop", v)
		if err == nil {
			t.Errorf("the value %.20q was taken", v)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the value: %v", err)
		}
	}
	if _, err := os.Stat(s.Folder); err == nil {
		t.Error("a refused value made the folder")
	}
}
