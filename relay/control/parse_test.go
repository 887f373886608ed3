package control

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"funnelrelay/relay/event"
)

// TestPeek reads persons and purchases out of bodies, whatever is in them.
func TestPeek(t *testing.T) {
	for body, want := range map[string]string{
		`{"email":" Jane@Shop.example ","session":123,"purchase_data":[{"__order__":"A","__sku__":"S"},{"__order__":7,"__sku__":"T"}]}`: "jane@shop.example|123|A,7|S,T",
		`{"purchase_data":"[{\"__order__\":\"in a string\"}]"}`:                                                                         "||in a string|",
		"\ufeff {\"x\":{\"email\":\"no\"},\"y\":[1,[2,{}],\"]}\"],\"email\":\"\\u0041\\\"b\"}":                                          "a\"b|||",
		`{"email":null,"session":{"a":[1]},"purchase_data":{"__order__":"x"}}`:                                                          "|||",
		`{"a":1e5,"b":true,"session":"s\\","email":"x"}`:                                                                                "x|s\\||",
		`not json "email":"a"`: "|||",
		`{"email":"a"`:         "a|||",
		`[{"email":"a"}]`:      "|||",
		`{"email"`:             "|||",
		`{"email":`:            "|||",
		`{,}`:                  "|||",
		``:                     "|||",
	} {
		w := peek([]byte(body))
		if got := strings.Join([]string{w.email, w.session, strings.Join(w.orders, ","), strings.Join(w.skus, ",")}, "|"); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// FuzzPeek: it ends, and what is legal is read as the contract reads it.
func FuzzPeek(f *testing.F) {
	f.Add([]byte(`{"email":"A@b","session":12,"purchase_data":[{"__sku__":"1","__label__":"x","__total_in_cents__":1,"__order__":"o","__currency__":"EUR"}]}`))
	f.Add([]byte(`{"a":[[[{"b":"\"}]"}]]],"session":"x"}`))
	f.Add([]byte(`[}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := peek(body)
		ev, faults := event.Normalize(event.CommerceAction, body, nil)
		if faults != nil {
			return
		}
		w = peek(ev.Body)
		if w.email != ev.Email || w.session != ev.Session || w.order() != ev.Order {
			t.Errorf("%s: %+v, want %q %q %q", ev.Body, w, ev.Email, ev.Session, ev.Order)
		}
	})
}

// FuzzQuery: a query is read or refused, and one that was read is read again from
// its own parameters.
func FuzzQuery(f *testing.F) {
	f.Add("q=a&state=dead&limit=3&from=2026-01-01T00:00:00%2B01:00")
	f.Add("limit=99999999999999999999&cursor=%00")
	f.Add("q=%ff&email=A@B")
	c := New(Options{Queues: func() []Queue { return nil }})
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, err := ParseQuery(values)
		if err != nil {
			if !errors.Is(err, ErrQuery) || !utf8.ValidString(legible(err.Error())) {
				t.Error(err)
			}
			return
		}
		s, err := c.selects(&q)
		if err != nil {
			if !errors.Is(err, ErrQuery) {
				t.Error(err)
			}
			return
		}
		if s.Limit < 1 || s.Limit > mostEvents {
			t.Errorf("limit %d", s.Limit)
		}
		text, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var again Query
		if err := json.Unmarshal(text, &again); err != nil || !again.From.Equal(q.From) || again.Any != q.Any {
			t.Errorf("%s: %v", text, err)
		}
	})
}

// FuzzImportLine: a line is read or refused.
func FuzzImportLine(f *testing.F) {
	f.Add([]byte(`{"id":"0000000000000001","project":"shop","action":"Lead","source":"http","state":"pending","accepted":"2026-01-01T00:00:00Z","body":"{}"}`))
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte(`{"id":"1","action":"a","raw":"/w==","body":""} {}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		x, err := parseExported(line)
		if err != nil {
			return
		}
		if x.ID == "" || x.Action == "" && x.Path == "" || x.Body == "" && len(x.Raw) == 0 {
			t.Errorf("%+v", x)
		}
		if k := importKey(&x, []byte(x.Body)); len(k.Name) > 1000 {
			t.Errorf("a key of %d bytes", len(k.Name))
		}
	})
}

// TestHolds finds a person however a text writes them.
func TestHolds(t *testing.T) {
	for text, want := range map[string]bool{
		`{"friend":"JANE@shop.example"}`: true, `{"friend":"jane\u0040shop.example"}`: true, `"\u004AANE\u0040SHOP.example"`: true, "to=jane%40shop.example&x=%zz%": true,
		"From: Jane@shop.example.": true, `"hello\njane@shop.example\n"`: true, "mary-jane@shop.example, jane@shop.example": true, "<jane@shop.example>": true,
		"an „jane@shop.example“": true, "客户jane@shop.example的": true, "Kunde–jane@shop.example–": true, "- -jane@shop.example-": true, "\xffjane@shop.example\xff": true, "jane@shop.example…": true,
		"ärjane@shop.example": false, "jane@shop.exampleé": false, "mary_jane@shop.example": false, "mary+jane@shop.example": false, "jane@shop.example-x.org": false,
		"mary-jane@shop.example": false, "mary.jane@shop.example": false, "jane@shop.example.org": false, "jane@shop.examples": false,
		"": false, `{"friend":"janet@shop.example"}`: false, `\u00`: false, `\u004`: false, "%4": false,
	} {
		if got := holds([]byte(text), []string{"jane@shop.example"}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
