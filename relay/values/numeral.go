package values

import (
	"errors"
	"fmt"
	"strings"
)

// form is which separator is which.
type form struct {
	decimal, group byte
	lakh           bool
}

// found finds out how s is written.
func (s *scanned) found() (form, error) {
	if s.separators == 0 {
		return form{}, nil
	}
	last := s.separators - 1
	f := form{}
	count := 0
	for i := range s.separators {
		if s.separator[i] == s.separator[last] {
			count++
		}
	}
	switch c := s.separator[last]; {
	case c == '\'' || c == ' ':
		f.group = c
	case count > 1:
		f.group = c
	case s.separators > 1:
		f.decimal, f.group = c, s.separator[0]
	case s.digits-s.at[0] != 3 || s.at[0] > 3 || s.at[0] == 0 || s.zeroFirst || s.exponent != 0:
		f.decimal = c
	default:
		whole, err := s.value(0)
		if err != nil {
			return f, err
		}
		parted, err := s.value(3)
		if err != nil {
			return f, err
		}
		return f, &ambiguous{whole, parted}
	}
	f.lakh = f.group != 0 && s.lakh(f)
	return f, nil
}

// lakh says that s has groups of two digits.
func (s *scanned) lakh(f form) bool {
	for i := 1; i < s.separators; i++ {
		if s.separator[i] == f.group && s.at[i]-s.at[i-1] == 2 {
			return true
		}
	}
	return false
}

// places is how many digits stand behind the point, if s is written as f says.
func (s *scanned) places(f form) (places int, ok bool) {
	whole, groups := s.digits, s.separators
	if groups > 0 && f.decimal != 0 && s.separator[groups-1] == f.decimal {
		groups--
		whole = s.at[groups]
		places = s.digits - whole
	}
	end := whole
	for i := groups - 1; i >= 0; i-- {
		size := end - s.at[i]
		if s.separator[i] != f.group || size != 3 && !(f.lakh && size == 2 && i < groups-1) {
			return 0, false
		}
		end = s.at[i]
	}
	if groups > 0 && (end < 1 || end > 3) {
		return 0, false
	}
	return places, s.digits > 0
}

func (s *scanned) value(places int) (Decimal, error) {
	n := s.coef
	if s.negative {
		n = -n
	}
	return shifted(n, places-s.dropped-s.exponent)
}

// read is the number that text writes. Decimal is the sign that the file itself
// declares, "" for none.
func (n *numeral) read(text, decimal string) (Decimal, error) {
	d, _, err := n.readSigned(text, decimal, false)
	return d, err
}

// readMoney is read for an amount in a currency, which may be "".
func (n *numeral) readMoney(text, decimal, currency string) (Decimal, error) {
	d, s, err := n.readSigned(text, decimal, true)
	if err != nil || s.sign == "" && s.sign2 == "" || currency == "" {
		return d, err
	}
	for _, sign := range [...]string{s.sign, s.sign2} {
		if code, _ := signCurrency(sign); code != "" && !strings.EqualFold(code, currency) {
			return d, fmt.Errorf("is in %s, but the currency is %s", code, shortened(currency))
		}
	}
	return d, nil
}

func (n *numeral) readSigned(text, decimal string, money bool) (d Decimal, s scanned, err error) {
	if s, err = scan(text); err != nil {
		if !money && errors.Is(err, errNotAmount) {
			err = errNotNumber
		}
		return d, s, err
	}
	if !money && (s.sign != "" || s.sign2 != "") {
		return d, s, errNotNumber
	}
	f := form{n.decimal, n.group, n.lakh}
	switch {
	case n.known && s.exponent != 0: // written by a program, with a point
		f = form{decimal: '.'}
	case n.known && (n.decimal != 0 || n.group != 0 || money):
	case decimal == ",":
		f = form{decimal: ',', group: '.'}
	case decimal == ".":
		f = form{decimal: '.', group: ','}
	default:
		if f, err = s.found(); err != nil {
			return d, s, err
		}
	}
	places, ok := s.places(f)
	switch {
	case !ok && n.known && n.cents:
		return d, s, fmt.Errorf("is not a whole number of cents, as values.money has it")
	case !ok && n.known:
		return d, s, fmt.Errorf("is not written as values.money has it (%q)", n.example)
	case !ok && decimal != "":
		return d, s, fmt.Errorf("is not written with %q before the cents, as the file declares", decimal)
	case !ok && money:
		return d, s, errNotAmount
	case !ok:
		return d, s, errNotNumber
	}
	d, err = s.value(places)
	return d, s, err
}

// SpoiltNumber says that text is a number which a spreadsheet has shortened,
// as in 1.23E+11 or ####: what stood there cannot be told any more.
func SpoiltNumber(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) > 2 && strings.Trim(text, "#") == "" {
		return true
	}
	mantissa, power, ok := strings.Cut(strings.ToUpper(text), "E+")
	if !ok || len(power) < 2 || len(power) > 3 || strings.Trim(power, "0123456789") != "" {
		return false
	}
	mantissa = strings.TrimLeft(mantissa, "-+")
	rest := strings.TrimLeft(mantissa, "0123456789")
	if len(mantissa)-len(rest) != 1 {
		return false
	}
	return rest == "" || (rest[0] == '.' || rest[0] == ',') && len(rest) > 1 && strings.Trim(rest[1:], "0123456789") == ""
}

// shortened is text as an error shows it.
func shortened(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}
