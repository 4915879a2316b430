package claim

import (
	"fmt"
	"slices"
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
		p.out.terms = append(p.out.terms, c)
	}
}

func (p *parser) comparison() *comparison {
	first := p.peek().from
	c := &comparison{lhs: p.sum()}
	operator := p.peek()
	switch {
	case operator.text == "=" || operator.text == "!=":
		p.fail(operator.from, "expected a comparison, found "+operator.text+"; did you mean \"==\"?")
	case operator.kind == sign && p.isComparison(operator):
		p.i++
		c.op = operator.text
		c.bounds = []*node{p.sum()}
	case p.isWord("in"):
		p.i++
		c.op = "in"
		lo := p.sum()
		if t := p.peek(); t.text != ".." {
			p.fail(t.from, "a range is written in a..b; expected .., found "+p.describe(t))
		}
		p.i++
		c.bounds = []*node{lo, p.sum()}
	}
	c.text = p.text(first, p.toks[max(0, p.i-1)].to)
	if c.op != "" {
		p.orient(c, operator)
	}
	return c
}

func (p *parser) sum() *node {
	if p.depth++; p.depth > deepest {
		p.fail(p.peek().from, "nested too deeply")
	}
	n := p.product()
	for t := p.peek(); t.kind == sign && (t.text == "+" || t.text == "-"); t = p.peek() {
		p.i++
		n = p.combine(t, n, p.product())
	}
	p.depth--
	return n
}

func (p *parser) product() *node {
	n := p.unary()
	for t := p.peek(); t.kind == sign && (t.text == "*" || t.text == "/"); t = p.peek() {
		p.i++
		n = p.combine(t, n, p.unary())
	}
	return n
}

func (p *parser) unary() *node {
	t := p.peek()
	p.i++
	switch {
	case t.text == "-" && t.kind == sign:
		if p.depth++; p.depth > deepest {
			p.fail(t.from, "nested too deeply")
		}
		n := p.unary()
		p.depth--
		minus := &node{op: '#', lit: figure.Value{X: -1}, from: t.from, to: t.to}
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
		return &node{op: '#', lit: figure.Value{X: d.Seconds()}, dims: seconds, product: true, from: t.from, to: t.to, broken: len(p.errs) > before}
	case t.kind == word && p.peek().text == "(" && t.text != "and" && t.text != "in":
		n := p.call(t)
		n.call = len(p.out.calls)
		p.out.calls = append(p.out.calls, *n.made)
		return n
	}
	p.i--
	switch {
	case t.kind == word && slices.Contains(measureNames(), t.text):
		p.fail(t.from, t.text+" needs its arguments: "+t.text+argsOf(t.text))
	case t.kind == word && t.text != "and" && t.text != "in":
		p.fail(t.from, fmt.Sprintf("%s is no figure; a measure is called, as in p50(%s)", t.text, t.text))
	}
	p.fail(t.from, "expected a figure or a measure, found "+p.describe(t))
	return nil
}

// literal is a number with its unit.
func (p *parser) literal(t token) *node {
	n := &node{op: '#', from: t.from, to: t.to}
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
		x, n.dims, n.percent = u.Of(x), u.Dims, t.unit == "%"
	} else if next := p.peek(); next.kind == word || next.text == "%" {
		if _, ok := figure.UnitNamed(next.text); ok {
			p.fail(t.from, "write the unit without a space: "+t.text+next.text)
		}
	}
	n.lit, n.product = figure.Value{X: x}, true
	return n
}
