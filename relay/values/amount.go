package values

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numeral is how numbers are written. The zero value: to be found in each.
type numeral struct {
	example string // as in values.money
	known   bool   // the fields below hold
	decimal byte   // . or ,; 0: whole numbers only
	group   byte   // . , ' or a blank; 0: none
	lakh    bool   // groups of two above the last, as in 1,23,456.78
	cents   bool   // minor units
}

const moneyHint = `write an amount as the file writes it, as in "1.234,56", "1,234.56", "1'234.50", "1234.56" or "1234", or write cents`

// readNumeral learns from an example.
func readNumeral(example string) (numeral, error) {
	n := numeral{example: example, known: true}
	if strings.EqualFold(strings.TrimSpace(example), "cents") {
		n.cents = true
		return n, nil
	}
	s, err := scan(strings.TrimSpace(example))
	if err != nil {
		return n, err
	}
	if s.exponent != 0 {
		return n, errNotAmount
	}
	form, err := s.found()
	if err != nil {
		return n, err
	}
	if _, ok := s.places(form); !ok {
		return n, errNotAmount
	}
	n.decimal, n.group, n.lakh = form.decimal, form.group, form.lakh
	return n, nil
}

var (
	errNotAmount = errors.New("is not an amount")
	errShortened = errors.New("was shortened by a spreadsheet, and its last digits are lost: export it anew, and do not save it with a spreadsheet")
)

// ambiguous is an amount that can be read in two ways.
type ambiguous struct{ whole, parted Decimal }

func (a *ambiguous) Error() string {
	return fmt.Sprintf(`may be %v or %v: say how amounts are written, as in values: { money: "1.234,56" } or { money: "1,234.56" }`, a.whole, a.parted)
}

// scanned is an amount's text, taken apart.
type scanned struct {
	coef       int64
	digits     int // all of them
	dropped    int // those beyond what coef holds
	exponent   int
	negative   bool
	zeroFirst  bool
	separators int
	separator  [12]byte // . , ' or a blank
	at         [12]int  // digits before it
	sign       string   // currency's sign or code; may hold more than one word
	sign2      string
}

// scan takes text apart: signs, currency, digits, separators.
func scan(text string) (s scanned, err error) {
	start, end := core(text)
	if start < 0 {
		if len(text) > 2 && strings.Trim(text, "#") == "" {
			return s, errShortened
		}
		return s, errNotAmount
	}
	if start > 0 || end < len(text) {
		if err := s.around(text[:start], text[end:]); err != nil {
			return s, err
		}
	}
	body := text[start:end]
	s.zeroFirst = body[0] == '0'
	for i := 0; i < len(body); {
		c := body[i]
		switch {
		case '0' <= c && c <= '9':
			if s.digits++; s.coef < maxCoef/10 {
				s.coef = s.coef*10 + int64(c-'0')
			} else {
				s.dropped++
			}
			i++
			continue
		case c == 'E' || c == 'e':
			return s, s.power(body[i+1:])
		}
		class, size := separatorAt(body[i:])
		if class == 0 || s.separators == len(s.separator) {
			return s, errNotAmount
		}
		s.separator[s.separators], s.at[s.separators] = class, s.digits
		s.separators++
		i += size
	}
	return s, nil
}

// power reads what follows an E. Spreadsheets and C write E+05 where they have
// rounded a number; Java, JSON and Python write 1.0E7 and 1e-05 where it is
// exact, or next to nothing.
func (s *scanned) power(text string) error {
	if strings.HasPrefix(text, "+") {
		return errShortened
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 3 || strings.Trim(digits, "0123456789") != "" {
		return errNotAmount
	}
	for i := range len(digits) {
		s.exponent = s.exponent*10 + int(digits[i]-'0')
	}
	if len(digits) < len(text) {
		s.exponent = -s.exponent
	}
	if s.separators > 1 || s.separators == 1 && s.at[0] != 1 {
		return errNotAmount
	}
	return nil
}

// core is where the digits of text begin and end, with a point before them.
func core(text string) (start, end int) {
	start = strings.IndexAny(text, "0123456789")
	if start < 0 {
		return -1, -1
	}
	end = strings.LastIndexAny(text, "0123456789") + 1
	if start > 0 && (text[start-1] == '.' || text[start-1] == ',') {
		before, _ := utf8.DecodeLastRuneInString(text[:start-1])
		if !unicode.IsLetter(before) { // as in Rs.500
			start--
		}
	}
	return start, end
}

// around reads what stands before and behind the digits.
func (s *scanned) around(before, after string) error {
	open, minus, plus := 0, 0, 0
	if after != "" && (after[0] == ',' || after[0] == '.') {
		if rest := strings.TrimLeft(after[1:], "-–—"); len(rest) < len(after)-1 {
			after = rest // no cents, as in 12,-- €
		}
	}
	for n, part := range [2]string{before, after} {
		word, end, apart := "", 0, false
		for i, r := range part {
			switch {
			case r == '-' || r == '−' || r == '–':
				minus++
			case r == '+':
				plus++
			case r == '(' && n == 0 && open == 0:
				open++
			case r == ')' && n == 1 && open == 1:
				open++
			case unicode.IsSpace(r):
			case unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) || r == '.':
				size := utf8.RuneLen(r)
				if apart = apart || word != "" && i != end; apart {
					word += string(r) // US $
				} else {
					word = part[i-len(word) : i+size]
				}
				end = i + size
			default:
				return errNotAmount
			}
		}
		if n == 0 {
			s.sign = word
		} else {
			s.sign2 = word
		}
	}
	if open == 1 || minus+plus+open/2 > 1 {
		return errNotAmount
	}
	s.negative = minus == 1 || open == 2
	for _, word := range [...]string{s.sign, s.sign2} {
		if word != "" {
			if _, ok := signCurrency(word); !ok {
				return errNotAmount
			}
		}
	}
	return nil
}

// separatorAt is the separator that text begins with, and its length; 0: none.
func separatorAt(text string) (class byte, size int) {
	switch c := text[0]; c {
	case '.', ',', '\'', ' ':
		return c, 1
	}
	r, size := utf8.DecodeRuneInString(text)
	switch r {
	case '\u00a0', '\u202f', '\u2009':
		return ' ', size
	case '’', '`', '´':
		return '\'', size
	}
	return 0, 0
}
