package values

import (
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

func TestMatcher(t *testing.T) {
	csv := table(t, "Type,Total,Void?,Empty,Net,Id\nRefund, -11.90 ,true,,\"-1,50 €\",1.234\n")[0]
	json := table(t, `{"type":"sale","n":1,"f":1.50,"ok":true,"none":null,"list":[1],"neg":-0.5,"s":"-1,5"}`)[0]
	test := func(column string, is ...string) source.Test { return source.Test{Column: column, Is: is} }
	one := func(column string, is ...string) source.Matcher { return source.Matcher{{test(column, is...)}} }
	for _, tt := range []struct {
		m    source.Matcher
		json bool
		want bool
	}{
		{one("Type", "Refund"), false, true},
		{one("type", " Refund "), false, true},
		{one("Type", "refund"), false, false},
		{one("Type", "Sale", "Refund"), false, true},
		{one("Type", "/^Ref/"), false, true},
		{one("Type", "/^ref/"), false, false},
		{one("Type", "/(?i)^ref/"), false, true},
		{one("Type", "present"), false, true},
		{one("Type", "absent"), false, false},
		{one("Empty", "present"), false, false},
		{one("Empty", "absent"), false, true},
		{one("Nothing", "absent"), false, true},
		{one("Empty", ""), false, true},
		{one("Total", "<0"), false, true},
		{one("Total", "< 0"), false, true},
		{one("Total", ">0"), false, false},
		{one("Total", "<=-11.9"), false, true},
		{one("Total", ">=-11.90"), false, true},
		{one("Total", ">-11.90"), false, false},
		{one("Net", "<0"), false, true},
		{one("Net", "<-1.4"), false, true},
		{one("Id", ">0"), false, true},
		{one("Empty", "<0"), false, false},
		{one("Empty", ">=0"), false, false},
		{one("Empty", ">=0", "absent"), false, true},
		{source.Matcher{{test("Type", "Refund"), test("Void?", "false")}}, false, false},
		{source.Matcher{{test("Type", "Refund"), test("Void?", "true")}}, false, true},
		{source.Matcher{{test("Type", "Sale")}, {test("Void?", "true")}}, false, true},
		{source.Matcher{}, false, false},
		{one("n", "1"), true, true},
		{one("f", "1.50"), true, true},
		{one("f", "1.5"), true, false},
		{one("f", ">1.4"), true, true},
		{one("ok", "true"), true, true},
		{one("none", "absent"), true, true},
		{one("list", "present"), true, true},
		{one("list", "absent"), true, false},
		{one("list.0", "1"), true, true},
		{one("neg", "<0"), true, true},
		{one("s", "<0"), true, true},
	} {
		c := NewCompiler(source.Values{}, CompilerOptions{})
		m := c.Matcher("skip", tt.m)
		s := &Scope{Row: csv}
		if tt.json {
			s.Row = json
		}
		got, err := m.Holds(s)
		if got != tt.want || err != nil || c.Faults() != nil {
			t.Errorf("%v: got %t, %v, %v; want %t", tt.m, got, err, c.Faults(), tt.want)
		}
	}
	for _, tt := range []struct {
		m    source.Matcher
		want string
	}{
		{one("type", "<0"), `column "type": "sale" is not an amount`},
		{one("list", "x"), "is a list"},
	} {
		c := NewCompiler(source.Values{}, CompilerOptions{})
		if got, err := c.Matcher("skip", tt.m).Holds(&Scope{Row: json}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got %t, %v; want %s", tt.m, got, err, tt.want)
		}
	}
}
