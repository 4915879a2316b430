package expr

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// A Formula is a checked expression: comparisons joined by and. Immutable.
type Formula struct {
	Terms []*Comparison
	Calls []*Call // of measures, in the order in which they are written; those inside a call are its own
}

// A Comparison is one term. What is measured stands on its left.
type Comparison struct {
	Op       string // <= < >= > == in; empty: a truth standing alone
	Left     *Node
	Bounds   []*Node // the right side; of in: both ends
	Text     string  // as written
	Measured string  // its left side, as written
	Bound    string  // "<= 6ms"
	Unit     string  // of both sides, as a Result names it
}

// A Node is a literal, a call, or arithmetic on two nodes, with what is known of
// it before anything is measured.
type Node struct {
	Literal figure.Value // where Form is Constant
	Call    *Call        // nil: no call
	Form    Form
	Dims    figure.Dims
	Product bool // positive measures joined by * and / only

	op       byte // of a and b
	a, b     *Node
	from, to int  // runes
	percent  bool // shown in percent
	broken   bool // a mistake was reported below: say no more about it
}

// A Call is a measure with its arguments.
type Call struct {
	Signature
	Text      string // as written
	Col       int    // 1-based, in runes
	Args      []Arg
	Selectors []Selector // that say which phases it is about; none: the whole round

	at     int             // its place among the calls of its formula
	limits []time.Duration // that it holds answers against
}

// An Arg is a checked argument. Which fields are set depends on its Param.
type Arg struct {
	Name     string            // of a metric, a dependency, a fault, a phase; a word
	Labels   map[string]string // of a metric
	Selector Selector
	Inner    *Call // a set-valued measure
	Span     time.Duration
	Number   int
}

// Reduces reports whether the call makes one figure of a set-valued measure.
func (c *Call) Reduces() bool {
	return slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Inner != nil })
}

// Times reports whether the call measures times of answers from the source.
func (c *Call) Times(from string) bool {
	// A proved time is the least that is possible: no injected delay is part of it.
	timed := c.Dims == figure.Seconds && c.Form != Proved
	return slices.ContainsFunc(c.Selectors, func(s Selector) bool {
		return (timed || s.Has("within")) && s.mayBeFrom(from)
	})
}

// About reports whether the call measures anything of the phase.
func (c *Call) About(phase string) bool {
	return len(c.Selectors) == 0 || slices.ContainsFunc(c.Selectors, func(s Selector) bool { return s.Phase(phase) })
}

// Names reports whether f selects the requests of a stream by its name.
func (f *Formula) Names(stream string) bool {
	return slices.ContainsFunc(f.Calls, func(c *Call) bool { return c.names(stream) })
}

func (c *Call) names(stream string) bool {
	return slices.ContainsFunc(c.Selectors, func(s Selector) bool { return s.Stream == stream }) ||
		slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Selector.Stream == stream || a.Inner != nil && a.Inner.names(stream) })
}

// Times reports whether f measures times of answers from the source.
func (f *Formula) Times(from string) bool {
	return slices.ContainsFunc(f.Calls, func(c *Call) bool { return c.Times(from) })
}

// About reports whether f measures anything of the phase.
func (f *Formula) About(phase string) bool {
	return slices.ContainsFunc(f.Calls, func(c *Call) bool { return c.About(phase) })
}

// Shortest is the shortest duration that f holds anything against; 0: it names none.
func (f *Formula) Shortest() time.Duration {
	var shortest time.Duration
	note := func(d time.Duration) {
		if d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	for _, t := range f.Terms {
		if t.OfGenerator() {
			continue // it is a bound on the generator, which no other figure has to keep
		}
		for _, b := range t.Bounds {
			if b.Form == Constant && b.Dims == figure.Seconds {
				note(time.Duration(b.Literal.X * float64(time.Second)))
			}
		}
	}
	for _, c := range f.Calls {
		for _, d := range c.limits {
			note(d)
		}
		for _, s := range c.Selectors {
			for _, k := range s.Filters {
				note(k.Limit)
			}
		}
	}
	return shortest
}

// Timeless reports whether all that f measures is proved of requests however late they were sent.
func (f *Formula) Timeless() bool {
	return !slices.ContainsFunc(f.Calls, func(c *Call) bool { return !c.Timeless })
}

// OfGenerator reports whether the left side is about the load generator alone.
func (c *Comparison) OfGenerator() bool {
	calls := c.Left.calls(nil)
	return len(calls) > 0 && !slices.ContainsFunc(calls, func(k *Call) bool { return !k.OfGenerator })
}

// Selections are what the measures of c select, also those inside others.
func (c *Comparison) Selections() []Selector {
	var out []Selector
	for _, side := range append([]*Node{c.Left}, c.Bounds...) {
		for _, k := range side.calls(nil) {
			if out = append(out, k.Selectors...); k.Reduces() {
				out = append(out, k.Inner().Selectors...)
			}
		}
	}
	return out
}

// BoundsFixed reports whether the bounds are known before anything is measured.
func (c *Comparison) BoundsFixed() bool {
	return !slices.ContainsFunc(c.Bounds, func(b *Node) bool { return b.Form != Constant })
}

// Ops are the comparisons with each bound: of a range, two.
func (c *Comparison) Ops() []string {
	if c.Op == "in" {
		return []string{">=", "<="}
	}
	return []string{c.Op}
}

// First is the first measure on the left side: its samples are those that a
// sentence names.
func (c *Comparison) First() *Call { return c.Left.calls(nil)[0] }

// Measures are the calls on the left side.
func (c *Comparison) Measures() []*Call { return c.Left.calls(nil) }

// Inner is the set that the call reduces; itself where it reduces none.
func (c *Call) Inner() *Call {
	for _, a := range c.Args {
		if a.Inner != nil {
			return a.Inner
		}
	}
	return c
}

// Eval is the node's value; values are those of the formula's calls.
func (n *Node) Eval(values []figure.Value) figure.Value {
	switch {
	case n.Form == Constant:
		return n.Literal
	case n.Call != nil:
		return values[n.Call.at]
	}
	return figure.Arithmetic(n.op, n.a.Eval(values), n.b.Eval(values))
}

// calls appends the calls below n to out, as they are written.
func (n *Node) calls(out []*Call) []*Call {
	switch {
	case n.Call != nil:
		return append(out, n.Call)
	case n.a != nil:
		return n.b.calls(n.a.calls(out))
	}
	return out
}

// isCount reports whether n is a whole number, known exactly.
func (n *Node) isCount() bool { return n.Form == Counted || n.Form == Truth || n.Form == Constant }
