package learn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Insert adds an entry, as YAML writes it, to the sources of a config, and
// leaves everything else in it as it is, comments and line ends included. name
// is the entry's; a config that has a source of this name is not changed.
func Insert(config, entry []byte, name string) ([]byte, error) {
	if !utf8.Valid(config) || bytes.IndexByte(config, 0) >= 0 {
		return nil, errors.New("the config is not UTF-8: save it so, or add the entry by hand")
	}
	if bare := bytes.ReplaceAll(config, []byte("\r\n"), nil); bytes.ContainsAny(bare, "\r\u0085\u2028\u2029") {
		return nil, errors.New("the config has line ends of an old Mac, or of a word processor: save it as plain text, or add the entry by hand")
	}
	root, err := readTree(config)
	if err != nil {
		return nil, fmt.Errorf("the config cannot be read: %w", err)
	}
	d := newDraft(config)
	body := entryLines(entry)
	key, value := member(root, "sources")
	switch {
	case root == nil:
		d.add(len(d.lines), append([]string{"sources:"}, body...))
	case root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0:
		return nil, errors.New("the config is written in braces: write it in lines, or add the entry by hand")
	case key == nil:
		d.addKey(root, body)
	case value.Kind == yaml.MappingNode && len(value.Content) > 0 && value.Style&yaml.FlowStyle == 0:
		if old, _ := member(value, name); old != nil {
			return nil, fmt.Errorf("line %d: there is a source %s already: choose another name with --name", old.Line, name)
		}
		d.addEntry(root, key, value, body)
	case value.Kind == yaml.MappingNode && len(value.Content) == 0 || value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		if err := d.replace(key, value, body); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("line %d: sources is written in braces or elsewhere: write each source in lines of its own, or add the entry by hand", key.Line)
	}
	return d.checked(root, name)
}

// readTree is the mapping of a config; nil where it holds nothing.
func readTree(config []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(bytes.TrimPrefix(config, []byte("\xef\xbb\xbf"))))
	if err != nil {
		return nil, err
	}
	var root yaml.Node
	switch err := loader.Load(&root); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	node := &root
	if node.Kind == yaml.DocumentNode && len(node.Content) == 1 {
		node = node.Content[0]
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil, nil
	}
	return node, nil
}

// member is a key of a mapping and its value; nil: there is none.
func member(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// entryLines are an entry's lines below sources.
func entryLines(entry []byte) []string {
	lines := strings.Split(strings.TrimRight(string(entry), "\n"), "\n")
	if lines[0] == "sources:" {
		lines = lines[1:]
	}
	return lines
}

// draft is a config as lines, with their ends.
type draft struct {
	lines []string
	end   string // of a line
}

func newDraft(config []byte) *draft {
	d := &draft{end: "\n"}
	if i := bytes.IndexByte(config, '\n'); i > 0 && config[i-1] == '\r' {
		d.end = "\r\n"
	}
	d.lines = strings.SplitAfter(string(config), "\n")
	if last := len(d.lines) - 1; d.lines[last] == "" {
		d.lines = d.lines[:last]
	}
	return d
}

// add puts lines before the line at, from 0.
func (d *draft) add(at int, lines []string) {
	var added []string
	for _, line := range lines {
		added = append(added, line+d.end)
	}
	if at > 0 && !strings.HasSuffix(d.lines[at-1], "\n") {
		d.lines[at-1] += d.end
	}
	d.lines = append(d.lines[:at:at], append(added, d.lines[at:]...)...)
}

// addKey adds sources itself: where it stands as a comment, as in a config of
// defaults, else behind all other keys.
func (d *draft) addKey(root *yaml.Node, body []string) {
	lines := append([]string{"sources:"}, body...)
	for i, line := range d.lines {
		if strings.HasPrefix(line, "#sources:") {
			d.add(i+1, lines)
			return
		}
	}
	at := d.endOf(len(d.lines), 1)
	if at < len(d.lines) && strings.TrimSpace(strings.Join(d.lines[at:], "")) == "" {
		at = len(d.lines)
	}
	if at > 0 && strings.TrimSpace(d.lines[at-1]) != "" {
		lines = append([]string{""}, lines...)
	}
	d.add(at, lines)
}

// endOf is behind the last line before to that is neither blank nor a comment
// at less than indent, nor the end of the document.
func (d *draft) endOf(to, indent int) int {
	for at := to; at > 0; at-- {
		line := strings.TrimRight(d.lines[at-1], "\r\n")
		text := strings.TrimLeft(line, " \t")
		switch {
		case text == "" || strings.HasPrefix(line, "..."):
		case text[0] == '#' && len(line)-len(text) < indent:
		default:
			return at
		}
	}
	return 0
}

// addEntry adds an entry behind those that are there, at their depth.
func (d *draft) addEntry(root, key, value *yaml.Node, body []string) {
	to := len(d.lines)
	for i := 0; i < len(root.Content); i += 2 {
		if line := root.Content[i].Line - 1; line > key.Line-1 && line < to {
			to = line
		}
	}
	depth := value.Content[0].Column - 1
	d.add(d.endOf(to, depth), deeper(body, depth))
}

// deeper brings an entry, written two blanks deep, to another depth; its own
// steps stay.
func deeper(body []string, depth int) []string {
	lines := make([]string, len(body))
	for i, line := range body {
		lines[i] = strings.Repeat(" ", depth) + strings.TrimPrefix(line, "  ")
	}
	return lines
}

// replace writes the entry instead of an empty value.
func (d *draft) replace(key, value *yaml.Node, body []string) error {
	line := d.lines[key.Line-1]
	colon := strings.IndexByte(line, ':')
	if colon < 0 || value.Anchor != "" || value.Line > key.Line {
		return fmt.Errorf("line %d: sources is written in an unusual way: write `sources:` alone, or add the entry by hand", key.Line)
	}
	rest := strings.TrimRight(line[colon+1:], "\r\n")
	text := strings.TrimSpace(rest)
	for _, empty := range []string{"{}", "{ }", "null", "~", ""} {
		behind, ok := strings.CutPrefix(text, empty)
		if !ok || behind != "" && !strings.HasPrefix(strings.TrimSpace(behind), "#") {
			continue
		}
		if behind = strings.TrimSpace(behind); behind != "" {
			behind = " " + behind
		}
		d.lines[key.Line-1] = line[:colon+1] + behind + d.end
		d.add(key.Line, body)
		return nil
	}
	return fmt.Errorf("line %d: sources is written in an unusual way: write `sources:` alone, or add the entry by hand", key.Line)
}

// checked is the new text, if it holds what the old one did, and the entry.
func (d *draft) checked(before *yaml.Node, name string) ([]byte, error) {
	text := []byte(strings.Join(d.lines, ""))
	broken := errors.New("the entry does not fit into the config as it is written: add it by hand")
	after, err := readTree(text)
	if err != nil {
		return nil, errors.Join(broken, err)
	}
	_, sources := member(after, "sources")
	if added, _ := member(sources, name); added == nil {
		return nil, broken
	}
	if before == nil {
		return text, nil
	}
	for i := 0; i+1 < len(before.Content); i += 2 {
		key, old := before.Content[i].Value, before.Content[i+1]
		_, now := member(after, key)
		if key == "sources" {
			if now == nil || old.Kind == yaml.MappingNode && len(now.Content) != len(old.Content)+2 {
				return nil, broken
			}
			for j := 0; old.Kind == yaml.MappingNode && j+1 < len(old.Content); j += 2 {
				if _, kept := member(now, old.Content[j].Value); !same(old.Content[j+1], kept) {
					return nil, broken
				}
			}
			continue
		}
		if !same(old, now) {
			return nil, broken
		}
	}
	return text, nil
}

// same says whether two trees hold the same values.
func same(a, b *yaml.Node) bool {
	if a == nil || b == nil || a.Kind != b.Kind || a.Value != b.Value || a.Tag != b.Tag || len(a.Content) != len(b.Content) {
		return a == b
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}
