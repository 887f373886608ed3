package config

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// mark is where a value stands, and how it may be shown.
type mark struct {
	line, column, width int
	shown               string // quoted, or a reference, or "the value" for a secret
	hidden              bool   // not in excerpts either
}

// fail reports a problem at a node.
func (d *decoder) fail(n *yaml.Node, path, what, write string) {
	m := d.place(n)
	if n.Kind == yaml.ScalarNode && (d.marks[path].hidden || strings.HasSuffix(path, Hidden)) {
		m.hidden = true
	}
	d.report(m, path, what, write)
}

// at reports a problem at the value of path; where it was left out, at the
// nearest key above it.
func (d *decoder) at(path, what, write string) { d.report(d.find(path), path, what, write) }

// wrong reports that the text at a path cannot be a value.
func (d *decoder) wrong(n *yaml.Node, path string, f *fault) {
	m, ok := d.marks[path]
	if !ok {
		m = d.place(n)
	}
	d.report(m, path, m.shown+" "+f.is, f.write)
}

func (d *decoder) report(m mark, path, what, write string) {
	if len(d.problems) > 10*maxProblems {
		return
	}
	d.problems = append(d.problems, d.problem(m, path, what, write))
}

func (d *decoder) warn(path, what, write string) {
	d.warnings = append(d.warnings, d.problem(d.find(path), path, what, write))
}

func (d *decoder) problem(m mark, path, what, write string) Problem {
	return Problem{
		File: d.doc.name, Line: m.line, Column: m.column, Key: path, What: what, Write: write,
		excerpt: d.doc.excerpt(m),
	}
}

// find is the mark of path or of the nearest key above it.
func (d *decoder) find(path string) mark {
	for {
		if m, ok := d.marks[path]; ok {
			return m
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return d.doc.start()
		}
		path = path[:cut]
	}
}

func (d *decoder) place(n *yaml.Node) mark {
	m := mark{line: max(n.Line, 1), column: max(n.Column, 1), width: 1, shown: "the value"}
	if n.Kind == yaml.ScalarNode {
		m.width = max(utf8.RuneCountInString(n.Value), 1)
	}
	return m
}

// kindName says what a node is, for an error about what it should be.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys under it"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// quote shows a text, bounded.
func quote(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	return strconv.Quote(text)
}

// showKey shows a key in a path: Hidden if it does not look like one. What YAML
// takes for a key may be a secret, as in `api_key:SECRET`, where the space was
// forgotten.
func showKey(key string) string {
	odd := false
	for _, r := range key {
		switch {
		case r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r):
		case r == ' ' || r == '.':
			odd = true
		default:
			return Hidden
		}
	}
	switch {
	case key == "" || odd && len(key) <= 40:
		return strconv.Quote(key)
	case len(key) > 40:
		return Hidden
	}
	return key
}

// showName shows a name that a person chose, as of a column: no secret stands
// in a place of it.
func showName(name string) string {
	if shown := showKey(name); shown != Hidden {
		return shown
	}
	return quote(name)
}
