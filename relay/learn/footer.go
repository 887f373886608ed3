package learn

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"funnelrelay/relay/source"
)

// sumWords stand below a table, before what its columns add up to. They are
// written as plainWords leaves them.
var sumWords = list(`summary, sum, sums, subtotal, sub total, total, totals, grand total, total sales, day total, daily total, records found, end of report,
		summe, summen, gesamt, gesamtsumme, gesamtbetrag, gesamtumsatz, zwischensumme, tagessumme, tagesumsatz, tagesgesamtsumme, endsumme, endbetrag, umsatz gesamt, insgesamt,
		somme, sous total, total general, total du jour, totaux, totale, totali, totale generale, totale complessivo, subtotale, totale giorno, suma, suma total, subtotal, total del dia, totales,
		razem, ogolem, lacznie, suma calkowita, totaal, totalen, eindtotaal, subtotaal, dagtotaal, celkem, mezisoucet, spolu, osszesen, vegosszeg, summa, yhteensa, i alt, skupaj, ukupno, toplam, genel toplam, итого, всего, συνολο`)

// besideSum are words that stand beside those for a sum.
const besideSum = "brutto netto gross net inkl incl exkl excl mwst ust vat tva iva btw ttc ht eur euro usd gbp chf pln zl czk kc huf ft sek nok dkk kr day tag tages heute today"

// totals says that a text is a word for a sum, beside nothing but numbers and a
// currency. A loose one only begins or ends with it.
func totals(text string, loose bool) bool {
	plain := plainWords(text)
	var rest []string
	for word := range strings.FieldsSeq(plain) {
		if strings.Trim(word, "0123456789") != "" && !hasWord(word, besideSum) || hasWord(word, "sum") {
			rest = append(rest, word)
		}
	}
	bare := strings.Join(rest, " ")
	return slices.ContainsFunc(sumWords, func(word string) bool {
		return plain == word || bare == word || loose && (strings.HasPrefix(plain, word+" ") || strings.HasSuffix(plain, " "+word))
	})
}

// sumKey says that a key is none: a word for a sum, and no number that begins
// with one.
func sumKey(text string) bool {
	return !strings.ContainsAny(text, "0123456789") && totals(text, true)
}

// below finds what stands below a table.
type below struct {
	w              *finder
	dates          int   // the column; -1: there is none
	keys, labels   []int // columns that are named so
	amounts        []int // columns of money
	filled         bool  // rows in the midst have neither key nor date
	first, end, at int   // of the part of the sample that is looked at: its rows, and the footer's first
}

// footer finds what stands below a table, and takes it out of the sample: of
// the last rows of a file those that have neither key nor date, from the first
// on which nothing else explains. A row that may be one more item of the order
// above stays.
func (w *finder) footer() {
	if w.set.format.Type != "csv" {
		return
	}
	b := w.newBelow()
	defer b.between()
	if w.set.cut {
		return // what is below was not read
	}
	type found struct {
		from, to int
		why      string
		ends     []source.Condition
	}
	var list []found
	rest := make([]line, 0, len(w.t.lines))
	for b.first = 0; b.first < len(w.t.lines); b.first = b.end {
		b.part()
		rest = append(rest, w.t.lines[b.first:b.at]...)
		if b.at < b.end {
			why, ends := b.says()
			list = append(list, found{b.at, b.end, why, ends})
		}
	}
	for _, f := range slices.Backward(list) {
		// A condition that holds above would end the table there.
		ends := slices.DeleteFunc(f.ends, func(c source.Condition) bool { return slices.ContainsFunc(rest, w.holds(c)) })
		if !slices.ContainsFunc(ends, func(c source.Condition) bool { return w.holds(c)(w.t.lines[f.from]) }) {
			continue
		}
		for _, c := range ends {
			if !slices.ContainsFunc(w.Source.Read.End, func(have source.Condition) bool { return reflect.DeepEqual(have, c) }) {
				w.Source.Read.End = append(w.Source.Read.End, c)
			}
		}
		if w.Because["read.end"] == "" {
			w.because("read.end", "%s", f.why)
		}
		w.t.lines = slices.Delete(w.t.lines, f.from, f.to)
	}
}

// between takes sums out of the sample that stand between orders.
func (b *below) between() {
	w := b.w
	defer func() { w.all = w.t.traits() }()
	for n := 0; n < len(w.t.lines); n++ {
		i, loose := b.word(&w.t.lines[n])
		if i < 0 {
			continue
		}
		c := b.told(&w.t.lines[n], i, loose)[:1]
		holds := w.holds(c)
		if slices.ContainsFunc(w.t.lines, func(l line) bool { at, _ := b.word(&l); return at < 0 && holds(l) }) {
			continue
		}
		w.between = append(w.between, sumRow{c[0], w.place(&w.t.lines[n])})
		w.t.lines = slices.DeleteFunc(w.t.lines, holds)
		n--
	}
}

// sumRow is a row that is no order's.
type sumRow struct {
	is    source.Test
	place string
}

// leaveSums leaves out what between found: of an order whose key is filled in
// such rows they would be items.
func (w *finder) leaveSums() {
	for _, s := range w.between {
		key, into := "skip", &w.Source.Skip
		if len(w.Source.Read.Fill) > 0 && !slices.Contains(w.Source.Read.Fill, s.is.Column) {
			key, into = "items.skip", &w.Source.Items.Skip
		}
		w.matched(into, key, s.is, s.place+" is a sum of rows above it")
	}
}

func (w *finder) newBelow() *below {
	b := &below{w: w, dates: w.dateColumn()}
	named := w.idChoices()
	for _, c := range named {
		if c.column != b.dates && (c.score >= 200 || named[0].score < 200) {
			b.keys = append(b.keys, c.column)
		}
	}
	for _, r := range []role{roleLabel, roleSKU} {
		for _, c := range w.t.choices(r, w.all) {
			if c.column != b.dates && !slices.Contains(b.keys, c.column) && !slices.Contains(b.labels, c.column) {
				b.labels = append(b.labels, c.column)
			}
		}
	}
	for i := range w.all {
		tr := &w.all[i]
		if tr.decimals > 0 && 20*tr.amounts >= 19*tr.full && i != b.dates && !slices.Contains(b.keys, i) && !slices.Contains(b.labels, i) {
			b.amounts = append(b.amounts, i)
		}
	}
	return b
}

// part goes on to the next part, which begins at first: a file, or one in a zip.
func (b *below) part() {
	const most = 30
	lines := b.w.t.lines
	for b.end = b.first + 1; b.end < len(lines) && lines[b.end].file == lines[b.first].file && lines[b.end].at > lines[b.end-1].at; {
		b.end++
	}
	tail := b.end
	for tail > b.first+1 && b.end-tail < most && b.bare(&lines[tail-1]) {
		tail--
	}
	b.filled = slices.ContainsFunc(lines[b.first:tail], func(l line) bool { return b.bare(&l) })
	b.at = b.end
	low := max(b.first+1, b.end-5)
	for n := low; n < b.end; n++ {
		if b.whole(&lines[n]) {
			low = n + 1
		}
	}
	for n := low; n < b.end; n++ {
		if i, _ := b.word(&lines[n]); i >= 0 {
			b.at = n
			break
		}
	}
	for n := b.at - 1; n >= tail && b.strange(n); n-- {
		b.at = n
	}
}

// bare says that a row has neither a key nor a date.
func (b *below) bare(l *line) bool {
	if _, ok := readDate(l.cell(b.dates)); ok {
		return false
	}
	return !slices.ContainsFunc(b.keys, func(i int) bool { return l.cell(i) != "" && !sumKey(l.cell(i)) })
}

// whole says that a row has all that a row of an order has, so that no footer
// is above it.
func (b *below) whole(l *line) bool {
	if i, _ := b.word(l); i >= 0 {
		return false
	}
	_, dated := readDate(l.cell(b.dates))
	keyed := slices.ContainsFunc(b.keys, func(i int) bool { return l.cell(i) != "" })
	return (dated || b.dates < 0) && (keyed || len(b.keys) == 0)
}

// word is the column that holds a word for a sum; -1: none does.
func (b *below) word(l *line) (i int, loose bool) {
	for _, i := range b.keys {
		if sumKey(l.cell(i)) {
			return i, true
		}
	}
	if _, ok := readDate(l.cell(b.dates)); ok {
		return -1, false
	}
	if totals(l.cell(b.dates), true) {
		return b.dates, true
	}
	bare := b.bare(l)
	for i := range l.cells {
		if (bare || i < 2 && !slices.Contains(b.labels, i)) && totals(l.cell(i), false) {
			return i, false
		}
	}
	return -1, false
}

// sum is the column of money of which the row holds what the rows above it add
// up to; -1: there is none.
func (b *below) sum(n, least int) int {
	for _, i := range b.amounts {
		if b.w.addsUp(b.first, n, i, least) {
			return i
		}
	}
	return -1
}

// label is the row's column of a name or a number of an article; -1: it has none.
func (b *below) label(l *line) int {
	for _, i := range b.labels {
		if l.cell(i) != "" {
			return i
		}
	}
	return -1
}

// strange says that a bare row is no item of the order above it.
func (b *below) strange(n int) bool {
	l := &b.w.t.lines[n]
	if i, _ := b.word(l); i >= 0 {
		return true
	}
	switch {
	case b.label(l) >= 0:
		return b.sum(n, 5) >= 0
	case l.cell(b.dates) != "": // and no date
		return true
	}
	known := len(b.labels) > 0 && (len(b.keys) > 0 || b.dates >= 0)
	return known && !b.filled || b.sum(n, 3) >= 0
}

// says is why the rows from at on are a footer, and the conditions that tell
// its first row and its first word for a sum.
func (b *below) says() (why string, ends []source.Condition) {
	lines := b.w.t.lines
	l := &lines[b.at]
	if i, loose := b.column(l); i >= 0 {
		why, ends = fmt.Sprintf("%s below the table begins with %q", b.w.place(l), l.cell(i)), append(ends, b.told(l, i, loose))
	} else {
		why, ends = fmt.Sprintf("%s below the table has neither key nor date", b.w.place(l)), append(ends, b.told(l, -1, false))
	}
	if i := b.sum(b.at, 3); i >= 0 {
		why += fmt.Sprintf("; its %s is the sum of those above", b.w.t.names[i])
	}
	for n := b.at; n < b.end; n++ {
		if i, loose := b.word(&lines[n]); i >= 0 {
			if n > b.at {
				ends = append(ends, b.told(&lines[n], i, loose))
			}
			break
		}
	}
	return why, ends
}

// column is the one whose text tells a row from others; -1: there is none.
func (b *below) column(l *line) (i int, loose bool) {
	if i, loose := b.word(l); i >= 0 {
		return i, loose
	}
	if l.cell(b.dates) != "" {
		return b.dates, true
	}
	return b.label(l), false
}

// told is a condition for rows like l: by how a text in column i begins, if it
// is loose, or by that text and what the row does not have.
func (b *below) told(l *line, i int, loose bool) source.Condition {
	var c source.Condition
	if i >= 0 {
		text := l.cell(i)
		is := text
		start := strings.TrimSpace(text[:len(text)-len(strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsDigit(r) }))])
		switch {
		case start != "" && (loose || start != text):
			is = "/^" + regexp.QuoteMeta(start) + "/"
		case strings.ContainsAny(text[:1], "<>/") || text == "present" || text == "absent":
			is = "/^" + regexp.QuoteMeta(text) + "$/"
		}
		c = source.Condition{{Column: b.w.t.names[i], Is: []string{is}}}
		if loose {
			return c
		}
	}
	columns := slices.Clone(b.keys)
	if b.dates >= 0 {
		columns = append(columns, b.dates)
	}
	if i < 0 {
		columns = append(columns, b.labels...)
	}
	for _, at := range columns {
		if l.cell(at) == "" {
			c = append(c, source.Test{Column: b.w.t.names[at], Is: []string{"absent"}})
		}
	}
	return c
}

// holds is whether a condition as told makes them holds for a row.
func (w *finder) holds(c source.Condition) func(line) bool {
	var tests []func(line) bool
	for _, t := range c {
		i, is := w.t.find(t.Column), t.Is[0]
		switch {
		case is == "absent":
			tests = append(tests, func(l line) bool { return l.cell(i) == "" })
		case is[0] == '/':
			expr := regexp.MustCompile(is[1 : len(is)-1])
			tests = append(tests, func(l line) bool { return expr.MatchString(l.cell(i)) })
		default:
			tests = append(tests, func(l line) bool { return l.cell(i) == is })
		}
	}
	return func(l line) bool {
		return len(tests) > 0 && !slices.ContainsFunc(tests, func(test func(line) bool) bool { return !test(l) })
	}
}

// dateColumn is the column with the most dates of those that hold little else;
// -1: there is none.
func (w *finder) dateColumn() int {
	best := -1
	for i := range w.all {
		if tr := &w.all[i]; tr.dates > 0 && 2*tr.dates >= tr.full && (best < 0 || tr.dates > w.all[best].dates) {
			best = i
		}
	}
	return best
}
