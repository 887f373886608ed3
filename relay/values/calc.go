package values

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// What keeps a calculation small: its nodes, what it may hold, and how long a
// text it may make.
const (
	maxNodes       = 500
	maxCalcMemory  = 100_000
	maxCalcText    = 1 << 20
	calcColumnHint = `a column is written as money("Net Sales"), num("Qty") or text("Item")`
)

// calculation is "= expr", compiled. All its numbers are Decimals.
type calculation struct {
	source  string
	program *vm.Program
	columns []*ref
	runs    sync.Pool // of *calcRun
}

// calcRun is what one evaluation needs; only one goroutine uses it at a time.
type calcRun struct {
	calc     *calculation
	machine  vm.VM
	env      map[string]any
	scope    *Scope
	set      *settings
	currency string
	err      error // the first of a column, which tells more than what follows from it
}

// columnPlace is a column in a compiled expression: its place in columns.
type columnPlace int

// calculation compiles text, or collects a fault and returns nil.
func (c *Compiler) calculation(path, text string, value *Value) *calculation {
	text = strings.TrimSpace(text)
	calc := &calculation{source: text}
	calc.runs.New = func() any { return newCalcRun(calc) }
	patch := &calcPatch{}
	options := []expr.Option{
		expr.Env(newCalcRun(calc).env), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes), expr.Patch(patch),
	}
	for _, name := range [...]string{"len", "trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "first", "last"} {
		options = append(options, expr.EnableBuiltin(name))
	}
	for name, call := range calcFunctions() {
		options = append(options, expr.Function(name, call))
	}
	program, err := compiled(text, options)
	if patch.err != nil {
		err = patch.err.Bind(file.NewSource(text))
	}
	if err != nil {
		c.fault(path, fmt.Sprintf("is no calculation: %v", err), calcColumnHint)
		return nil
	}
	for _, name := range patch.columns {
		calc.columns = append(calc.columns, c.ref(name, value))
	}
	calc.program = program
	return calc
}

// compiled is expr.Compile, with a panic in it as an error.
func compiled(text string, options []expr.Option) (program *vm.Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return expr.Compile(text, options...)
}

func newCalcRun(calc *calculation) *calcRun {
	r := &calcRun{calc: calc}
	r.machine.MemoryBudget = maxCalcMemory
	r.env = map[string]any{"money": r.money, "num": r.num, "text": r.text}
	return r
}

// run evaluates the calculation.
func (calc *calculation) run(s *Scope, currency string, set *settings) (result, error) {
	r := calc.runs.Get().(*calcRun)
	defer func() {
		r.scope, r.set = nil, nil
		calc.runs.Put(r)
	}()
	r.scope, r.set, r.currency, r.err = s, set, currency, nil
	out, err := r.machine.Run(calc.program, r.env)
	if r.err != nil {
		return result{}, r.err
	}
	if err == nil {
		var res result
		if res, err = calcResult(out); err == nil {
			return res, nil
		}
	}
	var at *file.Error
	if errors.As(err, &at) { // one line: the caret is for the one who writes it
		err = errors.New(at.Message)
	}
	return result{}, fmt.Errorf("calculation %q: %w", shortened(calc.source), err)
}

func calcResult(out any) (result, error) {
	switch out := out.(type) {
	case nil:
		return result{}, nil
	case string:
		return textResult(strings.TrimSpace(out)), nil
	case bool:
		return result{kind: isTruth, truth: out}, nil
	case Decimal, int, float64:
		d, err := decimalOf(out)
		return result{kind: isNumber, number: d}, err
	}
	return result{}, fmt.Errorf("the result is a list and no single value")
}

// fail keeps the first error; the calculation goes on with nothing, and its
// result is not looked at.
func (r *calcRun) fail(err error) any {
	if r.err == nil {
		r.err = err
	}
	return nil
}

// argument is the column of a call, or the text that was calculated for it.
func (r *calcRun) argument(args []any) (c cell, name string, ok bool) {
	switch a := args[0].(type) {
	case columnPlace:
		column := r.calc.columns[a]
		c, err := column.lookup(r.scope)
		if err != nil {
			r.fail(err)
			return c, "", false
		}
		return c, fmt.Sprintf("column %q", column.name), true
	case string:
		return cell{text: strings.TrimSpace(a)}, "calculation", true
	case nil:
		return c, "", true
	}
	r.fail(fmt.Errorf("calculation %q: money() and num() take a column's name or a text", shortened(r.calc.source)))
	return c, "", false
}

func (r *calcRun) money(args ...any) any {
	c, name, ok := r.argument(args)
	if !ok || c.text == "" {
		return nil
	}
	d, err := r.set.amount(c.text, c.json, r.scope.Decimal, r.currency)
	if err != nil {
		return r.fail(fmt.Errorf("%s: %q %w", name, shortened(c.text), err))
	}
	return d
}

func (r *calcRun) num(args ...any) any {
	c, name, ok := r.argument(args)
	if !ok || c.text == "" {
		return nil
	}
	d, err := r.set.number(c.text, c.json, r.scope.Decimal)
	if err != nil {
		return r.fail(fmt.Errorf("%s: %q %w", name, shortened(c.text), err))
	}
	return d
}

func (r *calcRun) text(args ...any) any {
	c, _, _ := r.argument(args)
	return c.text
}

// calcPatch rewrites an expression before it is checked: columns become places
// in columns, operators become calls that calculate exactly, and what has no
// place in a row's value is refused.
type calcPatch struct {
	columns []string
	err     *file.Error
}

func (p *calcPatch) refuse(node ast.Node, format string, args ...any) {
	if p.err == nil {
		p.err = &file.Error{Location: node.Location(), Message: fmt.Sprintf(format, args...)}
	}
}

// Visit is called for each node, those within it first.
func (p *calcPatch) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		p.binary(node, n)
	case *ast.UnaryNode:
		switch n.Operator {
		case "-":
			p.call(node, "-x", n.Node)
		case "+":
			p.call(node, "+x", n.Node)
		}
	case *ast.CallNode:
		p.function(n)
	case *ast.MemberNode:
		if _, ok := n.Property.(*ast.StringNode); ok || n.Method {
			p.refuse(n, "a dot has no meaning here")
		}
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "$") {
			p.refuse(n, "unknown name %s", n.Value)
		}
	case *ast.PredicateNode, *ast.PointerNode, *ast.MapNode, *ast.SequenceNode:
		p.refuse(n, "a value is made of columns, texts, numbers, operators and functions only")
	}
}

func (p *calcPatch) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "in":
		p.call(node, n.Operator, n.Left, n.Right)
	case "matches":
		if _, ok := n.Right.(*ast.StringNode); !ok {
			p.refuse(n.Right, "what matches compares with is a regular expression in quotes")
		}
	case "and", "or", "&&", "||", "??", "contains", "startsWith", "endsWith":
	default:
		p.refuse(n, "the operator %s has no meaning here", n.Operator)
	}
}

// call puts the call of a function in place of a node.
func (p *calcPatch) call(node *ast.Node, name string, args ...ast.Node) {
	for i := range args {
		var d Decimal
		var err error
		switch a := args[i].(type) {
		case *ast.IntegerNode:
			d, err = decimalOf(a.Value)
		case *ast.FloatNode:
			d, err = decimalOf(a.Value)
		default:
			continue
		}
		if err != nil {
			p.refuse(args[i], "%v", err)
			return
		}
		ast.Patch(&args[i], &ast.ConstantNode{Value: d})
	}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args})
}

// function gives money, num and text the place of their column.
func (p *calcPatch) function(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		p.refuse(n, "this is no function")
		return
	}
	name := callee.Value
	if name != "money" && name != "num" && name != "text" {
		return
	}
	if len(n.Arguments) != 1 {
		p.refuse(n, "%s takes one column, as in %s(\"Name\")", name, name)
		return
	}
	column, ok := n.Arguments[0].(*ast.StringNode)
	literal := false
	switch n.Arguments[0].(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NilNode:
		literal = true
	}
	switch {
	case literal, ok && strings.TrimSpace(column.Value) == "":
		p.refuse(n, "%s takes a column's name, as in %s(\"Name\")", name, name)
	case ok:
		ast.Patch(&n.Arguments[0], &ast.ConstantNode{Value: columnPlace(len(p.columns))})
		p.columns = append(p.columns, strings.TrimSpace(column.Value))
	case name == "text":
		p.refuse(n, "text takes a column's name in quotes, as in text(\"Name\")")
	}
}
