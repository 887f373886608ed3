package source

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hours are the opening hours of a shop, or of a way in. The zero Hours are
// around the clock.
type Hours struct {
	// Week is what is open on each day of the week, by time.Weekday.
	Week [7][]Span

	// Dates are days that are otherwise than their day of the week, by
	// 2006-01-02, or by 01-02 for every year. One without spans is closed.
	Dates map[string][]Span

	// Given says that hours were written. Without, all of the above is empty.
	Given bool
}

// Span is from when until when it is open, in minutes from the midnight at which
// its day begins: To is later than From, and over a day where it goes on past
// the next midnight.
type Span struct{ From, To int }

// aDay is a day of 24 hours, in minutes.
const aDay = 24 * 60

// mostSpans is how often a day may open.
const mostSpans = 12

// String writes the span as it stands in the file, 09:00-18:30.
func (s Span) String() string {
	to := s.To
	if to > aDay {
		to -= aDay
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, to/60, to%60)
}

// ParseSpans reads when a day is open: 09:00-18:30, several with commas between
// them, or closed. One that ends before it begins, as 18:00-02:00, ends on the
// next day.
func ParseSpans(text string) ([]Span, error) {
	text = strings.TrimSpace(text)
	if strings.EqualFold(text, "closed") {
		return []Span{}, nil
	}
	list := []Span{}
	for part := range strings.SplitSeq(text, ",") {
		if len(list) == mostSpans {
			return nil, fmt.Errorf("opens more than %d times a day", mostSpans)
		}
		span, err := parseSpan(part)
		if err != nil {
			return nil, err
		}
		list = append(list, span)
	}
	slices.SortFunc(list, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	for i, s := range list[1:] {
		if s.From < list[i].To {
			return nil, fmt.Errorf("has %s and %s, which overlap", list[i], s)
		}
	}
	return list, nil
}

// dashes are what people write between two times.
var dashes = strings.NewReplacer("–", "-", "—", "-", "−", "-")

func parseSpan(text string) (Span, error) {
	from, to, found := strings.Cut(dashes.Replace(text), "-")
	if !found {
		return Span{}, fmt.Errorf("is not from when until when")
	}
	var s Span
	var ok, also bool
	s.From, ok = clockTime(from)
	s.To, also = clockTime(to)
	switch {
	case !ok || !also:
		return Span{}, fmt.Errorf("has a time that is none of a clock of 24 hours")
	case s.From == aDay:
		return Span{}, fmt.Errorf("begins at the end of its day")
	case s.From == s.To:
		return Span{}, fmt.Errorf("ends when it begins")
	case s.To < s.From:
		s.To += aDay
	}
	return s, nil
}

// clockTime reads 9, 9:00 or 09:00, up to 24:00, in minutes.
func clockTime(text string) (int, bool) {
	hours, minutes, found := strings.Cut(strings.TrimSpace(text), ":")
	if !found {
		minutes = "00"
	}
	h, ok := digits(hours, 1, 2)
	m, also := digits(minutes, 2, 2)
	if !ok || !also || m > 59 || h*60+m > aDay {
		return 0, false
	}
	return h*60 + m, true
}

// digits reads a number of so many digits.
func digits(text string, least, most int) (int, bool) {
	if len(text) < least || len(text) > most || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// dayNames are the days of the week as they are written, by time.Weekday.
var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// longNames are the same in full.
var longNames = [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// ParseDays reads days of the week: mon, mon-fri, sat-mon, or daily.
func ParseDays(text string) ([]time.Weekday, bool) {
	text = strings.ToLower(dashes.Replace(strings.TrimSpace(text)))
	if text == "daily" {
		text = "mon-sun"
	}
	from, to, found := strings.Cut(text, "-")
	first, ok := weekday(from)
	if !found {
		return []time.Weekday{first}, ok
	}
	last, also := weekday(to)
	if !ok || !also || first == last {
		return nil, false
	}
	list := []time.Weekday{first}
	for day := first; day != last; {
		day = (day + 1) % 7
		list = append(list, day)
	}
	return list, true
}

func weekday(text string) (time.Weekday, bool) {
	text = strings.TrimSpace(text)
	for i, name := range dayNames {
		if text == name || text == longNames[i] {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

// ParseDate reads a date: 2026-12-25, or 12-25 for every year.
func ParseDate(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text, true
	}
	_, err := time.Parse(time.DateOnly, "2024-"+text) // a leap year, for 02-29
	return text, err == nil && len(text) == len("12-25")
}

// HoursLine is a key of Hours as it is written, and its value.
type HoursLine struct{ Days, Open string }

// Lines writes the hours down, short: days that are alike together, then the
// dates. Read again they are the same hours.
func (h *Hours) Lines() []HoursLine {
	var lines []HoursLine
	for i := 1; i <= 7; { // from Monday on
		first, n := i, 0
		for ; i <= 7 && slices.Equal(h.Week[i%7], h.Week[first%7]); i++ {
			n++
		}
		days := dayNames[first%7]
		if n > 1 {
			days += "-" + dayNames[(first+n-1)%7]
		}
		if open := h.Week[first%7]; len(open) > 0 {
			lines = append(lines, HoursLine{days, showSpans(open)})
		}
	}
	for _, date := range slices.Sorted(maps.Keys(h.Dates)) {
		lines = append(lines, HoursLine{date, showSpans(h.Dates[date])})
	}
	return lines
}

func showSpans(list []Span) string {
	if len(list) == 0 {
		return "closed"
	}
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = s.String()
	}
	return strings.Join(texts, ", ")
}

// on is what is open on a date.
func (h *Hours) on(date time.Time) []Span {
	day := date.Format(time.DateOnly)
	if spans, ok := h.Dates[day]; ok {
		return spans
	}
	if spans, ok := h.Dates[day[len("2006-"):]]; ok {
		return spans
	}
	return h.Week[date.Weekday()]
}

// mostDays is how far Open looks back. A longer silence is one anyway.
const mostDays = 400

// Open is for how long it was open from one moment until another, by the clock
// on the wall of zone; it stops counting at enough. A day of summer time that
// lacks an hour, or has one twice, counts for as long as it took.
func (h *Hours) Open(from, to time.Time, zone *time.Location, enough time.Duration) time.Duration {
	if !to.After(from) {
		return 0
	}
	if !h.Given {
		return min(to.Sub(from), enough)
	}
	spans := h.between(from, to, zone)
	slices.SortFunc(spans, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	var sum time.Duration
	counted := from // a night that goes on may meet the next day's own hours
	for _, s := range spans {
		opens, closes := later(s[0], counted), earlier(s[1], to)
		if closes.After(opens) {
			sum += closes.Sub(opens)
			counted = closes
		}
	}
	return min(sum, enough)
}

// between lists when it opened and closed on the days from one moment to
// another, and on the evening before.
func (h *Hours) between(from, to time.Time, zone *time.Location) (spans [][2]time.Time) {
	year, month, day := to.In(zone).Date()
	for back := range mostDays {
		date := time.Date(year, month, day-back, 0, 0, 0, 0, time.UTC) // of the calendar, in no zone
		y, m, d := date.Date()
		for _, s := range h.on(date) {
			spans = append(spans, [2]time.Time{time.Date(y, m, d, 0, s.From, 0, 0, zone), time.Date(y, m, d, 0, s.To, 0, 0, zone)})
		}
		if time.Date(y, m, d, 0, 0, 0, 0, zone).Before(from.Add(-48 * time.Hour)) {
			break
		}
	}
	return spans
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
