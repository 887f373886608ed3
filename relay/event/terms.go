package event

// The prefixes of terms, by what a term names.
const (
	TermOrder   = "o:" // the number of an order
	TermEmail   = "e:" // lower-cased
	TermSKU     = "s:"
	TermSession = "u:"
	TermAction  = "a:"
	TermSource  = "w:" // the way in
)

const (
	maxSKUs  = 32 // of a purchase by which it is found
	maxTerms = 60 // in all, but for action and source
)

// Terms are the words by which people find the event. source is its way in. Of
// a body that broke the contract they are what it seems to say.
func (e *Event) Terms(source string) []string {
	terms := e.terms
	if e.base == [16]byte{} { // not Normalize's
		terms = guessTerms(e.Body)
	}
	all := make([]string, 0, len(terms)+4)
	all = append(all, TermAction+e.Action, TermSource+source)
	if e.Email != "" {
		all = append(all, TermEmail+e.Email)
	}
	if e.Session != "" {
		all = append(all, TermSession+e.Session)
	}
	return append(all, terms...)
}

// itemTerms notes by what the entry of a purchase is found.
func (c *contract) itemTerms(d *document, found *[itemFields]int) {
	e := c.event
	for _, field := range [...]int{itemOrder, itemSKU} {
		m, prefix := found[field], TermOrder
		if field == itemSKU {
			prefix = TermSKU
		}
		switch {
		case m > 0 && !d.blank(m):
			e.terms = addTerm(e.terms, prefix, d.bytes(m))
		case c.rules != nil:
			name, _ := itemMember(field)
			e.terms = addTerm(e.terms, prefix, []byte(c.itemDefault(name)))
		}
	}
}

// addTerm adds a term that is not there yet, while there is room.
func addTerm(terms []string, prefix string, text []byte) []string {
	if len(text) == 0 || len(terms) >= maxTerms {
		return terms
	}
	skus := 0
	for _, t := range terms {
		if t[:len(prefix)] != prefix {
			continue
		}
		if t[len(prefix):] == string(text) {
			return terms
		}
		skus++
	}
	if prefix == TermSKU && skus >= maxSKUs {
		return terms
	}
	if terms == nil {
		terms = make([]string, 0, 4) // an order and a few things
	}
	return append(terms, prefix+string(text))
}

// guessTerms looks for what a body may be found by, wherever in it that stands.
func guessTerms(body []byte) []string {
	body = trim(body)
	s := scanner{src: body}
	d := document{src: body}
	if d.nodes = s.document(nil); s.failed {
		return nil
	}
	return d.guessTerms(nil)
}

func (d *document) guessTerms(terms []string) []string {
	for n := range d.nodes {
		if d.nested(n) || d.blank(n) || d.nodes[n].key == d.nodes[n].keyEnd {
			continue
		}
		switch name := d.key(n); name {
		case "email":
			terms = addTerm(terms, TermEmail, []byte(cleanEmail(d.text(n))))
		case "session":
			terms = addTerm(terms, TermSession, d.bytes(n))
		case "__order__":
			terms = addTerm(terms, TermOrder, d.bytes(n))
		case "__sku__":
			terms = addTerm(terms, TermSKU, d.bytes(n))
		case "purchase_data": // as text, see purchaseText
			text := trim([]byte(d.text(n)))
			s := scanner{src: text}
			inner := document{src: text}
			if inner.nodes = s.document(nil); !s.failed {
				terms = inner.guessTerms(terms)
			}
		}
	}
	return terms
}
