package mapping

import (
	"testing"
	"testing/fstest"

	"funnelrelay/relay/source"
)

func square() *source.Source {
	return &source.Source{
		Watch:  []string{`/drop/items-*.csv`},
		Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm:ss"}, Zone: "{Time Zone}", Money: "$1,234.56"},
		Refund: is("Event Type", "Refund"),
		Const:  extra("currency", "USD"),
		Order:  &source.Order{ID: column("Transaction ID"), At: column("{Date} {Time}"), Extra: extra("store", "Location", "customer", "Customer ID")},
		Items: &source.Items{
			SKU: source.Value{"SKU", "GTIN", "Token"}, Label: column("{Item} {Price Point Name}"),
			Total: column(`= money("Net Sales") + money("Tax")`),
		},
		Policy: source.Policy{Refund: "negative"},
	}
}

func TestSquare(t *testing.T) {
	m := made(t, square(), Options{})
	results := read(t, m, text(
		`Date,Time,Time Zone,Item,Price Point Name,SKU,GTIN,Token,Net Sales,Tax,Transaction ID,Event Type,Location,Customer ID`,
		`2026-07-18,12:59:30,Eastern Time (US & Canada),Espresso,Double,,,TK1,$8.00,$0.70,T1,Payment,Main,C1`,
		`2026-07-18,12:59:30,Eastern Time (US & Canada),Espresso,Double,,,TK1,$8.00,$0.70,T1,Payment,Main,C1`,
		`2026-07-18,12:58:00,Eastern Time (US & Canada),Sofa,,S9,,TK2,"$1,149.00 ",$0.00,T2,Payment,Main,`,
		`2026-07-18,12:57:00,Eastern Time (US & Canada),Tea,Cup,S1,,TK3,-$9.00,-$0.70,T3,Refund,Main,`,
	), File{})
	check(t, results,
		`sale T1 __commerce_action__ {"dateTime":"2026-07-18T12:59:30-04:00","store":"Main","customer":"C1","purchase_data":[`+
			`{"__sku__":"TK1","__label__":"Espresso Double","__total_in_cents__":870,"__order__":"T1","__currency__":"USD"},`+
			`{"__sku__":"TK1","__label__":"Espresso Double","__total_in_cents__":870,"__order__":"T1","__currency__":"USD"}]}`,
		`sale T2 __commerce_action__ {"dateTime":"2026-07-18T12:58:00-04:00","store":"Main","purchase_data":[`+
			`{"__sku__":"S9","__label__":"Sofa","__total_in_cents__":114900,"__order__":"T2","__currency__":"USD"}]}`,
		`refund T3 __commerce_action__ {"dateTime":"2026-07-18T12:57:00-04:00","store":"Main","purchase_data":[`+
			`{"__sku__":"S1","__label__":"Tea Cup","__total_in_cents__":-970,"__order__":"T3","__currency__":"USD"}]}`,
	)
	if results[0].Counted != 2 || len(results[0].Rows) != 2 {
		t.Errorf("the first order counts %d of %d rows, want 2 of 2", results[0].Counted, len(results[0].Rows))
	}
}

func shopify() *source.Source {
	return &source.Source{
		Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm:ss Z"}, Money: "1234.56"},
		Skip:   is("Financial Status", "pending", "authorized"),
		Void: source.Matcher{
			{{Column: "Cancelled at", Is: []string{"present"}}},
			{{Column: "Financial Status", Is: []string{"voided"}}},
		},
		Order: &source.Order{
			Group: column("Name"), ID: column("Id"), At: source.Value{"Paid at", "Created at"}, Email: column("Email"), Currency: column("Currency"),
			Extra: extra("channel", "Source", "refunded", `= money("Refunded Amount")`),
		},
		Items: &source.Items{
			SKU: column("Lineitem sku"), Label: column("Lineitem name"), Qty: column("Lineitem quantity"), Price: column("Lineitem price"),
			Discount: column("Lineitem discount"), Balance: &source.Balance{Total: column("Total"), Label: "Shipping and discounts"},
		},
		Policy: source.Policy{Void: "skip", Changed: "hold"},
	}
}

const shopifyHeader = `Name,Email,Financial Status,Paid at,Created at,Cancelled at,Currency,Total,Refunded Amount,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Source,Id,Notes`

func TestShopify(t *testing.T) {
	m := made(t, shopify(), Options{})
	results := read(t, m, text(
		shopifyHeader,
		`#1113,Jane@Shop.example,paid,2026-04-06 01:48:03 +0400,2026-04-06 01:48:00 +0400,,AED,45.00,0.00,2,Tea,10.00,T-1,0.00,web,5511223344556677889,"a`,
		`b"`,
		`#1113,Jane@Shop.example,,,2026-04-06 01:48:00 +0400,,,,,1,Cake,20.00,C-1,5.00,,,`,
		`#1114,bob@shop.example,pending,,2026-04-06 02:48:00 +0400,,AED,10.00,0.00,1,Tea,10.00,T-1,0.00,web,5511223344556677890,`,
		`#1115,bob@shop.example,paid,2026-04-06 03:48:03 +0400,2026-04-06 02:48:00 +0400,2026-04-06 04:00:00 +0400,AED,10.00,0.00,1,Tea,10.00,T-1,0.00,web,5511223344556677891,`,
	), File{})
	check(t, results,
		`sale 5511223344556677889 __commerce_action__ {"email":"jane@shop.example","dateTime":"2026-04-06T01:48:03+04:00","channel":"web","refunded":0.00,"purchase_data":[`+
			`{"__sku__":"T-1","__label__":"Tea","__total_in_cents__":2000,"__order__":"5511223344556677889","__currency__":"AED"},`+
			`{"__sku__":"C-1","__label__":"Cake","__total_in_cents__":1500,"__order__":"5511223344556677889","__currency__":"AED"},`+
			`{"__sku__":"Shipping and discounts","__label__":"Shipping and discounts","__total_in_cents__":1000,"__order__":"5511223344556677889","__currency__":"AED"}]}`,
		`5511223344556677890 skipped: skip`,
		`5511223344556677891 skipped: void`,
	)
}

func TestDSFinVK(t *testing.T) {
	files := fstest.MapFS{}
	for name, body := range dsfinvk {
		files[name] = &fstest.MapFile{Data: []byte(body)}
	}
	m := made(t, &source.Source{
		Watch: []string{`/kasse/{day:yyyyMMdd}*/index.xml`},
		Read: source.Read{Type: "gdpdu", Table: "lines.csv", Join: []source.Join{
			{Table: "transactions.csv", By: []string{"Z_KASSE_ID", "Z_NR", "BON_ID"}},
			{Table: "lines_vat.csv", By: []string{"Z_KASSE_ID", "Z_NR", "BON_ID", "POS_ZEILE"}, Sum: []string{"POS_BRUTTO"}},
		}},
		Values: source.Values{Date: []string{"iso"}, Zone: "Europe/Berlin"},
		Skip:   is("BON_TYP", "/^AV/"), Void: is("BON_STORNO", "1"), Refund: is("UMS_BRUTTO", "<0"),
		Const: extra("currency", "EUR"),
		Order: &source.Order{ID: column("{Z_KASSE_ID}/{Z_NR}/{BON_ID}"), At: column("BON_ENDE"), Extra: extra("till", "Z_KASSE_ID", "cashier", "BEDIENER_ID")},
		Items: &source.Items{
			Skip: source.Matcher{
				{{Column: "P_STORNO", Is: []string{"1"}}},
				{{Column: "GV_TYP", Is: []string{"Anfangsbestand", "Geldtransit"}}},
			},
			SKU: source.Value{"ART_NR", "GTIN"}, Label: column("ARTIKELTEXT"), Total: column("POS_BRUTTO"),
		},
	}, Options{})
	check(t, readFS(t, m, files, "index.xml", File{}),
		`sale K1/7/1 __commerce_action__ {"dateTime":"2026-09-11T10:00:00+02:00","till":"K1","cashier":"B2","purchase_data":[`+
			`{"__sku__":"A1","__label__":"Käse","__total_in_cents__":1190,"__order__":"K1/7/1","__currency__":"EUR"},`+
			`{"__sku__":"4001","__label__":"Brot","__total_in_cents__":250,"__order__":"K1/7/1","__currency__":"EUR"}]}`,
		`K1/7/2 skipped: skip`,
		`K1/7/3 skipped: items.skip`,
		`refund K1/7/4 Refund {"dateTime":"2026-09-11T12:00:00+02:00","order":"K1/7/4","total_in_cents":250,"currency":"EUR","label":"Brot","till":"K1","cashier":"B2"}`,
	)
}

func woo() *source.Source {
	return &source.Source{
		Watch:  []string{"/srv/drop/{store}/orders-*.json"},
		Read:   source.Read{Type: "json"},
		Values: source.Values{Date: []string{"iso"}, Zone: "UTC", Money: "1234.56"},
		Skip:   is("status", "pending", "on-hold", "failed", "trash"),
		Void:   is("status", "cancelled"),
		Const:  extra("store", "{store}"),
		Order: &source.Order{
			ID: column("{store}-{number}"), At: source.Value{"date_paid_gmt", "date_created_gmt"}, Email: column("billing.email"), Currency: column("currency"),
		},
		Items:   &source.Items{Each: "line_items", SKU: source.Value{"sku", "product_id"}, Label: column("name"), Total: column(`= money("total") + money("total_tax")`)},
		Refunds: &source.Refunds{Each: "refunds", ID: column("{store}-{number}-R{id}"), Total: column("total")},
	}
}

const wooOrders = `[
 {"id":1,"number":"727","status":"completed","currency":"USD","total":"29.35","total_tax":"1.35","sku":"ORDER","date_created_gmt":"2026-03-22T16:28:02","date_paid_gmt":"2026-03-22T16:28:08",
  "billing":{"email":"john.doe@example.com"},
  "line_items":[{"id":315,"name":"Woo Single #1","product_id":93,"quantity":2,"total":"6.00","total_tax":"0.45","sku":""},
                {"id":316,"name":"Ship Your Idea","product_id":22,"quantity":1,"total":"12.00","total_tax":"0.90","sku":"Bar3"}],
  "refunds":[{"id":726,"reason":"broken","total":"-10.00"},{"id":724,"reason":"","total":"-1.00"}]},
 {"id":2,"number":"728","status":"pending","currency":"USD","date_created_gmt":"2026-03-22T16:28:02","line_items":[],"refunds":[{"id":1,"total":"-1"}]},
 {"id":3,"number":"729","status":"cancelled","currency":"USD","date_created_gmt":"2026-03-22T16:28:02","line_items":[],"refunds":[{"id":9,"total":"-2"}]}
]`

func TestWoo(t *testing.T) {
	m := made(t, woo(), Options{})
	results := read(t, m, wooOrders, File{Captures: map[string]string{"store": "nord"}})
	check(t, results,
		`sale nord-727 __commerce_action__ {"email":"john.doe@example.com","dateTime":"2026-03-22T16:28:08+00:00","store":"nord","purchase_data":[`+
			`{"__sku__":"93","__label__":"Woo Single #1","__total_in_cents__":645,"__order__":"nord-727","__currency__":"USD"},`+
			`{"__sku__":"Bar3","__label__":"Ship Your Idea","__total_in_cents__":1290,"__order__":"nord-727","__currency__":"USD"}]}`,
		`refund nord-727-R726 Refund {"email":"john.doe@example.com","dateTime":"2026-03-22T16:28:08+00:00","order":"nord-727","total_in_cents":1000,"currency":"USD","store":"nord"}`,
		`refund nord-727-R724 Refund {"email":"john.doe@example.com","dateTime":"2026-03-22T16:28:08+00:00","order":"nord-727","total_in_cents":100,"currency":"USD","store":"nord"}`,
		`nord-728 skipped: skip`,
		`nord-729 skipped: void`,
		`refund nord-729-R9 Refund {"dateTime":"2026-03-22T16:28:02+00:00","order":"nord-729","total_in_cents":200,"currency":"USD","store":"nord"}`,
	)
}

// dsfinvk is a made-up closing of a German till.
var dsfinvk = map[string]string{
	"index.xml": `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">
<DataSet><Version>1.0</Version><Media><Name>1</Name>` +
		described("transactions.csv", `Z_KASSE_ID`, `Z_NR`, `BON_ID`, `BON_TYP`, `BON_STORNO`, `BON_ENDE`, `BEDIENER_ID`, `#UMS_BRUTTO`) +
		described("lines.csv", `Z_KASSE_ID`, `Z_NR`, `BON_ID`, `POS_ZEILE`, `GV_TYP`, `ARTIKELTEXT`, `P_STORNO`, `ART_NR`, `GTIN`) +
		described("lines_vat.csv", `Z_KASSE_ID`, `Z_NR`, `BON_ID`, `POS_ZEILE`, `UST_SCHLUESSEL`, `#POS_BRUTTO`) +
		`</Media></DataSet>`,
	"transactions.csv": "Z_KASSE_ID;Z_NR;BON_ID;BON_TYP;BON_STORNO;BON_ENDE;BEDIENER_ID;UMS_BRUTTO\r\n" +
		"K1;7;1;Beleg;0;2026-09-11T10:00:00;B2;14,40\r\n" +
		"K1;7;2;AVBestellung;0;2026-09-11T10:30:00;B2;1,00\r\n" +
		"K1;7;3;Beleg;0;2026-09-11T11:00:00;B2;0,00\r\n" +
		"K1;7;4;Beleg;0;2026-09-11T12:00:00;B2;-2,50\r\n",
	"lines.csv": "Z_KASSE_ID;Z_NR;BON_ID;POS_ZEILE;GV_TYP;ARTIKELTEXT;P_STORNO;ART_NR;GTIN\r\n" +
		"K1;7;1;1;Umsatz;Käse;0;A1;\r\n" +
		"K1;7;1;2;Umsatz;Brot;0;;4001\r\n" +
		"K1;7;1;3;Umsatz;Brot;1;;4001\r\n" +
		"K1;7;2;1;Umsatz;Brot;0;;4001\r\n" +
		"K1;7;3;1;Geldtransit;Zur Bank;0;;\r\n" +
		"K1;7;4;1;Umsatz;Brot;0;;4001\r\n",
	"lines_vat.csv": "Z_KASSE_ID;Z_NR;BON_ID;POS_ZEILE;UST_SCHLUESSEL;POS_BRUTTO\r\n" +
		"K1;7;1;1;1;10,00000\r\n" +
		"K1;7;1;1;2;1,90000\r\n" +
		"K1;7;1;2;2;2,50000\r\n" +
		"K1;7;1;3;2;2,50000\r\n" +
		"K1;7;2;1;2;1,00000\r\n" +
		"K1;7;3;1;5;-100,00000\r\n" +
		"K1;7;4;1;2;-2,50000\r\n",
}

// described describes a table for an index.xml; # marks a number.
func described(file string, columns ...string) string {
	text := `<Table><URL>` + file + `</URL><Name>` + file + `</Name><UTF8/><DecimalSymbol>,</DecimalSymbol><DigitGroupingSymbol>.</DigitGroupingSymbol>` +
		`<Range><From>2</From></Range><VariableLength><ColumnDelimiter>;</ColumnDelimiter><RecordDelimiter>&#13;&#10;</RecordDelimiter><TextEncapsulator>"</TextEncapsulator>`
	for _, name := range columns {
		kind := `<AlphaNumeric/>`
		if name[0] == '#' {
			name, kind = name[1:], `<Numeric><Accuracy>2</Accuracy></Numeric>`
		}
		text += `<VariableColumn><Name>` + name + `</Name>` + kind + `</VariableColumn>`
	}
	return text + `</VariableLength></Table>`
}
