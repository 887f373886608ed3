package values

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// calcFunctions are the functions and operators of calculations. Nothing (nil)
// is an empty column: 0 beside a number, and nothing beside nothing.
func calcFunctions() map[string]func(...any) (any, error) {
	return map[string]func(...any) (any, error){
		"+":       plus,
		"-":       func(args ...any) (any, error) { return arithmetic("-", args, Decimal.Sub) },
		"*":       func(args ...any) (any, error) { return arithmetic("*", args, Decimal.Mul) },
		"/":       func(args ...any) (any, error) { return arithmetic("/", args, Decimal.Div) },
		"-x":      func(args ...any) (any, error) { return unary("-", args, Decimal.Neg) },
		"+x":      func(args ...any) (any, error) { return unary("+", args, func(d Decimal) Decimal { return d }) },
		"==":      func(args ...any) (any, error) { return same(args[0], args[1]), nil },
		"!=":      func(args ...any) (any, error) { return !same(args[0], args[1]), nil },
		"<":       func(args ...any) (any, error) { return ordered("<", args, func(n int) bool { return n < 0 }) },
		"<=":      func(args ...any) (any, error) { return ordered("<=", args, func(n int) bool { return n <= 0 }) },
		">":       func(args ...any) (any, error) { return ordered(">", args, func(n int) bool { return n > 0 }) },
		">=":      func(args ...any) (any, error) { return ordered(">=", args, func(n int) bool { return n >= 0 }) },
		"in":      within,
		"abs":     func(args ...any) (any, error) { return unary("abs", args, Decimal.Abs) },
		"round":   round,
		"min":     func(args ...any) (any, error) { return extreme("min", args, -1) },
		"max":     func(args ...any) (any, error) { return extreme("max", args, 1) },
		"replace": replace,
		"string":  written,
	}
}

// decimalOf is an operand as a number.
func decimalOf(x any) (Decimal, error) {
	switch x := x.(type) {
	case nil:
		return Decimal{}, nil
	case Decimal:
		return x, nil
	case int:
		return NewDecimal(int64(x), 0)
	case float64: // as it was written: 1.19
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return Decimal{}, errTooLarge
		}
		return ParseDecimal(strconv.FormatFloat(x, 'g', -1, 64))
	}
	return Decimal{}, fmt.Errorf("%s is no number", shown(x))
}

// shown is an operand in an error.
func shown(x any) string {
	switch x := x.(type) {
	case nil:
		return "nothing"
	case string:
		return strconv.Quote(shortened(x))
	case Decimal:
		return x.String()
	case bool, int, float64:
		return fmt.Sprint(x)
	}
	return "a list"
}

func arithmetic(name string, args []any, do func(a, b Decimal) (Decimal, error)) (any, error) {
	if args[0] == nil && args[1] == nil {
		return nil, nil
	}
	a, err := decimalOf(args[0])
	if err != nil {
		return nil, fmt.Errorf("%w, for %s", err, name)
	}
	b, err := decimalOf(args[1])
	if err != nil {
		return nil, fmt.Errorf("%w, for %s", err, name)
	}
	d, err := do(a, b)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// plus adds numbers and joins texts, but never one with the other.
func plus(args ...any) (any, error) {
	a, first := args[0].(string)
	b, second := args[1].(string)
	switch {
	case first && second:
		if len(a)+len(b) > maxCalcText {
			return nil, errors.New("the text becomes too long")
		}
		return a + b, nil
	case first && args[1] == nil:
		return a, nil
	case second && args[0] == nil:
		return b, nil
	case first || second:
		return nil, fmt.Errorf("%s and %s cannot be added, a text and a number: write money() or num() for the text, or string() for the number", shown(args[0]), shown(args[1]))
	}
	return arithmetic("+", args, Decimal.Add)
}

func unary(name string, args []any, do func(Decimal) Decimal) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("%s takes one number", name)
	}
	if args[0] == nil {
		return nil, nil
	}
	d, err := decimalOf(args[0])
	if err != nil {
		return nil, fmt.Errorf("%w, for %s", err, name)
	}
	return do(d), nil
}

// same compares: numbers by value, an empty column as 0 and as "".
func same(a, b any) bool {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b || b == "" && a == "" && !ok
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	}
	if b, ok := b.(string); ok {
		return a == nil && b == ""
	}
	if a == nil && b == nil {
		return true
	}
	m, err := decimalOf(a)
	if err != nil {
		return false
	}
	n, err := decimalOf(b)
	return err == nil && m.Cmp(n) == 0
}

func ordered(name string, args []any, holds func(int) bool) (any, error) {
	if a, ok := args[0].(string); ok {
		if b, ok := args[1].(string); ok {
			return holds(strings.Compare(a, b)), nil
		}
	}
	a, err := decimalOf(args[0])
	if err != nil {
		return nil, fmt.Errorf("%w, for %s", err, name)
	}
	b, err := decimalOf(args[1])
	if err != nil {
		return nil, fmt.Errorf("%w, for %s", err, name)
	}
	return holds(a.Cmp(b)), nil
}

func within(args ...any) (any, error) {
	switch list := args[1].(type) {
	case []any:
		for _, x := range list {
			if same(args[0], x) {
				return true, nil
			}
		}
		return false, nil
	case []string:
		for _, x := range list {
			if same(args[0], x) {
				return true, nil
			}
		}
		return false, nil
	}
	return nil, fmt.Errorf("in takes a list, as in [\"A\", \"B\"]")
}

func round(args ...any) (any, error) {
	if len(args) != 1 && len(args) != 2 {
		return nil, errors.New("round takes a number, and to how many places")
	}
	if args[0] == nil {
		return nil, nil
	}
	d, err := decimalOf(args[0])
	if err != nil {
		return nil, fmt.Errorf("%w, for round", err)
	}
	places := int64(0)
	if len(args) == 2 {
		p, err := decimalOf(args[1])
		n, whole := p.Int()
		if err != nil || !whole || n < 0 || n > maxDigits {
			return nil, fmt.Errorf("round takes 0 to %d places", maxDigits)
		}
		places = n
	}
	return d.Round(int(places)), nil
}

// extreme is the least (-1) or the greatest (1); empty columns do not count.
func extreme(name string, args []any, sign int) (any, error) {
	var most any
	for _, arg := range args {
		if arg == nil {
			continue
		}
		d, err := decimalOf(arg)
		if err != nil {
			return nil, fmt.Errorf("%w, for %s", err, name)
		}
		if most == nil || d.Cmp(most.(Decimal)) == sign {
			most = d
		}
	}
	return most, nil
}

func replace(args ...any) (any, error) {
	if len(args) != 3 {
		return nil, errors.New("replace takes a text, what to replace and what to put there")
	}
	var texts [3]string
	for i, arg := range args {
		text, ok := arg.(string)
		if !ok {
			return nil, fmt.Errorf("%s is no text, for replace", shown(arg))
		}
		texts[i] = text
	}
	if n := strings.Count(texts[0], texts[1]); len(texts[0])+n*(len(texts[2])-len(texts[1])) > maxCalcText {
		return nil, errors.New("the text becomes too long")
	}
	return strings.ReplaceAll(texts[0], texts[1], texts[2]), nil
}

// written is a number or true or false as a text.
func written(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("string takes one value")
	}
	switch x := args[0].(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case bool, int, float64, Decimal:
		return shown(x), nil
	}
	return nil, errors.New("string takes one value, and no list")
}
