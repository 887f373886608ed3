package event

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTerms(t *testing.T) {
	items := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"__sku__":"S%d","__label__":"x","__total_in_cents__":1,"__order__":"%d","__currency__":"EUR"}`, i%50, 7+i%2))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	for _, c := range []struct {
		name, action, body string
		want               []string
	}{
		{"a lead", "Lead", `{"email":" Jane@Shop.example ","session":7}`, []string{"a:Lead", "w:till", "e:jane@shop.example", "u:7"}},
		{"nobody", "Lead", `{}`, []string{"a:Lead", "w:till"}},
		{"a purchase", CommerceAction, `{"email":"j","purchase_data":` + items(3) + `}`,
			[]string{"a:" + CommerceAction, "w:till", "e:j", "o:7", "s:S0", "o:8", "s:S1", "s:S2"}},
		{"a purchase as text", CommerceAction, `{"email":"j","purchase_data":"` + strings.ReplaceAll(items(1), `"`, `\"`) + `"}`,
			[]string{"a:" + CommerceAction, "w:till", "e:j", "o:7", "s:S0"}},
	} {
		e, faults := Normalize(c.action, []byte(c.body), nil)
		if faults != nil {
			t.Fatalf("%s: %v", c.name, faults)
		}
		if got := e.Terms("till"); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
		// The same body, had it been refused for something else.
		got := (&Event{Action: c.action, Body: []byte(c.body)}).Terms("till")
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, held:\n%q, want\n%q", c.name, got, c.want)
		}
	}
	e, _ := Normalize(CommerceAction, []byte(`{"purchase_data":`+items(200)+`}`), nil)
	if terms := e.Terms("till"); len(terms) != 2+2+maxSKUs {
		t.Errorf("%d terms", len(terms))
	}
}

// TestTermsOfWhatIsBroken: a body that is no event at all has no terms but where
// it came from.
func TestTermsOfWhatIsBroken(t *testing.T) {
	for body, want := range map[string]string{
		`{"email":`: "[]", ``: "[]", `[1,"email"]`: "[]", `"email"`: "[]", `{"email":null,"session":[],"purchase_data":"x"}`: "[]",
		`{"customer":{"email":"A@b"},"purchase_data":{"__order__":12}}`: "[e:a@b o:12]",
	} {
		if got := fmt.Sprint((&Event{Action: "x", Body: []byte(body)}).Terms("http")[2:]); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
