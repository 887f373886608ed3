package mapping

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/values"
)

// headerByPlaces is what to know of a source whose columns are all numbers.
const headerByPlaces = "all columns are numbers, and the first row of a file is taken for its header, so that nothing is made of it; " +
	"where the files have no header, write read: { header: none }"

// byPlaces says that all columns are numbers, and that a header stands before
// the rows all the same.
func (m *Mapping) byPlaces() bool {
	r := &m.source.Read
	switch {
	case r.Type != "" && r.Type != rows.TypeCSV, r.Header.None, len(r.Header.Names) > 0, len(m.columns) == 0:
		return false
	case m.items != nil && (m.items.each != "" || m.items.columns != ""), m.refunds != nil:
		return false
	}
	return !slices.ContainsFunc(m.columns, func(name string) bool {
		_, err := strconv.ParseUint(name, 10, 16)
		return err != nil
	})
}

// secondOfName is what a Header puts behind the name of a further column.
var secondOfName = regexp.MustCompile(`#\d+$`)

// lostRow is an error where columns are named by their places, and the header
// looks like a row: an amount or a time stands where they do in rows.
func (m *Mapping) lostRow(h *rows.Header, f rows.Format) error {
	if f.Type != rows.TypeCSV || f.HeaderAt == 0 || !m.byPlaces() || m.numbered(h) {
		return nil
	}
	row := &rows.Row{}
	for _, name := range h.Names {
		row.Cells = append(row.Cells, secondOfName.ReplaceAllString(name, ""))
	}
	if s := (&values.Scope{Row: row}); m.amountIn(s) || m.timeIn(s) || m.numberIn(s) {
		return errors.New("line " + strconv.FormatInt(f.HeaderAt, 10) + ", the header, is a row by what it holds: " + headerByPlaces)
	}
	return nil
}

// numbered says that the numbers are the names that the header has.
func (m *Mapping) numbered(h *rows.Header) bool {
	for _, name := range m.columns {
		if !slices.Contains(h.Names, name) {
			return false
		}
	}
	return true
}

func (m *Mapping) amountIn(s *values.Scope) bool {
	if m.items == nil {
		return false
	}
	amounts := []*values.Value{m.items.total, m.items.price}
	if m.items.balance != nil {
		amounts = append(amounts, m.items.balance.total)
	}
	for _, v := range amounts {
		if _, ok, err := v.Amount(s, ""); ok && err == nil && len(v.Columns()) > 0 {
			return true
		}
	}
	return false
}

func (m *Mapping) timeIn(s *values.Scope) bool {
	var v *values.Value
	switch {
	case m.order != nil:
		v = m.order.at
	case m.custom != nil:
		v = m.custom.at
	}
	_, _, ok, err := v.Time(s)
	return ok && err == nil && len(v.Columns()) > 0
}

// numberIn says that the id is digits.
func (m *Mapping) numberIn(s *values.Scope) bool {
	var k *key
	switch {
	case m.order != nil:
		k = m.order.id
	case m.custom != nil:
		k = m.custom.id
	}
	if k == nil {
		return false
	}
	id, err := k.text(s)
	return err == nil && id != "" && strings.Trim(id, "0123456789") == ""
}
