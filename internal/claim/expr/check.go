package expr

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// combine makes a node of an operator and its operands, and its type.
func (p *parser) combine(op token, a, b *Node) *Node {
	n := &Node{op: op.text[0], a: a, b: b, from: a.from, to: b.to, broken: a.broken || b.broken}
	for _, side := range []*Node{a, b} {
		p.mustBeOneFigure(side)
		n.broken = n.broken || side.broken
	}
	switch op.text {
	case "+", "-":
		if !n.broken && a.Dims != b.Dims {
			verb := map[string]string{"+": "add", "-": "subtract"}[op.text]
			p.note(op.from, fmt.Sprintf("cannot %s %s and %s%s", verb, a.Dims, b.Dims, p.unitless(a, b)))
			n.broken = true
		}
		n.Dims = a.Dims
		n.percent = a.percent || b.percent
	case "*":
		n.Dims = a.Dims.Times(b.Dims)
		n.percent = n.Dims == figure.Dims{} && (a.percent && b.Form == Constant && !b.percent || b.percent && a.Form == Constant && !a.percent)
	case "/":
		n.Dims = a.Dims.Over(b.Dims)
		if b.Form == Constant && !b.broken && b.Literal.X == 0 {
			p.note(op.from, "a division by zero")
			n.broken = true
		}
	}
	n.Product = (n.op == '*' || n.op == '/') && a.Product && b.Product
	n.Form = formOf(n)
	if n.Form == Constant && !n.broken {
		if n.Literal = figure.Arithmetic(n.op, a.Literal, b.Literal); n.Literal.None != nil {
			p.note(op.from, "the numbers are too large")
			n.broken = true
		}
		n.Product = n.Literal.X > 0
	}
	return n
}

// formOf is what arithmetic makes of the forms of its sides.
func formOf(n *Node) Form {
	whole := func(m *Node) bool { return m.Form == Counted || m.Form == Truth }
	switch {
	case n.a.Form == Constant && n.b.Form == Constant:
		return Constant
	case n.op == '-' && n.a.Form == Constant && n.a.Literal.X == 1 && n.b.Form == Share:
		return Share
	case n.op == '/':
		return Scalar
	case (whole(n.a) || n.a.Form == Constant) && (whole(n.b) || n.b.Form == Constant):
		return Counted
	}
	return Scalar
}

// mustBeOneFigure refuses a set where one figure is needed.
func (p *parser) mustBeOneFigure(n *Node) {
	if n.Form == Set && !n.broken {
		text := p.text(n.from, n.to)
		p.note(n.from, fmt.Sprintf("%s is one figure for each instance; make it one: max(%s)", text, text))
		n.broken = true
	}
}

// unitless is a hint for a bare number beside a quantity with a unit.
func (p *parser) unitless(a, b *Node) string {
	if a.Form != Constant {
		a, b = b, a
	}
	if a.Form != Constant || a.percent || (a.Dims != figure.Dims{}) {
		return ""
	}
	example := map[figure.Dims]string{{Time: 1}: "ms", {Time: -1}: "/s", {Bytes: 1}: "KB"}[b.Dims]
	if example == "" {
		return ""
	}
	return fmt.Sprintf("; give the number a unit, such as %s%s", p.text(a.from, a.to), example)
}

// orient puts what is measured on the left, checks units and names the bound.
func (p *parser) orient(c *Comparison, operator token) {
	sides := append([]*Node{c.Left}, c.Bounds...)
	broken := false
	for _, n := range sides {
		p.mustBeOneFigure(n)
		broken = broken || n.broken
	}
	for _, b := range c.Bounds {
		if !broken && b.Dims != c.Left.Dims {
			p.note(operator.from, fmt.Sprintf("cannot compare %s with %s%s", c.Left.Dims, b.Dims, p.unitless(c.Left, b)))
			broken = true
		}
	}
	if c.Op != "in" && c.Left.Form == Constant && c.Bounds[0].Form != Constant {
		c.Left, c.Bounds[0] = c.Bounds[0], c.Left
		c.Op = map[string]string{"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}[c.Op]
	}
	c.Measured = p.text(c.Left.from, c.Left.to)
	b := c.Bounds[0]
	c.Bound = c.Op + " " + p.bound(b)
	if c.Op == "in" {
		c.Bound += ".." + p.bound(c.Bounds[1])
	}
	if c.Unit = c.Left.Dims.Unit(); c.Unit == "" && slices.ContainsFunc(sides, func(n *Node) bool { return n.percent }) {
		c.Unit = "ratio"
	}
	c.Left.broken = broken
}

// check reports what is wrong with a comparison as a whole; true: nothing is.
func (p *parser) check(c *Comparison) bool {
	at := c.Left.from
	if c.Op == "" {
		p.mustBeOneFigure(c.Left)
		switch {
		case c.Left.broken:
			return false
		case c.Left.Form == Truth && p.field.Truths:
			return true
		}
		p.note(at, fmt.Sprintf("%s is compared with nothing; write for example %s %s", c.Text, c.Text, example(c.Left)))
		return false
	}
	if c.Left.broken {
		return false
	}
	fixed := c.BoundsFixed()
	switch {
	case c.Left.Form == Constant && fixed:
		p.note(at, "nothing is measured in "+c.Text)
		return false
	case c.Op == "==" && !(c.Left.isCount() && c.Bounds[0].isCount()):
		p.note(at, "== compares counts only: a measured figure is never exactly another; write in a..b")
		return false
	case c.Op == "in" && fixed && c.Bounds[0].Literal.X > c.Bounds[1].Literal.X:
		p.note(c.Bounds[0].from, "an empty range: its first end is above its second")
		return false
	case c.Left.Form == Share:
		for _, b := range c.Bounds {
			if b.Form == Constant && (b.Literal.X < 0 || b.Literal.X > 1) {
				hint := ""
				if text := p.text(b.from, b.to); !b.percent && b.Literal.X > 1 && b.Literal.X <= 100 {
					hint = "; did you mean " + text + "%?"
				}
				p.note(b.from, "a share lies between 0 % and 100 %"+hint)
				return false
			}
		}
	}
	return true
}

// example is a comparison that would fit n.
func example(n *Node) string {
	switch {
	case n.Form == Truth:
		return "== 1"
	case n.Form == Share:
		return ">= 99.9%"
	case n.Dims == figure.Dims{Time: 1}:
		return "<= 6ms"
	case n.Dims == figure.Dims{Time: -1}:
		return ">= 80/s"
	}
	return "<= 100"
}

// bound is how a bound is shown: as it was written, but as one duration where it
// names one. Every digit counts there: 300.05 s is not 5 min.
func (p *parser) bound(n *Node) string {
	if strings.Contains(p.written(n.from, n.to), "$") && n.Form == Constant && !n.broken && n.Dims == figure.Seconds {
		d := time.Duration(math.Round(n.Literal.X * float64(time.Second)))
		return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
	}
	return p.text(n.from, n.to)
}
