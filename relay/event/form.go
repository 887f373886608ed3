package event

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FromForm makes a JSON object of an application/x-www-form-urlencoded body,
// for tills that can do no better. The members are in the order of the fields,
// all values are strings:
//
//	email=a%40b.c&purchase_data[0][__sku__]=X    {"email":"a@b.c","purchase_data":[{"__sku__":"X"}]}
//	tags[]=a&tags[]=b                            {"tags":["a","b"]}
//
// Names in brackets that are all numbers make an array, in the order of the
// numbers; gaps close. A field that stands twice, or is text in one place and
// has brackets in another, is a fault.
func FromForm(raw string) ([]byte, *Faults) {
	var c findings
	root := field{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		key, value, ok := decodePair(name, value)
		if !ok {
			c.malformed = true
			c.add("", "field %q is not percent-encoded UTF-8", shorten(name))
			continue
		}
		path, wrong := fieldPath(key)
		if wrong == "" {
			wrong = root.put(path, value)
		}
		if wrong != "" {
			c.add(fieldPointer(path), "field %q: %s", shorten(key), wrong)
		}
	}
	if f := c.faults(); f != nil {
		return nil, f
	}
	return root.write(make([]byte, 0, len(raw)+64), true), nil
}

func decodePair(name, value string) (key, text string, ok bool) {
	key, err := url.QueryUnescape(name)
	if err != nil || !utf8.ValidString(key) {
		return "", "", false
	}
	text, err = url.QueryUnescape(value)
	return key, text, err == nil && utf8.ValidString(text)
}

// fieldPath takes a[b][c] apart into a, b and c.
func fieldPath(key string) (path []string, wrong string) {
	name, rest, nested := strings.Cut(key, "[")
	if name == "" {
		return nil, "has no name"
	}
	path = append(path, name)
	if !nested {
		return path, ""
	}
	for rest = "[" + rest; rest != ""; {
		inner, after, ok := strings.Cut(rest[1:], "]")
		if rest[0] != '[' || !ok || strings.Contains(inner, "[") {
			return path, "its brackets do not match; write it as in purchase_data[0][__sku__]"
		}
		if len(path) == maxDepth {
			return path, fmt.Sprintf("is nested more than %d deep", maxDepth)
		}
		path, rest = append(path, inner), after
	}
	if i := slices.Index(path, ""); i >= 0 && i < len(path)-1 {
		return path, "[] can only stand at the end; number what belongs together, as in purchase_data[0][__sku__]"
	}
	return path, ""
}

func fieldPointer(path []string) string {
	var p strings.Builder
	for _, name := range path {
		p.WriteString("/" + escapePointer(name))
	}
	return p.String()
}

// field is a text, or holds other fields.
type field struct {
	name  string
	text  string
	leaf  bool
	list  []*field
	names map[string]*field
}

// put puts a text where path says.
func (f *field) put(path []string, text string) (wrong string) {
	for i, name := range path {
		if f.leaf {
			return "has a value of its own already, so nothing can be inside it"
		}
		last := i == len(path)-1
		if name == "" {
			name = strconv.Itoa(len(f.list))
		}
		child := f.names[name]
		switch {
		case child == nil:
			if f.names == nil {
				f.names = make(map[string]*field)
			}
			child = &field{name: name, leaf: last}
			f.names[name] = child
			f.list = append(f.list, child)
		case last && child.leaf:
			return "stands twice; send it once"
		case last:
			return "has fields inside it already, so it can have no value of its own"
		}
		f = child
	}
	f.text = text
	return ""
}

func (f *field) write(dst []byte, object bool) []byte {
	if f.leaf {
		return appendQuoted(dst, f.text)
	}
	list := f.list
	if !object {
		if indexes := f.sorted(); indexes != nil {
			list = indexes
		} else {
			object = true
		}
	}
	brackets := "[]"
	if object {
		brackets = "{}"
	}
	dst = append(dst, brackets[0])
	for i, child := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if object {
			dst = append(appendQuoted(dst, child.name), ':')
		}
		dst = child.write(dst, false)
	}
	return append(dst, brackets[1])
}

// sorted are the fields in the order of their numbers, nil where one of them
// is no number.
func (f *field) sorted() []*field {
	type numbered struct {
		number int
		field  *field
	}
	all := make([]numbered, 0, len(f.list))
	for _, child := range f.list {
		number, err := strconv.ParseUint(child.name, 10, 31)
		if err != nil || strconv.FormatUint(number, 10) != child.name {
			return nil
		}
		all = append(all, numbered{int(number), child})
	}
	slices.SortFunc(all, func(a, b numbered) int { return a.number - b.number })
	out := make([]*field, len(all))
	for i, n := range all {
		out[i] = n.field
	}
	return out
}
