package values

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"funnelrelay/relay/rows"
)

// Value is where a value comes from, compiled. Its methods take nil, which is
// always empty, and may be called concurrently.
type Value struct {
	choices []*choice // the first that is not empty counts
	columns []string
	set     *settings
}

// choice is one text of a Value, in one of three forms.
type choice struct {
	column *ref   // a column's name or JSON path
	parts  []part // a text with columns put in
	calc   *calculation
}

// part is a piece of a text: a literal, or a column.
type part struct {
	literal string
	column  *ref
}

// result is what a choice yields. Its kind says which field holds it.
type result struct {
	kind   kind
	text   string      // of isText and isCell
	json   *rows.Value // of isCell: not nil for JSON
	number Decimal
	truth  bool
}

type kind uint8

const (
	isEmpty kind = iota
	isText
	isCell
	isNumber
	isTruth
)

// eval yields the first choice that is not empty.
func (v *Value) eval(s *Scope, currency string) (r result, from *choice, err error) {
	for _, from = range v.choices {
		if r, err = from.eval(s, currency, v.set); err != nil || r.kind != isEmpty {
			return r, from, err
		}
	}
	return result{}, from, nil
}

func (c *choice) eval(s *Scope, currency string, set *settings) (result, error) {
	switch {
	case c.column != nil:
		found, err := c.column.lookup(s)
		if err != nil || found.text == "" {
			return result{}, err
		}
		return result{kind: isCell, text: found.text, json: found.json}, nil
	case c.calc != nil:
		return c.calc.run(s, currency, set)
	case len(c.parts) == 1 && c.parts[0].column == nil:
		return textResult(c.parts[0].literal), nil
	case len(c.parts) == 1:
		found, err := c.parts[0].column.lookup(s)
		return textResult(found.text), err
	}
	var room [96]byte
	text, any := room[:0], false
	for _, p := range c.parts {
		if p.column == nil {
			text = append(text, p.literal...)
			continue
		}
		found, err := p.column.lookup(s)
		if err != nil {
			return result{}, err
		}
		any = any || found.text != ""
		text = append(text, found.text...)
	}
	if !any {
		return result{}, nil
	}
	return textResult(strings.TrimSpace(string(text))), nil
}

func textResult(text string) result {
	if text == "" {
		return result{}
	}
	return result{kind: isText, text: text}
}

// names says in an error where a text comes from: column "Qty".
func (c *choice) names() string {
	switch {
	case c == nil:
		return "value"
	case c.column != nil:
		return "column " + strconv.Quote(c.column.name)
	case c.calc != nil:
		return "calculation " + strconv.Quote(c.calc.source)
	}
	var names []string
	for _, p := range c.parts {
		if p.column != nil {
			names = append(names, strconv.Quote(p.column.name))
		}
	}
	switch len(names) {
	case 0:
		return "value"
	case 1:
		return "column " + names[0]
	}
	return "columns " + strings.Join(names, ", ")
}

func (c *choice) wrong(text string, err error) error {
	return fmt.Errorf("%s: %q %w", c.names(), shortened(text), err)
}

// Text is the value as a text without blanks around it; "" is empty. The error
// names a column that holds a list or an object, or what a calculation cannot
// do.
func (v *Value) Text(s *Scope) (string, error) {
	if v == nil {
		return "", nil
	}
	r, _, err := v.eval(s, s.Currency)
	if err != nil {
		return "", err
	}
	switch r.kind {
	case isNumber:
		return r.number.String(), nil
	case isTruth:
		return strconv.FormatBool(r.truth), nil
	}
	return r.text, nil
}

// JSON is the value as JSON: numbers and true or false of a JSON file and of a
// calculation as such, all else as a string. Nil is empty. The caller owns it.
func (v *Value) JSON(s *Scope) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	r, _, err := v.eval(s, s.Currency)
	if err != nil {
		return nil, err
	}
	switch r.kind {
	case isEmpty:
		return nil, nil
	case isNumber:
		return r.number.append(nil), nil
	case isTruth:
		return strconv.AppendBool(nil, r.truth), nil
	case isCell:
		if k := r.json.Kind(); k == rows.Number || k == rows.Bool {
			return []byte(r.text), nil
		}
	}
	return appendString(nil, r.text), nil
}

// Amount is an exact amount of money as values.money has it; not ok: empty.
// Currency is its ISO 4217 code: another one beside the amount is an error; ""
// where it is not known.
func (v *Value) Amount(s *Scope, currency string) (d Decimal, ok bool, err error) {
	return v.decimal(s, currency, errNotAmount, func(text string, json *rows.Value) (Decimal, error) {
		return v.set.amount(text, json, s.Decimal, currency)
	})
}

// Money is Amount in minor units of the currency, as ISO 4217 counts them;
// halves are rounded away from zero.
func (v *Value) Money(s *Scope, currency string) (cents int64, ok bool, err error) {
	d, ok, err := v.Amount(s, currency)
	if !ok || err != nil {
		return 0, false, err
	}
	if cents, err = d.Cents(currency); err != nil {
		return 0, false, fmt.Errorf("%s: %w", v.names(), err)
	}
	return cents, true, nil
}

// names says in an error where the value comes from.
func (v *Value) names() string {
	if len(v.choices) == 0 {
		return "value"
	}
	return v.choices[0].names()
}

// Number is an exact number that is no amount of money, as a quantity; its
// decimal sign is that of values.money. Not ok: empty.
func (v *Value) Number(s *Scope) (d Decimal, ok bool, err error) {
	return v.decimal(s, s.Currency, errNotNumber, func(text string, json *rows.Value) (Decimal, error) {
		return v.set.number(text, json, s.Decimal)
	})
}

// decimal is the value as a Decimal; read reads a text, and what is true or
// false is not one.
func (v *Value) decimal(s *Scope, currency string, not error, read func(string, *rows.Value) (Decimal, error)) (d Decimal, ok bool, err error) {
	if v == nil {
		return d, false, nil
	}
	r, from, err := v.eval(s, currency)
	if err != nil {
		return d, false, err
	}
	switch r.kind {
	case isEmpty:
		return d, false, nil
	case isNumber:
		return r.number, true, nil
	case isTruth:
		return d, false, from.wrong(strconv.FormatBool(r.truth), not)
	}
	if d, err = read(r.text, r.json); err != nil {
		return d, false, from.wrong(r.text, err)
	}
	return d, true, nil
}

// Time is a time as values.date has it, in the zone it was written in; not ok:
// empty, as is a date of zeros (0000-00-00), which stands for none. Note is not
// "" where the clocks were changed at that time, so that it is not certain.
func (v *Value) Time(s *Scope) (t time.Time, note string, ok bool, err error) {
	if v == nil {
		return t, "", false, nil
	}
	r, from := result{}, (*choice)(nil)
	for _, from = range v.choices {
		if r, err = from.eval(s, s.Currency, v.set); err != nil {
			return t, "", false, err
		}
		if zeroDate(r.text) {
			r = result{}
		}
		if r.kind != isEmpty {
			break
		}
	}
	switch r.kind {
	case isEmpty:
		return t, "", false, nil
	case isNumber:
		r.text = r.number.String()
	case isTruth:
		return t, "", false, from.wrong(strconv.FormatBool(r.truth), errNotDate)
	}
	z, err := v.set.zoneOf(s)
	if err != nil {
		return t, "", false, err
	}
	if t, note, err = v.set.time(r.text, z); err != nil {
		return t, "", false, from.wrong(r.text, err)
	}
	if note != "" {
		note = fmt.Sprintf("%s: %q %s", from.names(), shortened(r.text), note)
	}
	return t, note, true, nil
}

// zeroDate says that text is a date of zeros, which databases write for none.
func zeroDate(text string) bool {
	return strings.HasPrefix(text, "00") && len(text) >= 8 && strings.Trim(text, "0-/.: TZ") == "" && !strings.Contains(text, "Z0")
}

// Columns are the columns and JSON paths that the value names, as they were
// written, without captures of the path.
func (v *Value) Columns() []string {
	if v == nil {
		return nil
	}
	return v.columns
}

// appendString writes text as a JSON string.
func appendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range text { // bytes that are no UTF-8 come as U+FFFD
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
