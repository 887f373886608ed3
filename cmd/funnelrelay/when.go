package main

import (
	"strconv"
	"strings"
	"time"
)

// Times on the command line are written as people say them, in the site's zone.

// whenForms says how they can be written.
const whenForms = "write 2026-11-23, 23.11.2026, \"2026-11-23 14:00\", 14:00, today, yesterday, now, or 30m, 2h or 3d for so long ago"

// when reads a time. Of a day it is the beginning, or, with end, the beginning
// of the next one, so that the day is in it.
func when(text string, now time.Time, end bool) (time.Time, error) {
	text = strings.TrimSpace(text)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	whole := func(day time.Time) (time.Time, error) {
		if end {
			return day.AddDate(0, 0, 1), nil
		}
		return day, nil
	}
	switch strings.ToLower(text) {
	case "now":
		return now, nil
	case "today":
		return whole(today)
	case "yesterday":
		return whole(today.AddDate(0, 0, -1))
	}
	if back, ok := length(text); ok {
		return now.Add(-back), nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, form := range []string{time.DateOnly, "02.01.2006", "2.1.2006"} {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return whole(t)
		}
	}
	for _, form := range []string{"2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05", "02.01.2006 15:04", "02.01.2006 15:04:05"} {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, form := range []string{"15:04", time.TimeOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location()), nil
		}
	}
	return time.Time{}, usagef("%q is no time: %s", text, whenForms)
}

// length reads a length of time that is not negative: "2h", "1h30m".
func length(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && text != "0"
}

// day reads a date, as when does, and gives it as 2026-11-23.
func day(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	t, err := when(text, now, false)
	if err != nil {
		return "", err
	}
	return t.In(now.Location()).Format(time.DateOnly), nil
}
