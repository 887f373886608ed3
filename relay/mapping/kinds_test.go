package mapping

import (
	"strings"
	"testing"

	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
)

// mixed has a sale, a refund and a void order, with positive amounts.
const mixed = "No,State,Item,Sum\n1,ok,Tea,2.50\n2,back,Tea,3.50\n2,back,Coupon,-1.00\n3,gone,Cake,4.00\n4,later,Cake,4.00\n"

func kinds(p source.Policy) *source.Source {
	return &source.Source{
		Values: source.Values{Money: "1.50"}, Const: extra("currency", "EUR"),
		Skip: is("State", "later"), Void: is("State", "gone"), Refund: is("State", "back"),
		Order: &source.Order{ID: column("No")}, Items: &source.Items{Label: column("Item"), Total: column("Sum")}, Policy: p,
	}
}

func TestPolicies(t *testing.T) {
	item := func(label, cents, order string) string {
		return `{"__sku__":"` + label + `","__label__":"` + label + `","__total_in_cents__":` + cents + `,"__order__":"` + order + `","__currency__":"EUR"}`
	}
	sale := `sale 1 __commerce_action__ {"purchase_data":[` + item("Tea", "250", "1") + `]}`
	refundAs := func(kind, order, items string) string {
		return kind + ` ` + order + ` __commerce_action__ {"purchase_data":[` + items + `]}`
	}
	skip := "4 skipped: skip"
	for name, c := range map[string]struct {
		policy source.Policy
		want   []string
	}{
		"default": {source.Policy{}, []string{sale,
			`refund 2 Refund {"order":"2","total_in_cents":250,"currency":"EUR","label":"Tea, Coupon"}`, "3 skipped: void", skip}},
		"names": {source.Policy{Refund: "action Money back", Void: "action"}, []string{sale,
			`refund 2 Money%20back {"order":"2","total_in_cents":250,"currency":"EUR","label":"Tea, Coupon"}`,
			`void 3 Void {"order":"3","total_in_cents":400,"currency":"EUR","label":"Cake"}`, skip}},
		"negative": {source.Policy{Refund: "negative", Void: "negative"}, []string{sale,
			refundAs("refund", "2", item("Tea", "-350", "2")+","+item("Coupon", "100", "2")), refundAs("void", "3", item("Cake", "-400", "3")), skip}},
		"send": {source.Policy{Refund: "send", Void: "send"}, []string{sale,
			refundAs("refund", "2", item("Tea", "350", "2")+","+item("Coupon", "-100", "2")), refundAs("void", "3", item("Cake", "400", "3")), skip}},
		"skip": {source.Policy{Refund: "skip", Void: "skip"}, []string{sale, "2 skipped: refund", "3 skipped: void", skip}},
		"hold": {source.Policy{Refund: "hold", Void: "hold"}, []string{sale,
			refundAs("refund", "2", item("Tea", "350", "2")+","+item("Coupon", "-100", "2")) + " held: policy.refund: hold: the order is a refund, for a person to decide",
			refundAs("void", "3", item("Cake", "400", "3")) + " held: policy.void: hold: the order is a void, for a person to decide", skip}},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, read(t, made(t, kinds(c.policy), Options{}), mixed, File{}), c.want...)
		})
	}
}

// The upstream knows no negative sale: what sums to less than zero gives money
// back, whether or not a rule says so.
func TestNegativeSale(t *testing.T) {
	lines := text(tillHeader, "1;02.11.2026;10:00;Tee;-3;1,00;", "2;02.11.2026;10:00;Tee;1;5,00;", "2;02.11.2026;10:00;Rabatt;1;-2,00;", "3;02.11.2026;10:00;Tee;1;-5,00;", "3;02.11.2026;10:00;Keks;1;2,00;")
	item := func(label, cents, order string) string {
		return `{"__sku__":"` + label + `","__label__":"` + label + `","__total_in_cents__":` + cents + `,"__order__":"` + order + `","__currency__":"EUR"}`
	}
	purchase := func(kind, order, items string) string {
		return kind + " " + order + ` __commerce_action__ {"dateTime":"2026-11-02T10:00:00+00:00","purchase_data":[` + items + `]}`
	}
	sale := purchase("sale", "2", item("Tee", "500", "2")+","+item("Rabatt", "-200", "2"))
	for policy, want := range map[string][]string{
		"": {`refund 1 Refund {"dateTime":"2026-11-02T10:00:00+00:00","order":"1","total_in_cents":300,"currency":"EUR","label":"Tee"}`, sale,
			`refund 3 Refund {"dateTime":"2026-11-02T10:00:00+00:00","order":"3","total_in_cents":300,"currency":"EUR","label":"Tee, Keks"}`},
		"negative": {purchase("refund", "1", item("Tee", "-300", "1")), sale, purchase("refund", "3", item("Tee", "-500", "3")+","+item("Keks", "200", "3"))},
		"skip":     {"1 skipped: refund", sale, "3 skipped: refund"},
	} {
		s := till()
		s.Policy.Refund = policy
		results := read(t, made(t, s, Options{}), lines, File{})
		check(t, results, want...)
		if o := results[0].Offer; o != nil && !strings.Contains(o.Key.Name, "refund") {
			t.Errorf("the key is %q", o.Key.Name)
		}
	}
	s := till()
	s.Order.Extra = extra("label", "Artikel")
	results := read(t, made(t, s, Options{}), lines, File{})
	if want := "order.extra.label: the order's items sum to less than zero"; !strings.HasPrefix(results[0].Reason, want) || results[1].Offer == nil {
		t.Errorf("%q, want %q", shown(results), want)
	}
}

func TestRefundsOfAnOrder(t *testing.T) {
	text := `{"id":7,"cur":"EUR","at":"2026-01-01T10:00:00Z","items":[{"n":"Tea","p":"10.00","q":2}],"refunds":[{"id":1,"at":"2026-01-02T10:00:00Z","sum":"5.00","why":"cold"},{"sum":"1.00"}]}`
	s := &source.Source{
		Values:  source.Values{Money: "1.50"},
		Order:   &source.Order{ID: column("id"), At: column("at"), Currency: column("cur")},
		Items:   &source.Items{Each: "items", Label: column("n"), Price: column("p"), Qty: column("q")},
		Refunds: &source.Refunds{Each: "refunds", ID: column("id"), At: column("at"), Total: column("sum"), Extra: extra("reason", "why")},
		Policy:  source.Policy{Refund: "negative"},
	}
	sale := `sale 7 __commerce_action__ {"dateTime":"2026-01-01T10:00:00+00:00","purchase_data":[{"__sku__":"Tea","__label__":"Tea","__total_in_cents__":2000,"__order__":"7","__currency__":"EUR"}]}`
	results := read(t, made(t, s, Options{}), text, File{})
	check(t, results, sale,
		`refund 1 __commerce_action__ {"dateTime":"2026-01-02T10:00:00+00:00","reason":"cold","purchase_data":[{"__sku__":"Refund","__label__":"Refund","__total_in_cents__":-500,"__order__":"7","__currency__":"EUR"}]}`,
		`refund 7 __commerce_action__ {"dateTime":"2026-01-01T10:00:00+00:00","purchase_data":[{"__sku__":"Refund","__label__":"Refund","__total_in_cents__":-100,"__order__":"7","__currency__":"EUR"}]}`)
	if results[1].Offer.Key.Name == results[0].Offer.Key.Name || results[1].Counted != 0 {
		t.Error("the refund has the sale's key, or counts its row again")
	}
	for policy, want := range map[string]string{
		"skip":   "",
		"action": `refund 1 Refund {"dateTime":"2026-01-02T10:00:00+00:00","order":"7","total_in_cents":500,"currency":"EUR","reason":"cold"}`,
	} {
		s.Policy.Refund = policy
		got := shown(read(t, made(t, s, Options{}), text, File{}))
		if policy == "skip" && len(got) != 1 || policy != "skip" && got[1] != want {
			t.Errorf("%s: %q", policy, got)
		}
	}
}

func lead() *source.Source {
	return &source.Source{
		Values: source.Values{Date: []string{"dd.MM.yyyy HH:mm"}, Zone: "Europe/Berlin"},
		Const:  extra("shop", "{store}"),
		Event:  &source.Event{Action: "Lead", At: column("When"), Email: column("Mail")},
		Watch:  []string{"/drop/{store}/*.csv"},
	}
}

func TestCustomAction(t *testing.T) {
	m := made(t, lead(), Options{})
	results := read(t, m, text(
		"When;Mail;Name;Phone;email;shop;=x",
		`05.03.2026 10:00;Jane@X.example;"Jane ""J"" D";="0123";ignored;ignored;y`,
		`25.10.2026 02:30;;Bob;;;;`,
		`31.02.2026 02:30;;Bob;;;;`,
	), File{Captures: map[string]string{"store": "nord"}})
	got := shown(results)
	if want := `{"email":"jane@x.example","dateTime":"2026-03-05T10:00:00+01:00","shop":"nord","Name":"Jane \"J\" D","Phone":"0123","=x":"y"}`; !strings.HasSuffix(got[0], " Lead "+want) {
		t.Errorf("got %s\nwant %s", got[0], want)
	}
	if !strings.Contains(got[1], `{"dateTime":"2026-10-25T02:30:00+02:00","shop":"nord","Name":"Bob"}`) || len(results[1].Notes) != 1 {
		t.Errorf("in the hour that the clocks show twice: %s", got[1])
	}
	if !strings.Contains(got[2], `refused: event.at: column "When": "31.02.2026 02:30"`) {
		t.Errorf("a day that does not exist: %s", got[2])
	}
	if results[0].Offer.Changed != event.ChangedIgnore || results[0].Kind != KindAction {
		t.Errorf("a custom action is a %s, and when changed to be %q", results[0].Kind, results[0].Offer.Changed)
	}
}

func TestCustomActionJSON(t *testing.T) {
	m := made(t, &source.Source{Event: &source.Event{Action: "{type}", ID: column("id"), Email: column("who.mail"), Session: column("session")}}, Options{})
	check(t, read(t, m, `{"id":1234567890123456789,"type":"Sign up","session":42,"who":{"mail":"A@b.example","age":7},"tags":["a","b"],"none":null}
{"id":2,"type":"","x":1}
{"id":3,"type":"__commerce_action__"}
{"id":"1.23E+11","type":"X"}
`, File{}),
		`action 1234567890123456789 Sign%20up {"email":"a@b.example","session":42,"who_mail":"A@b.example","who_age":7,"tags":"a, b"}`,
		`2 refused: the event has no action: "type" is empty (event.action)`,
		`3 refused: event.action is __commerce_action__, which is for purchases; map order and items instead`,
		`refused: event.id: "1.23E+11" is a long number that a spreadsheet cut short, and its digits are lost; export the file again and do not save it from the spreadsheet, or import the column as text`,
	)
}

func TestPlainPurchases(t *testing.T) {
	m := made(t, &source.Source{}, Options{Action: "__commerce_action__"})
	results := read(t, m, text(
		"Email,dateTime,Store,Qty,__SKU__,__label__,__total_in_cents__,__order__,__currency__",
		"A@b.example,2026-01-01T10:00:00Z,Main,1,S1,Tea,250,7,eur",
		"A@b.example,2026-01-01T10:00:00Z,Main,2,S2,Cake,500,7,EUR",
		",2026-01-01T10:05:00Z,Main,2,S2,Cake,5.00,8,EUR",
		",,,,S2,Cake,500,1.23E+11,EUR",
		",,,,S2,Cake,500,,EUR",
	), File{})
	check(t, results,
		`sale 7 __commerce_action__ {"email":"a@b.example","dateTime":"2026-01-01T10:00:00Z","Store":"Main","purchase_data":[`+
			`{"__sku__":"S1","__label__":"Tea","__total_in_cents__":"250","__order__":"7","__currency__":"EUR","Qty":"1"},`+
			`{"__sku__":"S2","__label__":"Cake","__total_in_cents__":"500","__order__":"7","__currency__":"EUR","Qty":"2"}]}`,
		`8 refused: __total_in_cents__: is "5.00"; write the amount in cents as a whole number, as in 4990`,
		`refused: __order__: "1.23E+11" is a long number that a spreadsheet cut short, and its digits are lost; export the file again and do not save it from the spreadsheet, or import the column as text`,
		results5(results),
	)
	wrong := read(t, made(t, &source.Source{}, Options{Action: "Lead"}), "__sku__,__order__\nS,1\n", File{})
	if want := "put the file into the folder drop/__commerce_action__, not into drop/Lead"; !strings.Contains(wrong[0].Reason, want) {
		t.Errorf("a purchase in another folder: %s", wrong[0].Reason)
	}
}

// results5 is the fourth result, whose made-up id is checked only to be there.
func results5(results []*Result) string {
	r := results[3]
	if !strings.Contains(r.Reason, "__order__: is missing; write the order's number") {
		return "a reason that names __order__"
	}
	return shown([]*Result{r})[0]
}

func TestPlainEvents(t *testing.T) {
	m := made(t, &source.Source{}, Options{Action: "Store visit"})
	results := read(t, m, text(
		"e-mail,email,session,dateTime,Door",
		"x,A@b.example,12,2026-01-01T10:00:00+01:00,North",
		",,,2026-01-01T10:00:00+01:00,North",
		",,,2026-01-01T10:00:00+01:00,North",
		",,,yesterday,North",
		",,,,North",
	), File{})
	got := shown(results)
	for i, want := range []string{
		`Store%20visit {"email":"a@b.example","session":"12","dateTime":"2026-01-01T10:00:00+01:00","e-mail":"x","Door":"North"}`,
		`Store%20visit {"dateTime":"2026-01-01T10:00:00+01:00","Door":"North"}`,
		`Store%20visit {"dateTime":"2026-01-01T09:00:00.001+00:00","Door":"North"}`,
		`dateTime: "yesterday" is no date and time of ISO 8601`,
		`Store%20visit {"Door":"North"}`,
	} {
		if !strings.Contains(got[i], want) {
			t.Errorf("row %d: %s\nwant %s", i, got[i], want)
		}
	}
	if a, b := results[1].Offer.Key.Name, results[2].Offer.Key.Name; a == b {
		t.Error("two equal rows have one key")
	}
}

func TestPlainJSON(t *testing.T) {
	m := made(t, &source.Source{}, Options{Action: "Demo"})
	results := read(t, m, `[{"email":"A@b.example","n":1234567890123456789},{"purchase_data":[{"__sku__":"a"}]},{"a":{"b":1}, "dateTime":"2026-01-01T10:00:00Z"},3]`, File{})
	got := shown(results)
	for i, want := range []string{
		`Demo {"email":"a@b.example","n":1234567890123456789}`,
		`put the file into the folder drop/__commerce_action__, not into drop/Demo`,
		`Demo {"a_b":1,"dateTime":"2026-01-01T10:00:00Z"}`,
		`refused: `,
	} {
		if !strings.Contains(got[i], want) {
			t.Errorf("row %d: %s\nwant %s", i, got[i], want)
		}
	}
	m = made(t, &source.Source{}, Options{})
	check(t, read(t, m, `{"dateTime":"2026-01-01T10:00:00Z","purchase_data":[{"__sku__":"a","__label__":"b","__total_in_cents__":1,"__order__":"9","__currency__":"EUR"}]}`, File{}),
		`sale 9 __commerce_action__ {"dateTime":"2026-01-01T10:00:00Z","purchase_data":[{"__sku__":"a","__label__":"b","__total_in_cents__":1,"__order__":"9","__currency__":"EUR"}]}`)
}
