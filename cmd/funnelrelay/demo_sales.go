package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// sale is the n-th event of the demo's till: in turn the three examples of the
// upstream's contract (the third with its missing comma and without its
// comment), and sales of a small shop. Each carries its number.
func sale(n int) (action, body string) {
	const commerce = "__commerce_action__"
	switch n % 6 {
	case 0:
		return "Lead", fmt.Sprintf(`{"email":"lead%d@example.com","session":12345678,"carBrand":"Lamborghini","carModel":"Urus","productionYear":"2021","sale":%d}`, n%4, n)
	case 1:
		return commerce, fmt.Sprintf(`{"email":"buyer%d@example.com","session":12345678,"carBrand":"Lamborghini","carModel":"Urus","productionYear":"2021","purchase_data":[{"__sku__":"LAMBO007","__label__":"LAMBO Urus","__total_in_cents__":"30000000","__order__":"%d","__currency__":"USD"}],"sale":%d}`, n%4, 123456+n, n)
	case 2:
		return commerce, fmt.Sprintf(`{"email":"buyer%d@example.com","dateTime":%q,"purchase_data":[{"__sku__":"LAMBO007","__label__":"LAMBO Urus","__total_in_cents__":30000000,"__order__":"Order %d","__currency__":"USD","quantity":3},{"__sku__":"LAMBO008","__label__":"LAMBO Urus1","__total_in_cents__":60000000,"__order__":"Order %d","__currency__":"USD"}],"sale":%d}`,
			n%4, time.Now().Format(time.RFC3339), 123456+n, 654321+n, n)
	}
	goods := [...]struct {
		sku, label string
		cents      int
	}{{"COF-1", "Coffee", 320}, {"CRO-2", "Croissant", 210}, {"SAN-3", "Sandwich", 650}}
	g := goods[n%len(goods)]
	return commerce, fmt.Sprintf(`{"session":"till-%d","purchase_data":[{"__sku__":%q,"__label__":%q,"__total_in_cents__":%d,"__order__":"R-%05d","__currency__":"EUR"}],"sale":%d}`,
		n%3, g.sku, g.label, g.cents, n, n)
}

// saleNumber is the number that a delivered body carries.
func saleNumber(body string) (n int, ok bool) {
	var event struct {
		Sale *int `json:"sale"`
	}
	if json.Unmarshal([]byte(body), &event) != nil || event.Sale == nil {
		return 0, false
	}
	return *event.Sale, true
}
