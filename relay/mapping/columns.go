package mapping

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/values"
)

// list is the columns of a value, by its choices.
type list struct {
	path    string
	choices [][]string
}

// name notes the columns of a value.
func (c *compiler) name(one list) {
	if len(one.choices) > 1 {
		c.lists = append(c.lists, one)
		return
	}
	c.certain = append(c.certain, one.choices[0]...)
}

// reading is how the source's files are read.
func (c *compiler) reading(m *Mapping) rows.Options {
	r := &c.source.Read
	o := rows.Options{
		Type: r.Type, Encoding: r.Encoding, Delimiter: delimiter(r.Delimiter), NoHeader: r.Header.None, Header: r.Header.Names,
		Rows: r.Rows, Table: r.Table,
	}
	for _, j := range r.Join {
		o.Join = append(o.Join, rows.Join{Table: j.Table, By: j.By, Sum: j.Sum})
	}
	for _, name := range m.columns {
		if _, err := strconv.Atoi(name); err != nil {
			o.Want = append(o.Want, name)
		}
	}
	if m.end != nil {
		o.End = func(row *rows.Row) bool {
			holds, err := m.end.Holds(&values.Scope{Row: row})
			return holds && err == nil
		}
	}
	return o
}

func delimiter(text string) rune {
	if strings.EqualFold(text, "tab") {
		return '\t'
	}
	r, _ := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError {
		return 0
	}
	return r
}

// columns are those that a table may have: all that are read, but for the names
// of an item's parts.
func (c *compiler) columns(m *Mapping, list []string) []string {
	if m.items != nil && m.items.columns == "" && m.items.each == "" {
		for _, name := range m.named {
			if !slices.Contains(list, name) && !slices.Contains(m.items.groupNames, name) {
				list = append(list[:len(list):len(list)], name)
			}
		}
	}
	for _, name := range c.source.Read.Fill {
		if !slices.Contains(list, name) {
			list = append(list[:len(list):len(list)], name)
		}
	}
	return list
}

// inTable are the lists whose columns are looked up in a table: of each list, one
// choice must be there, as columns have other names in other exports. A column
// that is named otherwise is a list of one.
func (c *compiler) inTable(m *Mapping) []list {
	var lists []list
	c.certain = append(c.certain, c.source.Read.Fill...)
	for _, name := range m.columns {
		if slices.Contains(c.certain, name) {
			lists = append(lists, list{choices: [][]string{{name}}})
		}
	}
	for _, one := range c.lists {
		if strings.HasPrefix(one.path, "items.") && m.items != nil && (m.items.columns != "" || m.items.each != "") {
			continue
		}
		kept := list{path: one.path}
		for _, columns := range one.choices {
			own := slices.DeleteFunc(slices.Clone(columns), func(name string) bool {
				return m.items != nil && slices.Contains(m.items.groupNames, name)
			})
			kept.choices = append(kept.choices, own)
		}
		lists = append(lists, kept)
	}
	return lists
}

// mentioned are the captures that a text names.
func (c *compiler) mentioned() []string {
	var list []string
	for _, name := range c.captures {
		word := regexp.MustCompile(`(?:^|\P{L})` + regexp.QuoteMeta(name) + `(?:\P{L}|$)`)
		if slices.ContainsFunc(c.texts, word.MatchString) {
			list = append(list, name)
		}
	}
	return list
}
