package event

// rewrite is what is to change in one object. An object without changes keeps
// its bytes; one with any is written anew, its members in their order with
// their names and values as they were written, and nothing between them.
type rewrite struct {
	edits []edit // in the order of the members
	added []byte // members that come last, separated by commas
}

// edit changes one member.
type edit struct {
	node    int32
	value   []byte // in place of the value
	members []byte // in place of the member: none or several; unused where there is a value
}

func (w *rewrite) changed() bool { return len(w.edits) > 0 || len(w.added) > 0 }

func (w *rewrite) drop(n int) { w.edits = append(w.edits, edit{node: int32(n)}) }

func (w *rewrite) replace(n int, value []byte) {
	w.edits = append(w.edits, edit{node: int32(n), value: value})
}

// spread puts members, separated by commas, in the place of member n.
func (w *rewrite) spread(n int, members []byte) {
	w.edits = append(w.edits, edit{node: int32(n), members: members})
}

func (w *rewrite) add(name, value string) {
	if len(w.added) > 0 {
		w.added = append(w.added, ',')
	}
	w.added = append(appendQuoted(w.added, name), ':')
	w.added = appendQuoted(w.added, value)
}

// write appends the object as it is to be.
func (w *rewrite) write(dst []byte, d *document, object int) []byte {
	edits := w.edits
	dst = append(dst, '{')
	start := len(dst)
	comma := func() {
		if len(dst) > start {
			dst = append(dst, ',')
		}
	}
	for n := object + 1; n < int(d.nodes[object].next); n = int(d.nodes[n].next) {
		var e edit
		edited := len(edits) > 0 && int(edits[0].node) == n
		if edited {
			e, edits = edits[0], edits[1:]
		}
		value := e.value
		if !edited {
			value = d.raw(n)
		}
		switch {
		case value != nil:
			comma()
			dst = append(append(append(dst, '"'), d.rawKey(n)...), '"', ':')
			dst = append(dst, value...)
		case len(e.members) > 0:
			comma()
			dst = append(dst, e.members...)
		}
	}
	if len(w.added) > 0 {
		comma()
		dst = append(dst, w.added...)
	}
	return append(dst, '}')
}
