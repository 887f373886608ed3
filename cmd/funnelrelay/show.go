package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"funnelrelay/relay/control"
	"funnelrelay/relay/values"
)

// What is shown here came from strangers: a name or an answer must neither
// steer the terminal nor turn the writing of what stands beside it around.

// clean is text in which nothing steers a terminal: other than letters and
// spaces are written as escapes.
func clean(text string) string {
	if strings.IndexFunc(text, steers) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case steers(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cleanLines is clean for a text of several lines.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		lines[i] = line[:indent] + clean(strings.TrimSuffix(line[indent:], "\r"))
	}
	return strings.Join(lines, "\n")
}

// steers says that a character does something else than stand there: control
// characters, and those that turn the direction of writing.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// width is how many letters fit into a line of the terminal; 0: it is none, and
// lines may be of any length.
func (a *app) width() int {
	f, ok := a.out.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return max(width, 40)
}

// grid is rows under a head. The last column is cut where a terminal has no
// more room for it.
type grid struct {
	rows [][]string
}

func newGrid(head ...string) *grid {
	t := &grid{}
	t.add(head...)
	return t
}

func (t *grid) add(cells ...string) {
	for i, c := range cells {
		cells[i] = clean(c)
	}
	t.rows = append(t.rows, cells)
}

// print writes the table. Columns in which nothing stands are left out.
func (t *grid) print(w io.Writer, width int) {
	widths := make([]int, len(t.rows[0]))
	for n, row := range t.rows {
		for i, c := range row {
			if n > 0 && c != "" || widths[i] > 0 {
				widths[i] = max(widths[i], utf8.RuneCountInString(c), utf8.RuneCountInString(t.rows[0][i]))
			}
		}
	}
	last, used := 0, 0
	for i, n := range widths {
		if n > 0 {
			used += n + 2
			last = i
		}
	}
	room := 0
	if width > 0 {
		room = max(8, width-(used-widths[last]-2)-1)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range t.rows {
		for i, c := range row {
			switch {
			case widths[i] == 0:
			case i == last:
				fmt.Fprint(out, firstOf(c, room))
			default:
				fmt.Fprint(out, c+"\t")
			}
		}
		fmt.Fprintln(out)
	}
	_ = out.Flush() // w is the command's own output
}

// money is an amount for people: "12.50 EUR".
func money(t control.Total) string { return strings.TrimSpace(amountOf(t) + " " + t.Currency) }

func amountOf(t control.Total) string {
	digits, err := values.CurrencyDigits(t.Currency)
	if err != nil {
		digits = 2
	}
	return minor(t.Cents, digits)
}

// minor writes minor units with so many digits behind the point.
func minor(cents int64, digits int) string {
	text := strconv.FormatInt(cents, 10)
	sign := ""
	if cents < 0 {
		sign, text = "-", text[1:]
	}
	if digits == 0 {
		return sign + text
	}
	for len(text) <= digits {
		text = "0" + text
	}
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}

func moneys(list []control.Total) string {
	parts := make([]string, len(list))
	for i, t := range list {
		parts[i] = money(t)
	}
	return strings.Join(parts, ", ")
}

// at is a time for people, in the site's zone; "" for none.
func (c *api) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format(time.DateTime)
}

// ago is how long ago a time was, roughly.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}
