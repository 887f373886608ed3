package event

import (
	"bytes"
	"strings"
)

// email reads the member n as the email ("you will be able to pass the user
// email as email"). It is trimmed and lower-cased, so that one person is one
// user; any text that is left is legal.
func (c *contract) email(d *document, n int, w *rewrite) {
	switch {
	case c.absent(d, n):
		w.drop(n)
	case d.nodes[n].kind != kindString:
		c.fault(d, n, "must be a string, as in \"jane@shop.example\"; leave it out where it is not known")
	default:
		text := d.text(n)
		c.event.Email = cleanEmail(text)
		if c.event.Email != text {
			w.replace(n, appendQuoted(nil, c.event.Email))
		}
	}
}

func cleanEmail(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// session reads the member n as the session ("you can pass it as session"): a
// number in one example of the contract, an id in a browser's console.
func (c *contract) session(d *document, n int, w *rewrite) {
	switch {
	case c.absent(d, n):
		w.drop(n)
	case d.nodes[n].kind != kindString && d.nodes[n].kind != kindNumber:
		c.fault(d, n, "must be a string or a number; leave it out where it is not known")
	default:
		c.event.Session = d.text(n)
	}
}

// absent says that a sender had nothing to put into a member: null, a blank
// string, or (the empty value of some languages) an empty array or object.
func (c *contract) absent(d *document, n int) bool {
	return d.blank(n) || d.void(n) && c.rules.flatten()
}

// identified holds the event to rules.Identity.
func (c *contract) identified(d *document) {
	if c.rules == nil || c.rules.Identity != IdentityRequire || !c.event.Anonymous() {
		return
	}
	for n := 1; n < len(d.nodes); n = int(d.nodes[n].next) {
		if (d.keyIs(n, "email") || d.keyIs(n, "session")) && !c.absent(d, n) {
			return // there, and at fault already
		}
	}
	c.faults.add("", "has neither email nor session; without one, every event makes a new user")
}

// shorten is text for a message.
func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func shown(raw []byte) string { return shorten(string(bytes.TrimSpace(raw))) }
