package values

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func decimal(t testing.TB, text string) Decimal {
	t.Helper()
	d, err := ParseDecimal(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

func TestDecimalArithmetic(t *testing.T) {
	type op = func(a, b Decimal) (Decimal, error)
	add, sub, mul, div := Decimal.Add, Decimal.Sub, Decimal.Mul, Decimal.Div
	for _, tt := range []struct {
		a    string
		op   op
		b    string
		want string
	}{
		{"0.1", add, "0.2", "0.3"},
		{"8.00", add, "0.66", "8.66"},
		{"8", sub, "8.005", "-0.005"},
		{"1.005", mul, "100", "100.500"},
		{"3", mul, "0.333333333333333333", "0.999999999999999999"},
		{"0.333333333333333333", mul, "0.5", "0.166666666666666667"},
		{"123456789.123", mul, "-987654321.456", "-121932631290413046"},
		{"1", div, "3", "0.333333333333333333"},
		{"2", div, "3", "0.666666666666666667"},
		{"-2", div, "3", "-0.666666666666666667"},
		{"119", div, "1.19", "100"},
		{"10", div, "4", "2.5"},
		{"1", div, "0", "!" + errDivision.Error()},
		{"999999999999999999", add, "1", "!" + errTooLarge.Error()},
		{"999999999999999999", add, "0.4", "999999999999999999"},
		{"999999999999999999", add, "0.5", "!" + errTooLarge.Error()},
		{"999999999999", mul, "999999999999", "!" + errTooLarge.Error()},
		{"999999999999999999", div, "0.000000001", "!" + errTooLarge.Error()},
	} {
		got, err := tt.op(decimal(t, tt.a), decimal(t, tt.b))
		text := got.String()
		if err != nil {
			text = "!" + err.Error()
		}
		if text != tt.want {
			t.Errorf("%s, %s: got %s, want %s", tt.a, tt.b, text, tt.want)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"12.50": "12.50", "-0.70": "-0.70", "-0.0": "0.0", "1e3": "1000", "1.5E-3": "0.0015", "007": "7", ".5": "0.5",
		"1234567890123456.789": "1234567890123456.78", "123456789012345678": "123456789012345678",
		"0.00000000000000000000001": "0.000000000000000000", "1e-999": "0.000000000000000000", "0e999": "0",
		"1234567890123456789": "!", "1e18": "!", "1e999999": "!", "": "!", "-": "!", ".": "!", "1.2.3": "!", "1e": "!", "e5": "!", "1,5": "!", "0x1": "!",
		"12345678901234567890e-5": "123456789012345.678",
	} {
		d, err := ParseDecimal(text)
		got := d.String()
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: got %s, %v; want %s", text, got, err, want)
		}
	}
}

// TestDecimalExact holds sums and products of what tills write to math/big.
func TestDecimalExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (Decimal, *big.Rat) {
			n, places := rapid.Int64Range(-1e8, 1e8).Draw(t, name), rapid.IntRange(0, 8).Draw(t, name+" places")
			d, err := NewDecimal(n, places)
			if err != nil {
				t.Fatal(err)
			}
			return d, new(big.Rat).SetFrac(big.NewInt(n), bigPower10(places))
		}
		a, x := draw("a")
		b, y := draw("b")
		sum, err := a.Add(b)
		holds(t, sum, err, new(big.Rat).Add(x, y))
		product, err := a.Mul(b)
		holds(t, product, err, new(big.Rat).Mul(x, y))
		if a.Cmp(b) != x.Cmp(y) {
			t.Fatalf("%v and %v: compared as %d", a, b, a.Cmp(b))
		}
		cents, err := a.Minor(2)
		want := strings.TrimSuffix(new(big.Rat).Mul(x, big.NewRat(100, 1)).FloatString(0), ".")
		if err != nil || big.NewInt(cents).String() != want && want != "-0" {
			t.Fatalf("%v: got %d cents, %v; want %s", a, cents, err, want)
		}
	})
}

func holds(t *rapid.T, d Decimal, err error, want *big.Rat) {
	t.Helper()
	got, ok := new(big.Rat).SetString(d.String())
	if err != nil || !ok || got.Cmp(want) != 0 {
		t.Fatalf("got %v, %v; want %v", d, err, want)
	}
}
