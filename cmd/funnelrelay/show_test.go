package main

import (
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/control"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"Käse 😀 寿司":            "Käse 😀 寿司",
		"a\x1b[2Jb":            `a\x1b[2Jb`,
		"a\u009b31mb":          `a\u009b31mb`,
		"a\u202eb\u2066c":      `a\u202eb\u2066c`,
		"two\nlines\tand\rone": "two lines and one",
		"bad \xff utf":         `bad ` + "\ufffd" + ` utf`,
	} {
		if got := clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := cleanLines("{\n\t\"a\": \"\x1b\"\r\n}"); got != "{\n\t\"a\": \"\\x1b\"\n}" {
		t.Errorf("%q", got)
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		cents    int64
		currency string
		want     string
	}{
		{1250, "EUR", "12.50 EUR"}, {5, "EUR", "0.05 EUR"}, {0, "USD", "0.00 USD"}, {-5, "EUR", "-0.05 EUR"}, {-1250, "CHF", "-12.50 CHF"},
		{1250, "JPY", "1250 JPY"}, {1250, "KWD", "1.250 KWD"}, {1250, "", "12.50"}, {1, "???", "0.01 ???"}, {-9223372036854775808, "EUR", "-92233720368547758.08 EUR"},
	} {
		if got := money(control.Total{Cents: c.cents, Currency: c.currency}); got != c.want {
			t.Errorf("%d %s is %s, want %s", c.cents, c.currency, got, c.want)
		}
	}
}

func TestGrid(t *testing.T) {
	g := newGrid("id", "empty", "name", "reason")
	g.add("1", "", "Ann", strings.Repeat("long ", 20))
	g.add("22", "", "Bob\x1b", "")
	var b strings.Builder
	g.print(&b, 40)
	want := "id  name     reason\n" +
		"1   Ann      long long long long long …\n" +
		"22  Bob\\x1b  \n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	g.print(&b, 0)
	if !strings.Contains(b.String(), strings.Repeat("long ", 19)+"long") {
		t.Errorf("cut off, where it is no terminal:\n%s", b.String())
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for back, want := range map[time.Duration]string{
		-time.Minute: "just now", 0: "just now", 59 * time.Second: "59 s ago", 3 * time.Minute: "3 min ago", 47 * time.Hour: "47 h ago", 72 * time.Hour: "3 days ago",
	} {
		if got := ago(now.Add(-back), now); got != want {
			t.Errorf("%v is %s", back, got)
		}
	}
}

func TestHarmless(t *testing.T) {
	row := harmless([]string{"=1+1", "-12.50", "+49 30", "@a", "", "a=b", "-"})
	if got := strings.Join(row, "|"); got != "'=1+1|-12.50|'+49 30|'@a||a=b|'-" {
		t.Error(got)
	}
}
