package source

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// hours makes opening hours of keys and values, as a config does.
func hours(t *testing.T, lines ...string) *Hours {
	t.Helper()
	h := &Hours{Given: true, Dates: map[string][]Span{}}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, ": ")
		spans, err := ParseSpans(value)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if date, ok := ParseDate(key); ok {
			h.Dates[date] = spans
			continue
		}
		days, ok := ParseDays(key)
		if !ok {
			t.Fatalf("%s: no days", line)
		}
		for _, day := range days {
			h.Week[day] = spans
		}
	}
	return h
}

func TestOpen(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err) // no zones on this machine
	}
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	shop := []string{"mon-fri: 09:00-18:00", "sat: 9-13, 14:00-16:00"}
	bar := []string{"daily: 18:00-02:00", "12-24: closed"}
	for _, row := range []struct {
		name     string
		hours    []string
		from, to string
		want     time.Duration
	}{
		{"within a day", shop, "2026-11-02 10:00", "2026-11-02 10:45", 45 * time.Minute},
		{"before it opens", shop, "2026-11-02 06:00", "2026-11-02 09:30", 30 * time.Minute},
		{"overnight is no silence", shop, "2026-11-02 17:50", "2026-11-03 09:05", 15 * time.Minute},
		{"over a weekend", shop, "2026-11-06 17:00", "2026-11-09 10:00", time.Hour + 6*time.Hour + time.Hour},
		{"over lunch", shop, "2026-11-07 12:30", "2026-11-07 14:30", time.Hour},
		{"closed", shop, "2026-11-08 00:00", "2026-11-08 23:00", 0},
		{"over midnight", bar, "2026-11-02 23:30", "2026-11-03 00:30", time.Hour},
		{"until it closes, and from when it opens", bar, "2026-11-02 23:00", "2026-11-03 19:00", 4 * time.Hour},
		{"a closed evening, and the night before it", bar, "2026-12-23 23:00", "2026-12-25 12:00", 3 * time.Hour},
		{"the hour that is not there", []string{"daily: 00:00-24:00"}, "2026-03-29 00:00", "2026-03-30 00:00", 23 * time.Hour},
		{"the hour that is there twice", []string{"daily: 00:00-24:00"}, "2026-10-25 00:00", "2026-10-26 00:00", 25 * time.Hour},
		{"a night in which the clock goes on", bar, "2026-03-28 17:00", "2026-03-29 12:00", 8 * time.Hour}, // 02:00 is 03:00
		{"a night in which it goes back", []string{"daily: 18:00-04:00"}, "2026-10-24 17:00", "2026-10-25 12:00", 11 * time.Hour},
		{"a night that goes on past the next day's opening", []string{"mon: 20:00-19:00", "tue: 10:00-12:00"}, "2026-11-02 00:00", "2026-11-04 00:00", 23 * time.Hour},
		{"one date", []string{"mon: 9-18", "2026-11-02: 9-11"}, "2026-11-02 00:00", "2026-11-03 00:00", 2 * time.Hour},
		{"nothing given", nil, "2026-11-02 00:00", "2026-11-03 00:00", 24 * time.Hour},
		{"backwards", nil, "2026-11-03 00:00", "2026-11-02 00:00", 0},
		{"for years", shop, "2016-11-03 00:00", "2026-11-02 00:00", 100 * time.Hour},
	} {
		h := &Hours{}
		if row.hours != nil {
			h = hours(t, row.hours...)
		}
		if got := h.Open(at(row.from), at(row.to), berlin, 100*time.Hour); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if got := hours(t, shop...).Open(at("2026-11-02 00:00"), at("2026-11-03 00:00"), berlin, time.Hour); got != time.Hour {
		t.Errorf("counted to %s, with enough at 1h", got)
	}
}

func TestParseSpans(t *testing.T) {
	for text, want := range map[string]string{
		"09:00-18:30":              "09:00-18:30",
		" 9 – 18 ":                 "09:00-18:00",
		"14:00-16:00, 9:05-12:00":  "09:05-12:00, 14:00-16:00",
		"18:00-02:00":              "18:00-02:00",
		"00:00-24:00":              "00:00-24:00",
		"18:00-24:00":              "18:00-24:00",
		"18:00-0:00":               "18:00-24:00",
		"closed":                   "closed",
		"9-12,12-14":               "09:00-12:00, 12:00-14:00",
		"9am-5pm":                  "! has a time that is none of a clock of 24 hours",
		"25-26":                    "! has a time that is none of a clock of 24 hours",
		"9:60-10":                  "! has a time that is none of a clock of 24 hours",
		"9":                        "! is not from when until when",
		"":                         "! is not from when until when",
		"9-9":                      "! ends when it begins",
		"24:00-3":                  "! begins at the end of its day",
		"9-12, 11-13":              "! has 09:00-12:00 and 11:00-13:00, which overlap",
		"20-4, 22-23":              "! has 20:00-04:00 and 22:00-23:00, which overlap",
		strings.Repeat("1-2,", 13): "! opens more than 12 times a day",
	} {
		spans, err := ParseSpans(text)
		got := showSpans(spans)
		if err != nil {
			got = "! " + err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestParseDays(t *testing.T) {
	for text, want := range map[string]string{
		"mon": "Monday", "Mon-Wed": "Monday Tuesday Wednesday", "sat–mon": "Saturday Sunday Monday", "friday": "Friday",
		"daily": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
		"mo":    "", "mon-mon": "", "mon-": "", "": "", "12-25": "",
	} {
		days, ok := ParseDays(text)
		var names []string
		for _, day := range days {
			names = append(names, day.String())
		}
		if got := strings.Join(names, " "); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s, %v", text, got, ok)
		}
	}
	for text, want := range map[string]bool{"2026-12-25": true, "12-25": true, "02-29": true, "2026-02-29": false, "13-01": false, "1-1": false, "": false} {
		if _, ok := ParseDate(text); ok != want {
			t.Errorf("%q: a date: %v", text, ok)
		}
	}
}

// What Lines writes is read as the same hours.
func TestLines(t *testing.T) {
	h := hours(t, "mon-fri: 9-18", "wed: 9-13", "sat: 10-14,15-16", "12-24: 9-12", "2026-12-25: closed")
	var lines []string
	for _, line := range h.Lines() {
		lines = append(lines, line.Days+": "+line.Open)
	}
	want := []string{"mon-tue: 09:00-18:00", "wed: 09:00-13:00", "thu-fri: 09:00-18:00", "sat: 10:00-14:00, 15:00-16:00", "12-24: 09:00-12:00", "2026-12-25: closed"}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("%q", lines)
	}
	if again := hours(t, lines...); !reflect.DeepEqual(again, h) {
		t.Errorf("%+v\n%+v", again, h)
	}
}

// FuzzHours: no text is read as hours that cannot be, or that are other hours
// when they are written and read again; and no time is counted that did not pass.
func FuzzHours(f *testing.F) {
	f.Add("09:00-18:30", "mon-fri", int64(1_790_000_000), int64(90_000))
	f.Add("18:00-02:00, 3-4", "sat-mon", int64(1_774_000_000), int64(3600))
	f.Add("closed", "12-25", int64(0), int64(1))
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		zone = time.UTC
	}
	f.Fuzz(func(t *testing.T, open, days string, at, long int64) {
		spans, err := ParseSpans(open)
		if err != nil {
			return
		}
		for i, s := range spans {
			if s.From < 0 || s.From >= aDay || s.To <= s.From || s.To > s.From+aDay || i > 0 && s.From < spans[i-1].To {
				t.Fatalf("%q: %v", open, spans)
			}
		}
		if again, err := ParseSpans(showSpans(spans)); err != nil || !reflect.DeepEqual(again, spans) {
			t.Fatalf("%q: %v, then %v %v", open, spans, again, err)
		}
		h := &Hours{Given: true, Dates: map[string][]Span{}}
		if list, ok := ParseDays(days); ok {
			for _, day := range list {
				h.Week[day] = spans
			}
		}
		if date, ok := ParseDate(days); ok {
			h.Dates[date] = spans
		}
		from := time.Unix(at%4e9, 0)
		took := time.Duration(long%(90*24*3600)) * time.Second
		if got := h.Open(from, from.Add(took), zone, 24*time.Hour); got < 0 || got > max(took, 0) || got > 24*time.Hour {
			t.Fatalf("%q on %q: open for %s in %s", open, days, got, took)
		}
	})
}
