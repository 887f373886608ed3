package values

import (
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

// amountOf is text as an amount, in cents of the currency.
func amountOf(t *testing.T, example, text, currency string) (int64, error) {
	t.Helper()
	c := NewCompiler(source.Values{Money: example}, CompilerOptions{})
	v := c.Value("total", source.Value{"Total"})
	if faults := c.Faults(); faults != nil {
		t.Fatal(faults)
	}
	cents, _, err := v.Money(&Scope{Cells: map[string]string{"Total": text}}, currency)
	return cents, err
}

func TestMoney(t *testing.T) {
	const (
		german = "1.234,56"
		us     = "$1,234.56"
		swiss  = "1'234.50"
		french = "1 234,56"
		plain  = "1234.56"
		whole  = "1234"
	)
	for _, tt := range []struct {
		example, text, currency string
		want                    int64
	}{
		{german, "1.234,56", "EUR", 123456},
		{german, "1234,56", "EUR", 123456},
		{german, "1.234", "EUR", 123400},
		{german, "12", "EUR", 1200},
		{german, "12,5", "EUR", 1250},
		{german, "12,5 €", "EUR", 1250},
		{german, "€ 12", "EUR", 1200},
		{german, "EUR 12,00", "EUR", 1200},
		{german, "12,00 eur", "EUR", 1200},
		{german, "-1.234.567,89", "EUR", -123456789},
		{german, "11,90000", "EUR", 1190},
		{german, "12,-", "EUR", 1200},
		{german, "12,-- €", "EUR", 1200},
		{german, "kr. 12,50", "SEK", 1250},
		{german, "12,50 zł", "PLN", 1250},
		{us, "$8.00", "USD", 800},
		{us, "-$0.70", "USD", -70},
		{us, "$-0.70", "USD", -70},
		{us, "$0.70-", "USD", -70},
		{us, "($33.62)", "USD", -3362},
		{us, "(5.00)", "USD", -500},
		{us, "5.00-", "USD", -500},
		{us, "$1,149.00 ", "USD", 114900},
		{us, "- $ 1,149", "USD", -114900},
		{us, "+5", "USD", 500},
		{us, "−5", "USD", -500},
		{us, "12.00 USD", "USD", 1200},
		{us, "US$ 12.00", "USD", 1200},
		{us, ".5", "USD", 50},
		{us, "-.5", "USD", -50},
		{us, "0.005", "USD", 1},
		{us, "-0.005", "USD", -1},
		{us, "0.00499999999999999999999999", "USD", 0},
		{us, "Rs.500", "INR", 50000},
		{us, "1.99000000", "USD", 199},
		{swiss, "1'234.50", "CHF", 123450},
		{swiss, "1’234.50", "CHF", 123450},
		{swiss, "CHF 1'234", "CHF", 123400},
		{swiss, "Fr. 12.-", "CHF", 1200},
		{french, "1 234,56", "EUR", 123456},
		{french, "1\u00a0234,56", "EUR", 123456},
		{french, "1\u202f234,56\u00a0€", "EUR", 123456},
		{plain, "1600.00", "AED", 160000},
		{plain, "1.000", "BHD", 1000},
		{plain, "1.000", "KWD", 1000},
		{plain, "1.000", "EUR", 100},
		{plain, "2.345", "EUR", 235},
		{plain, "-2.345", "EUR", -235},
		{plain, "1200", "JPY", 1200},
		{plain, "1200.5", "JPY", 1201},
		{plain, "1.0E7", "EUR", 1000000000},
		{plain, "-7.105427357601002E-15", "EUR", 0},
		{plain, "1e-05", "EUR", 0},
		{whole, "1234", "EUR", 123400},
		{"cents", "1234", "EUR", 1234},
		{"cents", "-70", "EUR", -70},
		{"Cents", "1234", "JPY", 1234},
		{"1,23,456.78", "1,23,456.78", "INR", 12345678},
		{"1,23,456.78", "12,34,56,789", "INR", 12345678900},
		// Without an example.
		{"", "1234", "EUR", 123400},
		{"", "1.234,56", "EUR", 123456},
		{"", "1,234.56", "EUR", 123456},
		{"", "1'234.50", "CHF", 123450},
		{"", "1 234,567", "EUR", 123457},
		{"", "1.234.567", "EUR", 123456700},
		{"", "12,5", "EUR", 1250},
		{"", "12.50", "EUR", 1250},
		{"", "0,500", "EUR", 50},
		{"", "1234.567", "EUR", 123457},
		{"", "1.2345", "EUR", 123},
		{"", "(5.00)", "EUR", -500},
		{"", "1.50E2", "EUR", 15000},
	} {
		got, err := amountOf(t, tt.example, tt.text, tt.currency)
		if err != nil || got != tt.want {
			t.Errorf("%q as %q in %s: got %d, %v; want %d", tt.text, tt.example, tt.currency, got, err, tt.want)
		}
	}
}

func TestMoneyRefused(t *testing.T) {
	for _, tt := range []struct{ example, text, currency, want string }{
		{"1.234,56", "12.5", "EUR", `column "Total": "12.5" is not written as values.money has it ("1.234,56")`},
		{"1.234,56", "1,234.56", "EUR", "values.money"},
		{"1.234,56", "1.23.4,5", "EUR", "values.money"},
		{"1.234,56", "1234.567,5", "EUR", "values.money"},
		{"1234.56", "1,234.56", "EUR", "values.money"},
		{"1234.56", "12,5", "EUR", "values.money"},
		{"1234", "12.5", "EUR", "values.money"},
		{"1,234.56", "1,23,456.78", "INR", "values.money"},
		{"cents", "12.50", "EUR", "not a whole number of cents"},
		{"", "1.234", "EUR", `"1.234" may be 1234 or 1.234: say how amounts are written`},
		{"", "-12,345", "EUR", "may be -12345 or -12.345"},
		{"", "1,2,3", "EUR", "is not an amount"},
		{"", "x12", "EUR", "is not an amount"},
		{"", "12 %", "EUR", "is not an amount"},
		{"", "12 pieces", "EUR", "is not an amount"},
		{"", "(5.00", "EUR", "is not an amount"},
		{"", "5.00)", "EUR", "is not an amount"},
		{"", "(-5.00)", "EUR", "is not an amount"},
		{"", "--5.00", "EUR", "is not an amount"},
		{"", "-5.00-", "EUR", "is not an amount"},
		{"", "+-5", "EUR", "is not an amount"},
		{"", "-", "EUR", "is not an amount"},
		{"", "1..5", "EUR", "is not an amount"},
		{"", "5.", "EUR", "is not an amount"},
		{"", "1.2.2026", "EUR", "is not an amount"},
		{"", "12:30", "EUR", "is not an amount"},
		{"", "1/2", "EUR", "is not an amount"},
		{"", "1E+05", "EUR", "was shortened by a spreadsheet"},
		{"1234.56", "1E+05", "EUR", "was shortened by a spreadsheet"},
		{"", "#####", "EUR", "was shortened by a spreadsheet"},
		{"", "1E99", "EUR", "too large"},
		{"", "1E", "EUR", "is not an amount"},
		{"", "0x10", "EUR", "is not an amount"},
		{"", "NaN", "EUR", "is not an amount"},
		{"", "9999999999999999999999", "EUR", "too large"},
		{"", "999999999999999999", "EUR", "too large"},
		{"", "12.00 USD", "EUR", "is in USD, but the currency is EUR"},
		{"", "€ 12.00", "USD", "is in EUR, but the currency is USD"},
		{"", "EUR 12.00 USD", "EUR", "is in USD"},
		{"", "12.00", "XYZ", "ISO 4217"},
		{"", "12.00", "", "no currency is known"},
	} {
		got, err := amountOf(t, tt.example, tt.text, tt.currency)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `"Total"`) {
			t.Errorf("%q as %q: got %d, %v; want %s", tt.text, tt.example, got, err, tt.want)
		}
	}
}

func TestMoneyExample(t *testing.T) {
	for _, example := range []string{"1.234", "1,234", "euros", "12:30", "1.2.3,4", "1E5"} {
		c := NewCompiler(source.Values{Money: example}, CompilerOptions{})
		if len(c.Faults()) != 1 || c.Faults()[0].Path != "values.money" {
			t.Errorf("%q: got %v", example, c.Faults())
		}
	}
}

func TestDeclaredDecimal(t *testing.T) {
	c := NewCompiler(source.Values{}, CompilerOptions{})
	v := c.Value("total", source.Value{"Total"})
	for _, tt := range []struct {
		text, decimal string
		want          int64
	}{
		{"1.234", ",", 123400}, {"1,234", ",", 123}, {"1.234", ".", 123}, {"1,234", ".", 123400}, {"11,90000", ",", 1190},
	} {
		got, ok, err := v.Money(&Scope{Cells: map[string]string{"Total": tt.text}, Decimal: tt.decimal}, "EUR")
		if got != tt.want || !ok || err != nil {
			t.Errorf("%q with %q: got %d, %t, %v; want %d", tt.text, tt.decimal, got, ok, err, tt.want)
		}
	}
	if _, _, err := v.Money(&Scope{Cells: map[string]string{"Total": "12.5"}, Decimal: ","}, "EUR"); err == nil {
		t.Error("12.5 was taken where the file declares a comma")
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct{ example, text, want string }{
		{"", "1.0", "1.0"}, {"", "-1.0", "-1.0"}, {"", "1,5", "1.5"}, {"", "3", "3"}, {"", "(2)", "-2"},
		{"1.234,56", "0,350", "0.350"}, {"1.234,56", "1.000", "1000"}, {"1234.56", "1.000", "1.000"},
		{"cents", "1.5", "1.5"}, {"1234", "2.5", "2.5"},
		{"", "x12", `column "Qty": "x12" is not a number`},
		{"", "1.000", "may be 1000 or 1.000"},
		{"", "$1.50", "is not a number"},
		{"", "1.23E+11", "was shortened by a spreadsheet"},
		{"1.234,56", "1.5", "values.money"},
	} {
		c := NewCompiler(source.Values{Money: tt.example}, CompilerOptions{})
		v := c.Value("qty", source.Value{"Qty"})
		got, ok, err := v.Number(&Scope{Cells: map[string]string{"Qty": tt.text}})
		if err != nil {
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q: got %v; want %s", tt.text, err, tt.want)
			}
			continue
		}
		if !ok || got.String() != tt.want {
			t.Errorf("%q: got %v, %t; want %s", tt.text, got, ok, tt.want)
		}
	}
}

func TestSpoiltNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"1.23E+11": true, "1,23E+11": true, "1E+05": true, "-4e+123": true, " 9.99999E+15 ": true, "####": true,
		"": false, "12E+05": false, "1E5": false, "1.23E11": false, "E+05": false, "A1E+05": false, "1E+5x": false,
		"1E+": false, "1.E+05": false, "##": false, "2026-1": false, "123456789012": false,
	} {
		if got := SpoiltNumber(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestCurrencyDigits(t *testing.T) {
	for code, want := range map[string]int{
		"EUR": 2, "eur": 2, " usd ": 2, "JPY": 0, "KWD": 3, "BHD": 3, "IDR": 2, "ISK": 0, "HUF": 2, "CLF": 4,
		"HRK": 2, "BYR": 0, "VES": 2, "XXX": -1, "XAU": -1, "EURO": -1, "": -1, "E R": -1,
	} {
		got, err := CurrencyDigits(code)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %d, %v; want %d", code, got, err, want)
		}
	}
}
