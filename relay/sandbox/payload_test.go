package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLegalPayloads(t *testing.T) {
	for _, body := range []string{
		`{}`,
		" \t\r\n{ } \n",
		`{"":""}`,
		`{"a":null,"b":true,"c":false,"d":-0.5e+10,"e":0,"f":1234567890123456789}`,
		`{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é 😀"}`,
		`{"email":"x"}`, `{"email":5}`, `{"session":"s"}`, `{"session":-1}`,
		`{"dateTime":"2023-11-05T21:18:04+00:00"}`,
		`{"dateTime":"2024-02-29T23:59:60Z"}`,
		`{"dateTime":"2023-11-05T21:18-0330"}`,
		`{"dateTime":"2023-11-05T21:18:04.123456+05"}`,
		`{"dateTime":"2023-11-05T21:18:04,5Z"}`,
		`{"dateTime":"2023\u002d11-05T21:18:04Z"}`,
		`{"Purchase_Data":1,"datetime":"whenever"}`, // names are as the contract writes them
	} {
		if _, r := readPayload([]byte(body), false); r != nil {
			t.Errorf("%s: %s", body, r.Message)
		}
	}
	for _, purchase := range []string{
		"[" + lambo + "]", " [ " + lambo + " , " + lambo + " ] ",
		"[" + strings.Replace(lambo, `"30000000"`, `-5`, 1) + "]",
		"[" + strings.Replace(lambo, `"30000000"`, `"-5"`, 1) + "]",
		"[" + strings.Replace(lambo, `"LAMBO007"`, `7`, 1) + "]",
		"[" + strings.Replace(lambo, `{`, `{"quantity":3,"gift":null,`, 1) + "]",
		"[" + strings.Replace(lambo, `__sku__`, `\u005f_sku__`, 1) + "]",
	} {
		if _, r := readPayload([]byte(sale(purchase)), true); r != nil {
			t.Errorf("%s: %s", purchase, r.Message)
		}
	}
}

func TestPayloadRules(t *testing.T) {
	with := func(old, new string) string { return sale("[" + strings.Replace(lambo, old, new, 1) + "]") }
	for _, c := range []struct {
		action, body string
		reason, rule string
	}{
		// One JSON object.
		{"Demo", ``, "not_json", ruleType},
		{"Demo", `hello`, "not_json", ruleType},
		{"Demo", `[]`, "not_json", ruleType},
		{"Demo", `"a"`, "not_json", ruleType},
		{"Demo", `{`, "not_json", ruleType},
		{"Demo", `{"a"`, "not_json", ruleType},
		{"Demo", `{"a":`, "not_json", ruleType},
		{"Demo", `{"a":1`, "not_json", ruleType},
		{"Demo", `{"a":1,}`, "not_json", ruleType},
		{"Demo", `{,}`, "not_json", ruleType},
		{"Demo", `{"a" 1}`, "not_json", ruleType},
		{"Demo", `{a:1}`, "not_json", ruleType},
		{"Demo", `{'a':1}`, "not_json", ruleType},
		{"Demo", `{"a":1 "b":2}`, "not_json", ruleType},
		{"Demo", `{"a":01}`, "not_json", ruleType},
		{"Demo", `{"a":+1}`, "not_json", ruleType},
		{"Demo", `{"a":-}`, "not_json", ruleType},
		{"Demo", `{"a":1.}`, "not_json", ruleType},
		{"Demo", `{"a":.5}`, "not_json", ruleType},
		{"Demo", `{"a":1e}`, "not_json", ruleType},
		{"Demo", `{"a":NaN}`, "not_json", ruleType},
		{"Demo", `{"a":tru}`, "not_json", ruleType},
		{"Demo", `{"a":nul`, "not_json", ruleType},
		{"Demo", `{"a":"b}`, "not_json", ruleType},
		{"Demo", "{\"a\":\"b\nc\"}", "not_json", ruleType},
		{"Demo", `{"a":"\x41"}`, "not_json", ruleType},
		{"Demo", `{"a":"\u12g4"}`, "not_json", ruleType},
		{"Demo", `{"a":"\`, "not_json", ruleType},
		{"Demo", `{"a":"\ud83d"}`, "not_json", ruleType},
		{"Demo", `{"a":"\ude00"}`, "not_json", ruleType},
		{"Demo", `{"a":"\ud83d\u0041"}`, "not_json", ruleType},
		{"Demo", "{\"a\":\"\xff\"}", "not_json", ruleType},
		{"Demo", "\ufeff{}", "not_json", ruleType},
		{"Demo", `{} {}`, "not_json", ruleType},
		{"Demo", `{}x`, "not_json", ruleType},
		{"Demo", "{\"a\":1, // a comment\n\"b\":2}", "not_json", ruleType},
		{"Demo", `{"a":1,"a":1}`, "not_json", ruleFlat},
		{"Demo", `{"a":1,"\u0061":1}`, "not_json", ruleFlat},
		// Flat.
		{"Demo", `{"a":{}}`, "not_flat", ruleFlat},
		{"Demo", `{"a":[]}`, "not_flat", ruleFlat},
		{"Demo", `{"a":["x"]}`, "not_flat", ruleFlat},
		{"Demo", `{"a":` + strings.Repeat("[", 10_000) + `}`, "not_flat", ruleFlat},
		{"__commerce_action__", `{"a":{"b":1},"purchase_data":[` + lambo + `]}`, "not_flat", ruleFlat},
		{"__commerce_action__", with(`"LAMBO Urus"`, `{"de":"Urus"}`), "not_flat", ruleFlat},
		{"__commerce_action__", with(`{`, `{"tags":["x"],`), "not_flat", ruleFlat},
		// Commerce.
		{"Demo", sale("[" + lambo + "]"), "purchase_data", ruleCommerce},
		{"Demo", `{"purchase_data":null}`, "purchase_data", ruleCommerce},
		{"__commerce_action__", lead, "purchase_data", rulePurchase},
		{"__commerce_action__", `{}`, "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`[]`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(lambo), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`null`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`"[]"`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`[1]`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`[[` + lambo + `]]`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`[{}]`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`[` + lambo + `,]`), "purchase_data", rulePurchase},
		{"__commerce_action__", sale(`[` + lambo), "not_json", ruleType},
		{"__commerce_action__", with(`"30000000"`, `"12.5"`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"30000000"`, `12.0`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"30000000"`, `1e3`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"30000000"`, `""`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"30000000"`, `"-"`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"30000000"`, `" 5"`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"30000000"`, `null`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"USD"`, `"usd"`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"USD"`, `"US"`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"USD"`, `"USDT"`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"USD"`, `840`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"LAMBO007"`, `""`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"LAMBO007"`, `null`), "purchase_data", rulePurchase},
		{"__commerce_action__", with(`"123456"`, `true`), "purchase_data", rulePurchase},
		// Who.
		{"Demo", `{"email":""}`, "identity", ruleEmail},
		{"Demo", `{"email":null}`, "identity", ruleEmail},
		{"Demo", `{"email":true}`, "identity", ruleEmail},
		{"Demo", `{"session":""}`, "identity", ruleSession},
		{"Demo", `{"session":false}`, "identity", ruleSession},
		// When.
		{"Demo", `{"dateTime":1699219084}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":null}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":""}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"05/11/2023"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05 21:18:04Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-13-05T21:18:04Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-00-05T21:18:04Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-02-29T21:18:04Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T24:00:00Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:60:00Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:61Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04.Z"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04Zx"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04+"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04+1"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04+24:00"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04+00:60"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04+00:00x"}`, "date_time", ruleDateTime},
		{"Demo", `{"dateTime":"2023-11-05T21:18:04x"}`, "date_time", ruleDateTime},
	} {
		t.Run(fmt.Sprintf("%.70s", c.body), func(t *testing.T) {
			s := quick(Options{})
			wantRefusal(t, answer(s, post(c.action, c.body)), 400, c.reason, c.rule)
			if got := s.Stats(); got.Taken != 0 || got.Users != 0 {
				t.Errorf("stats %+v", got)
			}
		})
	}
}

func TestEveryRequiredFieldIsRequired(t *testing.T) {
	var entry map[string]string
	if err := json.Unmarshal([]byte(lambo), &entry); err != nil {
		t.Fatal(err)
	}
	for _, name := range requiredFields() {
		less := make(map[string]string)
		for k, v := range entry {
			if k != name {
				less[k] = v
			}
		}
		b, err := json.Marshal(less)
		if err != nil {
			t.Fatal(err)
		}
		_, r := readPayload([]byte(sale("["+lambo+","+string(b)+"]")), true)
		if r == nil || r.Message != "purchase_data[1] has no "+name {
			t.Errorf("without %s: %+v", name, r)
		}
	}
}

func TestManyKeys(t *testing.T) {
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	if _, r := readPayload([]byte(`{`+b.String()+`"z":1}`), false); r != nil {
		t.Error(r.Message)
	}
	for _, again := range []string{"k3", "k40000"} {
		if _, r := readPayload([]byte(`{`+b.String()+`"`+again+`":1}`), false); r == nil {
			t.Errorf("%s stands twice, and was taken", again)
		}
	}
}

// FuzzPayload holds the hand-written scanner against encoding/json: what it
// takes is JSON; what it calls broken is not, but for what the sandbox is
// stricter about.
func FuzzPayload(f *testing.F) {
	for _, body := range []string{lead, sale("[" + lambo + "]"), `{}`, `{"a":"\ud83d\ude00"}`, `{"a":-1.5e9,"b":null}`, `{"a":{}}`, ` {"a":1}x`} {
		f.Add([]byte(body), true)
		f.Add([]byte(body), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, commerce bool) {
		p, r := readPayload(body, commerce)
		var fields map[string]json.RawMessage
		legal := json.Unmarshal(body, &fields) == nil && fields != nil
		if r == nil {
			if !legal || !utf8.Valid(body) {
				t.Fatalf("took what is not JSON: %q", body)
			}
			if _, named := fields["email"]; named != (p.email != "") {
				t.Fatalf("email %q of %q", p.email, body)
			}
			return
		}
		if r.body() == nil || r.status != 400 || r.Rule == "" {
			t.Fatalf("refusal %+v", r)
		}
		stricter := !utf8.Valid(body) || strings.Contains(r.Message, "twice") || strings.Contains(r.Message, "surrogate")
		if r.Reason == "not_json" && legal && !stricter {
			t.Fatalf("called broken what is JSON: %q: %s", body, r.Message)
		}
	})
}
