package dashboard

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bojanz/currency"
	"golang.org/x/text/number"

	"funnelrelay/relay/control"
)

// Num writes a count as the reader does.
func (p *page) Num(n any) string {
	switch n := n.(type) {
	case int:
		return p.printer.Sprintf("%d", n)
	case int64:
		return p.printer.Sprintf("%d", n)
	case float64:
		return p.printer.Sprint(number.Decimal(n, number.MaxFractionDigits(1)))
	}
	return fmt.Sprint(n)
}

// Money writes minor units as the reader does, with the currency's sign.
func (p *page) Money(cents int64, code string) string {
	amount, err := currency.NewAmountFromInt64(cents, code)
	if err != nil {
		return strings.TrimSpace(p.Num(cents) + " " + code)
	}
	f := currency.NewFormatter(p.locale)
	return f.Format(amount)
}

// Signed is Money with a sign in front, for a difference.
func (p *page) Signed(cents int64, code string) string {
	if cents > 0 {
		return "+" + p.Money(cents, code)
	}
	return p.Money(cents, code)
}

// Plain is an amount without its currency, to be edited.
func (p *page) Plain(cents int64, code string) string {
	amount, err := currency.NewAmountFromInt64(cents, code)
	if err != nil {
		return strconv.FormatInt(cents, 10)
	}
	f := currency.NewFormatter(p.locale)
	f.CurrencyDisplay, f.NoGrouping = currency.DisplayNone, true
	return strings.TrimSpace(f.Format(amount))
}

// Totals writes amounts of several currencies.
func (p *page) Totals(list []control.Total) string {
	var parts []string
	for _, t := range list {
		parts = append(parts, p.Money(t.Cents, t.Currency))
	}
	return strings.Join(parts, " · ")
}

// Bytes writes a size.
func (p *page) Bytes(n any) string {
	var v float64
	switch n := n.(type) {
	case int:
		v = float64(n)
	case int64:
		v = float64(n)
	}
	unit := 0
	for v >= 1000 && unit < 4 {
		v, unit = v/1000, unit+1
	}
	digits := 0
	if unit > 0 && v < 100 {
		digits = 1
	}
	return p.printer.Sprint(number.Decimal(v, number.MaxFractionDigits(digits))) + " " + [...]string{"B", "kB", "MB", "GB", "TB"}[unit]
}

// Percent is part of whole.
func (p *page) Percent(part, whole int64) int {
	if whole <= 0 {
		return 0
	}
	return int(min(100, part*100/whole))
}

// local is the text of a key that the reader's country has in a way of its own.
func (p *page) local(key string, named ...any) string {
	if own := key + "." + p.locale.Territory; p.Knows(own) {
		key = own
	}
	return p.T(key, named...)
}

// Clock is the time of day at the site.
func (p *page) Clock(t time.Time) string { return t.In(p.zone).Format(p.local("format.clock")) }

// Date is the day of t at the site.
func (p *page) Date(t time.Time) string { return p.date(t.In(p.zone)) }

func (p *page) date(t time.Time) string {
	months := strings.Fields(p.T("format.months"))
	month := t.Format("Jan")
	if len(months) == 12 {
		month = months[t.Month()-1]
	}
	return p.local("format.date", "day", strconv.Itoa(t.Day()), "month", month, "year", strconv.Itoa(t.Year()))
}

// Day writes a day such as 2026-11-23, with its weekday.
func (p *page) Day(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	weekday := t.Format("Mon")
	if names := strings.Fields(p.T("format.weekdays")); len(names) == 7 {
		weekday = names[t.Weekday()]
	}
	return p.T("format.weekday", "weekday", weekday, "date", p.date(t))
}

// When is a moment as people say it: the time of day for today, else the date
// with it.
func (p *page) When(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	local, now := t.In(p.zone), p.now.In(p.zone)
	if local.Year() == now.Year() && local.YearDay() == now.YearDay() {
		return p.Clock(t)
	}
	return p.Full(t)
}

// Full is a moment with its date.
func (p *page) Full(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return p.Date(t) + ", " + p.Clock(t)
}

// Stamp is the machine-readable form of t at the site.
func (p *page) Stamp(t time.Time) string { return t.In(p.zone).Format(time.RFC3339) }

// Took writes how long an attempt took.
func (p *page) Took(millis float64) string {
	if millis >= 1000 {
		return p.printer.Sprint(number.Decimal(millis/1000, number.MaxFractionDigits(1))) + " s"
	}
	return p.Num(int64(math.Round(millis))) + " ms"
}

// For writes a length of time in its largest unit.
func (p *page) For(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return p.N("for.days", int64(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return p.N("for.hours", int64(d/time.Hour))
	case d >= 2*time.Minute:
		return p.N("for.minutes", int64(d/time.Minute))
	}
	return p.N("for.seconds", int64(max(0, d)/time.Second))
}

// ForSeconds is For of a number of seconds.
func (p *page) ForSeconds(s float64) string { return p.For(time.Duration(s * float64(time.Second))) }

// A run is a piece of a text from outside. An odd one is a name for a character
// that cannot be seen, or that turns the text around.
type run struct {
	Text string
	Odd  bool
}

// shownBytes is how much of a value stands in a page.
const shownBytes = 32 << 10

// Visible splits a text so that nothing in it is invisible, and cuts it where a
// page would become too long.
func Visible(text string) (runs []run, cut bool) {
	if len(text) > shownBytes {
		text, cut = strings.ToValidUTF8(text[:shownBytes], ""), true
	}
	start, before := 0, rune(0)
	for i, r := range text {
		was := before
		before = r
		// Joiners belong into emoji and into the words of some scripts.
		if !odd(r) || (r == '\u200c' || r == '\u200d') && was >= 0x600 {
			continue
		}
		if i > start {
			runs = append(runs, run{Text: text[start:i]})
		}
		size := len(string(r))
		if r == unicode.ReplacementChar && !strings.HasPrefix(text[i:], "\uFFFD") {
			size = 1 // a byte that is no character
		}
		runs = append(runs, run{Text: fmt.Sprintf("U+%04X", r), Odd: true})
		start = i + size
	}
	if start < len(text) {
		runs = append(runs, run{Text: text[start:]})
	}
	return runs, cut
}

func odd(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == ' ':
		return false
	case r == unicode.ReplacementChar:
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}
