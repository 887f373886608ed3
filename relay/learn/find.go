package learn

import (
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// finder finds out what the columns of a sample are.
type finder struct {
	*Finding
	o   Options
	set *sampled

	t     *table   // the rows
	all   []traits // of its columns
	items *table   // where the columns of items are: t, or an array of objects in its rows
	each  string   // its path
	line  []traits // of the columns of items

	at     []int // columns of the time: one, or day and clock
	atText []spot
	id     []int // columns of the key; nil: not known
	used   map[string]bool

	between []sumRow // sums that stand between orders

	err error // an answer that cannot be
}

// find fills the Finding.
func (w *finder) find() {
	w.used = map[string]bool{}
	if w.set.broken > 0 {
		w.because("", "%s cannot be read: %s", counted(w.set.broken, "record"), w.set.brokenWhy)
	}
	if w.set.header != nil {
		w.because("", "the header is in line %d: it is found by its names", w.set.format.HeaderAt)
	}
	if w.set.cut {
		w.because("", "looked at the first %s of each file", counted(w.o.MaxRows, "row"))
	}
	w.all = w.t.traits()
	w.footer()
	if w.plain() || w.preset() {
		return
	}
	w.nested()
	w.line = w.items.traits()
	if w.isEvent() {
		w.event()
		return
	}
	w.Source.Order, w.Source.Items = &source.Order{}, &source.Items{Each: w.each}
	w.time()
	w.keys()
	w.leaveSums()
	w.buyer()
	w.things()
	w.amounts()
	w.currency()
	w.dates(w.atText)
	w.kinds()
	w.refunds()
	w.extras()
	w.mixture()
	w.answers()
}

// plain finds the webhook's own names, which need no mapping.
func (w *finder) plain() bool {
	for _, name := range append(append([]string{}, w.t.names...), nestedNames(w.set)...) {
		if name == "__sku__" || name == "__total_in_cents__" || name == "__label__" {
			w.because("", "%s is a name of the webhook's own: no mapping is needed", name)
			return true
		}
	}
	return false
}

func nestedNames(set *sampled) []string {
	var names []string
	for _, t := range set.nested {
		names = append(names, t.names...)
	}
	return names
}

// nested looks for the array that holds the items of a JSON order.
func (w *finder) nested() {
	best := 0
	for path, t := range w.set.nested {
		all, score := t.traits(), 0
		for _, r := range []role{roleSKU, roleLabel, roleQty, rolePrice, roleTotal} {
			if len(t.choices(r, all)) > 0 {
				score += 2
			}
		}
		if name := plainWords(path); score > 0 && hasWord(name, itemArrays) {
			score += 3
		} else if hasWord(name, refundArrays) || hasWord(name, otherArrays) {
			score = 0
		}
		if score > best || score == best && score > 0 && path < w.each {
			best, w.each, w.items = score, path, t
		}
	}
	if w.each != "" {
		w.because("items.each", "an array of %s in %s, with what items have", counted(len(w.items.lines), "object"), counted(len(w.t.lines), "order"))
	}
}

const (
	itemArrays   = "items item lines line products product positions articles cart positionen artikel lineitems entries detail details"
	refundArrays = "refunds refund returns return"
	otherArrays  = "tax taxes shipping payments payment tenders meta discounts coupon coupons fee fees fulfillments notes"
)

func hasWord(name, list string) bool {
	for word := range strings.FieldsSeq(name) {
		if strings.Contains(" "+list+" ", " "+word+" ") {
			return true
		}
	}
	return false
}

// time finds the columns of an order's time.
func (w *finder) time() {
	if set := w.o.Set["order.at"]; set != "" {
		if set != "none" {
			w.Source.Order.At = source.Value{set}
			w.at = w.columnsOf(set)
			w.atText = w.texts(w.at)
		}
		w.because("order.at", "as you said")
		return
	}
	choices := w.t.choices(roleAt, w.all)
	var spare []choice
	for i := range w.t.names {
		if tr := &w.all[i]; len(choices) == 0 && tr.full > 0 && tr.dates == tr.full && tr.amounts < tr.full {
			spare = append(spare, choice{i, 0})
		}
	}
	if len(choices) == 0 {
		choices = spare
	}
	if len(choices) == 0 {
		w.ask("order.at", "no column holds dates that can be read: without the time of a sale the relay sends the time at which it reads the file",
			Way{"", "the column of the sale's date"}, Way{"none", "there is none"})
		return
	}
	first := choices[0].column
	w.at = []int{first}
	order := w.Source.Order
	order.At = source.Value{column(w.t.names[first])}
	w.because("order.at", "%s holds dates, %s", w.t.names[first], w.t.named(first, w.all))
	if clocks := w.t.choices(roleClock, w.all); len(clocks) > 0 && !w.clocked(first) {
		clock := clocks[0].column
		w.at = append(w.at, clock)
		order.At = source.Value{braced(w.t.names[first]) + " " + braced(w.t.names[clock])}
		w.because("order.at", "%s the time of day", w.t.names[clock])
	}
	if hour, minute := w.clockPart("hour stunde heure hora ora uur godzina"), w.clockPart("minute minuto minuut minuta min"); len(w.at) == 1 && hour >= 0 && minute >= 0 && !w.clocked(first) {
		w.at = append(w.at, hour, minute)
		order.At = source.Value{braced(w.t.names[first]) + " " + braced(w.t.names[hour]) + ":" + braced(w.t.names[minute])}
		w.because("order.at", "%s and %s the time of day", w.t.names[hour], w.t.names[minute])
	}
	for _, i := range w.at {
		w.used[w.t.names[i]] = true
	}
	if len(w.at) == 1 && w.all[first].full < len(w.t.lines) && len(choices) > 1 && w.alike(first, choices[1].column) {
		second := w.t.names[choices[1].column]
		order.At = append(order.At, column(second))
		w.because("order.at", "where it is empty, %s", second)
	}
	w.atText = w.texts(w.at)
}

// clockPart is a column of numbers of one or two digits that is called as one of
// the words; -1: none.
func (w *finder) clockPart(words string) int {
	for i, name := range w.t.names {
		plain := plainWords(name)
		if plain != "" && strings.Contains(" "+words+" ", " "+plain+" ") && !slices.ContainsFunc(w.all[i].values, func(text string) bool { return len(text) > 2 || number(text) > 59 }) {
			return i
		}
	}
	return -1
}

// clocked says whether the dates of a column have a time of day.
func (w *finder) clocked(i int) bool {
	d, _ := readDate(w.all[i].first.shown())
	return d.clock
}

// alike says whether two columns of dates are written alike.
func (w *finder) alike(i, j int) bool {
	a, ok := readDate(w.all[i].first.shown())
	b, same := readDate(w.all[j].first.shown())
	return ok && same && a.pattern == b.pattern
}

// texts are the values of columns, put together.
func (w *finder) texts(columns []int) []spot {
	var list []spot
	for n := range w.t.lines {
		l := &w.t.lines[n]
		var parts []string
		for _, i := range columns {
			if text := l.cell(i); text != "" {
				parts = append(parts, text)
			}
		}
		switch {
		case len(parts) == 3 && len(columns) == 3: // day, hour and minute
			list = append(list, spot{fmt.Sprintf("%s %s:%02d", parts[0], parts[1], number(parts[2])), l.file, l.at})
		case len(parts) > 0:
			list = append(list, spot{strings.Join(parts, " "), l.file, l.at})
		}
	}
	return list
}

func braced(name string) string {
	return "{" + strings.NewReplacer("{", "{{", "}", "}}").Replace(name) + "}"
}

// dates finds out how dates are written.
func (w *finder) dates(texts []spot) {
	v := &w.Source.Values
	defer w.zone()
	if set := w.o.Set["values.date"]; set != "" {
		v.Date = patterns(set)
		w.because("values.date", "as you said")
		return
	}
	if len(texts) == 0 {
		return
	}
	if unix := epochs(texts); unix != "" {
		v.Date = []string{unix}
		w.because("values.date", "numbers as %s (%s) count from 1970", texts[0].text, w.set.spotted(texts[0]))
		return
	}
	d := w.set.datings(texts)
	if d.open && w.set.cut && len(w.at) > 0 {
		if proof, ok := w.proof(d); ok {
			d = w.set.datings(append(texts, proof))
		}
	}
	switch {
	case len(d.patterns) == 0:
		w.ask("values.date", fmt.Sprintf("no date can be read (%s: %s)", w.set.spotted(texts[0]), texts[0].shown()), Way{"", "a pattern as in dd.MM.yyyy HH:mm:ss"})
	case d.open:
		var first, second []string
		for _, p := range d.patterns {
			first, second = append(first, p), append(second, swapped(p))
		}
		w.ask("values.date", d.why,
			Way{strings.Join(first, " | "), "the day stands first"}, Way{strings.Join(second, " | "), "the month stands first"})
	default:
		v.Date = d.patterns
		w.because("values.date", "%s", d.why)
	}
	if d.misfits > 0 {
		w.because("values.date", "%s otherwise, the first in %s: %q", isAre(d.misfits, "is written", "are written"), w.set.spotted(d.misfit), d.misfit.shown())
	}
	if d.offsets {
		w.because("values.date", "with their offset")
		v.Zone = ""
		w.used["offset"] = true
	}
}

func isAre(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// zone finds the timezone of dates that do not say it.
func (w *finder) zone() {
	v := &w.Source.Values
	if set := w.o.Set["values.zone"]; set != "" {
		v.Zone = source.Text(set)
		w.because("values.zone", "as you said")
		return
	}
	if w.used["offset"] || len(w.atText) == 0 {
		return
	}
	if zones := w.t.choices(roleZone, w.all); len(zones) > 0 {
		i := zones[0].column
		v.Zone = source.Text(braced(w.t.names[i]))
		w.used[w.t.names[i]] = true
		w.because("values.zone", "as in %s (%s)", w.all[i].first.shown(), w.set.spotted(w.all[i].first))
		return
	}
	if w.askZone(w.atText) {
		return
	}
	name := " " + plainWords(w.t.names[w.at[0]]) + " "
	for _, word := range []string{" gmt ", " utc "} {
		if strings.Contains(name, word) {
			v.Zone = "UTC"
			w.because("values.zone", "%s is named so", w.t.names[w.at[0]])
			return
		}
	}
	if len(v.Date) > 0 && (v.Date[0] == "unix" || v.Date[0] == "unix_ms") {
		return
	}
	w.because("values.date", "no timezone stands in the file: that of the config (timezone) is taken, or write one in zone")
}
