package main

import (
	"strings"
	"testing"
)

func TestResult(t *testing.T) {
	round := func(rate, p99, twice float64) []figure {
		return []figure{{Name: "sent", Value: rate, Unit: perSecond}, {Name: "p99", Value: p99, Unit: "ms"}, {Name: duplicates, Value: twice}}
	}
	relay := &result{Scenario: "both", Program: "relay", Command: "again"}
	for _, r := range [][]figure{round(900, 3, 0), round(1200, 1.25, 1), round(100, 2.5, 0)} {
		relay.add(r)
	}
	reference := &result{Program: "reference"}
	reference.add(round(1000, 1, 0))
	reference.add(round(2000, 1, 0))
	relay.compare(reference)
	want := "both        relay       sent 900 events/s (0.60 × the reference), p99 2.50 ms, duplicates 1, again"
	if got := relay.line(); got != want {
		t.Errorf("line\n%s\nwant\n%s", got, want)
	}
}

func TestLineIsBroken(t *testing.T) {
	r := &result{
		Scenario: "idle", Program: "relay", LeftOut: "all of it", Command: strings.Repeat("again ", 12) + "and again",
		Errors: []string{"ended:\nno room\n"},
	}
	indent := "\n" + strings.Repeat(" ", 24)
	want := "idle        relay       left out: all of it," + indent + r.Command + indent + "FAILED: ended:" + indent + "no room"
	if got := r.line(); got != want {
		t.Errorf("line\n%s\nwant\n%s", got, want)
	}
}
