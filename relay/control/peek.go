package control

import (
	"bytes"
	"encoding/json"
	"strings"
)

// who is what a body says of a person and a purchase.
type who struct {
	email, session string
	orders, skus   []string // of the purchase's items, in their order
}

// order is the number of the first item's order.
func (w *who) order() string {
	if len(w.orders) == 0 {
		return ""
	}
	return w.orders[0]
}

// peek reads who from a body, which may be broken: one that is held is as it
// came. It looks at each byte once and keeps nothing of the rest, so that a list
// of large bodies costs little.
func peek(body []byte) who {
	var w who
	s := skimmer{text: body}
	s.object(func(key string) {
		switch key {
		case "email":
			w.email = strings.ToLower(strings.TrimSpace(s.scalar()))
		case "session":
			w.session = s.scalar()
		case "purchase_data":
			s.purchase(&w)
		default:
			s.skip()
		}
	})
	return w
}

// purchase reads the items, which may stand in a string.
func (s *skimmer) purchase(w *who) {
	s.space()
	inner := s
	if s.next() == '"' {
		inner = &skimmer{text: []byte(s.scalar())}
	}
	inner.array(func() {
		inner.object(func(key string) {
			switch key {
			case "__order__":
				w.orders = append(w.orders, inner.scalar())
			case "__sku__":
				w.skus = append(w.skus, inner.scalar())
			default:
				inner.skip()
			}
		})
	})
}

// skimmer goes over JSON and reads only what it is asked for. At the first thing
// that is no JSON it stands still, at the end of the text.
type skimmer struct {
	text []byte
	at   int
}

func (s *skimmer) stop() { s.at = len(s.text) }

func (s *skimmer) next() byte {
	if s.at >= len(s.text) {
		return 0
	}
	return s.text[s.at]
}

func (s *skimmer) space() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n\ufeff", s.text[s.at]) >= 0 {
		s.at++
	}
}

// take goes over one character, if it is there.
func (s *skimmer) take(c byte) bool {
	if s.space(); s.next() != c {
		return false
	}
	s.at++
	return true
}

// object calls member with each key; member goes over the value.
func (s *skimmer) object(member func(key string)) {
	if !s.take('{') {
		s.skip()
		return
	}
	for !s.take('}') {
		if s.space(); s.next() != '"' {
			s.stop()
			return
		}
		key := s.scalar()
		if !s.take(':') {
			s.stop()
			return
		}
		member(key)
		if !s.take(',') && s.next() != '}' {
			s.stop()
			return
		}
	}
}

// array calls element for each; element goes over it.
func (s *skimmer) array(element func()) {
	if !s.take('[') {
		s.skip()
		return
	}
	for !s.take(']') {
		element()
		if !s.take(',') && s.next() != ']' {
			s.stop()
			return
		}
	}
}

// raw goes over a string or a plain value.
func (s *skimmer) raw() []byte {
	s.space()
	from := s.at
	if s.next() != '"' {
		for s.at < len(s.text) && strings.IndexByte(",]} \t\r\n", s.text[s.at]) < 0 {
			s.at++
		}
		return s.text[from:s.at]
	}
	for s.at++; s.at < len(s.text); s.at++ {
		i := bytes.IndexAny(s.text[s.at:], `"\`)
		if i < 0 {
			break
		}
		s.at += i
		if s.text[s.at] == '"' {
			s.at++
			return s.text[from:s.at]
		}
		s.at++ // what follows a backslash
	}
	s.stop()
	return nil
}

// scalar is a string, or a number as it is written; "" for all else.
func (s *skimmer) scalar() string {
	s.space()
	switch c := s.next(); {
	case c == '"':
		raw := s.raw()
		if len(raw) >= 2 && bytes.IndexByte(raw, '\\') < 0 {
			return string(raw[1 : len(raw)-1])
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return ""
		}
		return text
	case c == '-' || '0' <= c && c <= '9':
		return string(s.raw())
	}
	s.skip()
	return ""
}

// skip goes over a value, whatever it is.
func (s *skimmer) skip() {
	depth := 0
	for {
		s.space()
		switch s.next() {
		case 0:
			s.stop()
			return
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			if depth--; depth < 0 {
				return // of whoever is around: there is no value
			}
			s.at++
		case ',', ':':
			if depth == 0 {
				return
			}
			s.at++
			continue
		default:
			if len(s.raw()) == 0 {
				s.stop()
				return
			}
		}
		if depth == 0 {
			return
		}
	}
}
