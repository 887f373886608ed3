package config

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxFile is the largest config file that is read.
const maxFile = 1 << 20

// document is a config file: its text, and where to look for it.
type document struct {
	name   string   // as it was given
	folder string   // relative paths are taken from here
	lines  []string // of the text, without line ends
}

// open turns a file's bytes into a YAML tree. It returns either the tree, or
// the one problem that kept it from being read.
func (doc *document) open(data []byte) (*yaml.Node, *Problem) {
	if len(data) > maxFile {
		return nil, doc.whole("is larger than 1 MiB", "check that it is a config file")
	}
	text, problem := doc.decode(data)
	if problem != nil {
		return nil, problem
	}
	doc.lines = splitLines(text)
	for i, line := range doc.lines {
		if p := doc.checkLine(i+1, line); p != nil {
			return nil, p
		}
	}
	loader, err := yaml.NewLoader(strings.NewReader(text))
	if err != nil {
		return nil, doc.whole("cannot be read as YAML", "")
	}
	var root, second yaml.Node
	switch err := loader.Load(&root); {
	case err == io.EOF:
		return nil, doc.whole("is empty", "write a config with `funnelrelay init`")
	case err != nil:
		return nil, doc.syntax(err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		m := mark{line: max(second.Line, 1), column: 1, width: 1}
		return nil, doc.problem(m, "begins a second document in the same file (a line of ---, or after ...)",
			"keep one document in a file")
	case err != io.EOF:
		return nil, doc.syntax(err)
	}
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		return root.Content[0], nil
	}
	return &root, nil
}

// decode makes text of bytes as editors write them: UTF-8 or UTF-16, with or
// without a mark at the front.
func (doc *document) decode(data []byte) (string, *Problem) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order, data = binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order, data = binary.BigEndian, data[2:]
	case len(data) > 1 && data[0] != 0 && data[1] == 0:
		order = binary.LittleEndian
	case len(data) > 1 && data[0] == 0 && data[1] != 0:
		order = binary.BigEndian
	default:
		return string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))), nil
	}
	if len(data)%2 != 0 {
		return "", doc.whole("is half a character too long for UTF-16", "save it as UTF-8")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units)), nil
}

// checkLine refuses bytes that are no text, with their place, which the yaml
// library does not tell.
func (doc *document) checkLine(number int, line string) *Problem {
	column := 0
	for i, r := range line {
		column++
		m := mark{line: number, column: column, width: 1, hidden: true}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(line[i:]); size == 1 {
				return doc.problem(m, "has a byte that is not UTF-8", "save the file as UTF-8")
			}
		}
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return doc.problem(m, fmt.Sprintf("has the control character U+%04X", r), "take it away")
		}
	}
	return nil
}

// splitLines cuts a text at everything that YAML takes for a line end.
func splitLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Split(text, "\n")
}

func (doc *document) start() mark { return mark{line: 1, column: 1, hidden: true} }

func (doc *document) problem(m mark, what, write string) *Problem {
	return &Problem{File: doc.name, Line: m.line, Column: m.column, What: what, Write: write, excerpt: doc.excerpt(m)}
}

func (doc *document) whole(what, write string) *Problem { return doc.problem(doc.start(), what, write) }

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
	p := doc.problem(mark{line: m.line, column: m.column, hidden: true}, what, write)
	p.excerpt = doc.excerptSyntax(m)
	return p
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

// keyLine is a line that begins with a key, and what stands before its value.
var keyLine = regexp.MustCompile(`^(?:\s*- )*\s*["']?([^\s"':{}\[\],#]+)["']?\s*:(?:\s+|$)`)

// excerpt is the line of a mark up to the end of what the mark is about, and a
// caret. What stands before and after it in the line may be secret, and is cut.
func (doc *document) excerpt(m mark) string {
	if m.line < 1 || m.line > len(doc.lines) || m.width == 0 {
		return ""
	}
	runes := []rune(doc.lines[m.line-1])
	from := min(m.column-1, len(runes))
	before, about := string(runes[:from]), runes[from:min(from+m.width, len(runes))]
	shown := strings.ReplaceAll(string(about), "\t", " ")
	if strings.TrimSpace(strings.TrimLeft(before, "- ")) != "" && keyLine.FindString(before) != before {
		before = "… "
	}
	if m.hidden {
		shown = Hidden
	} else if from+m.width < len(runes) {
		shown += "…"
	}
	return caret(m.line, before, shown)
}

// excerptSyntax is the line of a fault for which there is no tree that could
// say what in it is secret. It is shown only where its own key is a known one
// that holds no secret, and nor does any key above it.
func (doc *document) excerptSyntax(m mark) string {
	if m.line < 1 || m.line > len(doc.lines) {
		return ""
	}
	line := doc.lines[m.line-1]
	runes := []rune(line)
	column := min(m.column-1, len(runes))
	prefix := keyLine.FindString(line)
	if name := keyLine.FindStringSubmatch(line); name != nil && knownKey(name[1]) &&
		!doc.mayBeSecret(m.line) && !strings.ContainsAny(line[len(prefix):], "{[,") {
		before := strings.ReplaceAll(string(runes[:column]), "\t", " ")
		return caret(m.line, before, strings.ReplaceAll(string(runes[column:]), "\t", " "))
	}
	if len([]rune(prefix)) >= column {
		return caret(m.line, string(runes[:column]), "…")
	}
	return caret(m.line, prefix, "…")
}

// secretWord is in the keys that hold a secret, also when they are misspelt.
var secretWord = regexp.MustCompile(`(?i)key|token|secret|auth|pass|proxy`)

// mayBeSecret says whether the line, or a key above it that it belongs to, is
// of a secret.
func (doc *document) mayBeSecret(number int) bool {
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
	if secretWord.MatchString(doc.lines[number-1]) {
		return true
	}
	least := indent(doc.lines[number-1])
	for i := number - 2; i >= 0; i-- {
		line := doc.lines[i]
		deep := indent(line)
		if strings.TrimSpace(line) == "" || deep > least {
			continue
		}
		if secretWord.MatchString(line) && (deep < least || strings.HasPrefix(strings.TrimSpace(doc.lines[number-1]), "-")) {
			return true
		}
		least = deep
	}
	return false
}

// caret writes a line with its number and a caret below, after before.
func caret(number int, before, shown string) string {
	width := utf8.RuneCountInString(before)
	return fmt.Sprintf("%5d | %s%s\n      | %s^\n", number, before, shown, strings.Repeat(" ", width))
}
