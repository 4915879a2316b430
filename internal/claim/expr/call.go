package expr

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
)

// A written is an argument as the text has it: a name, maybe with labels and
// filters, or a call.
type written struct {
	from, to int
	name     string
	labels   map[string]string
	braces   bool
	brackets int // rune of the "["; -1: none
	filters  []writtenFilter
	inner    *Node
}

// A writtenFilter is key=value with where both stand, or the one key without a value.
type writtenFilter struct {
	key, value     string
	not            bool
	keyAt, valueAt int
}

// call reads a measure with its arguments and checks them. Where it stands as an
// argument itself, it belongs to the outer call; else the caller registers it.
func (p *parser) call(name token) *Node {
	p.enter(name.from)
	m, known := p.language.named(name.text)
	if !known {
		p.note(name.from, figure.Unknown("measure", name.text, p.language.names()))
	}
	p.expect("(")
	args := p.arguments(m.Params)
	closing := p.peek()
	p.expect(")")
	p.leave()

	c := &Call{Signature: m, Text: p.text(name.from, closing.to), Col: name.from + 1}
	n := &Node{Call: c, from: name.from, to: closing.to, Form: m.Form, Dims: m.Dims, percent: m.Form == Share,
		Product: m.Form != Share && !m.Plain, broken: !known}
	switch {
	case !known:
	case len(args) != len(m.Params):
		p.note(name.from, fmt.Sprintf("%s takes %s, not %d: %s%s", m.Name, figure.Count(len(m.Params), "arguments"), len(args), m.Name, m.Args))
	default:
		p.take(n, args)
	}
	return n
}

// arguments reads what stands between the brackets of a call that wants these.
func (p *parser) arguments(want []Param) []written {
	var args []written
	for p.peek().text != ")" {
		if n := len(args); n < len(want) && want[n] == Word {
			args = append(args, p.word())
		} else {
			args = append(args, p.argument())
		}
		if p.peek().text != "," {
			break
		}
		p.i++
	}
	return args
}

// take gives the call n its arguments, and n what follows from them.
func (p *parser) take(n *Node, args []written) {
	c := n.Call
	mistakes := len(p.errs)
	for i, w := range args {
		a := p.resolve(c.Signature, c.Params[i], w)
		c.Args = append(c.Args, a)
		switch want := c.Params[i]; {
		case w.inner != nil:
			n.reduce(w.inner.Call)
		case want == Selection || want == SelectionOrSet || want == PartOfNext || want == Metric:
			c.Selectors = append(c.Selectors, a.Selector)
		case want == Limit:
			c.limits = append(c.limits, a.Span)
		}
		if (c.Noun == "answers" || c.Noun == "requests") && a.Selector.FromCache() {
			c.Noun = "hits"
		}
		if c.Params[i] == Metric && c.MetricUnit {
			n.Dims = figure.DimsOfMetric(a.Name)
		}
	}
	if len(p.errs) > mistakes {
		return
	}
	if c.Check != nil {
		if err := c.Check(c.Args); err != nil {
			p.note(args[len(args)-1].from, fmt.Sprintf("%s: %v", c.Name, err))
			return
		}
	}
	for i, want := range c.Params {
		if want != PartOfNext {
			continue
		}
		if part, all := c.Args[i].Selector, c.Args[i+1].Selector; part.Stream != all.Stream && all.Stream != "all" {
			p.note(args[i].from, fmt.Sprintf("%s is of one stream: %s is no part of %s", c.Name, args[i].name, args[i+1].name))
		}
	}
}

// reduce makes n one figure of the set that inner gives.
func (n *Node) reduce(inner *Call) {
	c := n.Call
	c.limits = append(c.limits, inner.limits...)
	// Times of few events: their logarithms scatter more than they do.
	n.Product = false
	label := c.Label
	if c.LabelOfSet != "" {
		label = c.LabelOfSet
	}
	c.Label, c.Noun = label+" "+inner.Label, inner.Noun
}

// argument reads one, whatever it may mean.
func (p *parser) argument() written {
	t := p.peek()
	if t.kind == word && p.toks[p.i+1].text == "(" {
		p.i++
		n := p.call(t)
		return written{from: n.from, to: n.to, name: t.text, inner: n, brackets: -1}
	}
	w := written{from: t.from, brackets: -1}
	if w.name = p.name(); w.name == "" {
		p.fail(t.from, "expected a stream or another argument, found "+p.describe(t))
	}
	if p.peek().text == "{" {
		w.braces = true
		w.labels = p.labels()
	}
	if t := p.peek(); t.text == "[" {
		w.brackets = t.from
		p.i++
		for p.peek().text != "]" {
			w.filters = append(w.filters, p.filter())
			if p.peek().text != "," {
				break
			}
			p.i++
		}
		p.expect("]")
	}
	w.to = p.toks[p.i-1].to
	return w
}

// word reads a word that is no call, though a number may follow it in brackets.
func (p *parser) word() written {
	w := written{from: p.peek().from, brackets: -1}
	if w.name = p.name(); w.name == "" {
		p.fail(w.from, "expected a word, found "+p.describe(p.peek()))
	}
	if p.peek().text == "(" {
		p.i++
		p.name()
		p.expect(")")
	}
	w.to = p.toks[p.i-1].to
	w.name = p.text(w.from, w.to)
	return w
}

// name reads what may stand for a stream, a phase, an instance: everything up
// to a bracket, a comma, an operator of comparison or a space.
func (p *parser) name() string {
	from := p.peek().from
	to := from
	for to < len(p.src) && !strings.ContainsRune(" \t\n\r()[]{},=!<>\"", p.src[to]) {
		to++
	}
	p.skipTo(to)
	return string(p.src[from:to])
}

// skipTo goes on to the first token at or after a rune.
func (p *parser) skipTo(at int) {
	for p.peek().kind != end && p.peek().from < at {
		p.i++
	}
}

// labels reads {kind="trips"}.
func (p *parser) labels() map[string]string {
	from := p.peek().from
	to, quoted := from, false
	for ; to < len(p.src) && (quoted || p.src[to] != '}'); to++ {
		switch {
		case quoted && p.src[to] == '\\':
			to++
		case p.src[to] == '"':
			quoted = !quoted
		}
	}
	if to >= len(p.src) {
		p.fail(from, "the { is never closed")
	}
	labels, err := ParseLabels(string(p.src[from : to+1]))
	if err != nil {
		p.note(from, err.Error())
	}
	p.skipTo(to + 1)
	return labels
}

// filter reads key=value.
func (p *parser) filter() writtenFilter {
	f := writtenFilter{keyAt: p.peek().from}
	if f.key = p.name(); f.key == "" {
		p.fail(f.keyAt, "expected a key ("+strings.Join(FilterKeys(), ", ")+"), found "+p.describe(p.peek()))
	}
	switch t := p.peek(); t.text {
	case "=", "==":
	case "!=":
		f.not = true
	default:
		if f.key == Correct {
			return f
		}
		p.fail(t.from, "expected = or != after "+f.key+", found "+p.describe(t))
	}
	p.i++
	f.valueAt = p.peek().from
	if f.value = p.name(); f.value == "" {
		p.fail(f.valueAt, "expected what "+f.key+" is, found "+p.describe(p.peek()))
	}
	return f
}
