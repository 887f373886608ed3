package event

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("this system has no time zones:", err)
	}
	return zone
}

// item is a legal entry of purchase_data, with more members.
func item(more string) string {
	return `{"__sku__":"S","__label__":"L","__total_in_cents__":4990,"__order__":"1","__currency__":"EUR"` + more + `}`
}

func sale(more string) string { return `{"purchase_data":[` + item(more) + `]}` }

func mustNormalize(t testing.TB, action, body string, r *Rules) *Event {
	t.Helper()
	e, faults := Normalize(action, []byte(body), r)
	if faults != nil {
		t.Fatalf("%s: %v", body, faults)
	}
	return e
}

// The seed's three examples (the third with its comment removed and its comma
// restored) are legal as they are.
func TestNormalizeKeepsTheSeedsExamples(t *testing.T) {
	const example1 = "{\n\"email\": \"[email protected]\",\n\"session\": 12345678,\n\"carBrand\": \"Lamborghini\",\n\"carModel\": \"Urus\",\n\"productionYear\": \"2021\"\n}"
	const example2 = "{\n\"email\": \"[email protected]\",\n\"session\": 12345678,\n\"productionYear\": \"2021\",\n\"purchase_data\": [\n{\n\"__sku__\": \"LAMBO007\",\n\"__label__\": \"LAMBO Urus\",\n\"__total_in_cents__\": \"30000000\",\n\"__order__\": \"123456\",\n\"__currency__\": \"USD\"\n}\n]\n}"
	const example3 = "{\n\"email\": \"[email protected]\",\n\"dateTime\": \"2023-11-05T21:18:04+00:00\",\n\"purchase_data\": [\n{\n\"__sku__\": \"LAMBO007\",\n\"__label__\": \"LAMBO Urus\",\n\"__total_in_cents__\": 30000000,\n\"__order__\": \"Order 123456\",\n\"__currency__\": \"USD\",\n\"quantity\": 3\n},\n{\n\"__sku__\": \"LAMBO008\",\n\"__label__\": \"LAMBO Urus1\",\n\"__total_in_cents__\": 60000000,\n\"__order__\": \"Order 654321\",\n\"__currency__\": \"USD\"\n}\n]\n}"
	for _, c := range []struct {
		action, body string
		want         Event
	}{
		{"Lead", example1, Event{Session: "12345678"}},
		{CommerceAction, example2, Event{Session: "12345678", Order: "123456", Totals: []Total{{"USD", 30000000}}}},
		{CommerceAction, example3, Event{
			Order: "Order 123456", Totals: []Total{{"USD", 90000000}},
			Time: time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC),
		}},
	} {
		e := mustNormalize(t, c.action, c.body, nil)
		want := c.want
		want.Action, want.Path, want.Email = c.action, c.action, "[email protected]"
		got := Event{Action: e.Action, Path: e.Path, Email: e.Email, Session: e.Session, Order: e.Order, Totals: e.Totals, Time: e.Time}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Event{}, span{}, form{})); diff != "" {
			t.Error(diff)
		}
		if string(e.Body) != c.body {
			t.Errorf("body changed:\n%s", e.Body)
		}
	}
}

func TestNormalizeBodies(t *testing.T) {
	rules := &Rules{Zone: berlin(t), Defaults: map[string]string{
		"__currency__": "eur", "__sku__": "none", "__shop__": "7", "till": "2", "dateTime": "x",
	}}
	plain := &Rules{Zone: rules.Zone}
	for _, c := range []struct {
		name, action, body, want string
		rules                    *Rules
	}{
		{"legal bytes stay", "A", "{ \"b\" : 1.50 ,\"a\":12345678901234567890, \"\\u0061b\":\"\\u00e9\\ud83d\\ude00\"}", "", plain},
		{"an empty object", "A", `{}`, "", plain},
		{"what is around it goes", "A", "\xef\xbb\xbf \r\n{\"a\":1}\n", `{"a":1}`, plain},
		{"escaped NUL", "A", `{"a":"\u0000"}`, "", plain},
		{"absent members go", "A", `{"email":" ","session":null,"dateTime":"", "a" : 1}`, `{"a":1}`, plain},
		{"empty containers for absent ones", "A", `{"email":[],"session":{},"dateTime":[]}`, `{}`, plain},
		{"email", "A", `{"email":" Jane@Shop.EXAMPLE "}`, `{"email":"jane@shop.example"}`, plain},
		{"email, escaped name", "A", `{"\u0065mail":"A"}`, `{"\u0065mail":"a"}`, plain},
		{"flatten an object", "A", `{"customer":{"name":"A","address":{"zip":"1"}},"b":1}`,
			`{"customer_name":"A","customer_address_zip":"1","b":1}`, plain},
		{"flatten scalars", "A", `{"tags":["a",1,null,true,"\n"]}`, `{"tags":"a, 1, true, \n"}`, plain},
		{"flatten objects", "A", `{"lines":[{"sku":"X"},null,[1,2],"s"]}`,
			`{"lines_0_sku":"X","lines_1":null,"lines_2":"1, 2","lines_3":"s"}`, plain},
		{"flatten nothing", "A", `{"a":{},"b":[],"c":[null],"d":[{}]}`, `{}`, plain},
		{"dateTime kept", "A", `{"dateTime":"2023-11-05T21:18:04.5Z"}`, "", plain},
		{"dateTime kept, short offsets", "A", `{"dateTime":"2023-11-05T21:18:04+0000"}`, "", plain},
		{"dateTime naive", "A", `{"dateTime":"2023-11-05T21:18:04"}`, `{"dateTime":"2023-11-05T21:18:04+01:00"}`, plain},
		{"dateTime naive in summer", "A", `{"dateTime":"2023-07-05 21:18:04.123"}`, `{"dateTime":"2023-07-05T21:18:04.123+02:00"}`, plain},
		{"dateTime, a day", "A", `{"dateTime":"2023-11-05"}`, `{"dateTime":"2023-11-05T00:00:00+01:00"}`, plain},
		{"dateTime, hour shown twice", "A", `{"dateTime":"2023-10-29T02:30:00"}`, `{"dateTime":"2023-10-29T02:30:00+02:00"}`, plain},
		{"dateTime, hour left out", "A", `{"dateTime":"2023-03-26T02:30:00"}`, `{"dateTime":"2023-03-26T02:30:00+01:00"}`, plain},
		{"dateTime basic", "A", `{"dateTime":"20231105T211804Z"}`, `{"dateTime":"2023-11-05T21:18:04+00:00"}`, plain},
		{"dateTime with spaces", "A", `{"dateTime":" 2023-11-05 21:18:04 -0330 "}`, `{"dateTime":"2023-11-05T21:18:04-03:30"}`, plain},
		{"currency", CommerceAction, strings.Replace(sale(`, "q": 1`), "EUR", " usd", 1), strings.Replace(sale(`,"q":1`), "EUR", "USD", 1), plain},
		{"second entry only", CommerceAction, `{"purchase_data":[ {"__sku__":"S", "__label__":"L","__total_in_cents__":"-5","__order__":1,"__currency__":"EUR"} , ` + item(`,"x":{"y":1}`) + `] }`,
			`{"purchase_data":[{"__sku__":"S", "__label__":"L","__total_in_cents__":"-5","__order__":1,"__currency__":"EUR"},` + item(`,"x_y":1`) + `]}`, plain},
		{"text with an array", CommerceAction, `{"purchase_data":"` + strings.ReplaceAll(" ["+item("")+"]", `"`, `\"`) + `"}`, sale(""), plain},
		{"nothing bought", "A", `{"purchase_data":[],"a":1}`, `{"a":1}`, plain},
		{"defaults", CommerceAction, `{"purchase_data":[{"__label__":"L","__total_in_cents__":1,"__order__":"1","__currency__":null}]}`,
			`{"purchase_data":[{"__label__":"L","__total_in_cents__":1,"__order__":"1","__currency__":"EUR","__sku__":"none","__shop__":"7"}],"till":"2"}`, rules},
		{"defaults for blanks", "A", `{"till":"","a":""}`, `{"till":"2","a":""}`, rules},
		{"defaults not needed", CommerceAction, `{"till":1,"purchase_data":[` + item(`,"__shop__":"1"`) + `]}`, "", rules},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := mustNormalize(t, c.action, c.body, c.rules)
			want := c.want
			if want == "" {
				want = c.body
			}
			if string(e.Body) != want {
				t.Errorf("got  %s\nwant %s", e.Body, want)
			}
		})
	}
}

func TestNormalizeNamesEveryFault(t *testing.T) {
	const c = CommerceAction
	for _, test := range []struct{ action, body, want string }{
		{"A", ``, `!`}, {"A", `[`, `!`}, {"A", `{"a":1,}`, `!`}, {"A", `{"a":1} x`, `!`}, {"A", `{a:1}`, `!`},
		{"A", "{\"a\":\"\xff\"}", `!`}, {"A", `{"a":"\ud800"}`, `!`}, {"A", `{"a":"\ud800\u0061"}`, `!`}, {"A", `{"a":"\udc00"}`, `!`},
		{"A", `{"a":01}`, `!`}, {"A", `{"a":1.}`, `!`}, {"A", `{"a":-}`, `!`}, {"A", `{"a":1e}`, `!`}, {"A", "{\"a\":\"\n\"}", `!`},
		{"A", `{"a":"\x"}`, `!`}, {"A", `{"a":tru}`, `!`}, {"A", `{"a" 1}`, `!`}, {"A", `{"a":[1}}`, `!`}, {"A", `{"a":1`, `!`}, {"A", `{"a`, `!`},
		{"A", strings.Repeat("[", 10000), ``}, {"A", `[{}]`, ``}, {"A", `1`, ``}, {"A", `null`, ``},
		{"A", `{"a":1,"b":{"x":1,"x":2},"\u0061":2}`, `/b/x /a`},
		{"A", `{"a/~":{"b":1},"a/~_b":1}`, `/a~1~0/b`},
		{"A", `{"purchase":{"data":1}}`, `/purchase/data`},
		{"A", `{"email":1,"session":true,"dateTime":{"a":1}}`, `/email /session /dateTime`},
		{"A", `{"dateTime":"05/11/2023"}`, `/dateTime`}, {"A", `{"dateTime":1699219084}`, `/dateTime`}, {"A", `{"dateTime":"1699219084000"}`, `/dateTime`},
		{"A", `{"dateTime":"2023-02-29T00:00:00Z"}`, `/dateTime`}, {"A", `{"dateTime":"0001-01-01T00:00:00Z"}`, `/dateTime`},
		{"A", `{"dateTime":"2023-11-05T24:00:00Z"}`, `/dateTime`}, {"A", `{"dateTime":"2023-11-05T21:18:04+24:00"}`, `/dateTime`},
		{"A", `{"dateTime":"2023-11-05T21:18:04Zx"}`, `/dateTime`}, {"A", `{"dateTime":"20231105"}`, `/dateTime`},
		{"A", `{"dateTime":"2023-11-05T21:18:04."}`, `/dateTime`},
		{"A", sale(""), `/purchase_data`},
		{c, `{}`, `/purchase_data`}, {c, `{"purchase_data":null}`, `/purchase_data`}, {c, `{"purchase_data":[]}`, `/purchase_data`},
		{c, `{"purchase_data":"[]"}`, `/purchase_data`}, {c, `{"purchase_data":"[{"}`, `/purchase_data`}, {c, `{"purchase_data":"{}"}`, `/purchase_data`},
		{c, `{"purchase_data":` + item("") + `}`, `/purchase_data`}, {c, `{"purchase_data":5}`, `/purchase_data`},
		{c, `{"purchase_data":[[` + item("") + `]]}`, `/purchase_data/0`}, {c, `{"purchase_data":[` + item("") + `,3]}`, `/purchase_data/1`},
		{c, `{"purchase_data":[{}]}`, `/purchase_data/0/__sku__ /purchase_data/0/__label__ /purchase_data/0/__total_in_cents__ /purchase_data/0/__order__ /purchase_data/0/__currency__`},
		{c, `{"purchase_data":[{"__sku__":"","__label__":null,"__total_in_cents__":"12.5","__order__":{},"__currency__":"EURO"}]}`,
			`/purchase_data/0/__sku__ /purchase_data/0/__label__ /purchase_data/0/__total_in_cents__ /purchase_data/0/__order__ /purchase_data/0/__currency__`},
		{c, `{"purchase_data":"[{\"__sku__\":true}]"}`,
			`/purchase_data/0/__sku__ /purchase_data/0/__label__ /purchase_data/0/__total_in_cents__ /purchase_data/0/__order__ /purchase_data/0/__currency__`},
		{c, sale(`,"x":{"y":1},"x_y":2`), `/purchase_data/0/x/y`},
		{c, sale(`,"_":{"sku__":1}`), `/purchase_data/0/_/sku__`},
		{c, sale(`,"__sku__":"T"`), `/purchase_data/0/__sku__`},
		{"", `{"email":1}`, ` /email`}, {"a/b", `{}`, ``}, {"%zz", `{}`, ``}, {"%ff", `{}`, ``}, {strings.Repeat("a", 1025), `{}`, ``}, {"%2e%2e", `{}`, ``}, {"a b", `{}`, ``},
	} {
		_, faults := Normalize(test.action, []byte(test.body), nil)
		if faults == nil {
			t.Errorf("%s %.80s: accepted", test.action, test.body)
			continue
		}
		var pointers []string
		for _, f := range faults.List {
			pointers = append(pointers, f.Pointer)
			if f.Detail == "" {
				t.Errorf("%.80s: no detail", test.body)
			}
		}
		got := strings.Join(pointers, " ")
		if faults.Malformed {
			got += "!"
		}
		if got != test.want {
			t.Errorf("%s %.80s: got %q, want %q (%v)", test.action, test.body, got, test.want, faults)
		}
	}
}

func TestCents(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-5": -5, "007": 7, "9223372036854775807": math.MaxInt64} {
		if got, ok := cents([]byte(text)); !ok || got != want {
			t.Errorf("%s: %d %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-", "+5", "12.5", "12.0", "1e3", "1 000", "9223372036854775808", "--1", strings.Repeat("1", 1000)} {
		if got, ok := cents([]byte(text)); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
	big := strings.Replace(item(""), "4990", "9223372036854775807", 1)
	_, faults := Normalize(CommerceAction, []byte(`{"purchase_data":[`+big+`,`+item("")+`]}`), nil)
	if faults == nil || faults.List[0].Pointer != "/purchase_data/1" {
		t.Errorf("overflow: %v", faults)
	}
}

func TestTotalsPerCurrency(t *testing.T) {
	usd := strings.Replace(item(""), "EUR", "usd", 1)
	e := mustNormalize(t, CommerceAction, `{"purchase_data":[`+item("")+`,`+usd+`,`+item("")+`]}`, nil)
	if diff := cmp.Diff([]Total{{"EUR", 9980}, {"USD", 4990}}, e.Totals); diff != "" {
		t.Error(diff)
	}
}

func TestCurrenciesAreSorted(t *testing.T) {
	if len(currencies)%3 != 0 {
		t.Fatal(len(currencies))
	}
	for i := 0; i < len(currencies); i += 3 {
		if i > 0 && currencies[i-3:i] >= currencies[i:i+3] {
			t.Errorf("%s before %s", currencies[i-3:i], currencies[i:i+3])
		}
		if code, ok := currencyCode([]byte(strings.ToLower(currencies[i : i+3]))); !ok || code != currencies[i:i+3] {
			t.Errorf("%s is not found", currencies[i:i+3])
		}
	}
	for _, text := range []string{"", "EU", "XXX", "€", "EURO", "AAA", "ZZZ", "E\x00R"} {
		if code, ok := currencyCode([]byte(text)); ok {
			t.Errorf("%q is %s", text, code)
		}
	}
}

func TestRulesOfProject(t *testing.T) {
	strict := &Rules{Nested: NestedReject, Identity: IdentityRequire}
	_, faults := Normalize(CommerceAction, []byte(`{"a":{"b":{}},"purchase_data":[`+item(`,"c":[]`)+`]}`), strict)
	if want := (`/a: is nested; the payload must be flat, except for purchase_data; ` +
		`/purchase_data/0/c: is nested; the payload must be flat, except for purchase_data; ` +
		`has neither email nor session; without one, every event makes a new user`); faults == nil || faults.Error() != want {
		t.Errorf("got  %v\nwant %s", faults, want)
	}
	filled := &Rules{Identity: IdentityRequire, Defaults: map[string]string{"session": "shop", "email": " Till@Shop "}}
	e := mustNormalize(t, "A", `{"email":null}`, filled)
	if want := `{"email":"till@shop","session":"shop"}`; string(e.Body) != want || e.Email != "till@shop" || e.Session != "shop" {
		t.Errorf("%s %q %q", e.Body, e.Email, e.Session)
	}
}

func TestActions(t *testing.T) {
	for path, want := range map[string]string{"Demo": "Demo", "a%2Fb": "a/b", "%C3%9C": "Ü", "a+b": "a+b", "a%20b": "a b"} {
		e := mustNormalize(t, path, `{}`, nil)
		if e.Action != want || e.Path != path {
			t.Errorf("%s: %q %q", path, e.Action, e.Path)
		}
		if got, faults := DecodeAction(EscapeAction(want)); faults != nil || got != want {
			t.Errorf("%s: %q %v", want, got, faults)
		}
	}
	e := mustNormalize(t, "%5F_commerce_action__", sale(""), nil)
	if e.Action != CommerceAction {
		t.Error(e.Action)
	}
}

// A hostile body must not take more memory or time than its length warrants.
func TestBombs(t *testing.T) {
	name := strings.Repeat("n", 100_000)
	for what, body := range map[string]string{
		"a long name above many values":    `{"` + name + `":{` + members(10_000) + `}}`,
		"the same in entries":              `{"purchase_data":[` + item(`,"`+name+`":{`+members(10_000)+`}`) + `]}`,
		"a thousand empty entries":         `{"purchase_data":[{}` + strings.Repeat(`,{}`, 1000) + `]}`,
		"a string of open brackets in one": `{"purchase_data":"` + strings.Repeat("[", 10_000) + `"}`,
	} {
		_, faults := Normalize(CommerceAction, []byte(body), nil)
		if faults == nil || len(faults.List) > mostFaults+1 {
			t.Errorf("%s: %v", what, faults)
		}
	}
	mustNormalize(t, "A", `{`+members(100_000)+`}`, nil)
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"m%d":1`, i)
	}
	return b.String()
}
