package learn

import (
	"fmt"
	"regexp"
	"slices"

	"funnelrelay/relay/source"
)

// sumWords stand below a table, before what its columns add up to.
func sumWords() []string {
	return list(`summary, sum, total, totals, grand total, records found, end of report, summe, gesamt, gesamtsumme, zwischensumme, endsumme, somme, total general, totale, totale generale, suma, razem, totaal, eindtotaal`)
}

// footer finds what stands below a table, and takes it out of the sample: the
// last rows of a file, from the first on of which a cell at its beginning is a
// word for a sum and which has no date.
func (w *finder) footer() {
	if w.set.format.Type != "csv" {
		return
	}
	dates := w.dateColumn()
	for n := 0; n < len(w.t.lines); n++ {
		l := &w.t.lines[n]
		if l.cell(dates) != "" || w.lastOf(n) > 5 {
			continue
		}
		for i := range min(2, len(w.t.names)) {
			plain := plainWords(l.cell(i))
			at := slices.IndexFunc(sumWords(), func(word string) bool { return plain == word })
			if at < 0 {
				continue
			}
			w.Source.Read.End = source.Matcher{{{Column: w.t.names[i], Is: []string{"/^" + regexp.QuoteMeta(l.cell(i)) + "/"}}}}
			w.because("read.end", "%s below the table begins with %q", w.place(l), l.cell(i))
			w.t.lines = slices.Delete(w.t.lines, n, n+w.lastOf(n))
			w.all = w.t.traits()
			n--
			break
		}
	}
}

// lastOf is how many lines of a file there are from n on.
func (w *finder) lastOf(n int) int {
	count := 0
	for i := n; i < len(w.t.lines) && w.t.lines[i].file == w.t.lines[n].file; i++ {
		count++
	}
	return count
}

// dateColumn is the column with the most dates; -1: none has any.
func (w *finder) dateColumn() int {
	best := -1
	for i := range w.all {
		if tr := &w.all[i]; tr.dates > 0 && (best < 0 || tr.dates > w.all[best].dates) {
			best = i
		}
	}
	return best
}

// oneDay says that all rows are of one day, so that nothing can be seen of
// whether numbers begin anew on the next.
func (w *finder) oneDay() bool {
	if len(w.at) == 0 {
		return false
	}
	first := ""
	for n := range w.t.lines {
		day := w.day(&w.t.lines[n])
		if day != "" && first == "" {
			first = day
		}
		if day != "" && day != first {
			return false
		}
	}
	return true
}

// small says that a column holds numbers of few digits only, and low ones among
// them, as counters do that begin anew.
func (w *finder) small(i int) bool {
	low := false
	for _, text := range w.all[i].values {
		found, rest := digits(text)
		if rest != "" || len(found) > 4 {
			return false
		}
		low = low || number(found) < 100
	}
	return low
}

// askRestart asks whether numbers begin anew where the files cannot tell.
func (w *finder) askRestart(i int) {
	name := w.t.names[i]
	ways := []Way{{column(name), "the numbers never begin anew"}}
	if len(w.at) > 1 || !w.clocked(w.at[0]) {
		ways = append(ways, Way{braced(w.t.names[w.at[0]]) + "/" + braced(name), "they begin anew each day"})
	} else {
		ways = append(ways, Way{braced(w.t.names[w.at[0]]) + "/" + braced(name), "they begin anew each day, and all rows of an order have the same time"})
	}
	w.ask("order.id", fmt.Sprintf("%s is named as a key and holds small numbers (%s: %s), but all rows are of one day, so that nothing shows whether the numbers begin anew; files of a second day would",
		name, w.set.spotted(w.all[i].first), w.all[i].first.shown()), ways...)
	w.id = []int{i}
	w.used[name] = true
}

// refunds finds the array of refunds in a JSON order.
func (w *finder) refunds() {
	for path, t := range w.set.nested {
		if !hasWord(plainWords(path), refundArrays) {
			continue
		}
		all := t.traits()
		id := t.find("id")
		totals := t.choices(roleTotal, all)
		if id < 0 || len(totals) == 0 || all[id].full < len(t.lines) || all[id].distinct < len(t.lines) {
			w.because("items", "%s holds what was given back, but no id and amount that could be read: it is left out", path)
			continue
		}
		r := &source.Refunds{Each: path, ID: source.Value{"R{id}"}, Total: source.Value{column(t.names[totals[0].column])}}
		w.Source.Refunds = r
		w.because("refunds", "%s holds %s with an id and an amount each", path, counted(len(t.lines), "object"))
		if at := t.choices(roleAt, all); len(at) > 0 {
			if d, _ := readDate(all[at[0].column].first.text); d.pattern != "" && len(w.atText) > 0 {
				if own, _ := readDate(w.atText[0].text); own.pattern == d.pattern {
					r.At = source.Value{column(t.names[at[0].column])}
				}
			}
		}
		return
	}
}
