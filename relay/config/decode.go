package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
)

// decoder lays a YAML tree over Go values that hold the defaults, and goes on
// after each problem. The yaml library's own decoder is not used: it would
// read numbers in its own ways (0123 is 83) before the key says what is wanted.
type decoder struct {
	doc      *document
	refs     references
	marks    map[string]mark // by path, where each value stands
	meant    map[string]bool // paths of keys that are there misspelt
	strays   int             // of problems: unknown keys that are like none, and of which nothing else can be missing
	torn     map[string]bool // sources that could not be read whole
	problems []Problem
	warnings []Problem
}

// join extends a path by a key.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// index extends a path by a place in a list.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func newDecoder(doc *document, env Env) *decoder {
	return &decoder{doc: doc, refs: references{env, doc.folder}, marks: map[string]mark{}, meant: map[string]bool{}, torn: map[string]bool{}}
}

// behind is the node that an alias stands for; any other stands for itself.
func behind(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// value reads a node into what v points to.
func (d *decoder) value(n *yaml.Node, path string, v reflect.Value, isPath bool) {
	n = behind(n)
	if _, ok := d.marks[path]; !ok {
		d.marks[path] = d.place(n)
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a key without a value is a key left out
	}
	if own, ok := v.Addr().Interface().(nodeReader); ok {
		own.readNode(d, n, path)
		return
	}
	if _, ok := v.Addr().Interface().(textReader); ok {
		d.scalar(n, path, v, isPath)
		return
	}
	if d.written(n, path, v.Addr().Interface()) {
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[netip.Prefix]():
		d.scalar(n, path, v, isPath)
	case v.Kind() == reflect.Pointer:
		d.pointer(n, path, v)
	case v.Kind() == reflect.Struct:
		d.plain(n, path, v.Addr().Interface())
	case v.Kind() == reflect.Slice:
		d.list(n, path, v)
	case v.Kind() == reflect.Map:
		d.flat(n, path, v)
	default:
		d.scalar(n, path, v, isPath)
	}
}

// pointer reads keys that may be there as a whole or not at all, over a copy of
// what a preset has. `none` takes them away.
func (d *decoder) pointer(n *yaml.Node, path string, v reflect.Value) {
	if d.none(n, path) {
		v.SetZero()
		return
	}
	own := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		own.Elem().Set(v.Elem())
	}
	v.Set(own)
	d.plain(n, path, own.Interface())
}

// structure reads a mapping into a struct, and takes one without keys for a
// struct that was left out.
func (d *decoder) structure(n *yaml.Node, path string, into any) {
	if _, ok := d.marks[path]; !ok {
		d.marks[path] = d.place(n)
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	d.plain(n, path, into)
}

// plain reads a mapping into a struct, key by key.
func (d *decoder) plain(n *yaml.Node, path string, into any) {
	v := reflect.ValueOf(into).Elem()
	fields := map[string]reflect.StructField{}
	var names []string
	for _, field := range reflect.VisibleFields(v.Type()) {
		if name := field.Tag.Get("yaml"); name != "" {
			fields[name] = field
			names = append(names, name)
		}
	}
	wants := "keys"
	if path != "" {
		wants = "keys under it: " + strings.Join(names, ", ")
	}
	d.pairs(n, path, wants, func(key, value *yaml.Node, at string) {
		field, ok := fields[key.Value]
		if !ok {
			d.unknown(key, path, names, n.Style&yaml.FlowStyle != 0)
			return
		}
		// What has no value, or keys and entries on lines of their own, stands
		// where its key does.
		block := value.Kind != yaml.ScalarNode && value.Line > key.Line
		if block || value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
			d.marks[at] = d.place(key)
		}
		d.value(value, at, v.FieldByIndex(field.Index), field.Tag.Get("is") == "path")
	})
}

// pairs walks a mapping and refuses what is not one, keys that are not text,
// and keys that come twice. The values it finds are no aliases.
func (d *decoder) pairs(n *yaml.Node, path, wants string, each func(key, value *yaml.Node, at string)) bool {
	return d.walk(n, path, wants, showKey, each)
}

// walk is pairs with the way in which a key is shown.
func (d *decoder) walk(n *yaml.Node, path, wants string, show func(string) string, each func(key, value *yaml.Node, at string)) bool {
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, "wants "+wants+", and has "+kindName(n), missingSpace(n))
		return false
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], behind(n.Content[i+1])
		switch {
		case key.Kind != yaml.ScalarNode:
			d.fail(key, path, "has a key that is no plain text", "write `key: value`")
			continue
		case key.Tag == "!!merge":
			d.fail(key, path, "merges with <<, which is not read here", "write the keys out")
			continue
		}
		if first, twice := seen[key.Value]; twice {
			d.fail(key, join(path, show(key.Value)), fmt.Sprintf("is here a second time; the first is in line %d", first), "keep one of them")
			continue
		}
		seen[key.Value] = key.Line
		each(key, value, join(path, show(key.Value)))
	}
	return true
}

// missingSpace is the advice for `key:value`, which YAML reads as one text.
func missingSpace(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, ":") {
		return "put a space after the colon, as in `key: value`"
	}
	return "write `key: value`, one a line, further in than the line above"
}

// unknown reports a key that is not known, and the known one that was meant. In
// a flow mapping ({a: b, c}) a key that is like none may be what a comma cut off
// from a secret, and is not shown.
func (d *decoder) unknown(key *yaml.Node, path string, names []string, flow bool) {
	near, home := nearest(key.Value, names), homeOf(key.Value)
	name, write := showKey(key.Value), "known here: "+strings.Join(names, ", ")
	switch {
	case near != "":
		write = "did you mean `" + near + "`?"
		d.meant[join(path, near)] = true
	case home != "":
		write = "it belongs under " + home
	case strings.Contains(key.Value, ":"):
		write = "put a space after the colon, as in `key: value`"
		before, _, _ := strings.Cut(key.Value, ":")
		d.meant[join(path, before)] = true
	case flow:
		name, write = Hidden, write+"; put a value that holds a comma in quotes"
	default:
		d.strays++
	}
	d.fail(key, join(path, name), "unknown key", write)
}

func (d *decoder) list(n *yaml.Node, path string, v reflect.Value) {
	if texts, ok := v.Addr().Interface().(*[]string); ok && (strings.HasPrefix(path, "sources.") || strings.HasPrefix(path, "alarm.")) {
		*texts = d.oneOrMore(n, path, "a text") // one needs no brackets
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.fail(n, path, "wants a list, and has "+kindName(n), "write it as in ["+sample(v.Type())+"]")
		return
	}
	read := reflect.MakeSlice(v.Type(), 0, len(n.Content))
	for i, entry := range n.Content {
		entry = behind(entry)
		one := reflect.New(v.Type().Elem()).Elem()
		before := len(d.problems)
		at := index(path, i)
		d.value(entry, at, one, false)
		if entry.Kind == yaml.ScalarNode && entry.Tag == "!!null" {
			d.fail(entry, at, "is empty", "give it a value or take it away")
		}
		if len(d.problems) == before {
			read = reflect.Append(read, one)
		}
	}
	v.Set(read)
}

// sample is what one entry of a list may look like.
func sample(t reflect.Type) string {
	switch t.Elem() {
	case reflect.TypeFor[Status]():
		return "404, 5xx"
	case reflect.TypeFor[netip.Prefix]():
		return "192.168.1.0/24"
	case reflect.TypeFor[source.Join]():
		return "{table: taxes.csv, by: [Receipt]}"
	case reflect.TypeFor[Target]():
		return "{webhook: https://hooks.example/…}"
	case reflect.TypeFor[Secret]():
		return `"${file:PATH}"`
	}
	return "one, two"
}

// flat reads a mapping from text to text.
func (d *decoder) flat(n *yaml.Node, path string, v reflect.Value) {
	read := map[string]string{}
	d.pairs(n, path, "keys and values, as in `{__currency__: EUR}`", func(key, value *yaml.Node, at string) {
		if value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
			d.marks[at] = d.place(key)
			d.at(at, "is empty", "give it a value or take it away")
			return
		}
		if text, ok := d.text(value, at, false); ok {
			read[key.Value] = text
		}
	})
	v.Set(reflect.ValueOf(read))
}

// scalar reads a text and turns it into the type that the key wants.
func (d *decoder) scalar(n *yaml.Node, path string, v reflect.Value, isPath bool) {
	into := v.Addr().Interface()
	_, secret := into.(*Secret)
	_, proxy := into.(*Proxy)
	_, hook := into.(*HookURL)
	text, ok := d.text(n, path, secret || proxy || hook)
	if !ok {
		return
	}
	var f *fault
	switch into := into.(type) {
	case textReader:
		f = into.readText(text)
	case *string:
		if isPath && text != "" && !filepath.IsAbs(text) {
			text = filepath.Join(d.doc.folder, text)
		}
		*into = text
	case *bool:
		f = readBool(into, text)
	case *int:
		f = readInt(into, text)
	case *source.Mode:
		f = choose(into, text, source.Once, source.Follow, source.Rewrite)
	case *source.After:
		f = choose(into, text, source.AfterDone, source.AfterDelete, source.AfterKeep)
	case *time.Duration:
		var long time.Duration
		if long, f = readDuration(text); f == nil {
			*into = long
		}
	case *netip.Prefix:
		*into, f = readPrefix(text)
	}
	if f != nil {
		d.wrong(n, path, f)
	}
}

// text is a scalar's text with its references put in. The mark of path tells
// from then on how the text may be shown.
func (d *decoder) text(n *yaml.Node, path string, secret bool) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.marks[path] = d.place(n)
		d.fail(n, path, "wants a single value, and has "+kindName(n), "write `key: value`")
		return "", false
	}
	m := d.place(n)
	m.hidden = secret || strings.Contains(n.Value, "://") && strings.Contains(n.Value, "@")
	// A value that goes on over more lines may have swallowed others, as after
	// a forgotten quotation mark.
	if !m.hidden && strings.HasPrefix(strings.TrimLeft(d.doc.rest(m), `"'`), n.Value) {
		m.shown = quote(n.Value)
	}
	text, referred, faults := d.refs.put(n.Value, secret)
	if len(faults) > 0 {
		for _, f := range faults {
			d.report(m, path, f.is, f.write)
		}
		return "", false
	}
	if referred {
		m.shown = "what " + referenceNames(n.Value) + " holds"
	}
	d.marks[path] = m
	return text, true
}

func readBool(into *bool, text string) *fault {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		*into = true
	case "false", "no", "off":
		*into = false
	default:
		return &fault{is: "is neither true nor false", write: "write true or false"}
	}
	return nil
}

func readInt(into *int, text string) *fault {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || strconv.FormatInt(n, 10) != text {
		return &fault{is: "is not a whole number", write: "write digits only, as in 4 or 10000"}
	}
	*into = int(n)
	return nil
}
