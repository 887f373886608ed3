package values

import (
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

func TestCalculation(t *testing.T) {
	row := table(t, "Net Sales,Tax,Qty,Price,Item,Empty,Type,Odd Price\n\"$1,000.10\",$0.20,3,$0.10,  Tea ,,Sale,1.005\n")[0]
	for _, tt := range []struct{ expr, want string }{
		{`money("Net Sales") + money("Tax")`, "1000.30"},
		{`num("Qty") * money("Price")`, "0.30"},
		{`money("net sales") - money("Tax") * 2`, "999.70"},
		{`-money("Tax")`, "-0.20"},
		{`+money("Tax")`, "0.20"},
		{`money("Net Sales") / 1.19`, "840.420168067226891"},
		{`round(money("Net Sales") / 1.19, 2)`, "840.42"},
		{`round(money("Odd Price"), 2)`, "1.01"},
		{`0.1 + 0.2`, "0.3"},
		{`1 / 3`, "0.333333333333333333"},
		{`2 * (3 + 4)`, "14"},
		{`money("Empty") + money("Tax")`, "0.20"},
		{`money("Empty") + money("Empty")`, ""},
		{`money("Empty") * 2`, "0"},
		{`money("Empty") ?? money("Tax")`, "0.20"},
		{`num("Qty") > 2 ? money("Price") : 0`, "0.10"},
		{`(num("Qty") > 5 ? money("Price") : 0) + money("Tax")`, "0.20"},
		{`text("Type") == "Refund" ? -money("Tax") : money("Tax")`, "0.20"},
		{`text("Type") in ["Sale", "Payment"]`, "true"},
		{`text("Type") not in ["Sale", "Payment"]`, "false"},
		{`num("Qty") in [1, 3]`, "true"},
		{`num("Qty") == 3 and not (num("Qty") != 3.0)`, "true"},
		{`"3" == num("Qty")`, "false"},
		{`text("Empty") == "" && money("Empty") == 0`, "true"},
		{`text("Item") + " x " + string(num("Qty"))`, "Tea x 3"},
		{`upper(text("Item"))[0:2]`, "TE"},
		{`split("a;b", ";")[1]`, "b"},
		{`len(text("Item"))`, "3"},
		{`len(text("Item")) + 1`, "4"},
		{`text("Item") matches "^T.a$"`, "true"},
		{`text("Item") contains "e"`, "true"},
		{`text("Item") startsWith "X" or text("Item") < "U"`, "true"},
		{`num(replace("1.5x", "x", ""))`, "1.5"},
		{`money("$" + "12.00")`, "12.00"},
		{`num("")`, "!fault"},
		{`num(-1.5)`, "take a column's name or a text"},
		{`abs(money("Tax") - 1)`, "0.80"},
		{`max(money("Tax"), money("Price"), money("Empty"))`, "0.20"},
		{`min(money("Tax"), money("Price"))`, "0.10"},
		{`let total = money("Tax") + money("Price"); total * 2`, "0.60"},
		{`true`, "true"},
		{`"x"`, "x"},
		{`nil`, ""},
		{`1_000`, "1000"},
		{`money("Type")`, `!column "Type": "Sale" is not an amount`},
		{`num("Item") + 1`, `!column "Item": "Tea" is not a number`},
		{`text("Item") + money("Tax")`, `a text and a number`},
		{`text("Item") * 2`, `"Tea" is no number, for *`},
		{`money("Tax") / 0`, "divided by zero"},
		{`["a"]`, "no single value"},
		{`split("a", ";")[3]`, "out of range"},
		{`text("Item") ? 1 : 2`, "!"},
	} {
		c := NewCompiler(source.Values{Money: "$1,234.56"}, CompilerOptions{})
		v := c.Value("total", source.Value{"= " + tt.expr})
		got, err := v.Text(&Scope{Row: row})
		if c.Faults() != nil {
			got = "!fault"
		}
		if err != nil {
			got = "!" + err.Error()
			if strings.Contains(got, "\n") {
				t.Errorf("%s: the error has two lines: %s", tt.expr, got)
			}
		}
		if got != tt.want && (err == nil || !strings.Contains(got, tt.want)) {
			t.Errorf("%s: got %s, want %s; %v", tt.expr, got, tt.want, c.Faults())
		}
	}
}

func TestCalculationTotal(t *testing.T) {
	row := table(t, "Net Sales,Tax,Qty,Price\n0.10,0.20,3,0.335\n")[0]
	for expr, want := range map[string]int64{
		`= money("Net Sales") + money("Tax")`: 30,
		`= num("Qty") * money("Price")`:       101, // 1.005
		`= -(num("Qty") * money("Price"))`:    -101,
		`= "12,5"`:                            1250,
	} {
		cents, ok, err := compile(t, source.Values{}, source.Value{expr}).Money(&Scope{Row: row}, "EUR")
		if cents != want || !ok || err != nil {
			t.Errorf("%s: got %d, %t, %v; want %d", expr, cents, ok, err, want)
		}
	}
	v := compile(t, source.Values{Money: "cents"}, source.Value{`= money("a") + money("b")`})
	s := &Scope{Row: table(t, `{"a":100,"b":"50"}`)[0]}
	if cents, _, err := v.Money(s, "JPY"); cents != 150 || err != nil {
		t.Errorf("cents of JPY: got %d, %v", cents, err)
	}
	if cents, _, err := v.Money(s, "EUR"); cents != 150 || err != nil {
		t.Errorf("cents of EUR: got %d, %v", cents, err)
	}
	if _, err := v.Text(s); err == nil || !strings.Contains(err.Error(), "no currency is known") {
		t.Errorf("cents without a currency: %v", err)
	}
	s.Currency = "EUR"
	if text, err := v.Text(s); text != "1.50" || err != nil {
		t.Errorf("cents as a text: got %s, %v", text, err)
	}
}

func TestCalculationFaults(t *testing.T) {
	for expr, want := range map[string]string{
		`money("A") +`:                  "(1:",
		`Qty * Price`:                   "unknown name Qty (1:1)\n | Qty * Price\n | ^",
		`money(A)`:                      "unknown name A (1:7)",
		`money()`:                       `money takes one column`,
		`money("A", "B")`:               `money takes one column`,
		`money(" ")`:                    `money takes a column's name`,
		`text(1)`:                       `text takes a column's name`,
		`num(5)`:                        `num takes a column's name`,
		`money("A").Cents("EUR")`:       "a dot has no meaning here",
		`$env`:                          "unknown name $env",
		`map([1], # + 1)`:               "(1:",
		`1..100`:                        "the operator .. has no meaning here",
		`2 ** 3`:                        "the operator ** has no meaning here",
		`num("A") % 3`:                  "the operator % has no meaning here",
		`text("A") matches text("B")`:   "regular expression in quotes",
		`text("A") matches "("`:         "error parsing regexp",
		`{"a": 1}`:                      "a value is made of",
		`1; 2`:                          "a value is made of",
		`now()`:                         "unknown name now",
		`repeat("a", 100000)`:           "unknown name repeat",
		`1e300 + 1`:                     "too large",
		``:                              "is no calculation",
		strings.Repeat("1+", 600) + "1": "exceeds maximum allowed nodes",
		strings.Repeat("(", 5000):       "is no calculation",
	} {
		c := NewCompiler(source.Values{}, CompilerOptions{})
		c.Value("items.total", source.Value{"=" + expr})
		if len(c.Faults()) != 1 || !strings.Contains(c.Faults()[0].Is, want) {
			t.Errorf("%.40s: got %v, want %s", expr, c.Faults(), want)
		}
	}
}
