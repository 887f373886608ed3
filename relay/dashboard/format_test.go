package dashboard

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bojanz/currency"
	"golang.org/x/text/message"
)

func reader(chosen, accept string) *page {
	found, locale := loadLangs().choose(chosen, accept)
	return &page{lang: found, locale: currency.NewLocale(locale.String()), printer: message.NewPrinter(locale), zone: berlin,
		now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
}

func TestReadersLocale(t *testing.T) {
	american, british, german, swiss := reader("", "en-US"), reader("", "en-GB"), reader("", "de-DE"), reader("", "de-CH")
	morning := time.Date(2026, 11, 23, 6, 4, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{american.Money(123456, "EUR"), "€1,234.56"},
		{german.Money(-123456, "EUR"), "-1.234,56 €"},
		{swiss.Money(123456, "CHF"), "CHF 1'234.56"},
		{american.Money(500, "JPY"), "¥500"},
		{american.Money(500, "???"), "500 ???"},
		{german.Signed(5, "EUR"), "+0,05 €"},
		{german.Plain(123456, "EUR"), "1234,56"},
		{american.Num(int64(1234567)), "1,234,567"},
		{german.Num(1234567), "1.234.567"},
		{american.When(morning), "7:04 AM"},
		{british.When(morning), "07:04"},
		{german.When(morning), "07:04"},
		{american.When(morning.AddDate(0, 0, -1)), "Nov 22, 2026, 7:04 AM"},
		{british.When(morning.AddDate(0, 0, -1)), "22 Nov 2026, 07:04"},
		{german.When(morning.AddDate(0, -8, 0)), "23. März 2026, 07:04"},
		{german.Day("2026-11-23"), "Mo. 23. Nov. 2026"},
		{german.Day("nonsense"), "nonsense"},
		{american.When(time.Time{}), "–"},
		{american.Bytes(int64(1_540_000)), "1.5 MB"},
		{german.Bytes(999), "999 B"},
		{american.Took(84.4), "84 ms"},
		{german.Took(3210), "3,2 s"},
		{american.For(90 * time.Minute), "90 minutes"},
		{german.For(49 * time.Hour), "2 Tage"},
		{american.N("for.days", 1), "1 day"},
		{american.T("no.such.key"), "no.such.key"},
	} {
		if got := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(c.got); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		typed, code string
		want        int64
	}{
		{"1234.56", "EUR", 123456}, {"1.234,56", "EUR", 123456}, {"1,234.56", "USD", 123456}, {"1 234,5", "EUR", 123450},
		{"1.234", "EUR", 123400}, {"1,234", "USD", 123400}, {"1.234.567", "EUR", 123456700}, {"€ 12", "EUR", 1200},
		{"12,00 €", "EUR", 1200}, {"EUR 12.5", "EUR", 1250}, {"-3,20", "EUR", -320}, {"−3.20", "EUR", -320}, {"0", "EUR", 0},
		{"1'234.50", "CHF", 123450}, {"500", "JPY", 500}, {"1,500", "JPY", 1500}, {"1.234", "KWD", 1234}, {".5", "EUR", 50},
	} {
		got, err := parseMoney(c.typed, c.code)
		if err != nil || got != c.want {
			t.Errorf("%q %s: %d, %v, want %d", c.typed, c.code, got, err, c.want)
		}
	}
	for _, wrong := range []string{"", "abc", "12,3456", "1.2.3,4,5", "--", "1/2", "99999999999999999999", "<script>"} {
		if got, err := parseMoney(wrong, "EUR"); !errors.Is(err, errMoney) {
			t.Errorf("%q: %d, %v, want an error", wrong, got, err)
		}
	}
}

func TestVisible(t *testing.T) {
	runs, cut := Visible("a\u202eb\x00\xff\n\u00fc\U0001F600\uFEFF")
	var text strings.Builder
	for _, r := range runs {
		if r.Odd {
			text.WriteString("[" + r.Text + "]")
		} else {
			text.WriteString(r.Text)
		}
	}
	if want := "a[U+202E]b[U+0000][U+FFFD]\n\u00fc\U0001F600[U+FEFF]"; text.String() != want || cut {
		t.Errorf("got %q, cut %v, want %q", text.String(), cut, want)
	}
	if runs, _ := Visible("\U0001F469\u200d\U0001F373"); len(runs) != 1 {
		t.Errorf("an emoji of several falls apart: %v", runs)
	}
	if runs, _ := Visible("pay\u200dpal"); len(runs) != 3 {
		t.Errorf("a joiner in a word does not show: %v", runs)
	}
	if runs, cut := Visible(strings.Repeat("ä", shownBytes)); !cut || len(runs) != 1 || len(runs[0].Text) != shownBytes {
		t.Errorf("a long text is not cut: %v", cut)
	}
}

func TestEscaped(t *testing.T) {
	if got, want := escaped("{\"a\":\"\u202ex\U000E0001\u200d\U0001F600\"}"), "{\"a\":\"\\u202ex\\udb40\\udc01\u200d\U0001F600\"}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCurl(t *testing.T) {
	if got, want := quote("it's"), `'it'\''s'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
