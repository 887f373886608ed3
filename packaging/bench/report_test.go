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
	r := &result{Scenario: "idle", Program: "relay", LeftOut: strings.Repeat("word ", 12), Errors: []string{strings.Repeat("fault ", 12)}, Command: "again"}
	lines := strings.Split(r.line(), "\n")
	if len(lines) < 2 || !strings.HasPrefix(lines[1], strings.Repeat(" ", 24)+"FAILED: fault") {
		t.Errorf("%q", lines)
	}
}
