package event

import (
	"testing"
	"time"
)

// benchPurchase is the purchase that the load generator sends.
const benchPurchase = `{"n":123456,"event_id":"evt_0000000000123456","email":"usr_00429496@shop.example","source":"web","country":"DE","page":"/checkout/complete",` +
	`"purchase_data":[{"__sku__":"SKU-104417","__label__":"Trail Running Shoe 42",` +
	`"__total_in_cents__":4990,"__order__":"ord_0000000000123456","__currency__":"EUR","category":"shoes","quantity":1}]}`

func BenchmarkNormalize(b *testing.B) {
	body := []byte(benchPurchase)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, faults := Normalize(CommerceAction, body, nil); faults != nil {
			b.Fatal(faults)
		}
	}
}

func BenchmarkNormalizeRewritten(b *testing.B) {
	body := []byte(`{"email":"Jane@Shop.Example","session":null,"customer":{"name":"A","tags":[1,2]},"dateTime":"2023-11-05 21:18:04"}`)
	r := &Rules{Zone: time.UTC, Defaults: map[string]string{"shop": "7"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := Normalize("Lead", body, r); faults != nil {
			b.Fatal(faults)
		}
	}
}

func BenchmarkSettle(b *testing.B) {
	e, faults := Normalize(CommerceAction, []byte(benchPurchase), nil)
	if faults != nil {
		b.Fatal(faults)
	}
	r := &Rules{Zone: time.UTC}
	m := &memory{marks: make(map[memoryKey]memoryMark)}
	now := time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		clear(m.marks)
		e.Settle(m, "shop", now, r)
	}
}

func BenchmarkRepeatKeyAndLanes(b *testing.B) {
	e, faults := Normalize(CommerceAction, []byte(benchPurchase), nil)
	if faults != nil {
		b.Fatal(faults)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.RepeatKey("shop")
		e.Lanes("shop")
	}
}
