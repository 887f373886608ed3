package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing in the file that is not as it must be. Its texts hold
// no secret.
type Problem struct {
	File   string // as it was given to Load or Parse
	Line   int    // from 1; 0: the value did not come from a file
	Column int    // from 1, in characters
	Key    string // projects.shop.api_key; "": the file as a whole
	What   string // what is wrong
	Write  string // what to write instead

	excerpt string // the line and a caret below; "": none
}

// String is file:line:column: key: what; write.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Write != "" {
		b.WriteString("; " + p.Write)
	}
	return b.String()
}

// Detail is String and, below, the line with a caret under the place, for a
// person at a terminal. Secrets in the line are hidden.
func (p Problem) Detail() string {
	if p.excerpt == "" {
		return p.String() + "\n"
	}
	return p.String() + "\n" + p.excerpt
}

// Errors are all the problems of a configuration, in the order of the file.
type Errors []Problem

// Error is one problem a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Detail is Error with the lines of the file, for a person at a terminal.
func (e Errors) Detail() string {
	var b strings.Builder
	for _, p := range e {
		b.WriteString(p.Detail())
	}
	return b.String()
}

// maxProblems are reported; nobody reads more, and a foreign file could make
// any number.
const maxProblems = 100

// sorted puts problems in the order of the file and bounds their number.
func sorted(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	list = slices.CompactFunc(list, func(a, b Problem) bool { return a == b })
	if more := len(list) - maxProblems; more > 0 {
		last := list[maxProblems]
		last.Key, last.Write, last.excerpt = "", "", ""
		last.What = fmt.Sprintf("and %d problems more from here on", more)
		list = append(list[:maxProblems:maxProblems], last)
	}
	return list
}
