package expr

import (
	"fmt"
	"strconv"

	"github.com/trektribe/bench/internal/claim/figure"
)

// term reads one comparison and recovers from broken grammar.
func (p *parser) term() {
	defer func() {
		switch e := recover(); e.(type) {
		case nil:
		case giveUp:
			p.depth = 0
			for p.peek().kind != end && !p.isWord("and") {
				p.i++
			}
		default:
			panic(e)
		}
	}()
	c := p.comparison()
	switch t := p.peek(); {
	case t.kind == end || p.isWord("and"):
	case p.isWord("or"):
		p.fail(t.from, "there is no or: a claim is decided as a whole; write two claims")
	case p.isComparison(t):
		p.fail(t.from, "comparisons do not chain; join two with and, or write in a..b")
	default:
		p.fail(t.from, "expected a comparison or and, found "+p.describe(t))
	}
	if p.check(c) {
		p.out.Terms = append(p.out.Terms, c)
	}
}

// comparison reads one comparison, or a truth that stands alone.
func (p *parser) comparison() *Comparison {
	first := p.peek().from
	c := &Comparison{Left: p.sum()}
	operator := p.peek()
	switch {
	case operator.text == "=" || operator.text == "!=":
		p.fail(operator.from, "expected a comparison, found "+operator.text+"; did you mean \"==\"?")
	case operator.kind == sign && p.isComparison(operator):
		p.i++
		c.Op = operator.text
		c.Bounds = []*Node{p.sum()}
	case p.isWord("in"):
		p.i++
		c.Op = "in"
		lo := p.sum()
		if t := p.peek(); t.text != ".." {
			p.fail(t.from, "a range is written in a..b; expected .., found "+p.describe(t))
		}
		p.i++
		c.Bounds = []*Node{lo, p.sum()}
	}
	c.Text = p.text(first, p.toks[max(0, p.i-1)].to)
	if c.Op != "" {
		p.orient(c, operator)
	}
	return c
}

// sum, product and unary read arithmetic, the loosest first.
func (p *parser) sum() *Node {
	p.enter(p.peek().from)
	n := p.product()
	for t := p.peek(); t.kind == sign && (t.text == "+" || t.text == "-"); t = p.peek() {
		p.i++
		n = p.combine(t, n, p.product())
	}
	p.leave()
	return n
}

func (p *parser) product() *Node {
	n := p.unary()
	for t := p.peek(); t.kind == sign && (t.text == "*" || t.text == "/"); t = p.peek() {
		p.i++
		n = p.combine(t, n, p.unary())
	}
	return n
}

func (p *parser) unary() *Node {
	t := p.peek()
	p.i++
	switch {
	case t.text == "-" && t.kind == sign:
		p.enter(t.from)
		n := p.unary()
		p.leave()
		minus := &Node{Literal: figure.Value{X: -1}, from: t.from, to: t.to}
		return p.combine(token{kind: sign, text: "*", from: t.from, to: t.to}, minus, n)
	case t.text == "(" && t.kind == sign:
		n := p.sum()
		n.from, n.to = t.from, p.peek().to
		p.expect(")")
		return n
	case t.kind == numeral:
		return p.literal(t)
	case t.kind == variable:
		before := len(p.errs)
		d := p.variable(t.text, t.from)
		return &Node{Literal: figure.Value{X: d.Seconds()}, Dims: figure.Seconds, Product: true, from: t.from, to: t.to, broken: len(p.errs) > before}
	case t.kind == word && p.peek().text == "(" && t.text != "and" && t.text != "in":
		n := p.call(t)
		n.Call.at = len(p.out.Calls)
		p.out.Calls = append(p.out.Calls, n.Call)
		return n
	}
	p.i--
	m, known := p.language.named(t.text)
	switch {
	case known:
		p.fail(t.from, t.text+" needs its arguments: "+t.text+m.Args)
	case t.kind == word && t.text != "and" && t.text != "in":
		p.fail(t.from, fmt.Sprintf("%s is no figure; a measure is called, as in p50(%s)", t.text, t.text))
	}
	p.fail(t.from, "expected a figure or a measure, found "+p.describe(t))
	return nil
}

// literal is a number with its unit.
func (p *parser) literal(t token) *Node {
	n := &Node{from: t.from, to: t.to}
	x, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		p.note(t.from, t.text+" is too large")
		n.broken = true
	}
	if t.unit != "" {
		u, ok := figure.UnitNamed(t.unit)
		if !ok {
			p.note(t.from, figure.Unknown("unit", t.unit, figure.UnitNames()))
			n.broken = true
		}
		x, n.Dims, n.percent = u.Of(x), u.Dims, t.unit == "%"
	} else if next := p.peek(); next.kind == word || next.text == "%" {
		if _, ok := figure.UnitNamed(next.text); ok {
			p.fail(t.from, "write the unit without a space: "+t.text+next.text)
		}
	}
	n.Literal, n.Product = figure.Value{X: x}, true
	return n
}
