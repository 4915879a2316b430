package claim

import (
	"fmt"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// An arg is a checked argument.
type arg struct {
	name   string            // of a metric, a dependency, a fault
	labels map[string]string // of a metric
	sel    selector
	inner  func() probe // a set-valued measure
	span   time.Duration
}

// A written is an argument as the text has it: a name, maybe with labels and
// filters, or a call.
type written struct {
	from, to int
	name     string
	labels   map[string]string
	braces   bool
	brackets int // rune of the "["; -1: none
	filters  []writtenFilter
	inner    *node
}

// A writtenFilter is key=value with where both stand.
type writtenFilter struct {
	key, value     string
	not            bool
	keyAt, valueAt int
}

// call reads a measure's arguments and checks them. A call that is itself an
// argument belongs to the outer one; any other is registered by the caller.
func (p *parser) call(name token) *node {
	if p.depth++; p.depth > deepest {
		p.fail(name.from, "nested too deeply")
	}
	m, known := measureNamed(name.text)
	if !known {
		p.note(name.from, figure.Unknown("measure", name.text, measureNames()))
	}
	p.expect("(")
	var args []written
	for p.peek().text != ")" {
		args = append(args, p.argument())
		if p.peek().text != "," {
			break
		}
		p.i++
	}
	closing := p.peek()
	p.expect(")")
	p.depth--
	n := &node{op: 'c', from: name.from, to: closing.to, form: m.form, dims: m.dims, percent: m.form == share,
		product: m.form != share && !m.plain, broken: !known}
	// No delay that was injected is part of a proved time.
	c := call{text: p.text(n.from, n.to), label: m.label, noun: m.noun, timed: m.dims == seconds && m.form != proved}
	n.made = &c
	if !known {
		return n
	}
	if len(args) != len(m.params) {
		p.note(name.from, fmt.Sprintf("%s takes %s, not %d: %s%s", m.Name, figure.Count(len(m.params), "arguments"), len(args), m.Name, m.Args))
		return n
	}
	before := len(p.errs)
	checked := make([]arg, len(args))
	for i, w := range args {
		a := p.resolve(m, m.params[i], w)
		checked[i] = a
		if m.noun == "answers" && a.sel.fromCache() {
			c.noun = "hits"
		}
		if want := m.params[i]; want == metric && i == 0 || want == selection || want == selectionOrSet && w.inner == nil {
			c.sels = append(c.sels, a.sel)
		}
		if m.params[i] == limit {
			c.limits = append(c.limits, a.span)
		}
		if w.inner != nil {
			c.limits = append(c.limits, w.inner.made.limits...)
			// Times of few events: their logarithms scatter more than they do.
			n.product = false
			inner := w.inner.made
			c.label, c.noun = m.label+" "+inner.label, inner.noun
			if m.Name == "max" {
				c.label = "longest " + inner.label
			}
		}
	}
	if m.Name == "growth" && strings.HasSuffix(args[0].name, "_bytes") {
		n.dims = figure.Dims{Bytes: 1} // as Prometheus' rules have it
	}
	if m.Name == "share" && len(p.errs) == before && checked[0].sel.stream != checked[1].sel.stream && checked[1].sel.stream != "all" {
		p.note(args[0].from, fmt.Sprintf("share is of one stream: %s is no part of %s", args[0].name, args[1].name))
	}
	c.start = func() probe { return m.start(checked) }
	return n
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
	labels, err := parseLabels(string(p.src[from : to+1]))
	if err != nil {
		p.note(from, err.Error())
	}
	p.skipTo(to + 1)
	return labels
}

func (p *parser) filter() writtenFilter {
	f := writtenFilter{keyAt: p.peek().from}
	if f.key = p.name(); f.key == "" {
		p.fail(f.keyAt, "expected a key ("+strings.Join(filterKeys, ", ")+"), found "+p.describe(p.peek()))
	}
	switch t := p.peek(); t.text {
	case "=", "==":
	case "!=":
		f.not = true
	default:
		p.fail(t.from, "expected = or != after "+f.key+", found "+p.describe(t))
	}
	p.i++
	f.valueAt = p.peek().from
	if f.value = p.name(); f.value == "" {
		p.fail(f.valueAt, "expected what "+f.key+" is, found "+p.describe(p.peek()))
	}
	return f
}
