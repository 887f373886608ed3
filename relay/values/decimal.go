package values

import (
	"cmp"
	"errors"
	"math/big"
	"math/bits"
	"strconv"
)

// Decimal is an exact number of up to 18 digits: 12.50 is not 12.5000001, and
// keeps its two places. Results that would need more digits are rounded to 18,
// halves away from zero; what is larger is an error. The zero value is 0.
type Decimal struct {
	coef  int64 // below 1e18, either sign
	scale int8  // digits behind the point, 0 to 18
}

const (
	maxDigits = 18
	maxCoef   = 1_000_000_000_000_000_000 // the first that is too large
)

var (
	errTooLarge = errors.New("the number is too large")
	errDivision = errors.New("a number is divided by zero")
)

// NewDecimal is n divided by 10 to the power of places (0 to 18).
func NewDecimal(n int64, places int) (Decimal, error) {
	if places < 0 || places > maxDigits || n <= -maxCoef || n >= maxCoef {
		return Decimal{}, errTooLarge
	}
	return Decimal{n, int8(places)}, nil
}

// ParseDecimal reads a number as JSON has it: -12.50, 1e3. Digits behind the
// 18th are dropped.
func ParseDecimal(text string) (Decimal, error) {
	rest, negative := text, false
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	var coef int64
	digits, places, pointed, dropped := 0, 0, false, 0
	i := 0
	for ; i < len(rest); i++ {
		c := rest[i]
		if c == '.' && !pointed {
			pointed = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		if coef >= maxCoef/10 {
			dropped++
		} else {
			coef = coef*10 + int64(c-'0')
		}
		if pointed {
			places++
		}
	}
	exponent := 0
	if i < len(rest) && digits > 0 && (rest[i] == 'e' || rest[i] == 'E') {
		var err error
		if exponent, err = strconv.Atoi(rest[i+1:]); err != nil || exponent > 999 || exponent < -999 {
			return Decimal{}, errNotNumber
		}
		i = len(rest)
	}
	if digits == 0 || i < len(rest) {
		return Decimal{}, errNotNumber
	}
	if negative {
		coef = -coef
	}
	return shifted(coef, places-dropped-exponent)
}

var errNotNumber = errors.New("is not a number")

// shifted is coef divided by 10 to the power of places, which may be of any
// size; digits that are too small are dropped.
func shifted(coef int64, places int) (Decimal, error) {
	if coef == 0 {
		return Decimal{0, int8(min(max(places, 0), maxDigits))}, nil
	}
	for ; places < 0; places++ {
		if coef >= maxCoef/10 || coef <= -maxCoef/10 {
			return Decimal{}, errTooLarge
		}
		coef *= 10
	}
	for ; places > maxDigits && coef != 0; places-- {
		coef /= 10
	}
	return Decimal{coef, int8(min(places, maxDigits))}, nil
}

// String writes d with all its places: 12.50.
func (d Decimal) String() string { return string(d.append(nil)) }

func (d Decimal) append(dst []byte) []byte {
	n := d.coef
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	if d.scale == 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	dst = strconv.AppendInt(dst, n/power10(int(d.scale)), 10)
	dst = append(dst, '.')
	rest := n % power10(int(d.scale))
	for p := power10(int(d.scale) - 1); p > 0; p /= 10 {
		dst = append(dst, byte('0'+rest/p%10))
	}
	return dst
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.coef < 0:
		return -1
	case d.coef > 0:
		return 1
	}
	return 0
}

// Neg is -d.
func (d Decimal) Neg() Decimal { return Decimal{-d.coef, d.scale} }

// Abs is d without its sign.
func (d Decimal) Abs() Decimal { return Decimal{max(d.coef, -d.coef), d.scale} }

// Cmp is -1, 0 or 1 as d is less than, equal to or more than e; 1.0 equals 1.
func (d Decimal) Cmp(e Decimal) int {
	if x, y, _, ok := small(d, e); ok {
		return cmp.Compare(x, y)
	}
	a, b, _ := aligned(d, e)
	return a.Cmp(b)
}

// Add is d + e.
func (d Decimal) Add(e Decimal) (Decimal, error) {
	if x, y, scale, ok := small(d, e); ok {
		if sum := x + y; sum < maxCoef && sum > -maxCoef {
			return Decimal{sum, scale}, nil
		}
	}
	a, b, scale := aligned(d, e)
	return fitted(a.Add(a, b), scale)
}

// Sub is d - e.
func (d Decimal) Sub(e Decimal) (Decimal, error) { return d.Add(e.Neg()) }

// Mul is d × e.
func (d Decimal) Mul(e Decimal) (Decimal, error) {
	scale := int(d.scale) + int(e.scale)
	high, low := bits.Mul64(uint64(d.Abs().coef), uint64(e.Abs().coef))
	if high == 0 && low < maxCoef && scale <= maxDigits {
		n := int64(low)
		if d.Sign()*e.Sign() < 0 {
			n = -n
		}
		return Decimal{n, int8(scale)}, nil
	}
	a := big.NewInt(d.coef)
	return fitted(a.Mul(a, big.NewInt(e.coef)), scale)
}

// Div is d ÷ e, without zeros at its end.
func (d Decimal) Div(e Decimal) (Decimal, error) {
	if e.coef == 0 {
		return Decimal{}, errDivision
	}
	// Two places more than are kept, and rounded once: at most 18 digits are
	// above the point, so that a quotient of 38 places is precise enough.
	const places = 2*maxDigits + 2
	a := big.NewInt(d.coef)
	a.Mul(a, bigPower10(places+int(e.scale)))
	b := big.NewInt(e.coef)
	q, err := fitted(a.Quo(a, b), places+int(d.scale))
	for err == nil && q.scale > 0 && q.coef%10 == 0 {
		q.coef, q.scale = q.coef/10, q.scale-1
	}
	return q, err
}

// Round is d with that many places at most (0 to 18), halves away from zero.
func (d Decimal) Round(places int) Decimal {
	drop := int(d.scale) - max(places, 0)
	if drop <= 0 {
		return d
	}
	unit := power10(drop)
	n, rest := d.coef/unit, d.coef%unit
	switch {
	case rest >= unit-rest:
		n++
	case -rest >= unit+rest:
		n--
	}
	return Decimal{n, d.scale - int8(drop)}
}

// Minor is d × 10 to the power of places, rounded with halves away from zero:
// an amount in minor units of a currency with so many digits.
func (d Decimal) Minor(places int) (int64, error) {
	d = d.Round(places)
	high, low := bits.Mul64(uint64(d.Abs().coef), uint64(power10(places-int(d.scale))))
	if high != 0 || low >= maxCoef {
		return 0, errTooLarge
	}
	if d.coef < 0 {
		return -int64(low), nil
	}
	return int64(low), nil
}

// Cents is d in minor units of a currency: its code by ISO 4217.
func (d Decimal) Cents(currency string) (int64, error) {
	digits, err := CurrencyDigits(currency)
	if err != nil {
		return 0, err
	}
	return d.Minor(digits)
}

// Int is d where it is a whole number.
func (d Decimal) Int() (int64, bool) {
	unit := power10(int(d.scale))
	return d.coef / unit, d.coef%unit == 0
}

// small is d and e with as many places, where that fits.
func small(d, e Decimal) (x, y int64, scale int8, ok bool) {
	if d.scale > e.scale {
		y, x, scale, ok = small(e, d)
		return x, y, scale, ok
	}
	unit := power10(int(e.scale - d.scale))
	if most := (maxCoef - 1) / unit; d.coef > most || d.coef < -most {
		return 0, 0, 0, false
	}
	return d.coef * unit, e.coef, e.scale, true
}

// aligned is d and e with as many places.
func aligned(d, e Decimal) (a, b *big.Int, scale int) {
	a, b = big.NewInt(d.coef), big.NewInt(e.coef)
	scale = int(max(d.scale, e.scale))
	a.Mul(a, bigPower10(scale-int(d.scale)))
	b.Mul(b, bigPower10(scale-int(e.scale)))
	return a, b, scale
}

// fitted rounds n ÷ 10^scale to what a Decimal holds.
func fitted(n *big.Int, scale int) (Decimal, error) {
	drop := max(len(new(big.Int).Abs(n).String())-maxDigits, scale-maxDigits)
	if drop > 0 {
		if scale < drop {
			return Decimal{}, errTooLarge
		}
		half := bigPower10(drop)
		half.Rsh(half, 1)
		if n.Sign() < 0 {
			half.Neg(half)
		}
		n = new(big.Int).Quo(half.Add(half, n), bigPower10(drop))
		if scale -= drop; n.IsInt64() && (n.Int64() >= maxCoef || n.Int64() <= -maxCoef) {
			return fitted(n, scale) // 999… became 1000…
		}
	}
	return Decimal{n.Int64(), int8(scale)}, nil
}

func power10(n int) int64 {
	p := int64(1)
	for ; n > 0; n-- {
		p *= 10
	}
	return p
}

func bigPower10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
