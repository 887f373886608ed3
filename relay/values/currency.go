package values

import (
	"fmt"
	"strings"

	"github.com/bojanz/currency"
)

// withdrawn are codes of ISO 4217 that the library no longer knows, with 2
// digits each: old sales may be counted in them.
const withdrawn = " ANG BGN CUC EEK HRK LTL LVL MRO SLL STD USS VEF ZMK ZWL "

// CurrencyDigits is how many digits a currency's minor unit has by ISO 4217.
func CurrencyDigits(code string) (int, error) {
	switch code {
	case "EUR", "USD", "GBP", "CHF", "PLN":
		return 2, nil
	case "JPY", "BYR":
		return 0, nil
	case "":
		return 0, fmt.Errorf("no currency is known: name its column in order.currency, or write const: { currency: EUR }")
	}
	if digits, ok := currency.GetDigits(code); ok {
		return int(digits), nil
	}
	if upper := strings.ToUpper(strings.TrimSpace(code)); upper != code {
		return CurrencyDigits(upper)
	}
	if len(code) == 3 && strings.Contains(withdrawn, " "+code+" ") {
		return 2, nil
	}
	return 0, fmt.Errorf("%q is not a currency's code by ISO 4217, as in EUR", shortened(code))
}

// signCurrency is the currency of a sign or word beside an amount; "" where
// several use it. Not ok: it is none.
func signCurrency(sign string) (code string, ok bool) {
	if len(sign) == 3 {
		upper := strings.ToUpper(sign)
		if _, err := CurrencyDigits(upper); err == nil {
			return upper, true
		}
	}
	switch strings.TrimSuffix(strings.ToLower(sign), ".") {
	case "€", "euro", "euros":
		return "EUR", true
	case "us$":
		return "USD", true
	case "ca$", "c$":
		return "CAD", true
	case "a$", "au$":
		return "AUD", true
	case "nz$":
		return "NZD", true
	case "hk$":
		return "HKD", true
	case "nt$":
		return "TWD", true
	case "s$":
		return "SGD", true
	case "mx$":
		return "MXN", true
	case "r$":
		return "BRL", true
	case "zł", "zl":
		return "PLN", true
	case "kč", "kc":
		return "CZK", true
	case "ft":
		return "HUF", true
	case "лв", "lv":
		return "BGN", true
	case "rm":
		return "MYR", true
	case "rp":
		return "IDR", true
	case "sfr":
		return "CHF", true
	case "₹":
		return "INR", true
	case "₺":
		return "TRY", true
	case "₽":
		return "RUB", true
	case "₴":
		return "UAH", true
	case "₪":
		return "ILS", true
	case "₩":
		return "KRW", true
	case "₫":
		return "VND", true
	case "₱":
		return "PHP", true
	case "₦":
		return "NGN", true
	case "฿":
		return "THB", true
	case "$", "£", "¥", "￥", "円", "元", "kr", "fr", "lei", "r", "rs", "₨", "dh", "ден", "din", "дин", "¢", "¤":
		return "", sign != "¢"
	}
	return "", false
}
