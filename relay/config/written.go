package config

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
)

// written reads the forms in which a source's values are written, and says
// whether the type is one of them.
func (d *decoder) written(n *yaml.Node, path string, into any) bool {
	switch into := into.(type) {
	case *source.Value:
		*into = d.sourceValue(n, path)
	case *source.Text:
		if text, ok := d.filled(n, path, "a text"); ok {
			*into = source.Text(text)
		}
	case *[]source.Field:
		d.fields(n, path, into)
	case *source.Matcher:
		*into = d.matcher(n, path)
	case *source.Header:
		*into = d.header(n, path)
	case *source.Hours:
		d.hours(n, path, into)
	default:
		return false
	}
	return true
}

// sourceValue reads a column, or a list of them.
func (d *decoder) sourceValue(n *yaml.Node, path string) source.Value {
	return d.oneOrMore(n, path, "a column")
}

// oneOrMore reads a text or a list of texts.
func (d *decoder) oneOrMore(n *yaml.Node, path, wants string) []string {
	if n.Kind == yaml.SequenceNode {
		return d.texts(n, path, wants)
	}
	if text, ok := d.filled(n, path, wants+", or a list of them"); ok {
		return []string{text}
	}
	return nil
}

// texts reads a list of texts, none of them empty.
func (d *decoder) texts(n *yaml.Node, path, wants string) []string {
	var list []string
	for i, entry := range n.Content {
		if text, ok := d.filled(entry, index(path, i), wants); ok {
			list = append(list, text)
		}
	}
	return list
}

// filled reads a text that is not empty.
func (d *decoder) filled(n *yaml.Node, path, wants string) (string, bool) {
	n = behind(n)
	switch {
	case n.Kind == yaml.MappingNode:
		if inside, ok := braces(n); ok {
			d.fail(n, path, "has { } without quotes, which YAML takes for keys", `put quotes around it, as in "`+inside+`"`)
			break
		}
		d.fail(n, path, "wants "+wants+", and has keys under it", "write it as one text")
	case n.Kind == yaml.SequenceNode:
		d.fail(n, path, "wants "+wants+", and has a list", "write one value")
	case n.Tag == "!!null":
		d.fail(n, path, "is empty", "give it a value or take it away")
	default:
		text, ok := d.text(n, path, false)
		if ok && strings.TrimSpace(text) == "" {
			d.fail(n, path, d.shown(path, text)+" is empty", "give it a value or take the key away")
			return "", false
		}
		return text, ok
	}
	return "", false
}

// braces shows a flow mapping of names only, as {DOB} is one, as the text that
// was meant.
func braces(n *yaml.Node) (string, bool) {
	if n.Style&yaml.FlowStyle == 0 || len(n.Content) != 2 {
		return "", false
	}
	key, value := n.Content[0], n.Content[1]
	if key.Kind != yaml.ScalarNode || value.Kind != yaml.ScalarNode || value.Tag != "!!null" || len(key.Value) > 60 {
		return "", false
	}
	return "{" + key.Value + "}", true
}

// fields reads named values over those that are there, as from a preset: one of
// the same name is replaced in its place. `none` takes all away.
func (d *decoder) fields(n *yaml.Node, path string, into *[]source.Field) {
	if d.none(n, path) {
		*into = nil
		return
	}
	list := append([]source.Field(nil), *into...)
	d.named(n, path, "names and columns, as in `{store: Location}`", func(key, value *yaml.Node, at string) {
		if key.Value == "" {
			d.fail(key, at, "has no name", "write `name: Column`")
			return
		}
		field := source.Field{Name: key.Value}
		if value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
			d.empty(n, key, at)
			return
		}
		if field.Value = d.sourceValue(value, at); field.Value == nil {
			return
		}
		for i := range list {
			if list[i].Name == field.Name {
				list[i] = field
				return
			}
		}
		list = append(list, field)
	})
	*into = list
}

// none says whether a text stands for taking away what a preset has.
func (d *decoder) none(n *yaml.Node, path string) bool {
	if n.Kind != yaml.ScalarNode || n.Value != "none" {
		return false
	}
	d.text(n, path, false)
	return true
}

// named walks a mapping whose keys are columns or names that a person chose,
// and not keys of ours: they are shown as they are.
func (d *decoder) named(n *yaml.Node, path, wants string, each func(key, value *yaml.Node, at string)) {
	d.walk(n, path, wants, showName, func(key, value *yaml.Node, at string) {
		if _, ok := d.marks[at]; !ok {
			d.marks[at] = d.place(key)
		}
		each(key, value, at)
		d.marks[join(path, key.Value)] = d.marks[at] // whoever looks for it does not know how we show it
	})
}

// empty reports a key of a person's own without a value. In a flow mapping it
// may be what a comma cut off.
func (d *decoder) empty(n, key *yaml.Node, at string) {
	write := "give it a value or take it away"
	if n.Style&yaml.FlowStyle != 0 {
		write += "; put a value that holds a comma in quotes"
	}
	d.fail(key, at, "is empty", write)
}

// matcher reads a condition or a list of them. It replaces what was there.
func (d *decoder) matcher(n *yaml.Node, path string) source.Matcher {
	if n.Kind != yaml.SequenceNode {
		if condition := d.condition(n, path); len(condition) > 0 {
			return source.Matcher{condition}
		}
		return nil
	}
	var list source.Matcher
	for i, entry := range n.Content {
		if condition := d.condition(behind(entry), index(path, i)); len(condition) > 0 {
			list = append(list, condition)
		}
	}
	return list
}

func (d *decoder) condition(n *yaml.Node, path string) source.Condition {
	if _, ok := d.marks[path]; !ok {
		d.marks[path] = d.place(n)
	}
	var list source.Condition
	d.named(n, path, "columns and what they hold, as in `{Status: voided}`", func(key, value *yaml.Node, at string) {
		test := source.Test{Column: key.Value}
		switch {
		case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
			d.empty(n, key, at)
			return
		case value.Kind == yaml.SequenceNode && len(value.Content) == 0:
			d.fail(value, at, "is an empty list, which nothing equals", "name values, or take it away")
			return
		case value.Kind == yaml.ScalarNode && value.Value == "":
			test.Is = []string{"absent"}
		default:
			test.Is = d.oneOrMore(value, at, "a text to compare with")
		}
		if len(test.Is) > 0 {
			list = append(list, test)
		}
	})
	return list
}

// header reads none, a name or a list of names.
func (d *decoder) header(n *yaml.Node, path string) source.Header {
	names := d.oneOrMore(n, path, "none, or a column's name")
	if n.Kind == yaml.ScalarNode && len(names) == 1 && names[0] == "none" {
		return source.Header{None: true}
	}
	return source.Header{Names: names}
}
