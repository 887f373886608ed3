package rows

import (
	"strconv"
	"strings"
)

// Kind is what a JSON value is.
type Kind uint8

// The kinds of JSON.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String is the kind as a message names it.
func (k Kind) String() string {
	switch k {
	case Bool:
		return "true or false"
	case Number:
		return "a number"
	case String:
		return "a text"
	case Array:
		return "an array"
	case Object:
		return "an object"
	}
	return "null"
}

// Value is a JSON value that keeps the text it was written with, so that a
// number of 19 digits stays exact. It is not changed once it was read and may
// be used concurrently. All methods take a nil Value, which is as null.
type Value struct {
	raw     string // as it was written, without spaces around; a part of the record's one text
	kind    Kind
	escaped bool     // of a string: raw holds a backslash
	members []Member // of an object; of an array, without names
}

// Member is a name in an object, and its value.
type Member struct {
	Name  string
	Value *Value
}

// Kind is what v is.
func (v *Value) Kind() Kind {
	if v == nil {
		return Null
	}
	return v.kind
}

// Text is the text of a string, true or false, or a number as it was written.
// It is empty for null, an array and an object.
func (v *Value) Text() string {
	switch v.Kind() {
	case Bool, Number:
		return v.raw
	case String:
		inner := v.raw[1 : len(v.raw)-1]
		if v.escaped {
			return unescaped(inner)
		}
		return inner
	}
	return ""
}

// Get is the value at path: names and, in arrays, places from 0, parted by
// dots, as in line_items.0.sku. A name that holds dots itself is found too.
// Nil: there is none. The empty path is v.
func (v *Value) Get(path string) *Value {
	if v == nil || path == "" {
		return v
	}
	switch v.kind {
	case Array:
		first, rest, _ := strings.Cut(path, ".")
		i, err := strconv.ParseUint(first, 10, 31)
		if err != nil || i >= uint64(len(v.members)) {
			return nil
		}
		return v.members[i].Value.Get(rest)
	case Object:
		for i := range v.members {
			m := &v.members[i]
			rest, ok := below(path, m.Name)
			if !ok {
				continue
			}
			if found := m.Value.Get(rest); found != nil {
				return found
			}
		}
	}
	return nil
}

// below is what is left of path inside the member of that name.
func below(path, name string) (rest string, ok bool) {
	if !strings.HasPrefix(path, name) {
		return "", false
	}
	switch {
	case len(path) == len(name):
		return "", true
	case path[len(name)] == '.':
		return path[len(name)+1:], true
	}
	return "", false
}

// Elements are those of an array, nil for anything else. The slice is the
// caller's.
func (v *Value) Elements() []*Value {
	if v.Kind() != Array {
		return nil
	}
	list := make([]*Value, len(v.members))
	for i := range v.members {
		list[i] = v.members[i].Value
	}
	return list
}

// Members are those of an object, in the order of the file, nil for anything
// else. The slice must not be changed.
func (v *Value) Members() []Member {
	if v.Kind() != Object {
		return nil
	}
	return v.members
}

// JSON is the value as it was written, null for nil. The slice is the caller's.
func (v *Value) JSON() []byte {
	if v == nil {
		return []byte("null")
	}
	return []byte(v.raw)
}
