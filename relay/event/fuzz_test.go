package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// legal is the contract read from the seed a second time, over encoding/json.
func legal(action string, body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return errors.New("not JSON in UTF-8")
	}
	members, err := object(body)
	if err != nil {
		return err
	}
	for name, raw := range members {
		switch {
		case name == "purchase_data":
			if action != CommerceAction {
				return errors.New("purchase_data with another action")
			}
			var entries []json.RawMessage
			if err := json.Unmarshal(raw, &entries); err != nil || len(entries) == 0 {
				return fmt.Errorf("purchase_data: %s", raw)
			}
			for _, entry := range entries {
				if err := legalEntry(entry); err != nil {
					return err
				}
			}
		case raw[0] == '{' || raw[0] == '[':
			return fmt.Errorf("%s is nested", name)
		case name == "email" || name == "session":
			if string(raw) == "null" || string(raw) == `""` || string(raw) == "true" || string(raw) == "false" {
				return fmt.Errorf("%s is %s", name, raw)
			}
		case name == "dateTime":
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return err
			}
			if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$`).MatchString(text) {
				return fmt.Errorf("dateTime %s", text)
			}
		}
	}
	if _, ok := members["purchase_data"]; !ok && action == CommerceAction {
		return errors.New("no purchase_data")
	}
	return nil
}

func legalEntry(raw []byte) error {
	members, err := object(raw)
	if err != nil {
		return err
	}
	for name, value := range members {
		if value[0] == '{' || value[0] == '[' {
			return fmt.Errorf("%s is nested", name)
		}
	}
	for name, want := range map[string]string{
		"__sku__": `^(-?\d.*|".+")$`, "__label__": `^(-?\d.*|".+")$`, "__order__": `^(-?\d.*|".+")$`,
		"__total_in_cents__": `^(-?\d+|"-?\d+")$`, "__currency__": `^"[A-Z]{3}"$`,
	} {
		value := members[name]
		var text string
		if json.Unmarshal(value, &text) == nil {
			value = append(append([]byte{'"'}, text...), '"')
		}
		if !regexp.MustCompile("(?s)" + want).Match(value) {
			return fmt.Errorf("%s is %s", name, members[name])
		}
	}
	return nil
}

// object reads an object and refuses names that stand twice.
func object(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, fmt.Errorf("no object: %.40s", raw)
	}
	members := make(map[string]json.RawMessage)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, ok := members[name]; ok {
			return nil, fmt.Errorf("%s stands twice", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("trailing bytes")
	}
	return members, nil
}

// seeds are bodies that lead into every part of the rules.
func seeds() []string {
	return []string{
		`{}`, `[]`, `{"a":{"b":[1,{"c":null}]},"a_b":1}`, sale(""), sale(`,"x":{"y":[1,"a",{}]}`), benchPurchase,
		`{"email":" A@B ","session":12,"dateTime":"2023-11-05 21:18:04"}`, `{"dateTime":"2023-10-29"}`,
		`{"purchase_data":"[{\"__sku__\":\"S\",\"__label__\":\"L\",\"__total_in_cents__\":\"1\",\"__order__\":1,\"__currency__\":\"eur\"}]"}`,
		"{\"a\":\"\\ud83d\\ude00\\u0000\",\"\\u0061\":1,\"é\":-1.5e+9}", `{"purchase_data":[{"__currency__":""}],"email":null}`,
		`{"n":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	}
}

func FuzzNormalize(f *testing.F) {
	for _, body := range seeds() {
		f.Add(CommerceAction, body, byte(0))
		f.Add("A%2F", body, byte(7))
	}
	now := time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC)
	f.Fuzz(func(t *testing.T, path, body string, settings byte) {
		r := &Rules{Zone: time.UTC}
		if settings&1 != 0 {
			r.Defaults = map[string]string{"__currency__": "usd", "__order__": "7", "till": "\"1\"", "__x__": "\n", "session": "s"}
		}
		if settings&2 != 0 {
			r.Nested = NestedReject
		}
		if settings&4 != 0 {
			r.Identity = IdentityRequire
		}
		e, faults := Normalize(path, []byte(body), r)
		if faults != nil {
			checkFaults(t, faults)
			return
		}
		if err := legal(e.Action, e.Body); err != nil {
			t.Fatalf("%s became %s: %v", body, e.Body, err)
		}
		again, faults := Normalize(path, e.Body, r)
		if faults != nil || string(again.Body) != string(e.Body) || again.base != e.base || again.cut != e.cut {
			t.Fatalf("%s: a second time %v\n%s\n%s", body, faults, e.Body, again.Body)
		}
		m := newMemory()
		s := e.Settle(m, "p", now, r)
		if err := legal(e.Action, s.Body); err != nil {
			t.Fatalf("%s was stamped as %s: %v", body, s.Body, err)
		}
		// Stamped, it is the event that a sender could have sent.
		stamped, faults := Normalize(path, s.Body, r)
		if faults != nil || string(stamped.Body) != string(s.Body) {
			t.Fatalf("%s: stamped, %v", s.Body, faults)
		}
		if m.id++; stamped.Settle(m, "p", now, r).Duplicate == 0 && len(m.marks) != 1 {
			t.Fatalf("%s is not known as itself", s.Body)
		}
	})
}

func checkFaults(t *testing.T, faults *Faults) {
	t.Helper()
	if len(faults.List) == 0 {
		t.Fatal("refused without a fault")
	}
	for _, fault := range faults.List {
		if fault.Detail == "" || !utf8.ValidString(fault.Detail) || !utf8.ValidString(fault.Pointer) {
			t.Fatalf("%+v", fault)
		}
		if !regexp.MustCompile(`^(/([^/~]|~[01])*)*$`).MatchString(fault.Pointer) {
			t.Fatalf("pointer %q", fault.Pointer)
		}
	}
}

// The scanner takes what encoding/json takes, but for half surrogate pairs,
// which encoding/json replaces, bytes that are not UTF-8, and depth.
func FuzzScan(f *testing.F) {
	for _, body := range seeds() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := scanner{src: []byte(body)}
		d := document{src: s.src, nodes: s.document(nil)}
		flat := scanner{src: s.src, flat: true}
		flat.document(nil)
		if flat.failed != s.failed || flat.at != s.at {
			t.Fatalf("%q: with nodes %v, without %v", body, s.wrong, flat.wrong)
		}
		valid := json.Valid([]byte(body)) && utf8.ValidString(body)
		if !s.failed && !valid {
			t.Fatalf("%q is no JSON", body)
		}
		if s.failed && valid && !s.deep && !strings.Contains(body, `\u`) {
			t.Fatalf("%q is JSON, but: %s", body, s.wrong)
		}
		if s.failed {
			return
		}
		for n := range d.nodes {
			if d.nodes[n].kind == kindString {
				var want string
				if err := json.Unmarshal(d.raw(n), &want); err != nil || d.text(n) != want {
					t.Fatalf("%s is %q, not %q", d.raw(n), d.text(n), want)
				}
				var back string
				if err := json.Unmarshal(appendQuoted(nil, want), &back); err != nil || back != want {
					t.Fatalf("%q quoted is %s", want, appendQuoted(nil, want))
				}
			}
			if p := d.pointer(n); (p == "") != (n == 0) && d.nodes[n].keyEnd > d.nodes[n].key {
				t.Fatalf("pointer %q of %d", p, n)
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add(`[{"a":1}, [2] ,"]"]`, false)
	f.Add("{\"a\":1}\r\n\n {}", true)
	f.Fuzz(func(t *testing.T, body string, ndjson bool) {
		parts, faults := SplitBatch([]byte(body), ndjson, 100)
		if faults != nil {
			checkFaults(t, faults)
			return
		}
		if ndjson {
			if got := bytes.Join(parts, nil); len(got) > len(body) || bytes.Contains(got, []byte("\n")) {
				t.Fatalf("%q became %q", body, parts)
			}
			return
		}
		var want []json.RawMessage
		if err := json.Unmarshal(trim([]byte(body)), &want); err != nil || len(want) != len(parts) {
			t.Fatalf("%q: %v, %d parts, want %d", body, err, len(parts), len(want))
		}
		for i := range want {
			if string(want[i]) != string(parts[i]) {
				t.Fatalf("part %d is %s, want %s", i, parts[i], want[i])
			}
		}
	})
}

func FuzzForm(f *testing.F) {
	f.Add("email=a%40b.c&purchase_data[0][__sku__]=X&purchase_data%5B0%5D%5B__label__%5D=L+M&tags[]=1&tags[]=2")
	f.Add("a[1]=x&a[0]=y&b[x][y]=&c")
	f.Fuzz(func(t *testing.T, raw string) {
		body, faults := FromForm(raw)
		if faults != nil {
			checkFaults(t, faults)
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatalf("%q became %q", raw, body)
		}
		if _, err := object(body); err != nil {
			t.Fatalf("%q became %s: %v", raw, body, err)
		}
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		for name := range values {
			if !strings.ContainsAny(name, "[]") && !bytes.Contains(body, appendQuoted(nil, name)) {
				t.Fatalf("%q became %s without %q", raw, body, name)
			}
		}
	})
}

func FuzzFacts(f *testing.F) {
	f.Add(Facts{Action: "Ü", Path: "%C3%9C", Source: "http", StampAt: 300, ClockWrong: true}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := ParseFacts(b)
		if err != nil {
			return
		}
		again, err := ParseFacts(facts.Append(nil))
		if err != nil || again != facts {
			t.Fatalf("%+v became %+v, %v", facts, again, err)
		}
	})
}
