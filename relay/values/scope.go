package values

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"funnelrelay/relay/rows"
)

// Scope is what the names in a Value are looked up in, from the first field to
// the last. A key that an element has counts even where it is empty.
type Scope struct {
	Element  *rows.Value       // of items.each or refunds.each; nil: none
	Cells    map[string]string // of a packed or wide item, or a regexp's groups; nil: none
	Row      *rows.Row
	Group    []*rows.Row       // all rows of the order: a column is then its first value in them that is not empty, and Row does not count
	Captures map[string]string // of the file's path

	// Currency is the order's, for amounts in calculations; "": not known (yet).
	Currency string
	// Decimal is the decimal sign that the file itself declares
	// (rows.Format.Decimal). values.money comes before it.
	Decimal string
}

// ref is a column's name or JSON path.
type ref struct {
	name    string
	capture bool                  // the path has a capture of this name
	place   atomic.Pointer[place] // in the table that was read last
}

// place is where a column stands in a table.
type place struct {
	header *rows.Header
	index  int
}

// cell is what a ref found: a text, trimmed; json is set where it was JSON.
type cell struct {
	text string
	json *rows.Value
}

func (r *ref) lookup(s *Scope) (cell, error) {
	if s.Element != nil {
		if v := s.Element.Get(r.name); v != nil {
			return r.scalar(v)
		}
	}
	if s.Cells != nil {
		if text, ok := cellNamed(s.Cells, r.name); ok {
			return cell{text: strings.TrimSpace(text)}, nil
		}
	}
	if s.Group != nil {
		for _, row := range s.Group {
			if c, err := r.inRow(row); err != nil || c.text != "" {
				return c, err
			}
		}
	} else if s.Row != nil {
		if c, err := r.inRow(s.Row); err != nil || c.text != "" {
			return c, err
		}
	}
	if r.capture && !r.isColumn(s) {
		return cell{text: strings.TrimSpace(s.Captures[r.name])}, nil
	}
	return cell{}, nil
}

// isColumn says that the rows know r's name, be it with an empty value.
func (r *ref) isColumn(s *Scope) bool {
	row := s.Row
	if len(s.Group) > 0 {
		row = s.Group[0]
	}
	switch {
	case row == nil:
		return false
	case row.Header != nil:
		return r.index(row.Header) >= 0
	}
	return row.Value.Get(r.name) != nil
}

func (r *ref) inRow(row *rows.Row) (cell, error) {
	if row.Value != nil {
		return r.scalar(row.Value.Get(r.name))
	}
	if row.Header == nil {
		i, err := strconv.Atoi(r.name)
		if err != nil {
			return cell{}, nil
		}
		return cell{text: strings.TrimSpace(row.Cell(i))}, nil
	}
	return cell{text: strings.TrimSpace(row.Cell(r.index(row.Header)))}, nil
}

func (r *ref) index(h *rows.Header) int {
	if p := r.place.Load(); p != nil && p.header == h {
		return p.index
	}
	p := &place{h, h.Find(r.name)}
	r.place.Store(p)
	return p.index
}

// scalar is a JSON value as a cell.
func (r *ref) scalar(v *rows.Value) (cell, error) {
	switch v.Kind() {
	case rows.Null:
		return cell{}, nil
	case rows.Array:
		return cell{}, fmt.Errorf("%q is a list and no single value: name one of it, as in %s.0", r.name, r.name)
	case rows.Object:
		return cell{}, fmt.Errorf("%q is an object and no single value: name a key in it, as in %s.%s", r.name, r.name, firstMember(v))
	}
	text := strings.TrimSpace(v.Text())
	if text == "" {
		return cell{}, nil
	}
	return cell{text, v}, nil
}

func firstMember(v *rows.Value) string {
	for _, m := range v.Members() {
		return m.Name
	}
	return "key"
}

// cellNamed finds a name in cells, case-blind where it is not there as it is.
func cellNamed(cells map[string]string, name string) (string, bool) {
	if text, ok := cells[name]; ok {
		return text, true
	}
	for n, text := range cells {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return text, true
		}
	}
	return "", false
}
