package rows

import (
	"fmt"
	"strconv"
	"strings"
)

// element is what is left of path in the element i of an array: a number in
// the path picks one, any other name is looked for in each.
func element(path string, i int) (rest string, on bool) {
	first, rest, _ := strings.Cut(path, ".")
	n, err := strconv.ParseUint(first, 10, 31)
	if err != nil {
		return path, true
	}
	return rest, n == uint64(i)
}

// member reads a name of an object on the way to the rows, and enters its
// value or passes it by.
func (r *jsonRecords) member(f *frame) (*Row, error) {
	c, ok := r.in.peek()
	if ok && c != '"' {
		return nil, r.wrong(c, "a name in quotes")
	}
	name, err := r.name()
	if err != nil {
		return nil, err
	}
	if c, ok = r.in.peek(); !ok {
		return nil, r.cut()
	}
	if c != ':' {
		return nil, r.wrong(c, "a colon")
	}
	r.in.take(1)
	if _, ok = r.in.peek(); !ok {
		return nil, r.cut()
	}
	if len(r.frames) == 1 && len(r.names) < 12 {
		r.names = append(r.names, name)
	}
	rest, on := below(f.rest, name)
	if !on && r.guessed && len(r.frames) == 1 {
		if err := r.doubt(name); err != nil {
			return nil, err
		}
	}
	return r.enter(rest, on)
}

// name reads a string and takes it.
func (r *jsonRecords) name() (string, error) {
	e, reached := r.measure()
	if reached == reachMore && e.size <= r.limit {
		return "", r.cut()
	}
	raw := string(r.in.rest()[:min(e.size, r.limit)])
	v, bad := r.parser.parse(raw, 1)
	if bad != nil {
		return "", fmt.Errorf("%s: malformed JSON: %s; what comes behind it was not read", r.column(), bad.reason)
	}
	r.in.take(e.size)
	return v.Text(), nil
}

// pass takes the value that comes next without holding it.
func (r *jsonRecords) pass() error {
	var e extent
	for {
		e.size = 0
		reached := e.feed(r.in.rest())
		r.in.take(e.size)
		switch reached {
		case reachEnd:
			return nil
		case reachLost:
			return fmt.Errorf("%s: malformed JSON before the rows: brackets or quotes that do not match", r.column())
		}
		if !r.in.more() {
			return r.cut()
		}
	}
}

func (r *jsonRecords) missing() error {
	names := "nothing of a name"
	if len(r.names) > 0 {
		names = strings.Join(r.names, ", ")
	}
	return fmt.Errorf("nothing lies at %q, where read: { rows: … } says that the rows are; the document has %s", r.path, names)
}
