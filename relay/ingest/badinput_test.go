package ingest

import (
	"strings"
	"testing"
)

// Sales that break the contract, and the pointer that each refusal names.
func TestBadSales(t *testing.T) {
	p := listen(t, nil)
	const good = `{"__sku__":"a","__label__":"b","__total_in_cents__":100,"__order__":"o","__currency__":"EUR"}`
	without := func(from, to string) string { return `{"purchase_data":[` + strings.Replace(good, from, to, 1) + `]}` }
	for _, c := range []struct{ name, body, pointer string }{
		{"an object", `{"purchase_data":` + good + `}`, "/purchase_data"},
		{"empty", `{"purchase_data":[]}`, "/purchase_data"},
		{"none", `{"email":"a"}`, "/purchase_data"},
		{"nested twice", `{"purchase_data":[[` + good + `]]}`, "/purchase_data/0"},
		{"an object inside", without(`"b"`, `{"de":"b"}`), "/purchase_data/0/__label__"},
		{"no currency", without(`,"__currency__":"EUR"`, ``), "/purchase_data/0"},
		{"no ISO currency", without(`"EUR"`, `"Euro"`), "/purchase_data/0/__currency__"},
		{"half a cent", without(`100`, `"12.5"`), "/purchase_data/0/__total_in_cents__"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := p.ask("POST", "/api/v1/webhook/__commerce_action__", c.body, asJSON)
			r.refused(t, 422, `"`+c.pointer)
			// Some tools show their user nothing but the detail.
			if at := r.Errors[0].Pointer; len(r.Errors) == 1 && !strings.Contains(r.Detail, ": "+at+" ") {
				t.Errorf("%s is not in %q", at, r.Detail)
			}
		})
	}
	if n := len(p.sink.all()); n != 0 {
		t.Errorf("%d were stored", n)
	}
	for _, c := range [][2]string{
		{asJSON, `{"purchase_data":[` + good + `]}`},
		{asJSON, `{"purchase_data":"[` + strings.ReplaceAll(good, `"`, `\"`) + `]"}`},
		{"Content-Type: application/x-www-form-urlencoded", "purchase_data[0][__sku__]=a&purchase_data[0][__label__]=b&purchase_data%5B0%5D%5B__total_in_cents__%5D=100&purchase_data[0][__order__]=o&purchase_data[0][__currency__]=eur"},
	} {
		if r := p.ask("POST", "/api/v1/webhook/__commerce_action__", c[1], c[0]); r.code != 202 {
			t.Errorf("%s: %d %s", c[1], r.code, r.text)
		}
	}
	p.ask("POST", "/api/v1/webhook/__commerce_action__", "purchase_data[0][__sku__=a", "Content-Type: application/x-www-form-urlencoded").refused(t, 422, "purchase_data")
}
