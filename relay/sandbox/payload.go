package sandbox

import (
	"fmt"
	"net/http"
	"unicode/utf8"
)

// payload is what the sandbox itself needs of a body that passed all rules.
type payload struct {
	email   string // "" where the event names none
	session string // as text: 123 is "123"
}

// payloadReader checks a body against the payload rules in one pass, and stops
// at the first that is broken.
type payloadReader struct {
	scan      scanner
	commerce  bool
	purchased bool // purchase_data was there
	out       payload
}

// readPayload checks a body: one JSON object, flat but for purchase_data,
// nothing after it.
func readPayload(body []byte, commerce bool) (payload, *refusal) {
	if !utf8.Valid(body) {
		return payload{}, refuse(http.StatusBadRequest, "not_json", ruleType, "the body is not valid UTF-8")
	}
	p := payloadReader{scan: scanner{data: body}, commerce: commerce}
	if p.scan.peek() != kindObject {
		return payload{}, refuse(http.StatusBadRequest, "not_json", ruleType, "the body is not a JSON object")
	}
	if r := p.scan.object(p.member); r != nil {
		return payload{}, r
	}
	p.scan.space()
	if p.scan.pos != len(body) {
		return payload{}, refuse(http.StatusBadRequest, "not_json", ruleType, "the body goes on after its JSON object, at byte %d", p.scan.pos)
	}
	// Rule: "For commerce/revenue actions, follow these additional rules".
	if commerce && !p.purchased {
		return payload{}, refusePurchase("purchase_data is missing: %s needs it", commerceAction)
	}
	return p.out, nil
}

func refusePurchase(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "purchase_data", rulePurchase, format, args...)
}

func (p *payloadReader) member(key string) *refusal {
	if key == "purchase_data" {
		return p.purchase()
	}
	// Rule: "Any other nested object will make the request fail". An array is
	// refused as well: "The payload needs to be flat".
	if k := p.scan.peek(); k == kindObject || k == kindArray {
		return refuse(http.StatusBadRequest, "not_flat", ruleFlat, "%s holds an object or array: only purchase_data may", quote(key))
	}
	v, r := p.scan.scalar()
	if r != nil {
		return r
	}
	switch key {
	case "email":
		p.out.email = v.text()
		return checkIdentity(key, v, ruleEmail)
	case "session":
		p.out.session = v.text()
		return checkIdentity(key, v, ruleSession)
	case "dateTime":
		if v.kind != kindText {
			return refuse(http.StatusBadRequest, "date_time", ruleDateTime, "dateTime is no string: leave it out, or give a date such as 2023-11-05T21:18:04+00:00")
		}
		if fault := checkDateTime(v.text()); fault != "" {
			return refuse(http.StatusBadRequest, "date_time", ruleDateTime, "dateTime %s %s: write it as 2023-11-05T21:18:04+00:00", quote(v.text()), fault)
		}
	}
	return nil
}

// checkIdentity wants something that a user can be found by. The contract's
// examples show text for an email and a number for a session; either is taken
// for both.
func checkIdentity(key string, v value, rule string) *refusal {
	if (v.kind == kindText || v.kind == kindNumber) && len(v.raw) > 0 {
		return nil
	}
	return refuse(http.StatusBadRequest, "identity", rule, "%s is no text and no number, or is empty: leave it out where it is not known", key)
}

// purchase reads the value of purchase_data: "an array that could include
// various objects". It is legal for the commerce action only, must hold at
// least one entry, and its entries are flat.
func (p *payloadReader) purchase() *refusal {
	if !p.commerce {
		return refuse(http.StatusBadRequest, "purchase_data", ruleCommerce, "purchase_data is only legal for the action %s", commerceAction)
	}
	p.purchased = true
	if p.scan.peek() != kindArray {
		return refusePurchase("purchase_data is not an array")
	}
	p.scan.pos++ // the bracket
	if p.scan.next() == ']' {
		return refusePurchase("purchase_data is empty")
	}
	for i := 0; ; i++ {
		if p.scan.peek() != kindObject {
			return refusePurchase("purchase_data[%d] is not an object", i)
		}
		if r := p.entry(i); r != nil {
			return r
		}
		switch p.scan.next() {
		case ',':
			p.scan.pos++
		case ']':
			p.scan.pos++
			return nil
		default:
			return p.scan.broken("expected a comma or a closing bracket")
		}
	}
}

// requiredFields are those that the contract lists under "Each object should
// include", in its order.
func requiredFields() [5]string {
	return [5]string{"__sku__", "__label__", "__total_in_cents__", "__order__", "__currency__"}
}

// entry reads the object at place i of purchase_data.
func (p *payloadReader) entry(i int) *refusal {
	required := requiredFields()
	var have [len(required)]bool
	r := p.scan.object(func(key string) *refusal {
		if k := p.scan.peek(); k == kindObject || k == kindArray {
			return refuse(http.StatusBadRequest, "not_flat", ruleFlat, "purchase_data[%d] is not flat: %s holds an object or array", i, quote(key))
		}
		v, r := p.scan.scalar()
		if r != nil {
			return r
		}
		for f, name := range required {
			if key != name {
				continue
			}
			have[f] = true
			if fault := checkField(name, v); fault != "" {
				return refusePurchase("purchase_data[%d].%s %s", i, name, fault)
			}
		}
		return nil
	})
	if r != nil {
		return r
	}
	for f, name := range required {
		if !have[f] {
			return refusePurchase("purchase_data[%d] has no %s", i, name)
		}
	}
	return nil
}

// checkField says what is wrong with a required field, "" for nothing. That an
// id or a name must not be empty is ours: an empty one is as good as missing.
func checkField(name string, v value) string {
	switch name {
	case "__total_in_cents__":
		// The contract's examples write both 30000000 and "30000000".
		if v.kind != kindText && v.kind != kindNumber || !isInteger(v.text()) {
			return "is no integer, and no string of one: give the amount in cents"
		}
	case "__currency__":
		if v.kind != kindText || !isCurrency(v.text()) {
			return "is no currency code: give three upper-case letters, such as USD"
		}
	default:
		if v.kind != kindText && v.kind != kindNumber {
			return fmt.Sprintf("is %s: give text or a number", v.raw)
		}
		if len(v.raw) == 0 {
			return "is empty"
		}
	}
	return ""
}

func isInteger(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:] // a refund
	}
	return s != "" && allDigits(s)
}

func isCurrency(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) == 3
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
