package config

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
)

// Redacted writes the whole configuration as YAML, every key with the value
// that is in force, and Hidden where a secret stands.
func (c *Config) Redacted() ([]byte, error) {
	var b bytes.Buffer
	dumper, err := yaml.NewDumper(&b, yaml.WithIndent(2), yaml.WithUnicode(true), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write config: %w", err)
	}
	if err := dumper.Dump(tree(reflect.ValueOf(c).Elem())); err != nil {
		return nil, fmt.Errorf("write config: %w", err)
	}
	if err := dumper.Close(); err != nil {
		return nil, fmt.Errorf("write config: %w", err)
	}
	return b.Bytes(), nil
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// plainNode is a scalar that needs no quotes whatever it looks like: the
// decoder reads every scalar as text.
func plainNode(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// escape keeps a text that holds ${ from being read as a reference.
func escape(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// tree turns a value into the YAML that would be read as it.
func tree(v reflect.Value) *yaml.Node {
	switch value := v.Interface().(type) {
	case Projects:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, p := range value {
			n.Content = append(n.Content, textNode(p.Name), tree(reflect.ValueOf(p)))
		}
		return n
	case Sources:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, one := range value {
			n.Content = append(n.Content, textNode(one.Name), namedSourceTree(one))
		}
		if len(value) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case TLS:
		if !value.SelfSigned && value.On() {
			return tree(reflect.ValueOf(tlsFiles{value.Cert, value.Key}))
		}
		return textNode(value.String())
	case source.Hours:
		return hoursTree(value)
	case []Target:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, one := range value {
			n.Content = append(n.Content, targetTree(one))
		}
		if len(value) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case time.Duration:
		return plainNode(showDuration(value))
	case netip.Prefix:
		return textNode(showPrefix(value))
	case bool:
		return plainNode(strconv.FormatBool(value))
	case int:
		return plainNode(strconv.Itoa(value))
	case map[string]string:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			n.Content = append(n.Content, textNode(key), textNode(escape(value[key])))
		}
		return n
	case Secret:
		if value.IsZero() {
			return textNode("")
		}
		return textNode(Hidden)
	case fmt.Stringer:
		return textNode(escape(value.String()))
	}
	switch v.Kind() {
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			n.Content = append(n.Content, tree(v.Index(i)))
		}
		return n
	case reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, field := range reflect.VisibleFields(v.Type()) {
			if name := field.Tag.Get("yaml"); name != "" {
				n.Content = append(n.Content, textNode(name), tree(v.FieldByIndex(field.Index)))
			}
		}
		return n
	}
	return textNode(escape(v.String()))
}
