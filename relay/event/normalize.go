package event

import (
	"bytes"
	"maps"
	"math"
	"slices"
)

// contract is one body on its way through the contract's rules.
type contract struct {
	rules     *Rules
	event     *Event
	faults    findings
	flattened int // bytes that flattening has written
}

// fault notes what is wrong with node n.
func (c *contract) fault(d *document, n int, format string, args ...any) {
	c.faults.add(d.base+d.pointer(n), format, args...)
}

// Normalize makes an event of a body that was posted to path, the action as it
// stands escaped in the URL. r may be nil.
//
// The event's body is the sender's bytes wherever they are legal: without what
// stands around the object (white space, a byte order mark), otherwise
// untouched, as a part of body, which must not be changed afterwards. Where
// something has to change, the members are written anew with the names and
// values that need no change as they came.
//
// What breaks the contract is returned as faults, all of them at once, up to a
// hundred; the event is nil then. A body that is not JSON has that one fault.
func Normalize(path string, body []byte, r *Rules) (*Event, *Faults) {
	e := &Event{Path: path}
	c := contract{rules: r, event: e}
	var wrong string
	if e.Action, wrong = decodeAction(path); wrong != "" {
		c.faults.add("", "%s", wrong)
	}
	body = trim(body)
	var room [24]node // of the usual event, on the stack
	d, ok := c.scan(body, room[:0])
	if !ok {
		return nil, c.faults.faults()
	}
	if d.nodes[0].kind != kindObject {
		c.faults.add("", "must be a JSON object, as in {\"email\":\"jane@shop.example\"}")
		return nil, c.faults.faults()
	}
	var w rewrite
	date := c.members(&d, &w)
	c.identified(&d)
	if faults := c.faults.faults(); faults != nil {
		return nil, faults
	}
	e.Body = body[:len(body):len(body)]
	switch {
	case w.changed():
		e.Body = w.write(make([]byte, 0, len(body)+len(w.added)+64), &d, 0)
		e.cut = locate(e.Body)
	case date > 0:
		e.cut = span{int(d.nodes[date].at), int(d.nodes[date].end)}
	default:
		e.cut = closing(body)
	}
	e.digest()
	return e, nil
}

// trim takes off what may stand around a JSON text.
func trim(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	for len(body) > 0 && blankByte(body[0]) {
		body = body[1:]
	}
	for len(body) > 0 && blankByte(body[len(body)-1]) {
		body = body[:len(body)-1]
	}
	return body
}

// blankByte says whether c is JSON's white space.
func blankByte(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// scan takes the whole body in. It notes what is wrong with it as JSON.
func (c *contract) scan(body []byte, room []node) (document, bool) {
	if len(body) >= math.MaxInt32 {
		c.faults.add("", "is longer than 2 GB")
		return document{}, false
	}
	s := scanner{src: body}
	d := document{src: body, nodes: s.document(room)}
	switch {
	case s.deep:
		c.faults.add("", "%s: %s", place(body, s.at), s.wrong)
	case s.failed:
		c.faults.malformed = true
		c.faults.add("", "not JSON: %s: %s", place(body, s.at), s.wrong)
	}
	if s.failed {
		return document{}, false
	}
	c.repeated(&d, s.twice)
	return d, true
}

func (c *contract) repeated(d *document, twice []int32) {
	for _, n := range twice {
		c.fault(d, int(n), "this name stands twice in its object; send it once")
	}
}

// members goes through the event's own members and reports which is the
// dateTime; 0: none, or one that says nothing.
func (c *contract) members(d *document, w *rewrite) (date int) {
	var names map[string]bool
	purchase := false
	for n := 1; n < len(d.nodes); n = int(d.nodes[n].next) {
		switch {
		case d.keyIs(n, "purchase_data"):
			purchase = c.purchaseData(d, n, w) || purchase
		case d.keyIs(n, "email"):
			c.email(d, n, w)
		case d.keyIs(n, "session"):
			c.session(d, n, w)
		case d.keyIs(n, "dateTime"):
			if c.absent(d, n) {
				w.drop(n)
				continue
			}
			c.dateTime(d, n, w)
			date = n
		case d.nested(n):
			c.flattenMember(d, 0, n, w, &names)
		case c.rules != nil && len(c.rules.Defaults) > 0 && d.blank(n):
			c.fillBlank(d, n, w)
		}
	}
	if c.event.Action == CommerceAction && !purchase {
		c.faults.add("/purchase_data", "is missing; %s needs it: an array with one object for each item sold", CommerceAction)
	}
	if c.rules != nil && len(c.rules.Defaults) > 0 {
		c.fillMissing(d, w, names)
	}
	return date
}

// forItems says whether a default is for the entries of purchase_data.
func forItems(name string) bool {
	return len(name) > 4 && name[:2] == "__" && name[len(name)-2:] == "__"
}

// fillBlank puts a default in the place of a member that says nothing.
func (c *contract) fillBlank(d *document, n int, w *rewrite) {
	name := d.key(n)
	if value, ok := c.rules.Defaults[name]; ok && !forItems(name) && value != "" {
		w.replace(n, appendQuoted(nil, value))
	}
}

// fillMissing adds the event's defaults that no member has, in the order of
// their names, so that equal events stay equal.
func (c *contract) fillMissing(d *document, w *rewrite, names map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(c.rules.Defaults)) {
		value := c.rules.Defaults[name]
		switch {
		case forItems(name) || name == "dateTime" || name == "purchase_data" || value == "":
		case name == "email":
			if !c.has(d, name) {
				c.event.Email = cleanEmail(value)
				w.add(name, c.event.Email)
			}
		case name == "session":
			if !c.has(d, name) {
				c.event.Session = value
				w.add(name, value)
			}
		case !names[name] && !c.has(d, name):
			w.add(name, value)
		}
	}
}

// has says that the event has a member of this name that stays in it.
func (c *contract) has(d *document, name string) bool {
	for n := 1; n < len(d.nodes); n = int(d.nodes[n].next) {
		if d.keyIs(n, name) {
			return name != "email" && name != "session" || !c.absent(d, n)
		}
	}
	return false
}
