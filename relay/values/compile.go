package values

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/source"
)

// Fault is something wrong in what a person wrote.
type Fault struct {
	Path  string // the key in the source: order.at, items.extra.store, values.date[0]
	Is    string // what is wrong: is not …
	Write string // what to write instead
}

func (f Fault) Error() string {
	if f.Write == "" {
		return f.Path + ": " + f.Is
	}
	return f.Path + ": " + f.Is + "; " + f.Write
}

// CompilerOptions are what a source's values depend on besides the source.
type CompilerOptions struct {
	// Site is the timezone of dates where values.zone says nothing. Default:
	// the machine's own.
	Site *time.Location

	// Captures are the names that the watch patterns give (Glob.Captures).
	Captures []string
}

// Compiler makes Values and Matchers of one source. It never fails: what is
// wrong is in Faults, and a Value that was compiled beside a fault is not to
// be used.
type Compiler struct {
	set      *settings
	captures []string
	faults   []Fault
	columns  []string
}

// NewCompiler begins with how the source's dates and amounts are written.
func NewCompiler(v source.Values, o CompilerOptions) *Compiler {
	c := &Compiler{captures: o.Captures, set: &settings{site: newZone(o.Site)}}
	c.dates(v.Date)
	if v.Money != "" {
		n, err := readNumeral(v.Money)
		if err != nil {
			c.fault("values.money", fmt.Sprintf("%q %v", v.Money, err), moneyHint)
		}
		c.set.money = n
	}
	c.zone(v.Zone)
	return c
}

func (c *Compiler) fault(path, is, write string) {
	c.faults = append(c.faults, Fault{path, is, write})
}

// Faults is all that was wrong so far.
func (c *Compiler) Faults() []Fault { return c.faults }

// Columns are all columns and JSON paths that were named so far, as written
// and once each, without captures.
func (c *Compiler) Columns() []string { return c.columns }

// Value compiles v, the value of the key path. Nil yields nil.
func (c *Compiler) Value(path string, v source.Value) *Value {
	if v == nil {
		return nil
	}
	value := &Value{set: c.set}
	for i, text := range v {
		at := path
		if len(v) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		c.choice(at, text, value, false)
	}
	if len(v) == 0 {
		c.fault(path, "is an empty list", "name a column, or leave the key out")
	}
	return value
}

// Text compiles t, the text of the key path: a literal with columns put in, or
// a calculation. "" yields nil.
func (c *Compiler) Text(path string, t source.Text) *Value {
	if t == "" {
		return nil
	}
	value := &Value{set: c.set}
	c.choice(path, string(t), value, true)
	return value
}

// choice adds one text to value. Literal says that text stands for itself, and
// not for a column.
func (c *Compiler) choice(path, text string, value *Value, literal bool) {
	trimmed := strings.TrimSpace(text)
	made := &choice{}
	switch {
	case trimmed == "":
		c.fault(path, "is empty", "name a column, or leave it out")
		return
	case trimmed[0] == '=':
		made.calc = c.calculation(path, trimmed[1:], value)
		if made.calc == nil {
			return
		}
	case literal || strings.ContainsAny(trimmed, "{}"):
		made.parts = c.template(path, trimmed, value)
	default:
		made.column = c.ref(trimmed, value)
	}
	value.choices = append(value.choices, made)
}

// ref is a column's name in value; value may be nil.
func (c *Compiler) ref(name string, value *Value) *ref {
	r := &ref{name: name, capture: slices.Contains(c.captures, name)}
	if r.capture {
		return r
	}
	if !slices.Contains(c.columns, name) {
		c.columns = append(c.columns, name)
	}
	if value != nil && !slices.Contains(value.columns, name) {
		value.columns = append(value.columns, name)
	}
	return r
}

// template takes "{A} {B}" apart; {{ and }} stand for a brace each.
func (c *Compiler) template(path, text string, value *Value) []part {
	const write = `write a column as {Name}, and a brace that is part of the text as {{ or }}`
	var parts []part
	literal := ""
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			literal += text
			break
		}
		literal, text = literal+text[:i], text[i:]
		if len(text) > 1 && text[1] == text[0] {
			literal, text = literal+text[:1], text[2:]
			continue
		}
		end := strings.IndexByte(text, '}')
		if text[0] == '}' || end < 0 {
			c.fault(path, fmt.Sprintf("has a brace without its other half at %q", shortened(text)), write)
			return nil
		}
		name := strings.TrimSpace(text[1:end])
		if name == "" || strings.Contains(name, "{") {
			c.fault(path, fmt.Sprintf("has %q, which names no column", text[:end+1]), write)
			return nil
		}
		if literal != "" {
			parts = append(parts, part{literal: literal})
		}
		parts = append(parts, part{column: c.ref(name, value)})
		literal, text = "", text[end+1:]
	}
	if literal != "" {
		parts = append(parts, part{literal: literal})
	}
	return parts
}
