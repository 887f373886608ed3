package learn

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// amount is a text that is a number, taken apart.
type amount struct {
	negative bool
	sign     string // currency beside it
	group    rune   // seen for sure; 0: none
	decimal  rune   // seen for sure; 0: none
	either   rune   // a separator that may be both, as in 1.234
	places   int    // behind decimal
	digits   int
}

// readAmount takes a number apart: 12, -12.50, 1.234,56 €, (5.00), 5.00-, $8.
func readAmount(text string) (a amount, ok bool) {
	text = strings.TrimSpace(text)
	start := strings.IndexAny(text, "0123456789")
	if start < 0 || len(text) > 40 {
		return a, false
	}
	end := strings.LastIndexAny(text, "0123456789") + 1
	if start > 0 && (text[start-1] == '.' || text[start-1] == ',') {
		start--
	}
	if !a.around(text[:start], text[end:]) {
		return a, false
	}
	type mark struct {
		r  rune
		at int
	}
	var marks []mark
	for _, r := range text[start:end] {
		switch {
		case '0' <= r && r <= '9':
			a.digits++
		case strings.ContainsRune(".,'’ \u00a0\u202f", r):
			marks = append(marks, mark{plainMark(r), a.digits})
		default:
			return a, false
		}
	}
	if len(marks) == 0 {
		return a, true
	}
	last := marks[len(marks)-1]
	behind := a.digits - last.at
	same, others := 0, 0
	for i, m := range marks {
		if m.r == last.r {
			same++
		} else if others++; m.r != marks[0].r {
			return a, false
		}
		if i > 0 && m.at-marks[i-1].at > 3 {
			return a, false
		}
	}
	switch {
	case last.r == '\'' || last.r == ' ':
		if others > 0 || behind != 3 {
			return a, false
		}
		a.group = last.r
	case others > 0:
		if same > 1 {
			return a, false
		}
		a.group, a.decimal, a.places = marks[0].r, last.r, behind
	case same > 1:
		if behind != 3 || last.at-marks[len(marks)-2].at != 3 {
			return a, false // a date, or an address
		}
		a.group = last.r
	case behind == 3 && last.at <= 3 && last.at > 0 && text[start] != '0':
		a.either = last.r
	default:
		a.decimal, a.places = last.r, behind
	}
	return a, true
}

func plainMark(r rune) rune {
	switch r {
	case '’':
		return '\''
	case '\u00a0', '\u202f':
		return ' '
	}
	return r
}

// around reads what stands before and behind the digits.
func (a *amount) around(before, after string) bool {
	before, after = strings.TrimSpace(before), strings.TrimSpace(after)
	if strings.HasPrefix(before, "(") && strings.HasSuffix(after, ")") {
		a.negative = true
		before, after = strings.TrimSpace(before[1:]), strings.TrimSpace(after[:len(after)-1])
	}
	after = strings.TrimPrefix(strings.TrimPrefix(after, ",--"), ",-")
	for _, part := range []string{before, after} {
		bare := strings.Trim(part, "-−+ ")
		if minus := strings.ContainsAny(part, "-−"); minus {
			a.negative = true
		}
		if bare == "" {
			continue
		}
		if a.sign != "" || !isSign(bare) {
			return false
		}
		a.sign = bare
	}
	return true
}

// isSign says that a text is a currency's sign or code.
func isSign(text string) bool {
	text = strings.TrimSuffix(text, ".")
	if r, size := utf8.DecodeRuneInString(text); size == len(text) && unicode.Is(unicode.Sc, r) {
		return true
	}
	if len(text) == 3 && text == strings.ToUpper(text) && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return true
	}
	switch strings.ToLower(text) {
	case "zł", "zl", "kč", "kr", "fr", "sfr", "ft", "lei", "euro", "us$", "ca$", "a$", "r$", "rs":
		return true
	}
	return false
}

// signedCurrency is the currency of a sign that no other uses; "" else.
func signedCurrency(sign string) string {
	switch strings.ToLower(strings.TrimSuffix(sign, ".")) {
	case "€", "euro":
		return "EUR"
	case "us$":
		return "USD"
	case "ca$":
		return "CAD"
	case "a$":
		return "AUD"
	case "r$":
		return "BRL"
	case "zł":
		return "PLN"
	case "kč":
		return "CZK"
	case "sfr":
		return "CHF"
	case "₹":
		return "INR"
	}
	if isCode(sign) {
		return sign
	}
	return ""
}

// isCode says that a text may be a currency's code by ISO 4217.
func isCode(text string) bool {
	return len(text) == 3 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// numbering is how amounts are written.
type numbering struct {
	example string // for values.money; "" where it is open
	why     string
	open    string // what is unclear
	ways    []Way
	sign    string // currency's; "" where there is none
	signAt  spot
}

// numberings finds out how amounts are written. whole names what they are where
// none has a decimal sign.
func (set *sampled) numberings(texts []spot) numbering {
	decimals, groups := map[rune]spot{}, map[rune]spot{}
	var either, whole, signed spot
	sign, count := "", 0
	for _, s := range texts {
		a, ok := readAmount(s.text)
		if !ok {
			continue
		}
		count++
		if a.sign != "" && sign == "" {
			sign, signed = a.sign, s
		}
		switch {
		case a.decimal != 0 || a.group != 0:
			note(decimals, a.decimal, s)
			note(groups, a.group, s)
		case a.either != 0:
			either = s
		case whole.text == "":
			whole = s
		}
	}
	n := numbering{sign: sign, signAt: signed}
	point, hasPoint := decimals['.']
	comma, hasComma := decimals[',']
	switch {
	case hasPoint && hasComma:
		n.open = fmt.Sprintf("amounts have a decimal point (%s: %s) and a decimal comma (%s: %s)", set.spotted(point), point.shown(), set.spotted(comma), comma.shown())
		n.ways = []Way{{"1,234.56", "a point stands before the cents"}, {"1.234,56", "a comma stands before the cents"}}
	case hasPoint:
		n.example, n.why = grouped(groups, '.', ',', sign), fmt.Sprintf("a point stands before the cents (%s: %s)", set.spotted(point), point.shown())
	case hasComma:
		n.example, n.why = grouped(groups, ',', '.', sign), fmt.Sprintf("a comma stands before the cents (%s: %s)", set.spotted(comma), comma.shown())
	case len(groups) > 0:
		for r, s := range groups {
			n.example, n.why = "1"+string(r)+"234", fmt.Sprintf("amounts are whole, %q parts the thousands (%s: %s)", string(r), set.spotted(s), s.shown())
		}
	case either.text != "":
		n.open = fmt.Sprintf("%s (%s) can be read in two ways, and no other amount tells which is meant", either.shown(), set.spotted(either))
		n.ways = []Way{{"1,234.56", "a point stands before the cents, a comma parts the thousands"}, {"1.234,56", "a comma stands before the cents, a point parts the thousands"}}
	case count > 0:
		n.open = fmt.Sprintf("all %s are whole numbers (%s: %s)", counted(count, "amount"), set.spotted(whole), whole.shown())
		n.ways = []Way{{"cents", "amounts are in cents: 250 is 2.50"}, {"1234", "amounts are in whole units: 250 is 250.00"}}
	}
	return n
}

func note(m map[rune]spot, r rune, s spot) {
	if _, seen := m[r]; !seen && r != 0 {
		m[r] = s
	}
}

// grouped is the example for a decimal sign. Thousands are parted with what was
// seen, or with the sign that goes with it: a larger amount may come.
func grouped(groups map[rune]spot, decimal, usual rune, sign string) string {
	group := usual
	for r := range groups {
		if r != decimal {
			group = r
		}
	}
	text := "1" + string(group) + "234" + string(decimal) + "56"
	if sign == "$" || sign == "£" {
		text = sign + text
	}
	return text
}
