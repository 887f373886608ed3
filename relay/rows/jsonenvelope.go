package rows

import (
	"fmt"
	"io"
	"strings"
)

// findRows decides whether the first document is a record, or an envelope
// around records, whose name is then the path for the whole file. It is an
// envelope when exactly one of its members is an array of objects, and
//
//   - each other member is named as something of an answer or an export
//     (count, next_page, meta, generated_at …, or anything after @ or $),
//   - or the array is named as one of purchases (orders, sales, receipts,
//     checks, guestChecks), and no other member as something of a purchase
//     (id, number, total, amount, price, currency, email, customer).
//
// So {"count":2,"items":[{…},{…}]} is an envelope; {"id":7,"items":[{…}]} and
// an order of the webhook's own names are not. An object longer than a record
// may be is judged by what stands in it up to there, and by the rest of its
// names as they come.
func (r *jsonRecords) findRows() error {
	e, reached := r.measure()
	if err := r.in.fault(); err != nil && reached != reachEnd {
		return err
	}
	if reached == reachMore && e.size <= r.limit {
		if r.growing {
			return io.EOF // what it is shows when all of it is there
		}
		return nil // cut off: a record that is broken
	}
	if name, ok := envelope(r.in.rest()[:min(e.size, len(r.in.rest()))]); ok {
		r.path, r.guessed = name, true
	}
	return nil
}

// envelope looks at the members of the object that doc is, or begins with.
func envelope(doc []byte) (name string, ok bool) {
	var p jsonParser
	var others []string
	arrays := 0
	for at := 1; at < len(doc); {
		at += spaces(doc[at:])
		if at < len(doc) && doc[at] == ',' {
			at++
			at += spaces(doc[at:])
		}
		var key, value extent
		if at >= len(doc) || doc[at] != '"' || key.feed(doc[at:]) != reachEnd {
			break
		}
		v, bad := p.parse(string(doc[at:at+key.size]), 1)
		if bad != nil {
			return "", false
		}
		at += key.size
		at += spaces(doc[at:])
		if at >= len(doc) || doc[at] != ':' {
			break
		}
		at++
		at += spaces(doc[at:])
		reached := value.feed(doc[at:])
		if key := v.Text(); ofObjects(doc[at:]) && !ofAnswer(key) {
			arrays++
			name = key
		} else {
			others = append(others, key)
		}
		if reached != reachEnd {
			break
		}
		at += value.size
	}
	if arrays != 1 || name == "" || strings.Contains(name, ".") {
		return "", false
	}
	known := ofPurchases(name)
	for _, other := range others {
		if !ofAnswer(other) && (!known || ofPurchase(other)) {
			return "", false
		}
	}
	return name, true
}

// doubt is an error where a member beside the rows that were found shows that
// they may not be the rows.
func (r *jsonRecords) doubt(name string) error {
	switch {
	case ofAnswer(name):
		return nil
	case ofPurchases(r.path) && !ofPurchase(name) && !ofObjects(r.in.rest()):
		return nil
	}
	return fmt.Errorf("%s: the rows were taken from %q, but there is %q beside it; say read: { rows: %s }, or what else they are", r.column(), r.path, name, r.path)
}

func spaces(text []byte) int {
	for i, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return i
		}
	}
	return len(text)
}

// ofObjects is whether an array begins here whose first element is an object,
// or which has none.
func ofObjects(text []byte) bool {
	if len(text) == 0 || text[0] != '[' {
		return false
	}
	text = text[1:]
	text = text[spaces(text):]
	return len(text) > 0 && (text[0] == '{' || text[0] == ']')
}

// plainName is name in small letters without marks between its words.
func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

func ofPurchases(name string) bool {
	switch plainName(name) {
	case "orders", "sales", "receipts", "checks", "guestchecks":
		return true
	}
	return false
}

func ofPurchase(name string) bool {
	switch plainName(name) {
	case "id", "number", "total", "amount", "price", "currency", "email", "customer":
		return true
	}
	return false
}

func ofAnswer(name string) bool {
	if strings.HasPrefix(name, "@") || strings.HasPrefix(name, "$") {
		return true
	}
	switch plainName(name) {
	case "count", "totalcount", "totalresults", "totalrecords", "totalpages", "totalitems",
		"page", "pages", "pagenumber", "pagesize", "perpage", "pageinfo", "paging", "pagination",
		"limit", "offset", "skip", "take", "size", "first", "last", "cursor", "hasmore", "more",
		"next", "nextpage", "nextlink", "nexturl", "nexttoken", "nextcursor", "nextpagetoken",
		"prev", "previous", "previouspage", "links", "meta", "metadata", "searchcriteria",
		"success", "ok", "error", "errors", "warnings", "version", "apiversion", "schema",
		"object", "kind", "exportedat", "generatedat", "exported", "generated", "generator":
		return true
	}
	return false
}
