package dashboard

import (
	"errors"
	"strconv"
	"strings"

	"github.com/bojanz/currency"
)

// errMoney says that a text is no amount.
var errMoney = errors.New("this is no amount")

// parseMoney reads an amount as people type it, with a point or a comma before
// the cents, and points, commas, spaces or apostrophes between the thousands. A
// point or comma with more digits after it than the currency has is one between
// the thousands.
func parseMoney(typed, code string) (cents int64, err error) {
	digits, known := currency.GetDigits(code)
	if !known {
		digits = 2
	}
	negative := false
	var text strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',':
			text.WriteRune(r)
		case r == '-' || r == '−':
			negative = true
		case strings.ContainsRune(" \u00a0\u202f'’+", r), text.Len() == 0, strings.ContainsRune("€$£¥", r):
		case r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z': // the currency's name
		default:
			return 0, errMoney
		}
	}
	whole, fraction := text.String(), ""
	if i := strings.LastIndexAny(whole, ".,"); i >= 0 {
		after := len(whole) - i - 1
		if after <= int(digits) && strings.Count(whole, whole[i:i+1]) == 1 {
			whole, fraction = whole[:i], whole[i+1:]
		} else if after != 3 {
			return 0, errMoney
		}
	}
	whole = strings.NewReplacer(".", "", ",", "").Replace(whole)
	if whole == "" && fraction == "" {
		return 0, errMoney
	}
	fraction += strings.Repeat("0", int(digits)-len(fraction))
	cents, err = strconv.ParseInt("0"+whole+fraction, 10, 64)
	if err != nil {
		return 0, errMoney
	}
	if negative {
		cents = -cents
	}
	return cents, nil
}
