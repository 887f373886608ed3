package mapping

import (
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

func TestFaults(t *testing.T) {
	full := func(change func(*source.Source)) *source.Source {
		s := &source.Source{
			Name: "x", Const: extra("currency", "EUR"),
			Order: &source.Order{ID: column("No")}, Items: &source.Items{Label: column("Item"), Total: column("Sum")},
		}
		change(s)
		return s
	}
	for name, c := range map[string]struct {
		source *source.Source
		paths  string // of the faults
	}{
		"nothing is wrong":    {full(func(s *source.Source) {}), ""},
		"order without items": {full(func(s *source.Source) { s.Items = nil }), "items"},
		"items without order": {full(func(s *source.Source) { s.Order = nil }), "order"},
		"both":                {full(func(s *source.Source) { s.Event = &source.Event{Action: "A"} }), "event"},
		"event without name":  {&source.Source{Event: &source.Event{}}, "event.action"},
		"order without id":    {full(func(s *source.Source) { s.Order.ID = nil }), "order.id"},
		"rewrite without id":  {full(func(s *source.Source) { s.Mode, s.Order.ID = source.Rewrite, column("rows") }), "order.id"},
		"rewrite with a time": {full(func(s *source.Source) {
			s.Mode, s.Order.ID, s.Order.At = source.Rewrite, column("rows"), column("At")
		}), ""},
		"event rewritten":        {&source.Source{Mode: source.Rewrite, Event: &source.Event{Action: "A"}}, "event.id"},
		"no currency":            {full(func(s *source.Source) { s.Const = nil }), "order.currency"},
		"currency default":       {full(func(s *source.Source) { s.Const, s.Defaults = nil, map[string]string{"__currency__": "EUR"} }), ""},
		"const currency":         {full(func(s *source.Source) { s.Const = extra("currency", "XX") }), "const.currency"},
		"small letters":          {full(func(s *source.Source) { s.Const = extra("currency", "eur") }), ""},
		"currency withdrawn":     {full(func(s *source.Source) { s.Const = extra("currency", "HRK") }), ""},
		"currency of a path":     {full(func(s *source.Source) { s.Watch, s.Const = []string{"/in/{code}/*.csv"}, extra("currency", "{code}") }), ""},
		"currency beside a path": {full(func(s *source.Source) { s.Watch, s.Const = []string{"/in/{code}/*.csv"}, extra("currency", "XX") }), "const.currency"},
		"currency written":       {full(func(s *source.Source) { s.Order.Currency = column(`= "EURO"`) }), "order.currency"},
		"currency's column":      {full(func(s *source.Source) { s.Order.Currency = column("XX") }), ""},
		"defaults currency":      {full(func(s *source.Source) { s.Defaults = map[string]string{"__currency__": "ABC"} }), "defaults.__currency__"},
		"no amount":              {full(func(s *source.Source) { s.Items.Total = nil }), "items.total"},
		"no label":               {full(func(s *source.Source) { s.Items.Label = nil }), "items.label"},
		"from only":              {full(func(s *source.Source) { s.Items.From = "All" }), "items.match"},
		"match only":             {full(func(s *source.Source) { s.Items.Match = "(?<a>b)" }), "items.from"},
		"match is broken":        {full(func(s *source.Source) { s.Items.From, s.Items.Match = "All", "(?<a>" }), "items.match"},
		"match has no name":      {full(func(s *source.Source) { s.Items.From, s.Items.Match = "All", "a+" }), "items.match"},
		"match is greedy":        {full(func(s *source.Source) { s.Items.From, s.Items.Match = "All", "(?<a>b*)" }), "items.match"},
		"pairs":                  {full(func(s *source.Source) { s.Items.Columns, s.Items.Pairs = "a*", "|" }), "items.pairs"},
		"pairs only":             {full(func(s *source.Source) { s.Items.Pairs = "|:" }), "items.pairs"},
		"two places":             {full(func(s *source.Source) { s.Items.Each, s.Items.Columns, s.Items.Pairs = "a", "b*", "|:" }), "items.each"},
		"each in csv":            {full(func(s *source.Source) { s.Items.Each, s.Read.Type = "a", "csv" }), "items.each"},
		"balance":                {full(func(s *source.Source) { s.Items.Balance = &source.Balance{} }), "items.balance.total"},
		"policy":                 {full(func(s *source.Source) { s.Policy = source.Policy{Refund: "maybe", Void: "action .", Changed: "no"} }), "policy.changed policy.refund policy.void"},
		"purchase policy":        {full(func(s *source.Source) { s.Policy.Refund = "action __commerce_action__" }), "policy.refund"},
		"names":                  {full(func(s *source.Source) { s.Order.Extra = extra("email", "A", "b", "B", "b", "C") }), "order.extra.b order.extra.email"},
		"refund's names":         {full(func(s *source.Source) { s.Refund, s.Order.Extra = is("A", "1"), extra("label", "A") }), "order.extra.label"},
		"item's names":           {full(func(s *source.Source) { s.Items.Extra = extra("__sku__", "A") }), "items.extra.__sku__"},
		"const's names":          {full(func(s *source.Source) { s.Const = append(s.Const, extra("a", "1", "a", "2")...) }), "const.a"},
		"gdpdu":                  {full(func(s *source.Source) { s.Read.Type = "gdpdu" }), "read.table"},
		"type":                   {full(func(s *source.Source) { s.Read.Type = "xlsx" }), "read.type"},
		"delimiter":              {full(func(s *source.Source) { s.Read.Delimiter = ";;" }), "read.delimiter"},
		"encoding":               {full(func(s *source.Source) { s.Read.Encoding = "cp857" }), "read.encoding"},
		"usual encoding":         {full(func(s *source.Source) { s.Read.Encoding = "CP 850" }), ""},
		"join elsewhere":         {full(func(s *source.Source) { s.Read.Join = []source.Join{{Table: "../a.csv", By: []string{"No"}}} }), "read.join[0].table"},
		"join of an index": {full(func(s *source.Source) {
			s.Read.Type, s.Read.Table, s.Read.Join = "gdpdu", "a.csv", []source.Join{{Table: "/b", By: []string{"No"}}}
		}), ""},
		"records": {full(func(s *source.Source) { s.Read.Records = &source.Records{Order: is("0", "A")} }), "read.records"},
		"records and group": {full(func(s *source.Source) {
			s.Read.Records, s.Order.Group = &source.Records{Order: is("0", "A"), Item: is("0", "B")}, column("G")
		}), "order.group"},
		"adjacent": {full(func(s *source.Source) { s.Order.Adjacent, s.Items.Each = true, "lines" }), "order.adjacent"},
		"refunds":  {full(func(s *source.Source) { s.Refunds = &source.Refunds{} }), "refunds.each refunds.id refunds.total"},
		"refunds in csv": {full(func(s *source.Source) {
			s.Read.Type, s.Refunds = "csv", &source.Refunds{Each: "a", ID: column("b"), Total: column("c")}
		}), "refunds"},
		"skip only":    {&source.Source{Skip: is("A", "b")}, "order"},
		"values":       {full(func(s *source.Source) { s.Values.Money = "much" }), "values.money"},
		"fill in json": {full(func(s *source.Source) { s.Read.Type, s.Read.Fill = "json", []string{"A"} }), "read.fill"},
	} {
		t.Run(name, func(t *testing.T) {
			m, faults := New(c.source, Options{})
			var paths []string
			for _, f := range faults {
				paths = append(paths, f.Path)
				if f.Is == "" || f.Write == "" {
					t.Errorf("%s says too little: %v", f.Path, f)
				}
			}
			slices.Sort(paths)
			if got := strings.Join(paths, " "); got != c.paths {
				t.Errorf("faults at %q, want %q: %v", got, c.paths, faults)
			}
			if (m == nil) != (len(faults) > 0) {
				t.Error("a mapping with faults, or none without")
			}
		})
	}
}

func TestMissingColumns(t *testing.T) {
	m := made(t, square(), Options{})
	data := text("Date,Time,Time Zone,Item,Price Point Name,SKU,GTIN,Token,Net Sale,Tax,Transaction ID,Event Type,Location", "2026-07-18,12:59:30,UTC,Tea,,S,,,$8.00,$0.00,T1,Payment,Main")
	o := m.Reading()
	r, err := rows.OpenBytes("items.csv", []byte(data), o)
	if err == nil {
		defer r.Close()
		_, err = m.Read(r, File{Name: "items.csv"})
	}
	if err == nil {
		t.Fatal("a file without the mapping's columns is read")
	}
	for _, want := range []string{"items.csv", "line 1", `"Net Sales" (is it "Net Sale"?)`, `"Customer ID"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not hold %q: %v", want, err)
		}
	}
}

func TestRefusedRows(t *testing.T) {
	s := daily()
	s.Order.Email = column("Note")
	s.Order.Currency = column("Cur")
	s.Const = nil
	m := made(t, s, Options{})
	results := read(t, m, text(
		"Day,No,SKU,Item,Sum,Note,Cur",
		"2026-03-01,1,S,Tea,1.00,,EUR",
		"2026-03-01,2,,,2.00,,EUR",
		"2026-03-01,3,S,Tea,,,EUR",
		"2026-03-01,4,S,Tea,x12,,EUR",
		"2026-03-01,5,S,Tea,1.00,,",
		"2026-03-01,6,S,Tea,1.00,,EURO",
		"2026-03-01,7,S,Tea,1.00,,EUR",
		"2026-03-01,7,S,Tea,1.0.0,,EUR",
		"03/01/2026,8,S,Tea,1.00,,EUR",
		"2026-03-01,,S,Tea,1.00,,EUR",
		"2026-03-01,9,1.23E+11,Tea,1.00,,EUR",
	), File{})
	for i, want := range []string{
		"", "neither number nor name: \"SKU\", \"Item\" is empty", `"Sum" is empty (items.total)`, `items.total: column "Sum": "x12"`,
		`no currency: "Cur" is empty (order.currency)`, "EURO", `row 8: items.total: column "Sum": "1.0.0"`, `order.at: column "Day": "03/01/2026"`,
		`the order has no id: one of the columns "Day", "No" is empty (order.id)`, `items.sku: "1.23E+11" is a long number`,
	} {
		if got := results[i].Reason; want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("result %d: %q, want %q", i, got, want)
		}
	}
}

func TestBrokenRows(t *testing.T) {
	s := daily()
	m := made(t, s, Options{})
	results := read(t, m, text(
		"Day,No,SKU,Item,Sum,Note",
		"2026-03-01,1,S,Tea,1.00,",
		"2026-03-01,2,S,Tea,1.00,",
		"2026-03-01,1,S,\"Tea,1.00,",
		"2026-03-01,3,S,Tea,1.00,",
	), File{})
	got := strings.Join(shown(results), "\n")
	if !strings.Contains(got, "refused") || !strings.Contains(got, "sale 2026-03-01/2") {
		t.Errorf("an unclosed quote yields\n%s", got)
	}
	for _, r := range results {
		if r.Order == "2026-03-01/1" && r.Offer != nil {
			t.Errorf("an order with a row that cannot be read is sent: %s", r.Offer.Event.Body)
		}
	}
}

func TestHold(t *testing.T) {
	m := made(t, daily(), Options{Hold: true})
	results := read(t, m, text("Day,No,SKU,Item,Sum,Note", "2026-03-01,1,S,Tea,x,"), File{})
	o := results[0].Offer
	if o == nil || !strings.Contains(o.Held, `column "Sum": "x"`) || string(o.Event.Body) != `{"Day":"2026-03-01","No":"1","SKU":"S","Item":"Tea","Sum":"x","Note":""}` {
		t.Fatalf("a refused row that is to be held is %+v", o)
	}
	s := daily()
	s.Invalid = "reject"
	if r := read(t, made(t, s, Options{Hold: true}), text("Day,No,SKU,Item,Sum,Note", "2026-03-01,1,S,Tea,x,"), File{})[0]; r.Reason == "" {
		t.Error("the source's own invalid: reject does not count")
	}
}

func TestRules(t *testing.T) {
	s := daily()
	s.Stamp, s.Defaults, s.Identity = "milliseconds", map[string]string{"b": "2"}, "require"
	project := &event.Rules{Nested: event.NestedReject, Defaults: map[string]string{"a": "1", "b": "1"}, RepeatWindow: 3600}
	r := made(t, s, Options{Rules: project}).Rules()
	if r.Nested != event.NestedReject || r.Stamp != "milliseconds" || r.Identity != "require" || r.Defaults["a"] != "1" || r.Defaults["b"] != "2" || r.RepeatWindow != 0 {
		t.Errorf("rules are %+v", r)
	}
	if project.Defaults["b"] != "1" {
		t.Error("the project's rules were changed")
	}
}

func TestAdvice(t *testing.T) {
	s := daily()
	if list := made(t, s, Options{}).Advice(); len(list) != 0 {
		t.Errorf("a mapping with id and time gets the advice %q", list)
	}
	s.Order.ID, s.Order.At = column("rows"), nil
	if list := made(t, s, Options{}).Advice(); len(list) != 2 || !strings.Contains(list[0], "exports that overlap send their common rows again") {
		t.Errorf("a mapping without id and time gets the advice %q", list)
	}
}

// Two ids under one group are two orders, and which line belongs to which
// cannot be told.
func TestTwoIDsInAGroup(t *testing.T) {
	m := made(t, shopify(), Options{})
	line := func(id string) string {
		return `#1113,,paid,2026-04-06 01:48:03 +0400,,,AED,10.00,0.00,1,Tea,10.00,T-1,0.00,web,` + id + `,`
	}
	results := read(t, m, text(shopifyHeader, line("1"), line("2")), File{})
	if len(results) != 1 || !strings.Contains(results[0].Reason, `row 2 has the id "2", but belongs to the order "1" by order.group`) {
		t.Errorf("%q", shown(results))
	}
}

// A sale that should have a time and has none is refused, and not dated anew.
func TestNoTime(t *testing.T) {
	s := daily()
	s.Order.ID = column("No")
	check(t, read(t, made(t, s, Options{}), text("Day,No,SKU,Item,Sum,Note", ",7,S,Tea,1.00,"), File{}),
		`7 refused: the order has no time: "Day" is empty (order.at)`)
}

// An encoding that is not known would let every file be refused.
func TestUnknownEncoding(t *testing.T) {
	for name, write := range map[string]string{
		"nope":        "one as windows-1252, ibm850, iso-8859-15 or utf-8",
		"cp857":       "one as windows-1252, ibm850, iso-8859-15 or utf-8", // which is not 850
		"windws-1252": "windows-1252, if that is meant; or one as windows-1252, ibm850, iso-8859-15 or utf-8",
	} {
		s := daily()
		s.Read.Encoding = name
		_, faults := New(s, Options{})
		if len(faults) != 1 || faults[0].Write != write || !strings.Contains(faults[0].Is, name) {
			t.Errorf("%s: %v", name, faults)
		}
	}
	for _, name := range encodings {
		if _, ok := rows.KnownEncoding(name); !ok {
			t.Errorf("%s is not known", name)
		}
	}
}
