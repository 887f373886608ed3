package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
)

// Sources are in the order of the file: of those that ask for a file, the first
// takes it. A preset is laid under each that names one.
type Sources []source.Source

// Get finds a source by its name.
func (s Sources) Get(name string) (source.Source, bool) {
	for _, one := range s {
		if one.Name == name {
			return one, true
		}
	}
	return source.Source{}, false
}

// reservedSources are the names under which the relay's own ways in stand: the
// port, and the drop folder of the data folder.
var reservedSources = []string{"drop", "http"}

// readNode reads the mapping from name to source, and keeps its order.
func (s *Sources) readNode(d *decoder, n *yaml.Node, path string) {
	var read Sources
	ok := d.pairs(n, path, "sources by name, as in `till: {watch: drop/till/*.csv}`", func(key, value *yaml.Node, at string) {
		one := source.Default()
		one.Name = key.Value
		problems, strays := len(d.problems), d.strays
		if f := sourceName(key.Value); f != nil {
			d.fail(key, at, f.is, f.write)
		}
		d.marks[at] = d.place(key)
		needs := d.preset(value, at, &one)
		d.structure(value, at, &one)
		d.checkNeeds(at, &one, needs)
		d.torn[one.Name] = len(d.problems)-problems > d.strays-strays
		read = append(read, one)
	})
	if ok {
		*s = read
	}
}

// sourceName checks what a source is called: the name stands in keys of orders,
// metrics and paths of the port.
func sourceName(name string) *fault {
	switch {
	case !projectName(name):
		return &fault{is: "is not a source's name", write: "use small letters, digits, - and _ only, at most 64, as in `till`"}
	case slices.Contains(reservedSources, name):
		return &fault{is: "is a name of the relay's own", write: "call it otherwise: drop is the built-in folder, and http is the port"}
	}
	return nil
}

// preset lays what a source's preset says into it, before its own keys are
// read, and returns what the preset needs besides.
func (d *decoder) preset(n *yaml.Node, path string, into *source.Source) []need {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := behind(n.Content[i+1])
		if n.Content[i].Value != "preset" || value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			continue
		}
		at := join(path, "preset")
		name, _, faults := d.refs.put(value.Value, false)
		if len(faults) > 0 || name == "" {
			return nil // faults are said when the key itself is read
		}
		needs, err := layPreset(name, into)
		if err != nil {
			write := "known: " + strings.Join(Presets(), ", ")
			if near := nearest(name, Presets()); near != "" {
				write = "did you mean `" + near + "`? " + write
			}
			d.fail(value, at, quote(name)+" "+err.Error(), write)
		}
		return needs
	}
	return nil
}

// layPreset reads a preset over a source.
func layPreset(name string, into *source.Source) ([]need, error) {
	text, ok := PresetText(name)
	if !ok {
		return nil, fmt.Errorf("is not a preset")
	}
	doc := &document{name: "preset " + name}
	root, problem := doc.open([]byte(text))
	if problem != nil {
		return nil, fmt.Errorf("cannot be read: %s", problem)
	}
	own := newDecoder(doc, Env{})
	own.structure(root, "sources."+into.Name, into)
	if len(own.problems) > 0 {
		return nil, fmt.Errorf("cannot be read: %s", own.problems[0])
	}
	return presetNeeds(text), nil
}

// checkNeeds looks for what a preset leaves to the account.
func (d *decoder) checkNeeds(path string, s *source.Source, needs []need) {
	for _, n := range needs {
		if given(reflect.ValueOf(s).Elem(), strings.Split(n.key, ".")) || d.failed(join(path, n.key)) {
			continue
		}
		d.at(join(path, n.key), fmt.Sprintf("is missing: the preset %s needs it, as each account has its own", s.Preset), n.write)
	}
}

// given says whether the value at a path of keys is set.
func given(v reflect.Value, keys []string) bool {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return false
		}
		v = v.Elem()
	}
	if len(keys) == 0 {
		return !v.IsZero()
	}
	if list, ok := v.Interface().([]source.Field); ok {
		return slices.ContainsFunc(list, func(f source.Field) bool { return f.Name == keys[0] })
	}
	if v.Kind() != reflect.Struct {
		return false
	}
	for _, field := range reflect.VisibleFields(v.Type()) {
		if field.Tag.Get("yaml") == keys[0] {
			return given(v.FieldByIndex(field.Index), keys[1:])
		}
	}
	return false
}

// Problem says that what stands at a path of keys, as in sources.till.order.at,
// is not as it must be: for whoever looks deeper into a value than this package
// does. The place is that of the value in the file, or of the nearest key above
// it where the value comes from a preset or a default.
func (c *Config) Problem(path, is, write string) Problem {
	if c.origin == nil {
		return Problem{Key: path, What: is, Write: write}
	}
	return c.origin.problem(c.origin.find(path), path, is, write)
}

// InOrder returns problems in the order of the file, each once, and not more
// than a person would read.
func InOrder(list []Problem) Errors { return Errors(sorted(slices.Clone(list))) }

// keepOrigin remembers where each value stood.
func (c *Config) keepOrigin(d *decoder) {
	c.origin = &decoder{doc: d.doc, marks: d.marks}
}
