package claim

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
func (p *parser) combine(op token, a, b *node) *node {
	n := &node{op: op.text[0], a: a, b: b, from: a.from, to: b.to, broken: a.broken || b.broken}
	for _, side := range []*node{a, b} {
		p.mustBeOneFigure(side)
		n.broken = n.broken || side.broken
	}
	switch op.text {
	case "+", "-":
		if !n.broken && a.dims != b.dims {
			verb := map[string]string{"+": "add", "-": "subtract"}[op.text]
			p.note(op.from, fmt.Sprintf("cannot %s %s and %s%s", verb, a.dims, b.dims, p.unitless(a, b)))
			n.broken = true
		}
		n.dims = a.dims
		n.percent = a.percent || b.percent
	case "*":
		n.dims = a.dims.Times(b.dims)
		n.percent = n.dims == figure.Dims{} && (a.percent && b.form == constant && !b.percent || b.percent && a.form == constant && !a.percent)
	case "/":
		n.dims = a.dims.Over(b.dims)
		if b.form == constant && !b.broken && b.lit.X == 0 {
			p.note(op.from, "a division by zero")
			n.broken = true
		}
	}
	n.product = (n.op == '*' || n.op == '/') && a.product && b.product
	n.form = formOf(n)
	if n.form == constant && !n.broken {
		if n.lit = figure.Arithmetic(n.op, a.lit, b.lit); n.lit.None != nil {
			p.note(op.from, "the numbers are too large")
			n.broken = true
		}
		n.product = n.lit.X > 0
	}
	return n
}

// formOf is what arithmetic makes of the forms of its sides.
func formOf(n *node) form {
	whole := func(m *node) bool { return m.form == counted || m.form == truth }
	switch {
	case n.a.form == constant && n.b.form == constant:
		return constant
	case n.op == '-' && n.a.form == constant && n.a.lit.X == 1 && n.b.form == share:
		return share
	case n.op == '/':
		return scalar
	case (whole(n.a) || n.a.form == constant) && (whole(n.b) || n.b.form == constant):
		return counted
	}
	return scalar
}

// mustBeOneFigure refuses a set where one figure is needed.
func (p *parser) mustBeOneFigure(n *node) {
	if n.form == set && !n.broken {
		text := p.text(n.from, n.to)
		p.note(n.from, fmt.Sprintf("%s is one figure for each instance; make it one: max(%s)", text, text))
		n.broken = true
	}
}

// unitless is a hint for a bare number beside a quantity with a unit.
func (p *parser) unitless(a, b *node) string {
	if a.form != constant {
		a, b = b, a
	}
	if a.form != constant || a.percent || (a.dims != figure.Dims{}) {
		return ""
	}
	example := map[figure.Dims]string{{Time: 1}: "ms", {Time: -1}: "/s", {Bytes: 1}: "KB"}[b.dims]
	if example == "" {
		return ""
	}
	return fmt.Sprintf("; give the number a unit, such as %s%s", p.text(a.from, a.to), example)
}

// orient puts what is measured on the left, checks units and names the bound.
func (p *parser) orient(c *comparison, operator token) {
	sides := append([]*node{c.lhs}, c.bounds...)
	broken := false
	for _, n := range sides {
		p.mustBeOneFigure(n)
		broken = broken || n.broken
	}
	for _, b := range c.bounds {
		if !broken && b.dims != c.lhs.dims {
			p.note(operator.from, fmt.Sprintf("cannot compare %s with %s%s", c.lhs.dims, b.dims, p.unitless(c.lhs, b)))
			broken = true
		}
	}
	if c.op != "in" && c.lhs.form == constant && c.bounds[0].form != constant {
		c.lhs, c.bounds[0] = c.bounds[0], c.lhs
		c.op = map[string]string{"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}[c.op]
	}
	c.measured = p.text(c.lhs.from, c.lhs.to)
	b := c.bounds[0]
	c.bound = c.op + " " + p.bound(b)
	if c.op == "in" {
		c.bound += ".." + p.bound(c.bounds[1])
	}
	if c.unit = c.lhs.dims.Unit(); c.unit == "" && slices.ContainsFunc(sides, func(n *node) bool { return n.percent }) {
		c.unit = "ratio"
	}
	c.lhs.broken = broken
}

// check reports what is wrong with a comparison as a whole; true: nothing is.
func (p *parser) check(c *comparison) bool {
	at := c.lhs.from
	if c.op == "" {
		p.mustBeOneFigure(c.lhs)
		switch {
		case c.lhs.broken:
			return false
		case c.lhs.form == truth && p.field == "requires":
			return true
		}
		p.note(at, fmt.Sprintf("%s is compared with nothing; write for example %s %s", c.text, c.text, example(c.lhs)))
		return false
	}
	if c.lhs.broken {
		return false
	}
	fixed := c.boundsFixed()
	switch {
	case c.lhs.form == constant && fixed:
		p.note(at, "nothing is measured in "+c.text)
		return false
	case c.op == "==" && !(c.lhs.isCount() && c.bounds[0].isCount()):
		p.note(at, "== compares counts only: a measured figure is never exactly another; write in a..b")
		return false
	case c.op == "in" && fixed && c.bounds[0].lit.X > c.bounds[1].lit.X:
		p.note(c.bounds[0].from, "an empty range: its first end is above its second")
		return false
	case c.lhs.form == share:
		for _, b := range c.bounds {
			if b.form == constant && (b.lit.X < 0 || b.lit.X > 1) {
				hint := ""
				if text := p.text(b.from, b.to); !b.percent && b.lit.X > 1 && b.lit.X <= 100 {
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
func example(n *node) string {
	switch {
	case n.form == truth:
		return "== 1"
	case n.form == share:
		return ">= 99.9%"
	case n.dims == figure.Dims{Time: 1}:
		return "<= 6ms"
	case n.dims == figure.Dims{Time: -1}:
		return ">= 80/s"
	}
	return "<= 100"
}

// bound is how a bound is shown: as it was written, but as one duration where it
// names one. Every digit counts there: 300.05 s is not 5 min.
func (p *parser) bound(n *node) string {
	if strings.Contains(p.written(n.from, n.to), "$") && n.form == constant && !n.broken && n.dims == seconds {
		d := time.Duration(math.Round(n.lit.X * float64(time.Second)))
		return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
	}
	return p.text(n.from, n.to)
}
