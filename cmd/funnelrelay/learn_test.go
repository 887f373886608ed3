package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/learn"
)

func TestLearnAsks(t *testing.T) {
	q := learn.Question{Key: "values.date", Is: "no day is over 12", Ways: []learn.Way{
		{Write: "dd/MM/yyyy", Means: "the day stands first"}, {Write: "MM/dd/yyyy", Means: "the month stands first"}, {Means: "another pattern"},
	}}
	for typed, want := range map[string]string{
		"2\n": "MM/dd/yyyy", "1": "dd/MM/yyyy", "yyyy-MM-dd\n": "yyyy-MM-dd", "\n": "", "": "", "3\n": "3",
	} {
		var shown strings.Builder
		a := &app{streams: streams{err: &shown}}
		got, err := a.question(bufio.NewReader(strings.NewReader(typed)), q)
		if err != nil || got != want {
			t.Errorf("typed %q: %q, %v; want %q", typed, got, err, want)
		}
		if want := "values.date: no day is over 12.\n  1) dd/MM/yyyy  (the day stands first)\n"; !strings.Contains(shown.String(), want) {
			t.Errorf("shows %q", shown.String())
		}
	}
}

func TestReplaceConfig(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "c.yaml")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := replaceConfig(path, []byte("other"), []byte("new")); err == nil || !strings.Contains(err.Error(), "another program has just changed it") {
		t.Errorf("a config that was changed: %v", err)
	}
	if err := replaceConfig(path, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "new" {
		t.Errorf("holds %q, %v", text, err)
	}
	if after, err := os.Stat(path); err != nil || after.Mode() != before.Mode() {
		t.Errorf("mode %v, %v; was %v", after.Mode(), err, before.Mode())
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("%d files lie there, %v", len(entries), err)
	}
}

func TestTogether(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a/1.csv", "a/b/2.csv", "c/3.csv"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(folder, filepath.FromSlash(name)) }
	for _, c := range []struct {
		files []string
		root  string
		names string
	}{
		{[]string{at("a/1.csv")}, at("a"), "1.csv"},
		{[]string{at("a/1.csv"), at("a/b/2.csv")}, at("a"), "1.csv b/2.csv"},
		{[]string{at("a/b/2.csv"), at("c/3.csv")}, folder, "a/b/2.csv c/3.csv"},
	} {
		root, names, err := together(c.files)
		if err != nil || root != c.root || strings.Join(names, " ") != c.names {
			t.Errorf("%q: %s, %q, %v", c.files, root, names, err)
		}
	}
	if _, _, err := together([]string{folder}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
}
