package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/rows"
)

// table is what a mapping knows of the table that is read.
type table struct {
	header *rows.Header
	fill   []int
	wide   []int // of items.columns
	widest int   // cells of a row that have a name; 0: any number of cells
	hashed []int // the columns that a row without an id is known by, in the order of their names
	extras []extraColumn
}

// extraColumn is a column that becomes a member because no key names it.
type extraColumn struct {
	index int
	name  string
	json  string // name, quoted
}

func (m *Mapping) newTable(h *rows.Header, f rows.Format) (*table, error) {
	t := &table{header: h, widest: m.widest(h)}
	missing := m.missing(h)
	for i, name := range h.Names {
		if m.items != nil && m.items.columns != "" && matches(m.items.columns, name) {
			t.wide = append(t.wide, i)
		}
	}
	if m.items != nil && m.items.columns != "" && t.wide == nil {
		missing = append(missing, m.items.columns)
	}
	if len(missing) > 0 {
		return nil, m.missingColumns(missing, h, f)
	}
	if err := m.lostRow(h, f); err != nil {
		return nil, err
	}
	for _, name := range m.source.Read.Fill {
		t.fill = append(t.fill, h.Find(name))
	}
	t.columns(m)
	return t, nil
}

// missing are the columns that are not there, of lists without a choice that is
// there.
func (m *Mapping) missing(h *rows.Header) []string {
	var names []string
	for _, l := range m.lists {
		var absent []string
		for _, columns := range l.choices {
			ok := true
			for _, name := range columns {
				if h.Find(name) < 0 {
					ok, absent = false, append(absent, name)
				}
			}
			if ok {
				absent = nil
				break
			}
		}
		for _, name := range absent {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// columns finds those that rows are known by, and those that no key names.
func (t *table) columns(m *Mapping) {
	named := map[int]bool{}
	for _, name := range m.named {
		if i := t.header.Find(name); i >= 0 {
			named[i] = true
		}
	}
	for _, i := range t.wide {
		named[i] = true
	}
	all := m.source.Plain() || m.custom != nil && m.custom.all
	for i, name := range t.header.Names {
		if named[i] || all {
			t.hashed = append(t.hashed, i)
		}
		if m.custom != nil && m.custom.all && !named[i] && name != "" && !m.writes(name) {
			t.extras = append(t.extras, extraColumn{i, name, string(appendQuoted(nil, name))})
		}
	}
	for i := range named { // by number, in a table without names
		if i >= len(t.header.Names) {
			t.hashed = append(t.hashed, i)
		}
	}
	slices.SortFunc(t.hashed, func(a, b int) int { return strings.Compare(t.name(a), t.name(b)) })
}

// name is a column's name, or its place.
func (t *table) name(i int) string {
	if i < len(t.header.Names) && t.header.Names[i] != "" {
		return t.header.Names[i]
	}
	return fmt.Sprint(i)
}

// writes says that a custom action has a member of this name by another key.
func (m *Mapping) writes(name string) bool {
	switch name {
	case "email":
		return m.custom.email != nil
	case "session":
		return m.custom.session != nil
	case "dateTime":
		return m.custom.at != nil
	}
	return slices.ContainsFunc(m.consts, func(f field) bool { return f.name == name })
}

// matches says whether name is as pattern has it, with * for anything; case and
// blanks do not count.
func matches(pattern, name string) bool {
	fold := func(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }
	parts := strings.Split(fold(pattern), "*")
	name = fold(name)
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

var errEmpty = errors.New("the file is empty: it holds neither a header nor rows")

// missingColumns is the error that names all columns that are not there.
func (m *Mapping) missingColumns(missing []string, h *rows.Header, f rows.Format) error {
	if len(h.Names) == 0 && f.HeaderAt == 0 && !m.reading.NoHeader {
		return errEmpty
	}
	var b strings.Builder
	if f.HeaderAt > 0 {
		fmt.Fprintf(&b, "line %d, the header, has no column ", f.HeaderAt)
	} else {
		b.WriteString("the table has no column ")
	}
	for i, name := range missing {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
		if near := nearest(name, h.Names); near != "" {
			fmt.Fprintf(&b, " (is it %q?)", near)
		}
	}
	switch {
	case len(h.Names) == 0 && f.HeaderAt == 0:
		b.WriteString("; it has no header, so that its columns are numbers, from 0")
	default:
		const most = 40
		names := h.Names[:min(len(h.Names), most)]
		fmt.Fprintf(&b, "; it has %s", strings.Join(names, ", "))
		if len(h.Names) > most {
			fmt.Fprintf(&b, " and %d more", len(h.Names)-most)
		}
	}
	return fmt.Errorf("%s", b.String())
}

// nearest is the name that is most like the wanted one, if any is like it.
func nearest(wanted string, names []string) string {
	fold := func(text string) []rune { return []rune(strings.ToLower(strings.ReplaceAll(text, " ", ""))) }
	goal := fold(wanted)
	best, found := len(goal)/3+1, ""
	for _, name := range names {
		have := fold(name)
		if len(have) > 3*len(goal)+8 {
			continue
		}
		d := distance(goal, have)
		if len(goal) >= 4 && len(have) >= 4 && (strings.HasPrefix(string(have), string(goal)) || strings.HasPrefix(string(goal), string(have))) {
			d = min(d, best)
		}
		if d < best || d == best && found == "" {
			best, found = d, name
		}
	}
	return found
}

// distance is how many letters must be put in, taken out or changed.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		last := row[0]
		row[0] = i + 1
		for j := range b {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
