package rows

// extent finds where a JSON value ends by its brackets and quotes alone. It is
// fed piece by piece, so that a value need not be in memory.
type extent struct {
	size    int    // bytes seen of the value
	depth   int    // open brackets
	kinds   uint64 // of the outermost maxDepth, the innermost of them last; 1: a {
	text    bool   // in a string
	escape  bool   // behind a backslash in it
	plain   bool   // a number or a word, which ends where something else begins
	started bool
	values  int // at most as many values are in it, itself included
}

// How far extent.feed came.
type reach uint8

const (
	reachMore reach = iota // the value goes on behind the piece
	reachEnd               // it ended, size bytes long
	reachLost              // brackets do not match, or a string holds a control character: the end cannot be told
)

// feed looks at the next piece of the value.
func (e *extent) feed(piece []byte) reach {
	i := 0
	if !e.started && len(piece) > 0 {
		e.started, e.values = true, 1
		switch piece[0] {
		case '{', '[':
		case '"':
			e.text, i = true, 1
		case ',', ']', '}', ':':
			e.plain, e.size = true, 1 // a stray mark is a value of its own, and a wrong one
			return reachEnd
		default:
			e.plain = true
		}
	}
	if e.plain {
		return e.feedPlain(piece)
	}
	for ; i < len(piece); i++ {
		c := piece[i]
		if e.text {
			switch {
			case e.escape:
				e.escape = false
			case c == '\\':
				e.escape = true
			case c == '"':
				e.text = false
				if e.depth == 0 {
					e.size += i + 1
					return reachEnd
				}
			case c < ' ':
				e.size += i
				return reachLost
			}
			continue
		}
		switch c {
		case '"':
			e.text = true
		case ',':
			e.values++
		case '{':
			e.open(1)
		case '[':
			e.open(0)
		case '}', ']':
			if !e.close(c == '}') {
				e.size += i
				return reachLost
			}
			if e.depth == 0 {
				e.size += i + 1
				return reachEnd
			}
		}
	}
	e.size += len(piece)
	return reachMore
}

func (e *extent) open(kind uint64) {
	e.values++
	if e.depth++; e.depth <= maxDepth {
		e.kinds = e.kinds<<1 | kind
	}
}

// close is false where the innermost bracket is of the other kind.
func (e *extent) close(brace bool) bool {
	if e.depth <= maxDepth {
		if (e.kinds&1 == 1) != brace {
			return false
		}
		e.kinds >>= 1
	}
	e.depth--
	return true
}

func (e *extent) feedPlain(piece []byte) reach {
	for i, c := range piece {
		switch c {
		case ',', ']', '}', ' ', '\t', '\n', '\r', '[', '{', '"', ':':
			e.size += i
			return reachEnd
		}
	}
	e.size += len(piece)
	return reachMore
}
