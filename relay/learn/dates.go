package learn

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// dated is a text that is a date, taken apart. Its pattern has \x01 and \x02
// where day and month stand and only other texts can tell which is which.
type dated struct {
	pattern     string
	first, then int  // the numbers at \x01 and \x02
	offset      bool // it says its timezone
	clock       bool // it has a time of day
}

// readDate takes a date apart. A number alone is one only where it is written
// as yyyyMMdd, yyyyMMddHHmm or yyyyMMddHHmmss.
func readDate(text string) (d dated, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) < 6 || len(text) > 40 {
		return d, false
	}
	rest, ok := d.date(text)
	if !ok {
		return d, false
	}
	if rest == "" {
		return d, true
	}
	if len(rest) > 3 && (rest[0] == 'T' || rest[0] == 't') && d.pattern == "yyyy-MM-dd" {
		d.pattern = "iso"
		clock, after, ok := readClock(rest[1:])
		if !ok {
			return d, false
		}
		d.clock = clock != ""
		_, d.offset, ok = readOffset(after)
		return d, ok || after == ""
	}
	if len(rest) == len(text) || rest[0] >= '0' && rest[0] <= '9' && !strings.HasSuffix(d.pattern, "dd") {
		return d, false
	}
	cut := strings.TrimLeft(rest, " ,T\u00a0\t")
	between := rest[:len(rest)-len(cut)]
	if between == "" {
		return d, false
	}
	clock, after, ok := readClock(cut)
	if !ok || clock == "" {
		return d, false
	}
	zone, has, ok := readOffset(after)
	if after != "" && !ok {
		return d, false
	}
	d.clock, d.offset = true, has
	d.pattern += strings.ReplaceAll(strings.ReplaceAll(between, "\u00a0", " "), "\t", " ") + clock + zone
	return d, true
}

// date takes the day off text.
func (d *dated) date(text string) (rest string, ok bool) {
	a, rest := digits(text)
	switch {
	case len(a) == 14 && plausible(a[:4], a[4:6], a[6:8]):
		d.pattern, d.clock = "yyyyMMddHHmmss", true
		return rest, rest == ""
	case len(a) == 12 && plausible(a[:4], a[4:6], a[6:8]) && number(a[8:10]) < 24 && number(a[10:]) < 60:
		d.pattern, d.clock = "yyyyMMddHHmm", true
		return rest, rest == ""
	case len(a) == 8 && plausible(a[:4], a[4:6], a[6:8]):
		d.pattern = "yyyyMMdd"
		return rest, true
	case a == "":
		return d.named(text)
	case len(a) != 4 && len(a) > 2 || rest == "":
		return text, false
	}
	sep := rest[:1]
	if !strings.Contains("-/. ", sep) {
		return text, false
	}
	between := rest[:len(rest)-len(strings.TrimLeft(rest, "-/. "))]
	if word, after := letters(rest[len(between):]); len(a) <= 2 && word != "" {
		y, after, ok := yearBehind(after)
		if !ok || !isMonth(word) {
			return text, false
		}
		d.pattern = "dd" + between + monthLetters(word) + y
		return after, true
	}
	b, after := digits(rest[1:])
	if len(b) == 0 || len(b) > 2 || sep == " " || !strings.HasPrefix(after, sep) {
		return text, false
	}
	c, after := digits(after[1:])
	switch {
	case len(a) == 4 && len(c) <= 2 && plausible(a, b, c):
		d.pattern = "yyyy" + sep + "MM" + sep + "dd"
	case len(a) <= 2 && (len(c) == 4 || len(c) == 2) && number(a) <= 31 && number(b) <= 31 && number(a) > 0 && number(b) > 0 && (number(a) <= 12 || number(b) <= 12):
		d.first, d.then = number(a), number(b)
		d.pattern = "\x01" + sep + "\x02" + sep + strings.Repeat("y", len(c))
	case len(a) == 2 && len(b) == 2 && len(c) == 2 && plausible("20"+a, b, c):
		d.pattern = "yy" + sep + "MM" + sep + "dd"
	default:
		return text, false
	}
	return after, true
}

// named takes a day off text that begins with the month's name: Nov 3, 2026.
func (d *dated) named(text string) (rest string, ok bool) {
	word, rest := letters(text)
	if !isMonth(word) {
		return text, false
	}
	cut := strings.TrimLeft(rest, " .")
	dot := rest[:len(rest)-len(cut)]
	day, after := digits(cut)
	if len(day) == 0 || len(day) > 2 || dot == "" {
		return text, false
	}
	y, after, ok := yearBehind(after)
	if !ok {
		return text, false
	}
	d.pattern = monthLetters(word) + dot + "d" + y
	return after, true
}

// yearBehind takes a separator and a year off text.
func yearBehind(text string) (pattern, rest string, ok bool) {
	cut := strings.TrimLeft(text, "-/. ,")
	y, rest := digits(cut)
	if cut == text || len(y) != 4 && len(y) != 2 {
		return "", text, false
	}
	return text[:len(text)-len(cut)] + strings.Repeat("y", len(y)), rest, true
}

// readClock takes a time of day off text and writes its pattern.
func readClock(text string) (pattern, rest string, ok bool) {
	hour, rest := digits(text)
	if len(hour) == 0 || len(hour) > 2 || number(hour) > 24 || len(rest) < 3 || rest[0] != ':' {
		return "", text, false
	}
	minute, rest := digits(rest[1:])
	if len(minute) != 2 || number(minute) > 59 {
		return "", text, false
	}
	pattern = ":mm"
	if strings.HasPrefix(rest, ":") {
		second, after := digits(rest[1:])
		if len(second) != 2 {
			return "", text, false
		}
		pattern, rest = pattern+":ss", after
		if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
			if part, after := digits(rest[1:]); part != "" {
				pattern, rest = pattern+rest[:1]+strings.Repeat("S", min(len(part), 9)), after
			}
		}
	}
	h := "H"
	bare := strings.TrimLeft(rest, " \u00a0\u202f")
	if word, after := letters(strings.ReplaceAll(bare, ".", "")); strings.EqualFold(word, "am") || strings.EqualFold(word, "pm") {
		h = "h"
		if bare != rest {
			pattern += " "
		}
		pattern, rest = pattern+"a", after
	}
	return strings.Repeat(h, len(hour)) + pattern, rest, true
}

// readOffset reads what follows a time: an offset or an abbreviation.
func readOffset(text string) (pattern string, has, ok bool) {
	if text == "" {
		return "", false, true
	}
	bare := strings.TrimLeft(text, " ")
	blank := text[:min(len(text)-len(bare), 1)]
	switch {
	case bare == "Z" || bare == "z":
		return blank + "Z", true, true
	case len(bare) >= 3 && (bare[0] == '+' || bare[0] == '-') && strings.Trim(bare[1:], "0123456789:") == "":
		return blank + "Z", true, true
	}
	word, after := letters(bare)
	if after == "" && len(word) >= 2 && len(word) <= 5 && word == strings.ToUpper(word) {
		// An abbreviation: it says the offset only within the zone it fits.
		return blank + "Z", false, true
	}
	return "", false, false
}

func digits(text string) (found, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	return text[:len(text)-len(rest)], rest
}

func letters(text string) (found, rest string) {
	rest = strings.TrimLeftFunc(text, unicode.IsLetter)
	return text[:len(text)-len(rest)], rest
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

func plausible(y, m, d string) bool {
	return number(y) >= 1970 && number(y) < 2100 && number(m) >= 1 && number(m) <= 12 && number(d) >= 1 && number(d) <= 31
}

// isMonth says that a word begins as the name of a month does in one of the
// seven languages.
func isMonth(word string) bool {
	word = plainWords(word)
	if len(word) < 3 {
		return false
	}
	const starts = " jan feb mar apr may jun jul aug sep oct nov dec mai okt dez maer janv fev avr jui aou ene abr ago dic gen mag giu lug set ott mrt mei maa sty lut kwi maj cze lip sie wrz paz lis gru "
	return strings.Contains(starts, " "+word[:3])
}

func monthLetters(word string) string {
	if len([]rune(word)) > 4 {
		return "MMMM"
	}
	return "MMM"
}

// spot is a text and where it stands.
type spot struct {
	text string
	file int
	line int64
}

// shown is the text as a message shows it: in one line, and not long.
func (s spot) shown() string {
	text := []rune(strings.Join(strings.Fields(s.text), " "))
	if len(text) > 48 {
		return string(text[:48]) + "…"
	}
	return string(text)
}

// spotted names a place for people.
func (set *sampled) spotted(s spot) string {
	if len(set.files) > 1 && s.file < len(set.files) {
		return fmt.Sprintf("%s line %d", set.files[s.file], s.line)
	}
	return fmt.Sprintf("line %d", s.line)
}
