package config

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	case errors.Is(err, io.EOF):
		return nil, doc.whole("is empty", "write a config with `funnelrelay init`")
	case err != nil:
		return nil, doc.syntax(err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		m := mark{line: max(second.Line, 1), column: 1, width: 1}
		return nil, doc.problem(m, "begins a second document in the same file (a line of ---, or after ...)",
			"keep one document in a file")
	case !errors.Is(err, io.EOF):
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
