package learn

import "fmt"

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
