package values

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// Matcher is a condition, compiled. Nil never holds. It may be used
// concurrently.
type Matcher struct {
	set          *settings
	alternatives [][]test
	columns      []string
}

// test looks at one column; it holds when one of is does.
type test struct {
	column *ref
	is     []check
}

// check is one form of what a column may be.
type check struct {
	how   checkHow
	text  string         // of equals
	expr  *regexp.Regexp // of matches
	bound Decimal        // of the comparisons
}

type checkHow uint8

const (
	equals checkHow = iota
	matches
	present
	absent
	below
	atMost
	above
	atLeast
)

// Matcher compiles m, the condition of the key path. Nil yields nil.
func (c *Compiler) Matcher(path string, m source.Matcher) *Matcher {
	if m == nil {
		return nil
	}
	made := &Matcher{set: c.set}
	names := &Value{}
	for i, condition := range m {
		at := path
		if len(m) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		var tests []test
		for _, t := range condition {
			tests = append(tests, c.test(at, t, names))
		}
		if len(tests) == 0 {
			c.fault(at, "is empty", "write { Column: value }, or leave it out")
			continue
		}
		made.alternatives = append(made.alternatives, tests)
	}
	made.columns = names.columns
	return made
}

func (c *Compiler) test(path string, t source.Test, names *Value) test {
	name := strings.TrimSpace(t.Column)
	made := test{column: c.ref(name, names)}
	path += "." + name
	if name == "" || len(t.Is) == 0 {
		c.fault(path, "is empty", `write { Column: value }: a text, a list of texts, /regex/, present, absent, or "<0"`)
	}
	for _, text := range t.Is {
		k, is, write := newCheck(strings.TrimSpace(text))
		if is != "" {
			c.fault(path, is, write)
			continue
		}
		made.is = append(made.is, k)
	}
	return made
}

func newCheck(text string) (k check, is, write string) {
	switch text {
	case "present":
		return check{how: present}, "", ""
	case "absent", "":
		return check{how: absent}, "", ""
	}
	if len(text) > 1 && text[0] == '/' && text[len(text)-1] == '/' {
		expr, err := regexp.Compile(text[1 : len(text)-1])
		if err != nil {
			return k, fmt.Sprintf("%s is no regular expression: %v", text, err), "write one of Go's (RE2), as in /^AV/"
		}
		return check{how: matches, expr: expr}, "", ""
	}
	if text[0] != '<' && text[0] != '>' {
		return check{how: equals, text: text}, "", ""
	}
	number := strings.TrimSpace(strings.TrimLeft(text, "<>="))
	bound, err := ParseDecimal(number)
	if err != nil {
		return k, fmt.Sprintf("%q compares with no number", text), `write a number with a point, as in "<0" or ">=12.50"`
	}
	k.bound = bound
	switch strings.TrimSpace(strings.TrimSuffix(text, number)) {
	case "<":
		k.how = below
	case "<=":
		k.how = atMost
	case ">":
		k.how = above
	case ">=":
		k.how = atLeast
	default:
		return k, fmt.Sprintf("%q is no comparison", text), `write "<0", "<=0", ">0" or ">=0"`
	}
	return k, "", ""
}

// Holds says whether the condition holds. It is an error to compare a text
// with a number that is none, and to look at a list or an object.
func (m *Matcher) Holds(s *Scope) (bool, error) {
	if m == nil {
		return false, nil
	}
	for _, tests := range m.alternatives {
		all := true
		for i := range tests {
			ok, err := tests[i].holds(s, m.set)
			if err != nil {
				return false, err
			}
			if !ok {
				all = false
				break
			}
		}
		if all {
			return true, nil
		}
	}
	return false, nil
}

// Columns are the columns and JSON paths that the condition names, as they
// were written, without captures.
func (m *Matcher) Columns() []string {
	if m == nil {
		return nil
	}
	return m.columns
}

func (t *test) holds(s *Scope, set *settings) (bool, error) {
	found, err := t.column.lookup(s)
	if err != nil {
		if t.onlyPresence() { // a list or an object is there
			return t.is[0].how == present, nil
		}
		return false, err
	}
	for i := range t.is {
		ok, err := t.is[i].holds(found, s, set)
		if err != nil {
			return false, fmt.Errorf("column %q: %q %w", t.column.name, shortened(found.text), err)
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

func (t *test) onlyPresence() bool {
	return len(t.is) == 1 && !slices.ContainsFunc(t.is, func(k check) bool { return k.how != present && k.how != absent })
}

func (k *check) holds(c cell, s *Scope, set *settings) (bool, error) {
	switch k.how {
	case equals:
		return c.text == k.text, nil
	case matches:
		return k.expr.MatchString(c.text), nil
	case present:
		return c.text != "", nil
	case absent:
		return c.text == "", nil
	}
	if c.text == "" {
		return false, nil
	}
	d, err := set.compared(c, s.Decimal)
	var two *ambiguous
	if errors.As(err, &two) { // 1.234 is above 0 either way
		if k.compare(two.whole) == k.compare(two.parted) {
			return k.compare(two.whole), nil
		}
	}
	if err != nil {
		return false, err
	}
	return k.compare(d), nil
}

// compared is a cell as a number for comparisons, with or without a currency.
func (set *settings) compared(c cell, decimal string) (Decimal, error) {
	if set.money.cents && c.json == nil {
		return ParseDecimal(c.text)
	}
	if d, err := set.number(c.text, c.json, decimal); err == nil {
		return d, nil
	}
	return set.money.readMoney(c.text, decimal, "")
}

func (k *check) compare(d Decimal) bool {
	n := d.Cmp(k.bound)
	switch k.how {
	case below:
		return n < 0
	case atMost:
		return n <= 0
	case above:
		return n > 0
	}
	return n >= 0
}
