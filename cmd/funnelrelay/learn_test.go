package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"funnelrelay/relay/learn"
)

func TestLearnAsks(t *testing.T) {
	q := learn.Question{Key: "values.date", Is: "no day is over 12", Ways: []learn.Way{
		{Write: "dd/MM/yyyy", Means: "the day stands first"}, {Write: "MM/dd/yyyy", Means: "the month stands first"}, {Means: "another pattern"},
	}}
	for typed, want := range map[string]string{
		"2\n": "MM/dd/yyyy", "1": "dd/MM/yyyy", "yyyy-MM-dd\n": "yyyy-MM-dd", "\n": "", "": "",
		"3\n": "", "9\n2\n": "MM/dd/yyyy", "0\n-1\n1\n": "dd/MM/yyyy", "9\nyyyy-MM-dd\n": "yyyy-MM-dd",
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
		if again := "There is no 9: 1 is dd/MM/yyyy, 2 is MM/dd/yyyy.\n"; strings.HasPrefix(typed, "9") != strings.Contains(shown.String(), again) {
			t.Errorf("typed %q: shows %q", typed, shown.String())
		}
	}
}

// A number that is the value itself, and a question without ways.
func TestLearnTakesNumbers(t *testing.T) {
	for _, c := range []struct {
		q           learn.Question
		typed, want string
	}{
		{learn.Question{Key: "values.money", Ways: []learn.Way{{Write: "cents"}, {Write: "1234"}}}, "1234\n", "1234"},
		{learn.Question{Key: "event.action", Ways: []learn.Way{{Means: "the name"}}}, "9\n", "9"},
	} {
		a := &app{streams: streams{err: &strings.Builder{}}}
		if got, err := a.question(bufio.NewReader(strings.NewReader(c.typed)), c.q); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.q.Key, got, err, c.want)
		}
	}
}

// An answer that cannot be is asked for again.
func TestLearnAsksAgain(t *testing.T) {
	var shown strings.Builder
	a := &app{streams: streams{err: &shown}}
	fsys := fstest.MapFS{"a.csv": {Data: []byte("Order No,Date,Item,Total,Currency\nA1,03/04/2026,Tea,5.00,EUR\nA2,04/04/2026,Tea,2.50,EUR\n")}}
	found, err := a.answered(bufio.NewReader(strings.NewReader("9\nHH:mm\n2\n")), fsys, []string{"a.csv"}, learn.Options{Set: map[string]string{}})
	if err != nil || len(found.Questions) > 0 || strings.Join(found.Source.Values.Date, " ") != "MM/dd/yyyy" {
		t.Fatalf("found %+v, %v", found, err)
	}
	for _, want := range []string{"There is no 9: 1 is dd/MM/yyyy, 2 is MM/dd/yyyy.\n", `values.date=HH:mm: "HH:mm" is a time without a date`} {
		if strings.Count(shown.String(), want) != 1 {
			t.Errorf("no %q in %s", want, shown.String())
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
