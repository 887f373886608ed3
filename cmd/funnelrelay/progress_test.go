package main

import (
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/dropfolder"
)

// What is logged stands above the live line, and the line is taken away whole.
func TestLiveLine(t *testing.T) {
	var screen strings.Builder
	l := &liveLine{w: &screen}
	l.set("till: 10%")
	if n, err := l.Write([]byte("a line\n")); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	l.set("")
	if _, err := l.Write([]byte("another\n")); err != nil {
		t.Error(err)
	}
	want := "\rtill: 10%" + "\r         \ra line\ntill: 10%" + "\r         \r" + "another\n"
	if screen.String() != want {
		t.Errorf("%q, want %q", screen.String(), want)
	}
}

// A line that is longer than the terminal is wide would stay there in pieces.
func TestLiveLineFits(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"Umsätze.csv", 11, "Umsätze.csv"}, {"Umsätze.csv", 7, "Umsätz…"}, {"Umsätze.csv", -1, "Umsätze.csv"}} {
		if got := firstOf(c.text, c.n); got != c.want {
			t.Errorf("%d letters of %s: %q", c.n, c.text, got)
		}
	}
	var screen strings.Builder
	l := &liveLine{w: &screen}
	l.set("über")
	l.set("ab")
	if want := "\rüber\rab  "; screen.String() != want {
		t.Errorf("%q, want %q", screen.String(), want)
	}
}

func TestProgressOf(t *testing.T) {
	sources := []dropfolder.State{{Source: "till", Files: []dropfolder.Progress{
		{File: "export.csv", Bytes: 64, Size: 100, Rows: 320_000, Started: time.Now().Add(-time.Minute), Rate: 51_000, Left: 4 * time.Second},
		{File: "quick.csv", Started: time.Now()},
	}}}
	if got, want := underWay(sources), "till: export.csv, 64%, 320000 rows, 51000/s, 4s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
