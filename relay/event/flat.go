package event

import "strconv"

// maxFlat is how many bytes the flattened members of one event may take. A long
// name above many values would otherwise make a small body a huge one.
const maxFlat = 1 << 20

// flattener takes nested values of one object apart ("The payload needs to be
// flat, except for the purchase_data element"):
//
//	{"customer":{"name":"A"}}      "customer_name":"A"
//	{"tags":["a",1,null,true]}     "tags":"a, 1, true"
//	{"lines":[{"sku":"X"},null]}   "lines_0_sku":"X","lines_1":null
//
// An array of nothing but scalars becomes one text; nulls say nothing in it and
// are left out. What holds no value at all ({}, [], [null]) goes: a text that
// says nothing would be an invention. Names and values keep the sender's bytes.
type flattener struct {
	names map[string]bool // that the object has, decoded
	name  []byte          // of the value at hand, escaped
	out   []byte
	room  int // bytes that out may still take
	full  bool
	taken []int // nodes whose flat name another member has
}

// flatMembers has what is needed to flatten values of the object: its flat
// members' names, which no flattened one may take.
func flatMembers(d *document, object int) map[string]bool {
	names := make(map[string]bool)
	for n := object + 1; n < int(d.nodes[object].next); n = int(d.nodes[n].next) {
		if !d.nested(n) {
			names[d.key(n)] = true
		}
	}
	return names
}

// member appends what the nested member n becomes.
func (f *flattener) member(d *document, n int) {
	f.name = append(f.name[:0], d.rawKey(n)...)
	f.value(d, n)
}

func (f *flattener) value(d *document, n int) {
	if f.full {
		return
	}
	end := len(f.name)
	switch {
	case !d.nested(n):
		f.emit(n, d.raw(n))
	case d.nodes[n].kind == kindObject:
		for c := n + 1; c < int(d.nodes[n].next); c = int(d.nodes[c].next) {
			f.name = append(append(f.name[:end], '_'), d.rawKey(c)...)
			f.value(d, c)
		}
	case d.scalars(n):
		if text := d.join(n); text != nil {
			f.emit(n, text)
		}
	default:
		for c, i := n+1, 0; c < int(d.nodes[n].next); c, i = int(d.nodes[c].next), i+1 {
			f.name = strconv.AppendInt(append(f.name[:end], '_'), int64(i), 10)
			f.value(d, c)
		}
	}
	f.name = f.name[:end]
}

// scalars says that the array n holds no array or object.
func (d *document) scalars(n int) bool {
	for c := n + 1; c < int(d.nodes[n].next); c = int(d.nodes[c].next) {
		if d.nested(c) {
			return false
		}
	}
	return true
}

// join is the text of an array of scalars, nil where all of them are null. The
// strings' own escapes are good in the joined one, too.
func (d *document) join(n int) []byte {
	var text []byte
	for c := n + 1; c < int(d.nodes[n].next); c = int(d.nodes[c].next) {
		switch d.nodes[c].kind {
		case kindNull:
			continue
		case kindString:
			text = append(between(text), d.inner(c)...)
		default:
			text = append(between(text), d.raw(c)...)
		}
	}
	if text == nil {
		return nil
	}
	return append(text, '"')
}

func between(text []byte) []byte {
	if text == nil {
		return []byte{'"'}
	}
	return append(text, ',', ' ')
}

func (f *flattener) emit(n int, value []byte) {
	if f.room -= len(f.name) + len(value) + 4; f.room < 0 {
		f.full = true
		return
	}
	name := unquote(f.name)
	if f.names[name] || reserved(name) {
		f.taken = append(f.taken, n)
		return
	}
	f.names[name] = true
	if len(f.out) > 0 {
		f.out = append(f.out, ',')
	}
	f.out = append(append(append(f.out, '"'), f.name...), '"', ':')
	f.out = append(f.out, value...)
}

// reserved says that the contract gives name a meaning, so that it cannot come
// out of joined parts.
func reserved(name string) bool {
	switch name {
	case "purchase_data", "email", "session", "dateTime":
		return true
	}
	_, ok := itemField(name)
	return ok
}

// flattenMember flattens the nested member n of an object, or says why not.
// names are the object's, as flatMembers has them; they are made at the first
// call.
func (c *contract) flattenMember(d *document, object, n int, w *rewrite, names *map[string]bool) {
	if !c.rules.flatten() {
		c.fault(d, n, "is nested; the payload must be flat, except for purchase_data")
		return
	}
	if *names == nil {
		*names = flatMembers(d, object)
	}
	f := flattener{names: *names, room: maxFlat - c.flattened}
	f.member(d, n)
	for _, at := range f.taken {
		c.fault(d, at, "has the name of another member when it is flattened; rename one of them")
	}
	if f.full {
		c.fault(d, n, "is too large to be made flat: its names and values would take over 1 MiB")
		return
	}
	c.flattened = maxFlat - f.room
	w.spread(n, f.out)
}
