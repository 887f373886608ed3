package config

import (
	"reflect"
	"time"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
)

// namedSourceTree turns a source into the YAML that would be read as it.
func namedSourceTree(s source.Source) *yaml.Node {
	var preset source.Source
	if s.Preset != "" {
		preset, _, _ = presetSource(s.Preset) // it was read before
	}
	return sourceTree(reflect.ValueOf(s), reflect.ValueOf(preset))
}

// sourceTree turns a part of a source into YAML. What was left out and has no
// default of its own stays out: the keys are many, and a source uses few. What
// a preset gave stands there as if it had been written, and what was taken away
// from it (preset: what it has in this place; not valid: nothing) as none.
func sourceTree(v, preset reflect.Value) *yaml.Node {
	switch value := v.Interface().(type) {
	case source.Value:
		return oneOrMoreTree(value)
	case source.Header:
		if value.None {
			return textNode("none")
		}
		return oneOrMoreTree(value.Names)
	case []source.Field:
		if len(value) == 0 {
			return textNode("none")
		}
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, field := range value {
			n.Content = append(n.Content, textNode(field.Name), oneOrMoreTree(field.Value))
		}
		return n
	case source.Matcher:
		if len(value) == 1 {
			return conditionTree(value[0])
		}
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, condition := range value {
			n.Content = append(n.Content, conditionTree(condition))
		}
		return n
	case source.Hours:
		return hoursTree(value)
	case []source.Join:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, join := range value {
			n.Content = append(n.Content, sourceTree(reflect.ValueOf(join), reflect.Value{}))
		}
		return n
	case []string:
		return oneOrMoreTree(value)
	}
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return textNode("none")
	case v.Kind() == reflect.Pointer:
		if preset.IsValid() {
			preset = preset.Elem()
		}
		return sourceTree(v.Elem(), preset)
	case v.Kind() != reflect.Struct:
		return tree(v)
	}
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, field := range reflect.VisibleFields(v.Type()) {
		name, one, under := field.Tag.Get("yaml"), v.FieldByIndex(field.Index), reflect.Value{}
		if preset.IsValid() {
			under = preset.FieldByIndex(field.Index)
		}
		taken := under.IsValid() && !under.IsZero()
		if name == "" || one.IsZero() && !taken && one.Type() != reflect.TypeFor[time.Duration]() {
			continue
		}
		n.Content = append(n.Content, textNode(name), sourceTree(one, under))
	}
	return n
}

func conditionTree(c source.Condition) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, test := range c {
		n.Content = append(n.Content, textNode(test.Column), oneOrMoreTree(test.Is))
	}
	return n
}

// oneOrMoreTree is a text, or a list of texts.
func oneOrMoreTree(list []string) *yaml.Node {
	if len(list) == 1 {
		return textNode(escape(list[0]))
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, text := range list {
		n.Content = append(n.Content, textNode(escape(text)))
	}
	return n
}
