package event

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestFactsSurvive(t *testing.T) {
	for _, f := range []Facts{
		{},
		{Action: "Lead", Path: "Lead", Source: "http", StampAt: 365},
		{Action: "a/b", Path: "a%2Fb", Source: "till 1", StampAt: 1 << 20, ClockWrong: true},
		{Action: strings.Repeat("ü", 500), Path: "x", Source: ""},
	} {
		b := f.Append([]byte("x"))[1:]
		got, err := ParseFacts(b)
		if err != nil || got != f {
			t.Errorf("%+v became %+v, %v", f, got, err)
		}
		for i := range len(b) - len(f.Source) {
			if _, err := ParseFacts(b[:i]); err == nil {
				t.Errorf("%+v: %d of %d bytes are enough", f, i, len(b))
			}
		}
	}
	for _, b := range []string{"\x02\x00\x00\x00", "\x01\x80\x00\x00", "\x01\x02\xff\xff\xff\xff\xff\xff\x00", "\x01\x02\x00\x05a"} {
		if f, err := ParseFacts([]byte(b)); err == nil {
			t.Errorf("%q is %+v", b, f)
		}
	}
}

func TestSplitBatch(t *testing.T) {
	for _, c := range []struct {
		body   string
		ndjson bool
		want   string
	}{
		{`[]`, false, ``}, {"\xef\xbb\xbf [ ] \n", false, ``}, {``, true, ``},
		{` [ {"a":[1,"]"]} , 2,{}] `, false, `{"a":[1,"]"]}|2|{}`},
		{"{\"a\":1}\r\n\r\n \t{}\n[\n", true, `{"a":1}|{}|[`},
		{`{}`, false, `!`}, {``, false, `!`}, {`[{},`, false, `!/1`}, {`[{},{]`, false, `!/1`}, {`[{} {}]`, false, `!/1`}, {`[]x`, false, `!`}, {`[`, false, `!/0`}, {`[,]`, false, `!/0`},
		{`[1,2,3,4]`, false, `/3`}, {"1\n2\n3\n4", true, `/3`},
	} {
		parts, faults := SplitBatch([]byte(c.body), c.ndjson, 3)
		got := string(bytes.Join(parts, []byte("|")))
		if faults != nil {
			got = faults.List[0].Pointer
			if faults.Malformed {
				got = "!" + got
			}
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q (%v)", c.body, got, c.want, faults)
		}
	}
}

func TestFromForm(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"", `{}`}, {"a", `{"a":""}`}, {"b=1&a=2&&", `{"b":"1","a":"2"}`},
		{"email=a%40b.c&x=a+b%22", `{"email":"a@b.c","x":"a b\""}`},
		{"purchase_data[1][__sku__]=Y&purchase_data%5B0%5D[__sku__]=X&purchase_data[0][a]=1", `{"purchase_data":[{"__sku__":"X","a":"1"},{"__sku__":"Y"}]}`},
		{"tags[]=a&tags[]=b&0=z", `{"tags":["a","b"],"0":"z"}`},
		{"a[01]=x&a[x]=y", `{"a":{"01":"x","x":"y"}}`},
		{"a[7]=x&a[10]=z&a[9]=y", `{"a":["x","y","z"]}`},
		{"a=1&a=2", `/a`}, {"a=1&a[b]=2", `/a/b`}, {"a[b]=1&a=2", `/a`}, {"a[=1", `/a`}, {"a[b]c=1", `/a/b`}, {"a[[b]]=1", `/a`}, {"a[][b]=1", `/a//b`}, {"=1", ``}, {"[a]=1", ``},
		{"a=%zz&b=%ff", `!`}, {"a/b=1&a/b=1", `/a~1b`},
	} {
		body, faults := FromForm(c.raw)
		got := string(body)
		if faults != nil {
			checkFaults(t, faults)
			got = faults.List[0].Pointer
			if faults.Malformed {
				got = "!"
			}
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s (%v)", c.raw, got, c.want, faults)
		}
	}
	if _, faults := FromForm("a" + strings.Repeat("[b]", 100) + "=1"); faults == nil {
		t.Error("a hundred levels are taken")
	}
}

func TestKeysDiffer(t *testing.T) {
	long := strings.Repeat("k", 200)
	names := map[string]string{}
	note := func(what string, name []byte) {
		t.Helper()
		if len(name) > 256 {
			t.Errorf("%s: %d bytes", what, len(name))
		}
		if first, ok := names[string(name)]; ok {
			t.Errorf("%s has the name of %s", what, first)
		}
		names[string(name)] = what
	}
	note("key", IdempotencyKey("p", "A", "k", 0))
	note("another index", IdempotencyKey("p", "A", "k", 1))
	note("another action", IdempotencyKey("p", "B", "k", 0))
	note("another project", IdempotencyKey("q", "A", "k", 0))
	note("project and action shifted", IdempotencyKey("pA", "", "k", 0))
	note("long key", IdempotencyKey("p", "A", long, 0))
	note("longer key", IdempotencyKey("p", "A", long+"k", 0))
	note("order", OrderKey("s", "1", "sale"))
	note("refund", OrderKey("s", "1", "refund"))
	note("shifted", OrderKey("s", "1s", "ale"))
	note("shifted to the left", OrderKey("s1", "", "sale"))
	note("long order", OrderKey("s", long, "sale"))
	note("long order, shifted", OrderKey("s", long+"s", "ale"))
	a := mustNormalize(t, CommerceAction, sale(""), nil)
	b := mustNormalize(t, CommerceAction, sale(`,"x":1`), nil)
	for what, e := range map[string]*Event{"sale": a, "another sale": b} {
		for _, project := range []string{"p", "q"} {
			name, ok := e.RepeatKey(project)
			if !ok {
				t.Error("no key for a", what)
			}
			note(what+" in "+project, name)
		}
	}
	again, _ := mustNormalize(t, CommerceAction, sale(""), nil).RepeatKey("p")
	if names[string(again)] != "sale in p" {
		t.Error("an equal sale has another key")
	}
	for _, e := range []*Event{
		mustNormalize(t, "A", `{}`, nil),
		mustNormalize(t, CommerceAction, strings.Replace(sale(""), "{", `{"dateTime":"2023-11-05T21:18:04Z",`, 1), nil),
		{Order: "1"},
	} {
		if name, ok := e.RepeatKey("p"); ok {
			t.Errorf("%s: %q", e.Body, name)
		}
	}
}

// The names of orders that follow each other are to lie near each other.
func TestRepeatKeysShareTheirBeginning(t *testing.T) {
	var last []byte
	for _, order := range []string{"ord_0001", "ord_0002", "ord_0010"} {
		e := mustNormalize(t, CommerceAction, strings.Replace(sale(""), `"1"`, `"`+order+`"`, 1), nil)
		name, _ := e.RepeatKey("p")
		if bytes.Compare(last, name) >= 0 || name[0] != 'r' {
			t.Errorf("%q after %q", name, last)
		}
		last = name
	}
}

func TestLanes(t *testing.T) {
	lanes := func(body, project string) (all []uint64) {
		two, n := mustNormalize(t, "A", body, nil).Lanes(project)
		return two[:n]
	}
	both := lanes(`{"email":"A@b","session":123}`, "p")
	if len(both) != 2 || both[0] == both[1] {
		t.Fatal(both)
	}
	for _, c := range []struct {
		body, project string
		want          bool
	}{
		{`{"email":" a@B "}`, "p", true}, {`{"session":"123"}`, "p", true},
		{`{"session":"a@b"}`, "p", false}, {`{"email":"123"}`, "p", false}, {`{"email":"a@b"}`, "q", false}, {`{}`, "p", false},
	} {
		shared := false
		for _, lane := range lanes(c.body, c.project) {
			shared = shared || lane == both[0] || lane == both[1]
		}
		if shared != c.want {
			t.Errorf("%s in %s: %v", c.body, c.project, shared)
		}
	}
	// Kept in the spool: the same in every build.
	if both[0] != 0x86afce65455aa8c2 {
		t.Errorf("lane of a@b is %#x", both[0])
	}
}

func TestFaultsRead(t *testing.T) {
	_, faults := Normalize("A", []byte(`{"email":1,"dateTime":"05/11/2023"}`), &Rules{Zone: time.UTC})
	want := `/email: must be a string, as in "jane@shop.example"; leave it out where it is not known; ` +
		`/dateTime: "05/11/2023" is no date and time of ISO 8601 (its year is not of 4 digits); ` +
		`write it as in 2023-11-05T21:18:04+00:00, or leave it out for the time of arrival`
	if faults.Error() != want {
		t.Errorf("got  %s\nwant %s", faults, want)
	}
	_, faults = Normalize("A", []byte("{\n \"a\": x}"), nil)
	if want := "not JSON: line 2, column 7: a value is due here"; faults.Error() != want {
		t.Errorf("got  %s\nwant %s", faults, want)
	}
}
