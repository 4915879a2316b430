package claim

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// A formula is a checked holds or requires: comparisons joined by and.
type formula struct {
	terms []*comparison
	calls []call // of measures, by the index that nodes name
}

// A comparison is one term. What is measured stands on its left.
type comparison struct {
	op       string // <= < >= > == in; empty: a truth standing alone
	lhs      *node
	bounds   []*node // the right side; of in: both ends
	text     string  // as written
	measured string  // its left side, as written
	bound    string  // "<= 6ms"
	unit     string
}

// A node is arithmetic, with what is known of it before anything is measured.
type node struct {
	op       byte // '#' a literal, 'c' a call, else an operator
	a, b     *node
	lit      figure.Value
	call     int   // index of a registered call
	made     *call // what a call became
	from, to int   // runes

	dims    figure.Dims
	form    form
	percent bool // shown in percent
	product bool // positive measures joined by * and / only
	broken  bool // a mistake was reported below: say no more about it
}

// A call is a measure with its arguments.
type call struct {
	text        string
	label, noun string
	sels        []selector      // of streams and metrics; none: it is about the whole round
	timed       bool            // it gives a time
	limits      []time.Duration // that it holds answers against
	start       func() probe
}

// times reports whether the call measures times of answers from source.
func (c *call) times(source string) bool {
	return slices.ContainsFunc(c.sels, func(s selector) bool {
		timed := c.timed || s.has("within")
		return timed && !slices.ContainsFunc(s.filters, func(f filter) bool { return f.key == "source" && isFrom(source, f.value) == f.not })
	})
}

func (c *call) about(phase string) bool {
	return len(c.sels) == 0 || slices.ContainsFunc(c.sels, func(s selector) bool { return s.phase(phase) })
}

// mostLag is how late at p99 the generator may be for this to be measured.
func (f *formula) mostLag() time.Duration {
	shortest := time.Duration(math.MaxInt64)
	note := func(d time.Duration) {
		if d > 0 {
			shortest = min(shortest, d)
		}
	}
	for _, t := range f.terms {
		if t.ofLag() {
			continue // that bound is the user's own
		}
		for _, b := range t.bounds {
			if b.form == constant && b.dims == seconds {
				note(time.Duration(b.lit.X * float64(time.Second)))
			}
		}
	}
	for _, c := range f.calls {
		for _, d := range c.limits {
			note(d)
		}
		for _, s := range c.sels {
			for _, k := range s.filters {
				note(k.limit)
			}
		}
	}
	if shortest == math.MaxInt64 {
		return mostLag
	}
	return min(shortest, mostEver)
}

func (n *node) isCount() bool { return n.form == counted || n.form == truth || n.form == constant }

// ofLag reports whether the comparison is about the generator and nothing else.
func (c *comparison) ofLag() bool { return strings.HasPrefix(c.measured, "send_lag(") }

// boundsFixed reports whether the bounds are known before anything is measured.
func (c *comparison) boundsFixed() bool {
	return !slices.ContainsFunc(c.bounds, func(b *node) bool { return b.form != constant })
}

// eval is the node's value, given those of the calls.
func (n *node) eval(calls []figure.Value) figure.Value {
	switch {
	case n.form == constant:
		return n.lit
	case n.op == 'c':
		return calls[n.call]
	}
	return figure.Arithmetic(n.op, n.a.eval(calls), n.b.eval(calls))
}
