package learn

import (
	"fmt"
	"slices"
	"strings"
)

// traits are what the values of a column have in common.
type traits struct {
	full      int      // lines with a value
	distinct  int      // up to many
	values    []string // the first different ones, up to few
	counts    map[string]int
	dates     int
	clocks    int
	amounts   int
	decimals  int // amounts with a decimal sign or a currency's
	negative  int
	codes     int // of currencies
	addresses int // with an @
	first     spot
	minus     spot // the first that is negative
}

const (
	many = 5000
	few  = 40
)

func (t *table) traits() []traits {
	all := make([]traits, len(t.names))
	for i := range all {
		all[i].counts = map[string]int{}
	}
	for n := range t.lines {
		l := &t.lines[n]
		for i, text := range l.cells {
			if text != "" && i < len(all) {
				all[i].see(spot{text, l.file, l.at})
			}
		}
	}
	return all
}

func (t *traits) see(s spot) {
	if t.full++; t.full == 1 {
		t.first = s
	}
	if n := t.counts[s.text]; n > 0 || len(t.counts) < many {
		if t.counts[s.text]++; n == 0 {
			if t.distinct++; len(t.values) < few {
				t.values = append(t.values, s.text)
			}
		}
	}
	if a, ok := readAmount(s.text); ok {
		t.amounts++
		if a.decimal != 0 || a.either != 0 || a.sign != "" {
			t.decimals++
		}
		if a.negative {
			if t.negative++; t.negative == 1 {
				t.minus = s
			}
		}
	}
	if _, ok := readDate(s.text); ok {
		t.dates++
	}
	if _, rest, ok := readClock(s.text); ok && rest == "" {
		t.clocks++
	}
	if isCode(s.text) {
		t.codes++
	}
	if strings.Contains(s.text, "@") {
		t.addresses++
	}
}

// suits says whether what stands in a column can be of a role.
func (t *traits) suits(r role) bool {
	if t.full == 0 {
		return false
	}
	most := t.full - t.full/20 // a few odd cells are no other column
	switch r {
	case roleAt:
		return t.dates >= most || epochs([]spot{t.first}) != ""
	case roleClock:
		return t.clocks >= most
	case roleEmail:
		return t.addresses >= most
	case roleCurrency:
		return t.codes == t.full
	case roleQty, rolePrice, roleTotal, roleTax, roleDiscount, roleOrderTotal:
		return t.amounts >= most
	case roleLabel:
		return t.amounts < t.full && t.dates < most && t.addresses < most
	case roleSKU:
		return t.dates < t.full || t.amounts == t.full
	case roleID:
		return t.dates < most && t.clocks < most || t.amounts == t.full && t.decimals == 0
	case roleStore, roleTill, roleChannel, roleZone:
		return t.decimals == 0 && t.dates < most && t.distinct <= 200
	}
	return true
}

// choice is a column that can be of a role.
type choice struct {
	column, score int
}

// choices are the columns that a role's words name, the surest first.
func (t *table) choices(r role, all []traits) []choice {
	var found []choice
	for i, name := range t.names {
		score := fits(r, name)
		if t.deep && score > 1 {
			score = max(1, score-100*strings.Count(name, ".")) // what is of the order itself lies at its top
		}
		if score > 0 && all[i].suits(r) {
			found = append(found, choice{i, score})
		}
	}
	slices.SortStableFunc(found, func(a, b choice) int { return b.score - a.score })
	return found
}

// column is a column as a value names it: one whose name is more than a name
// is put in braces.
func column(name string) string {
	if strings.ContainsAny(name, "{}") || strings.HasPrefix(name, "=") {
		return braced(name)
	}
	return name
}

// named is how often something stands in how many lines, for a reason.
func (t *table) named(i int, all []traits) string {
	full := all[i].full
	if full == len(t.lines) {
		return fmt.Sprintf("in all %s", counted(full, "row"))
	}
	return fmt.Sprintf("in %d of %s", full, counted(len(t.lines), "row"))
}
