package main

import (
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 26, 9, 30, 15, 0, berlin) // the day after summer time has ended
	for _, c := range []struct{ text, from, to string }{
		{"2026-11-23", "2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00"},
		{"23.11.2026", "2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00"},
		{"1.9.2026", "2026-09-01T00:00:00+02:00", "2026-09-02T00:00:00+02:00"},
		{"yesterday", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		{"Today", "2026-10-26T00:00:00+01:00", "2026-10-27T00:00:00+01:00"},
		{"now", "2026-10-26T09:30:15+01:00", "2026-10-26T09:30:15+01:00"},
		{"14:00", "2026-10-26T14:00:00+01:00", "2026-10-26T14:00:00+01:00"},
		{"2026-10-25 14:00", "2026-10-25T14:00:00+01:00", "2026-10-25T14:00:00+01:00"},
		{"2026-10-25T14:00:30", "2026-10-25T14:00:30+01:00", "2026-10-25T14:00:30+01:00"},
		{"2026-10-25T14:00:30Z", "2026-10-25T14:00:30Z", "2026-10-25T14:00:30Z"},
		{"2h", "2026-10-26T07:30:15+01:00", "2026-10-26T07:30:15+01:00"},
		{"1h30m", "2026-10-26T08:00:15+01:00", "2026-10-26T08:00:15+01:00"},
		{"3d", "2026-10-23T09:30:15+02:00", "2026-10-23T09:30:15+02:00"},
	} {
		for _, end := range []bool{false, true} {
			want := c.from
			if end {
				want = c.to
			}
			got, err := when(c.text, now, end)
			if err != nil || got.Format(time.RFC3339) != want {
				t.Errorf("%q, end %v: %s %v, want %s", c.text, end, got.Format(time.RFC3339), err, want)
			}
		}
	}
	for _, text := range []string{"", "0", "-2h", "2", "d", "-3d", "31.02.2026", "2026-13-01", "25:00", "tomorrow", "11/23/2026"} {
		if got, err := when(text, now, false); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	if got, err := day("yesterday", now); err != nil || got != "2026-10-25" {
		t.Errorf("%s %v", got, err)
	}
	if got, err := day("", now); err != nil || got != "" {
		t.Errorf("%s %v", got, err)
	}
}
