package learn

import (
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// rowsCost tells what it costs that rows have no id, with and without a time.
func rowsCost(at source.Value) string {
	if len(at) > 0 {
		return "the relay knows a row by its content and date: the same row in another export is taken once, but one that is corrected there is taken again"
	}
	return "without a date the relay knows a row only in its file: the same file is taken once, but exports that overlap send their common rows again"
}

// keys finds what makes an order known.
func (w *finder) keys() {
	order := w.Source.Order
	if set := w.o.Set["order.id"]; set != "" {
		order.ID = source.Value{set}
		w.because("order.id", "as you said")
		w.id = w.columnsOf(set)
		return
	}
	named := w.idChoices()
	for _, c := range named {
		if w.takeID(c, named) {
			return
		}
	}
	w.askID(named)
}

// columnsOf are the columns that a value names.
func (w *finder) columnsOf(value string) []int {
	if i := w.t.find(value); i >= 0 {
		return []int{i}
	}
	var list []int
	for i, name := range w.t.names {
		if strings.Contains(value, braced(name)) {
			list = append(list, i)
		}
	}
	return list
}

// idChoices are the columns that are named as a key.
func (w *finder) idChoices() []choice {
	found := w.t.choices(roleID, w.all)
	for i, name := range w.t.names {
		if plain := plainWords(name); (plain == "id" || plain == "number" || plain == "uuid" || plain == "nr") && w.all[i].full > 0 {
			score := 100 // in a table, rather a row's
			if tr := &w.all[i]; w.t.deep && (plain == "id" || plain == "uuid") && tr.full == len(w.t.lines) {
				score = 500 // a JSON order's own, which no other has
			}
			found = append(found, choice{i, score})
		}
	}
	slices.SortStableFunc(found, func(a, b choice) int { return b.score - a.score })
	return found
}

// takeID takes a column as the key, if it can be one: alone, with what makes
// numbers whole that begin anew, or beside the column that groups.
func (w *finder) takeID(c choice, named []choice) bool {
	order, name := w.Source.Order, w.t.names[c.column]
	if w.all[c.column].full < len(w.t.lines) {
		return w.blankID(c.column, named)
	}
	if clash, ok := w.clash([]int{c.column}); ok {
		if w.kindID(c.column) {
			return true
		}
		return w.wholeID(c.column, clash)
	}
	if other := w.finer(c, named); other >= 0 {
		// Both are named as keys, and they part the rows in different ways.
		w.because("order.id", "%s is another column that is named so, and tells %d apart", w.t.names[other], w.all[other].distinct)
	}
	if w.set.format.Type != "json" && !hasWord(plainWords(name), "id uuid") && w.small(c.column) && w.oneDay() {
		w.askRestart(c.column)
		return true
	}
	order.ID = source.Value{column(name)}
	w.id = []int{c.column}
	w.idFound(c.column)
	return true
}

// kindID takes a column as the key that a refund shares with its sale: the
// kind is a part of the key anyway, and their rows are only to be kept apart.
func (w *finder) kindID(id int) bool {
	for i, name := range w.t.names {
		tr := &w.all[i]
		if tr.full < len(w.t.lines) || tr.distinct > few || fits(roleKind, name) == 0 || !slices.ContainsFunc(tr.values, func(text string) bool { return stateOf(text) == refunded }) {
			continue
		}
		if _, clashes := w.clash([]int{id, i}); clashes {
			continue
		}
		order := w.Source.Order
		order.ID, order.Group = source.Value{column(w.t.names[id])}, source.Value{braced(w.t.names[id]) + "/" + braced(name)}
		w.because("order.group", "a refund has the number of its sale, and %s keeps their rows apart", name)
		w.id = []int{id, i}
		w.idFound(id)
		return true
	}
	return false
}

// idFound says why a column is the key.
func (w *finder) idFound(i int) {
	w.used[w.t.names[i]] = true
	n := w.all[i].distinct
	switch {
	case n == len(w.t.lines):
		w.because("order.id", "%s is named as a key, and no two of %s have the same", w.t.names[i], counted(n, "row"))
	case len(w.at) > 0:
		w.because("order.id", "%s is named as a key: %s in %s, and the rows of each have one day", w.t.names[i], counted(n, "order"), counted(len(w.t.lines), "row"))
	default:
		w.because("order.id", "%s is named as a key: %s in %s, and the rows of each stand together", w.t.names[i], counted(n, "order"), counted(len(w.t.lines), "row"))
	}
}

// finer is another column that is named as a key as well, and that parts the
// rows into more orders; -1: none.
func (w *finder) finer(c choice, named []choice) int {
	for _, other := range named {
		tr := &w.all[other.column]
		if other.column != c.column && other.score >= 200 && tr.full == len(w.t.lines) && tr.distinct != w.all[c.column].distinct && tr.distinct < many {
			return other.column
		}
	}
	return -1
}

// blankID takes a column that is empty in the rows that go on an order: the
// rows are grouped by another column that is not, or the gaps are filled.
func (w *finder) blankID(id int, named []choice) bool {
	if w.t.lines[0].cell(id) == "" || w.all[id].distinct != w.all[id].full {
		return false
	}
	order, name := w.Source.Order, w.t.names[id]
	for _, c := range named {
		if c.column != id && w.all[c.column].full == len(w.t.lines) && w.starts(id, c.column) {
			order.ID, order.Group = source.Value{column(name)}, source.Value{column(w.t.names[c.column])}
			w.because("order.id", "%s stands in the first row of each order only", name)
			w.because("order.group", "%s stands in each row, and changes where %s begins", w.t.names[c.column], name)
			w.id = []int{c.column}
			w.used[name], w.used[w.t.names[c.column]] = true, true
			return true
		}
	}
	if len(w.t.lines) < 2 || w.all[id].full == len(w.t.lines) || w.set.format.Type != "csv" {
		return false
	}
	return w.fillID(id, named)
}

// fillDown does in the sample what read.fill does.
func (w *finder) fillDown(id int) {
	for n := 1; n < len(w.t.lines); n++ {
		l, before := &w.t.lines[n], &w.t.lines[n-1]
		if l.file != before.file || l.cell(id) != "" {
			continue
		}
		if id < len(l.cells) {
			l.cells[id] = before.cell(id)
		}
	}
}

// starts says whether the values of by change just where id has one.
func (w *finder) starts(id, by int) bool {
	for n := range w.t.lines {
		l := &w.t.lines[n]
		changes := n == 0 || l.file != w.t.lines[n-1].file || l.cell(by) != w.t.lines[n-1].cell(by)
		if changes != (l.cell(id) != "") {
			return false
		}
	}
	return true
}

// key is a line's, of columns.
func (l *line) key(columns []int) string {
	var b strings.Builder
	for _, i := range columns {
		b.WriteString(l.cell(i))
		b.WriteByte(0)
	}
	return b.String()
}

// day is the day in a line's date, or the date as it stands.
func (w *finder) day(l *line) string {
	if len(w.at) == 0 {
		return ""
	}
	text := l.cell(w.at[0])
	if len(w.at) > 1 {
		return text
	}
	day, _, _ := strings.Cut(strings.ReplaceAll(text, "T", " "), " ")
	if d, ok := readDate(text); ok && strings.Contains(d.pattern, "MMM") {
		return strings.TrimRight(text[:max(strings.LastIndexByte(text, ':')-2, 0)], " ")
	}
	return day
}

// clash is the first place where rows of one key are not of one order: they
// have different days, or stand apart and have different times. Where that is
// so for one key of twenty at most, in rows that stand together, it is an order
// that was rung up over midnight.
func (w *finder) clash(columns []int) (why string, clashes bool) {
	type seen struct {
		first, last int
		clashes     bool
	}
	known := map[string]*seen{}
	count, apart := 0, false
	for n := range w.t.lines {
		l := &w.t.lines[n]
		key := l.key(columns)
		s := known[key]
		if s == nil {
			known[key] = &seen{first: n, last: n}
			continue
		}
		first, last := &w.t.lines[s.first], &w.t.lines[s.last]
		says := ""
		switch {
		case w.day(first) != w.day(l) && w.day(l) != "" && w.day(first) != "":
			says = fmt.Sprintf("%s stands on %s (%s) and on %s (%s)", keyText(key), w.day(first), w.place(first), w.day(l), w.place(l))
		case s.last < n-1 && first.file == l.file && (len(w.at) == 0 || last.key(w.at) != l.key(w.at)):
			says = fmt.Sprintf("%s comes again, with other rows between (%s, %s)", keyText(key), w.place(last), w.place(l))
		}
		if says != "" {
			if why == "" {
				why = says
			}
			apart = apart || s.last < n-1
			if !s.clashes {
				s.clashes = true
				count++
			}
		}
		s.last = n
	}
	if !apart && 20*count <= len(known) {
		return "", false
	}
	return why, why != ""
}

// keyText is a key as people write it.
func keyText(key string) string {
	return strings.TrimSpace(strings.ReplaceAll(key, "\x00", " "))
}

func (w *finder) place(l *line) string { return w.set.spotted(spot{file: l.file, line: l.at}) }

// wholeID looks for the columns that make numbers whole which begin anew.
func (w *finder) wholeID(id int, clash string) bool {
	var more []int
	for _, r := range []role{roleClosing, roleTill, roleStore} {
		for _, c := range w.t.choices(r, w.all) {
			if w.all[c.column].full == len(w.t.lines) && c.column != id && !slices.Contains(more, c.column) {
				more = append(more, c.column)
			}
		}
	}
	if len(w.at) > 0 && w.all[w.at[0]].full == len(w.t.lines) {
		more = append(more, w.at[0])
	}
	var sets [][]int
	for _, i := range more {
		sets = append(sets, []int{i})
	}
	for n, i := range more {
		for _, j := range more[n+1:] {
			sets = append(sets, []int{i, j})
		}
	}
	for _, set := range sets {
		columns := append(slices.Clone(set), id)
		if _, clashes := w.clash(columns); clashes || !w.together(columns, id) {
			continue
		}
		var parts []string
		for _, i := range columns {
			parts = append(parts, braced(w.t.names[i]))
			w.used[w.t.names[i]] = true
		}
		w.Source.Order.ID = source.Value{strings.Join(parts, "/")}
		w.because("order.id", "%s is named as a key, and begins anew: %s; together with %s no order mixes days", w.t.names[id], clash, w.t.names[set[0]])
		w.id = columns
		return true
	}
	w.because("order.id", "%s is named as a key, but %s", w.t.names[id], clash)
	return false
}

// together says that a key of more columns does not part rows that stand
// together with one number, as a time of each line would.
func (w *finder) together(columns []int, id int) bool {
	parted := 0
	for n := 1; n < len(w.t.lines); n++ {
		l, before := &w.t.lines[n], &w.t.lines[n-1]
		if l.file == before.file && l.cell(id) == before.cell(id) && w.day(l) == w.day(before) && l.key(columns) != before.key(columns) {
			parted++
		}
	}
	return parted == 0
}

// askID offers what could be the key.
func (w *finder) askID(named []choice) {
	var ways []Way
	add := func(i int, means string) {
		write := column(w.t.names[i])
		if len(ways) < 4 && !slices.ContainsFunc(ways, func(o Way) bool { return o.Write == write }) {
			ways = append(ways, Way{write, means})
		}
	}
	for _, c := range named {
		if w.all[c.column].full == len(w.t.lines) {
			add(c.column, fmt.Sprintf("it is named as a key, but %s", w.whyNot(c.column)))
		}
	}
	for i := range w.t.names {
		tr := &w.all[i]
		if tr.full < len(w.t.lines) || tr.distinct < 2 || tr.decimals > 0 || tr.dates == tr.full && tr.amounts < tr.full || slices.Contains(w.at, i) || w.hasRole(i) {
			continue
		}
		if _, clashes := w.clash([]int{i}); !clashes {
			add(i, fmt.Sprintf("it looks like a key: %d different in %s, and the rows of each are of one day", tr.distinct, counted(len(w.t.lines), "row")))
		}
	}
	is := "no column is named as the number of an order or a receipt"
	if why := w.Because["order.id"]; why != "" {
		is = why
		delete(w.Because, "order.id")
	}
	ways = append(ways, Way{source.RowsID, "there is none, each row is an order of its own: " + rowsCost(w.Source.Order.At)})
	w.ask("order.id", is, ways...)
}

func (w *finder) whyNot(i int) string {
	if clash, ok := w.clash([]int{i}); ok {
		return clash
	}
	return "not in every row"
}

// hasRole says that a column's name makes it something else than a key.
func (w *finder) hasRole(i int) bool {
	for _, r := range []role{roleSKU, roleLabel, roleQty, rolePrice, roleTotal, roleTax, roleDiscount, roleCurrency, roleEmail, roleKind, roleStore, roleTill, roleChannel, roleZone, roleClock} {
		if fits(r, w.t.names[i]) >= 200 {
			return true
		}
	}
	return false
}
