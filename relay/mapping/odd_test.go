package mapping

import (
	"testing"

	"funnelrelay/relay/source"
)

// VIVIPOS writes a preamble, and under each order a header of its own with the
// items, four cells to the right.
func TestVivipos(t *testing.T) {
	m := made(t, &source.Source{
		Read: source.Read{
			Header:  source.Header{Names: []string{"Term_No.", "Sequence"}},
			End:     is("0", "/Summary/"),
			Records: &source.Records{Order: is("Sequence", "present"), Item: source.Matcher{{{Column: "Term_No.", Is: []string{"absent"}}, {Column: "4", Is: []string{`/^\d/`}}}}},
		},
		Values: source.Values{Date: []string{"yyyy/MM/dd HH:mm:ss"}, Zone: "Asia/Taipei", Money: "1,234.56"},
		Void:   is("Status", "Void"),
		Const:  extra("currency", "TWD"),
		Order:  &source.Order{ID: column("{Term_No.}-{Sequence}"), At: column("Time")},
		Items:  &source.Items{SKU: column("4"), Label: column("5"), Qty: column("6"), Price: column("7")},
	}, Options{})
	check(t, read(t, m, text(
		`"Sales Detail"`,
		`"Store","Main Street"`,
		`"From","2026/01/01"`,
		``,
		`"Term_No.","Sequence","Status","Time","Total"`,
		`"'001","'0000123","OK","2026/01/02 10:00:00","1,250.00"`,
		`"","","","","No.","Name","Qty","Price"`,
		`"","","","","'10","Tea","2","25.00"`,
		`"","","","","'11","Pot","1","1,200.00"`,
		`"'001","'0000124","Void","2026/01/02 10:05:00","5.00"`,
		`"","","","","No.","Name","Qty","Price"`,
		`"","","","","'10","Tea","1","5.00"`,
		`"Summary:","1255.00"`,
		`"Records Found:","2"`,
	), File{}),
		`sale 001-0000123 __commerce_action__ {"dateTime":"2026-01-02T10:00:00+08:00","purchase_data":[`+
			`{"__sku__":"10","__label__":"Tea","__total_in_cents__":5000,"__order__":"001-0000123","__currency__":"TWD"},`+
			`{"__sku__":"11","__label__":"Pot","__total_in_cents__":120000,"__order__":"001-0000123","__currency__":"TWD"}]}`,
		`skipped: not a record`,
		`001-0000124 skipped: void`,
		`skipped: not a record`,
	)
}

// Casio has no header: one record for the order, and one for each item.
func TestCasio(t *testing.T) {
	m := made(t, &source.Source{
		Read: source.Read{
			Header:  source.Header{None: true},
			Records: &source.Records{Order: is("0", "/^[0-9a-f-]{36}$/"), Item: is("0", `/^\d+$/`)},
		},
		Values: source.Values{Date: []string{"dd/MM/yyyy HH:mm:ss"}, Zone: "Europe/London", Money: "cents"},
		Const:  extra("currency", "GBP"),
		Order:  &source.Order{ID: column("0"), Number: column("2"), At: column("3")},
		Items:  &source.Items{Skip: is("1", "CASH"), SKU: column("2"), Label: column("3"), Total: column("4")},
	}, Options{})
	results := read(t, m, text(
		`1,ITEM,77,Stray,5`,
		`0f8fad5b-d9cb-469f-a165-70867728950e,SALE,000041,19/09/2018 16:29:22,2500`,
		`1,ITEM,0001,COFFEE,500`,
		`2,ITEM,0002,CAKE,2000`,
		`3,CASH,,CASH,2500`,
		`END`,
	), File{})
	check(t, results,
		`refused: the row of an item has no row of an order before it, or one that could not be read (read.records)`,
		`sale 0f8fad5b-d9cb-469f-a165-70867728950e __commerce_action__ {"dateTime":"2018-09-19T16:29:22+01:00","purchase_data":[`+
			`{"__sku__":"0001","__label__":"COFFEE","__total_in_cents__":500,"__order__":"000041","__currency__":"GBP"},`+
			`{"__sku__":"0002","__label__":"CAKE","__total_in_cents__":2000,"__order__":"000041","__currency__":"GBP"}]}`,
		`skipped: not a record`,
	)
}

// Odoo leaves the order's cells blank below its first line.
func TestOdoo(t *testing.T) {
	m := made(t, &source.Source{
		Read:   source.Read{Fill: []string{"Order Ref", "Date"}},
		Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm:ss"}, Zone: "UTC"},
		Refund: is("Total", "<0"),
		Const:  extra("currency", "EUR"),
		Order:  &source.Order{ID: column("Order Ref"), At: column("Date")},
		Items:  &source.Items{Label: column("Order Lines/Product"), Qty: column("Order Lines/Quantity"), Price: column("Order Lines/Unit Price")},
	}, Options{})
	check(t, read(t, m, text(
		`Order Ref,Date,Total,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price`,
		`,,,Orphan,1.0,1.00`,
		`Shop/0001,2026-05-01 08:00:00,7.00,Tea,2.0,2.50`,
		`,,,Cake,1.0,2.00`,
		`Shop/0002,2026-05-01 09:00:00,-2.00,Cake,-1.0,2.00`,
	), File{}),
		`refused: the order has no id: column "Order Ref" is empty (order.id)`,
		`sale Shop/0001 __commerce_action__ {"dateTime":"2026-05-01T08:00:00+00:00","purchase_data":[`+
			`{"__sku__":"Tea","__label__":"Tea","__total_in_cents__":500,"__order__":"Shop/0001","__currency__":"EUR"},`+
			`{"__sku__":"Cake","__label__":"Cake","__total_in_cents__":200,"__order__":"Shop/0001","__currency__":"EUR"}]}`,
		`refund Shop/0002 Refund {"dateTime":"2026-05-01T09:00:00+00:00","order":"Shop/0002","total_in_cents":200,"currency":"EUR","label":"Cake"}`,
	)
}

func loyverse() *source.Source {
	return &source.Source{
		Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm:ss"}, Zone: "Asia/Bahrain", Money: "1234.567"},
		Const:  extra("currency", "BHD"),
		Order:  &source.Order{ID: column("Receipt number"), At: column("Date")},
		Items: &source.Items{
			From: "Description", Match: "(?<qty>[0-9.]+) x (?<label>[^,]+)", Extra: extra("quantity", "qty"),
			Balance: &source.Balance{Total: column("Total collected"), Label: "Receipt"},
		},
	}
}

// Loyverse receipts have all items in one cell, and three decimals in Bahrain.
func TestLoyverse(t *testing.T) {
	m := made(t, loyverse(), Options{})
	check(t, read(t, m, "\xef\xbb\xbf"+text(
		`Date,Receipt number,Total collected,Description`,
		`2026-01-01 08:00:00,2-1678,4.250,"1 x Tea, 2 x Date Cake"`,
		`2026-01-01 08:05:00,2-1679,1.000,"1 x Tea, something else"`,
		`2026-01-01 08:06:00,2-1680,1.000,`,
	), File{}),
		`sale 2-1678 __commerce_action__ {"dateTime":"2026-01-01T08:00:00+03:00","purchase_data":[`+
			`{"__sku__":"Tea","__label__":"Tea","__total_in_cents__":0,"__order__":"2-1678","__currency__":"BHD","quantity":"1"},`+
			`{"__sku__":"Date Cake","__label__":"Date Cake","__total_in_cents__":0,"__order__":"2-1678","__currency__":"BHD","quantity":"2"},`+
			`{"__sku__":"Receipt","__label__":"Receipt","__total_in_cents__":4250,"__order__":"2-1678","__currency__":"BHD"}]}`,
		`2-1679 refused: column "Description": "something else" in "1 x Tea, something else" is no item by items.match`,
		`sale 2-1680 __commerce_action__ {"dateTime":"2026-01-01T08:06:00+03:00","purchase_data":[`+
			`{"__sku__":"Receipt","__label__":"Receipt","__total_in_cents__":1000,"__order__":"2-1680","__currency__":"BHD"}]}`,
	)
}

// WooCommerce's export has a column for each item, with pairs in it.
func TestWooTable(t *testing.T) {
	m := made(t, &source.Source{
		Values: source.Values{Date: []string{"M/d/yyyy H:mm:ss"}, Zone: "America/New_York", Money: "1234.56"},
		Const:  extra("currency", "USD"),
		Order:  &source.Order{ID: column("order_number"), At: column("date"), Email: column("billing_email")},
		Items: &source.Items{
			Columns: "line_item_*", Pairs: "|:", SKU: source.Value{"sku", "product_id"}, Label: column("name"), Total: column("total"),
			Extra:   extra("quantity", "quantity"),
			Balance: &source.Balance{Total: column("order_total")},
		},
	}, Options{})
	check(t, read(t, m, text(
		`order_number,date,billing_email,order_total,name,line_item_1,line_item_2,line_item_3`,
		`55,9/6/2016 6:29:00,a@b.example,30.00,Jane,name:Tea|product_id:9|sku:|quantity:1|total:13.00|sub_total:13.00,name:Mug: A|B|product_id:10|sku:M-1|quantity:2|total:15.00,`,
		`56,9/6/2016 6:30:00,a@b.example,5.00,Jane,oops|total:5.00,,`,
		`57,9/6/2016 6:30:00,a@b.example,5.00,Jane,product_id:3|quantity:1,,`,
	), File{}),
		`sale 55 __commerce_action__ {"email":"a@b.example","dateTime":"2016-09-06T06:29:00-04:00","purchase_data":[`+
			`{"__sku__":"9","__label__":"Tea","__total_in_cents__":1300,"__order__":"55","__currency__":"USD","quantity":"1"},`+
			`{"__sku__":"M-1","__label__":"Mug: A|B","__total_in_cents__":1500,"__order__":"55","__currency__":"USD","quantity":"2"},`+
			`{"__sku__":"Balance","__label__":"Balance","__total_in_cents__":200,"__order__":"55","__currency__":"USD"}]}`,
		`56 refused: column "line_item_1": "oops|total:5.00" does not begin with a name and ":" (items.pairs)`,
		`57 refused: the item has no amount: "total" is empty (items.total)`,
	)
}

// Aloha has the time in three columns.
func TestAloha(t *testing.T) {
	m := made(t, &source.Source{
		Values: source.Values{Date: []string{"yyyyMMdd H:m"}, Zone: "America/Chicago", Money: "1234.56"},
		Refund: is("TYPE", "1"),
		Const:  extra("currency", "USD"),
		Order:  &source.Order{ID: column("{DOB}/{CHECK}"), At: column("{DOB} {HOUR}:{MINUTE}"), Adjacent: true},
		Items:  &source.Items{Skip: is("TYPE", "2", "3"), SKU: column("ITEM"), Total: column("DISCPRICE")},
	}, Options{})
	check(t, read(t, m, text(
		`DOB;CHECK;HOUR;MINUTE;TYPE;ITEM;DISCPRICE`,
		`20260301;1001;9;5;0;70;4.50`,
		`20260301;1001;9;6;2;71;1.00`,
		`20260301;1002;9;7;1;70;4.50`,
		`20260302;1001;10;0;0;70;4.50`,
		`20260301;1001;10;5;0;72;1.00`,
	), File{}),
		`sale 20260301/1001 __commerce_action__ {"dateTime":"2026-03-01T09:05:00-06:00","purchase_data":[`+
			`{"__sku__":"70","__label__":"70","__total_in_cents__":450,"__order__":"20260301/1001","__currency__":"USD"}]}`,
		`refund 20260301/1002 Refund {"dateTime":"2026-03-01T09:07:00-06:00","order":"20260301/1002","total_in_cents":450,"currency":"USD","label":"70"}`,
		`sale 20260302/1001 __commerce_action__ {"dateTime":"2026-03-02T10:00:00-06:00","purchase_data":[`+
			`{"__sku__":"70","__label__":"70","__total_in_cents__":450,"__order__":"20260302/1001","__currency__":"USD"}]}`,
		`20260301/1001 refused: the order "20260301/1001" was finished with other rows, which began with row 1: an order's rows must stand together (order.adjacent, or mode: follow)`,
	)
}

// A row's columns and time make an id where there is none.
func TestRowsWithTime(t *testing.T) {
	s := &source.Source{
		Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm"}, Money: "1.50"},
		Const:  extra("currency", "EUR"),
		Order:  &source.Order{ID: column("rows"), At: column("When")},
		Items:  &source.Items{Label: column("What"), Total: column("Sum")},
	}
	m := made(t, s, Options{})
	header, coffee, tea := "When;What;Sum", "2026-03-01 09:00;Coffee;2.50", "2026-03-01 09:00;Tea;2.00"
	first := read(t, m, text(header, coffee, coffee, tea), File{})
	second := read(t, m, text("Sum;When;What;New", "2.00;2026-03-01 09:00;Tea;x", "2.50;2026-03-01 09:00;Coffee;y", "2.50;2026-03-01 09:00;Coffee;z"), File{})
	keys := map[string]int{}
	bodies := map[string]bool{}
	for _, r := range append(first, second...) {
		if r.Offer == nil {
			t.Fatalf("%v", shown([]*Result{r}))
		}
		keys[r.Offer.Key.Name]++
		bodies[string(r.Offer.Event.Body)] = true
	}
	if len(keys) != 3 || len(bodies) != 3 {
		t.Errorf("two exports of three rows make %d keys and %d bodies, want 3 and 3: %q", len(keys), len(bodies), shown(append(first, second...)))
	}
	if first[1].Offer.Event.Time.Sub(first[0].Offer.Event.Time).Milliseconds() != 1 {
		t.Errorf("equal rows have the times %v and %v", first[0].Offer.Event.Time, first[1].Offer.Event.Time)
	}
}

// Without a time, rows are known in their file only.
func TestRowsWithoutTime(t *testing.T) {
	m := made(t, &source.Source{
		Values: source.Values{Money: "1.50"}, Const: extra("currency", "EUR"),
		Order: &source.Order{ID: column("rows")}, Items: &source.Items{Label: column("0"), Total: column("1")},
		Read: source.Read{Header: source.Header{None: true}},
	}, Options{})
	keys := map[string]int{}
	for _, scope := range []string{"monday", "tuesday", "monday"} {
		for _, r := range read(t, m, text("Coffee;2.50", "Coffee;2.50"), File{Scope: scope}) {
			keys[r.Offer.Key.Name]++
		}
	}
	if len(keys) != 4 {
		t.Errorf("two files with two rows each make %d keys, want 4", len(keys))
	}
}
