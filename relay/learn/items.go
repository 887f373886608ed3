package learn

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// best is the surest column of a role that no other one took; -1: none.
func (w *finder) best(t *table, all []traits, r role) int {
	for _, c := range t.choices(r, all) {
		if !w.used[w.key(t, c.column)] {
			return c.column
		}
	}
	return -1
}

// key names a column among all tables.
func (w *finder) key(t *table, i int) string {
	if t != w.t {
		return w.each + "\x00" + t.names[i]
	}
	return t.names[i]
}

// take is best, and takes it.
func (w *finder) take(t *table, all []traits, r role) (name string, i int) {
	if i = w.best(t, all, r); i < 0 {
		return "", i
	}
	w.used[w.key(t, i)] = true
	return t.names[i], i
}

// buyer finds what an order has of its buyer.
func (w *finder) buyer() {
	if name, i := w.take(w.t, w.all, roleEmail); i >= 0 {
		w.Source.Order.Email = source.Value{column(name)}
		w.because("order.email", "%s holds addresses, %s", name, w.t.named(i, w.all))
	}
}

// things finds what an item is.
func (w *finder) things() {
	items := w.Source.Items
	if w.wide() {
		return
	}
	sku, skuAt := w.take(w.items, w.line, roleSKU)
	label, labelAt := w.take(w.items, w.line, roleLabel)
	if labelAt < 0 && w.each != "" {
		label, labelAt = w.deepLabel()
	}
	if skuAt >= 0 {
		items.SKU = source.Value{column(sku)}
		w.because("items.sku", "%s is named so, %s", sku, w.items.named(skuAt, w.line))
		if w.line[skuAt].full < len(w.items.lines) && labelAt >= 0 {
			items.SKU = append(items.SKU, column(label))
			w.because("items.sku", "where it is empty, %s", label)
		}
	}
	if labelAt >= 0 {
		items.Label = source.Value{column(label)}
		w.because("items.label", "%s is named so (%s: %s)", label, w.set.spotted(w.line[labelAt].first), w.line[labelAt].first.shown())
	}
	if set := w.o.Set["items.label"]; set != "" {
		items.Label = source.Value{set}
		w.because("items.label", "as you said")
		return
	}
	if skuAt < 0 && labelAt < 0 {
		if ways := w.textWays(); ways != nil {
			w.ask("items.label", "no column is named as what was bought", append(ways, Way{`= "Sale"`, "none: a row is sent as one thing"})...)
			return
		}
		items.Label = source.Value{`= "Sale"`}
		w.because("items.label", "no column names what was bought: a row is sent as one thing")
	}
}

// textWays are the columns that hold words.
func (w *finder) textWays() []Way {
	var ways []Way
	for i, name := range w.items.names {
		tr := &w.line[i]
		if tr.full > 0 && tr.amounts+tr.dates+tr.clocks+tr.codes+tr.addresses == 0 && !w.used[w.key(w.items, i)] && len(ways) < 4 &&
			fits(roleKind, name)+fits(roleStore, name)+fits(roleTill, name)+fits(roleID, name) == 0 {
			ways = append(ways, Way{column(name), fmt.Sprintf("it holds words (%s: %s)", w.set.spotted(tr.first), tr.first.shown())})
		}
	}
	return ways
}

// deepLabel is a column of an object in an item, as in product.name.
func (w *finder) deepLabel() (string, int) {
	for i, name := range w.items.names {
		if last := name[strings.LastIndexByte(name, '.')+1:]; last == "name" || last == "title" {
			return name, i
		}
	}
	return "", -1
}

var numberedName = regexp.MustCompile(`^(.*\D)(\d{1,3})(\D*)$`)

// wide finds items that stand beside each other, a column each, with pairs in
// them: line_item_1 holding name:Tea|quantity:1.
func (w *finder) wide() bool {
	pattern, pairs, names, columns := w.pairColumns()
	if pattern != "" {
		w.wideItems(pattern, pairs, names, columns)
	}
	return pattern != ""
}

// pairColumns are the columns of wide items; "": there are none.
func (w *finder) pairColumns() (pattern, pairs string, names []string, columns []int) {
	groups := map[string][]int{}
	for i, name := range w.t.names {
		if m := numberedName.FindStringSubmatch(name); m != nil && w.all[i].full > 0 {
			groups[m[1]+"*"+m[3]] = append(groups[m[1]+"*"+m[3]], i)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(groups)) {
		columns := groups[pattern]
		for _, pairs := range []string{"|:", ";:", ",:", "|=", ";=", ",="} {
			if names := pairNames(w.all[columns[0]].values, pairs); len(names) > 1 {
				return pattern, pairs, names, columns
			}
		}
	}
	return "", "", nil, nil
}

// pairNames are the names in cells of pairs; nil where they are none.
func pairNames(cells []string, pairs string) []string {
	var names []string
	for _, cell := range cells {
		for part := range strings.SplitSeq(cell, pairs[:1]) {
			name, _, ok := strings.Cut(part, pairs[1:])
			if !ok || name == "" || len(name) > 40 {
				return nil
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// wideItems makes a table of the cells' pairs, and goes on with that.
func (w *finder) wideItems(pattern, pairs string, names []string, columns []int) {
	items := w.Source.Items
	items.Columns, items.Pairs = pattern, pairs
	w.because("items.columns", "%s hold an item each (%s: %s)", counted(len(columns), "column"), w.set.spotted(w.all[columns[0]].first), w.all[columns[0]].first.shown())
	t := &table{}
	for _, name := range names {
		t.place(name)
	}
	for n := range w.t.lines {
		from := &w.t.lines[n]
		for _, i := range columns {
			if from.cell(i) == "" {
				continue
			}
			l := line{file: from.file, at: from.at, owner: n, cells: make([]string, len(t.names))}
			for part := range strings.SplitSeq(from.cell(i), pairs[:1]) {
				name, value, _ := strings.Cut(part, pairs[1:])
				if at := t.find(name); at >= 0 {
					l.cells[at] = strings.TrimSpace(value)
				}
			}
			t.lines = append(t.lines, l)
		}
	}
	w.items, w.line, w.each = t, t.traits(), pattern
	sku, skuAt := w.take(t, w.line, roleSKU)
	if skuAt >= 0 {
		items.SKU = source.Value{column(sku)}
		w.because("items.sku", "%s is named so", sku)
	}
	if label, at := w.take(t, w.line, roleLabel); at >= 0 {
		items.Label = source.Value{column(label)}
		w.because("items.label", "%s is named so", label)
		if skuAt >= 0 && w.line[skuAt].full < len(t.lines) {
			items.SKU = append(items.SKU, column(label))
		}
	}
}

// event makes custom actions of a file that holds no amounts.
func (w *finder) event() {
	e := &source.Event{}
	w.Source.Event = e
	if set := w.o.Set["event.action"]; set != "" {
		e.Action = source.Text(set)
		w.because("event.action", "as you said")
	} else {
		w.ask("event.action", "no column holds amounts, so that rows are no sales", Way{"", "the name of the custom action that each row becomes, as in Lead"})
	}
	w.Source.Order = &source.Order{}
	w.time()
	if w.asked("order.at") {
		w.Questions = slices.DeleteFunc(w.Questions, func(q Question) bool { return q.Key == "order.at" })
	}
	e.At = w.Source.Order.At
	w.Source.Order = nil
	w.moved("order.at", "event.at")
	for _, c := range w.idChoices() {
		if tr := &w.all[c.column]; tr.full == len(w.t.lines) && tr.distinct == tr.full {
			e.ID = source.Value{column(w.t.names[c.column])}
			w.because("event.id", "%s is named as a key, and no two of %s have the same", w.t.names[c.column], counted(tr.full, "row"))
			break
		}
	}
	if e.ID == nil {
		w.because("event", "no id was found: %s", rowsCost(e.At))
	}
	if name, i := w.take(w.t, w.all, roleEmail); i >= 0 {
		e.Email = source.Value{column(name)}
		w.because("event.email", "%s holds addresses", name)
	}
	w.dates(w.atText)
}

// moved gives a key's reason to another one.
func (f *Finding) moved(from, to string) {
	if why := f.Because[from]; why != "" {
		f.Because[to] = why
		delete(f.Because, from)
	}
}

// isEvent says that rows are of people, and no column holds amounts of money.
func (w *finder) isEvent() bool {
	if len(w.t.choices(roleEmail, w.all)) == 0 {
		return false
	}
	for _, r := range []role{roleTotal, rolePrice, roleOrderTotal} {
		if len(w.items.choices(r, w.line)) > 0 || len(w.t.choices(r, w.all)) > 0 {
			return false
		}
	}
	for i := range w.line {
		if w.line[i].decimals == w.line[i].full && w.line[i].full > 0 && w.line[i].dates == 0 {
			return false
		}
	}
	pattern, _, _, _ := w.pairColumns()
	return pattern == ""
}
