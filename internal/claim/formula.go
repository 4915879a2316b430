package claim

import "slices"

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
	lit      value
	call     int   // index of a registered call
	made     *call // what a call became
	from, to int   // runes

	dims    dims
	form    form
	percent bool // shown in percent
	product bool // positive measures joined by * and / only
	broken  bool // a mistake was reported below: say no more about it
}

// A call is a measure with its arguments.
type call struct {
	text        string
	label, noun string
	start       func() probe
}

func (n *node) isCount() bool { return n.form == counted || n.form == truth || n.form == constant }

// boundsFixed reports whether the bounds are known before anything is measured.
func (c *comparison) boundsFixed() bool {
	return !slices.ContainsFunc(c.bounds, func(b *node) bool { return b.form != constant })
}

// eval is the node's value, given those of the calls.
func (n *node) eval(calls []value) value {
	switch {
	case n.form == constant:
		return n.lit
	case n.op == 'c':
		return calls[n.call]
	}
	return arithmetic(n.op, n.a.eval(calls), n.b.eval(calls))
}
