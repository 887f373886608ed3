package learn

import (
	"strings"

	"funnelrelay/relay/rows"
)

// deepest is how far down a JSON document is looked into.
const deepest = 6

// rowsPath is the path of the array that holds the orders, where the first
// record that a reader finds is no order itself: "" where it is one.
func rowsPath(v *rows.Value) string {
	if v.Kind() != rows.Object {
		return ""
	}
	best, path := orderlike(v), ""
	var walk func(v *rows.Value, at string, depth int)
	walk = func(v *rows.Value, at string, depth int) {
		for _, m := range v.Members() {
			below := joined(at, m.Name)
			switch m.Value.Kind() {
			case rows.Object:
				if depth < deepest {
					walk(m.Value, below, depth+1)
				}
			case rows.Array:
				for _, element := range m.Value.Elements() {
					// What an order has is not an order, however much it looks
					// like one: only an array of plain records counts more.
					if score := orderlike(element); element.Kind() == rows.Object && score > best && hasArray(element) || best == 0 && score > best {
						best, path = score, below
					}
					break
				}
			}
		}
	}
	walk(v, "", 1)
	return path
}

// orderlike counts what an object has of an order.
func orderlike(v *rows.Value) int {
	score := 0
	for _, r := range []role{roleID, roleAt, roleCurrency, roleOrderTotal, roleEmail} {
		for _, m := range v.Members() {
			kind := m.Value.Kind()
			if fits(r, m.Name) > 0 && kind != rows.Array || r == roleID && m.Name == "id" {
				score++
				break
			}
		}
	}
	return score
}

func hasArray(v *rows.Value) bool {
	for _, m := range v.Members() {
		if list := m.Value.Elements(); len(list) > 0 && list[0].Kind() == rows.Object {
			return true
		}
	}
	return false
}

// object adds a JSON row: its values by their paths, and the objects of its
// arrays to tables of their own.
func (set *sampled) object(row *rows.Row, number int) {
	owner := len(set.rows.lines)
	set.rows.deep = true
	l := line{file: number, at: row.At.Line}
	set.flatten(set.rows, &l, row.Value, "", owner, 1)
	set.rows.lines = append(set.rows.lines, l)
}

func (set *sampled) flatten(t *table, l *line, v *rows.Value, at string, owner, depth int) {
	for _, m := range v.Members() {
		path := joined(at, m.Name)
		switch m.Value.Kind() {
		case rows.Object:
			if depth < deepest {
				set.flatten(t, l, m.Value, path, owner, depth+1)
			}
		case rows.Array:
			if t == set.rows {
				set.elements(m.Value, path, l, owner)
			}
		default:
			place := t.place(path)
			for len(l.cells) <= place {
				l.cells = append(l.cells, "")
			}
			l.cells[place] = strings.TrimSpace(m.Value.Text())
			if m.Value.Kind() == rows.Number {
				set.numbers[path] = true
			}
		}
	}
}

// elements adds the objects of an array in a row.
func (set *sampled) elements(v *rows.Value, path string, of *line, owner int) {
	for _, element := range v.Elements() {
		if element.Kind() != rows.Object {
			return
		}
		t := set.nested[path]
		if t == nil {
			t = &table{deep: true}
			set.nested[path] = t
		}
		l := line{file: of.file, at: of.at, owner: owner}
		set.flatten(t, &l, element, "", owner, 1)
		t.lines = append(t.lines, l)
	}
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
