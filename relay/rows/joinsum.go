package rows

import (
	"fmt"
	"math/big"
	"strings"
)

// numeral is how a table writes numbers.
type numeral struct {
	sign  string // before the decimals; "": each number must tell it
	group string // between thousands, where sign is known
	found string // the sign that numbers told; both: they told different ones
}

const bothSigns = ",."

// learn looks at a number for the sign before its decimals.
func (n *numeral) learn(number string) {
	if n.sign != "" || n.found == bothSigns {
		return
	}
	switch sign := told(number); {
	case sign == "" || sign == n.found:
	case n.found == "":
		n.found = sign
	default:
		n.found = bothSigns
	}
}

// told is the sign before the decimals of a number that can be read in one way
// only; "" otherwise, and where it has none.
func told(number string) string {
	comma, point := strings.LastIndexByte(number, ','), strings.LastIndexByte(number, '.')
	last := max(comma, point)
	if last < 0 {
		return ""
	}
	sign := number[last : last+1]
	if comma >= 0 && point >= 0 {
		return sign
	}
	if strings.Count(number, sign) > 1 {
		return ""
	}
	before := digits(number[:last])
	if after := digits(number[last:]); len(after) != 3 || len(before) > 3 || strings.HasPrefix(before, "0") || before == "" {
		return sign
	}
	return ""
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// signOf is the sign before the decimals of number; false: it could be either.
func (n *numeral) signOf(number string) (sign string, ok bool) {
	if n.sign != "" {
		return n.sign, true
	}
	if sign = told(number); sign != "" {
		return sign, true
	}
	switch {
	case strings.Count(number, ",") > 1:
		return ".", true
	case strings.Count(number, ".") > 1:
		return ",", true
	case !strings.ContainsAny(number, ",."):
		return ".", true
	}
	return n.found, n.found == "," || n.found == "."
}

// parse is number as an integer and how many of its digits are decimals.
func (n *numeral) parse(number string) (value *big.Int, decimals int, err error) {
	text := strings.TrimSpace(number)
	sign, ok := n.signOf(text)
	if !ok {
		return nil, 0, fmt.Errorf("%q could be read in two ways, as nothing tells the decimal sign", number)
	}
	negative := false
	switch {
	case strings.HasPrefix(text, "-"), strings.HasPrefix(text, "+"):
		negative, text = text[0] == '-', text[1:]
	case strings.HasSuffix(text, "-"):
		negative, text = true, text[:len(text)-1]
	}
	whole, fraction, _ := strings.Cut(text, sign)
	whole = n.ungrouped(whole, sign)
	if whole+fraction == "" || digits(whole) != whole || digits(fraction) != fraction || len(whole)+len(fraction) > 100 {
		return nil, 0, fmt.Errorf("%q is not a number", number)
	}
	value, _ = new(big.Int).SetString(whole+fraction, 10)
	if negative {
		value.Neg(value)
	}
	return value, len(fraction), nil
}

// ungrouped is the digits before the decimals, without what parts thousands.
func (n *numeral) ungrouped(whole, sign string) string {
	group := n.group
	if n.sign == "" {
		group = ","
		if sign == "," {
			group = "."
		}
	}
	for _, mark := range [...]string{group, "'", "’", "\u00a0", "\u202f", " "} {
		if mark != "" {
			whole = strings.ReplaceAll(whole, mark, "")
		}
	}
	return whole
}

// sum adds up values, exactly. One stays as it is written; blank ones count as
// nothing, and are the sum where there are no others.
func (n *numeral) sum(values []string) (string, error) {
	total, decimals, filled := new(big.Int), 0, 0
	only, sign := "", ""
	for _, value := range values {
		if strings.TrimSpace(value) == "" {
			continue
		}
		number, d, err := n.parse(value)
		if err != nil {
			return "", err
		}
		if d > 0 && sign == "" {
			sign, _ = n.signOf(strings.TrimSpace(value))
		}
		if d > decimals {
			total.Mul(total, tens(d-decimals))
			decimals = d
		}
		total.Add(total, number.Mul(number, tens(decimals-d)))
		filled++
		only = value
	}
	if filled <= 1 {
		return only, nil
	}
	text := total.String()
	if decimals == 0 {
		return text, nil
	}
	return withDecimals(text, decimals, sign), nil
}

func tens(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// plain is one text for all ways to write a number: without grouping, and
// without zeros that mean nothing. What is no number stays as it is.
func (n *numeral) plain(number string) string {
	value, decimals, err := n.parse(number)
	if err != nil {
		return number
	}
	text := value.String()
	if decimals == 0 {
		return text
	}
	text = withDecimals(text, decimals, n.sign)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), n.sign)
}
