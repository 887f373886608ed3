package config

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// The yaml library's words, and ours. Its own are not shown: they speak of
// scalars and tokens, and some quote the file, where a secret may stand.
var syntaxWords = [...]struct{ theirs, what, write string }{
	{"unknown anchor", "has a value that begins with *, which YAML takes for a reference", `put the value in quotes: "*…"`},
	{"is not allowed in a YAML tag", "has a value that begins with !, which YAML takes for a type", `put the value in quotes: "!…"`},
	{"tag", "has a value that begins with !, which YAML takes for a type", `put the value in quotes: "!…"`},
	{"tab", "has a tab where YAML wants spaces", "indent with spaces"},
	{"unknown escape character", `has a \ that YAML does not know inside "…"`, `use '…' instead, as in 'D:\data', or write \\`},
	{"hexadecimal", `has a \x, \u or \U without its digits inside "…"`, `use '…' instead, as in 'D:\users', or write \\`},
	{"Unicode character escape", `has a \u or \U of no character inside "…"`, `use '…' instead, or write \\`},
	{"mapping values are not allowed", "has a second `: ` in one line, or a key that is indented wrongly",
		"put a value that holds `: ` in quotes, and begin keys of one level in one column"},
	{"unexpected end of stream", `has a " or ' that is not closed before the end`, "close it"},
	{"document indicator", `has a " or ' that is not closed before the end of the document`, "close it"},
	{"',' or '}'", "has a { that is not closed, or no comma between two keys in it",
		"close it with }; inside { } put ${…} in quotes"},
	{"',' or ']'", "has a [ that is not closed, or no comma between two entries in it",
		"close it with ]; inside [ ] put ${…} in quotes"},
	{"expected ':'", "has a key without its colon", "write `key: value`, with a space after the colon"},
	{"expected key", "has a line that does not fit to those above it", "begin keys of one level in one column"},
	{"'-' indicator", "has a line that does not fit to the list above it", "begin each entry of a list with - in one column"},
	{"sequence entries", "has a - where no list can begin", "begin the list on a line of its own"},
	{"alphabetic or numeric", "has a * or & that YAML takes for a reference", `put the value in quotes`},
	{"node content", "has no value where YAML wants one", `put a value that begins with a sign (, ] } %) in quotes`},
	{"comment", "has a # or another sign where a line end is wanted", "put the value in quotes"},
	{"depth", "is nested deeper than any config", "check that it is a config file"},
	{"nest", "is nested deeper than any config", "check that it is a config file"},
	{"document", "begins a second document, or has a line of % at its start", "keep one document in a file, without % lines"},
	{"irective", "has a line that begins with %", "take it away"},
}

// syntax turns the yaml library's error into a problem.
func (doc *document) syntax(err error) *Problem {
	m := mark{line: 1, column: 1, width: 1}
	var many *yaml.LoadErrors
	var one *yaml.LoadError
	if errors.As(err, &many) && len(many.Errors) > 0 {
		one = many.Errors[0]
	}
	message := ""
	if one != nil || errors.As(err, &one) {
		message = one.Message
		if one.Mark.Line > 0 {
			m.line, m.column = one.Mark.Line, max(one.Mark.Column, 1)
		}
	}
	// An unclosed bracket or quote is where it was opened, not where the file
	// ends.
	if one != nil && one.ContextMark.Line > 0 && (m.line > len(doc.lines)-1 || strings.Contains(message, "stream")) {
		m.line, m.column = one.ContextMark.Line, max(one.ContextMark.Column, 1)
	}
	m.line = min(m.line, max(len(doc.lines), 1))
	what, write := "is not YAML", "check the line and the one above it: spaces, colons, quotes"
	if strings.Contains(message, "cannot start any token") {
		what, write = startsWrong(doc.rest(m))
	} else {
		for _, words := range syntaxWords {
			if strings.Contains(message, words.theirs) {
				what, write = words.what, words.write
				break
			}
		}
	}
	if at, theirs, ours := doc.unquoted(m); at > 0 {
		m.column, what, write = at, theirs, ours
	}
	p := doc.problem(mark{line: m.line, column: m.column, hidden: true}, what, write)
	p.excerpt = doc.excerptSyntax(m)
	return p
}

// Values of sources that look like a text to people and not to YAML: {DOB}/{NO}
// and >0.
var (
	bracesValue    = regexp.MustCompile(`(?:^|[:\[,{-])\s*(\{[^{}:,"']*\})\s*[^\s,\]}#]`)
	conditionValue = regexp.MustCompile(`(?:[:\[,]\s|\[)\s*(>=?\s*-?[0-9])`)
)

// unquoted finds in the line of a fault a value that needs quotes, and its
// column; 0: none.
func (doc *document) unquoted(m mark) (column int, what, write string) {
	if m.line < 1 || m.line > len(doc.lines) {
		return 0, "", ""
	}
	line := doc.lines[m.line-1]
	found := bracesValue.FindStringSubmatchIndex(line)
	what, write = "has a value that begins with {, which YAML takes for keys", `put the value in quotes, as in "{DATE}/{NUMBER}"`
	if found == nil {
		found = conditionValue.FindStringSubmatchIndex(line)
		what, write = "has a value that begins with >, which YAML keeps for itself", `put the value in quotes, as in ">0"`
	}
	if found == nil {
		return 0, "", ""
	}
	return utf8.RuneCountInString(line[:found[2]]) + 1, what, write
}

func startsWrong(rest string) (what, write string) {
	if strings.HasPrefix(rest, "\t") {
		return "has a tab where YAML wants spaces", "indent with spaces"
	}
	for _, sign := range []string{"@", "`", "%"} {
		if strings.HasPrefix(rest, sign) {
			return "has a value that begins with " + sign + ", which YAML keeps for itself", "put the value in quotes"
		}
	}
	return "has a sign that YAML does not take here", "put the value in quotes"
}

// rest is the line from the mark on.
func (doc *document) rest(m mark) string {
	if m.line < 1 || m.line > len(doc.lines) {
		return ""
	}
	runes := []rune(doc.lines[m.line-1])
	return string(runes[min(m.column-1, len(runes)):])
}
