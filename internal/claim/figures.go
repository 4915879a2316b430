package claim

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// A Kind says how the figures of two services are compared.
type Kind string

const (
	Ratio      Kind = "ratio"      // by the logarithm of their quotient
	Proportion Kind = "share"      // K of N
	Difference Kind = "difference" // by what one has more
)

// A Figure is the measured side of one comparison in one round.
type Figure struct {
	Text   string // as the claim writes it
	Unit   string
	Kind   Kind
	Better int // -1: less is better, 1: more is, 0: neither
	X      float64
	K, N   int    // of a share
	Absent string // why there is no figure that counts; empty: there is
}

// Figures are what the claim measured in one round, in the order of its comparisons. A round that is set aside
// has none that counts.
func (c *Claim) Figures(r Round) []Figure {
	var out []Figure
	for i, t := range c.holds.Terms {
		f := Figure{Text: t.Measured, Unit: t.Unit, Kind: kindOf(t), Better: better(t)}
		switch {
		case len(r.aside) > 0:
			f.Absent = r.aside[0].Text
		case i >= len(r.sides):
			f.Absent = "the round was not observed"
		case r.sides[i].left.None != nil:
			f.Absent = r.sides[i].left.None.Why
		case r.sides[i].left.X >= figure.Never:
			f.Absent = "it waits for an answer that did not come"
		default:
			left := r.sides[i].left
			f.X, f.K, f.N = left.X, left.K, left.N
		}
		out = append(out, f)
	}
	return out
}

func kindOf(t *expr.Comparison) Kind {
	switch {
	case t.Left.Form == expr.Share:
		return Proportion
	case t.Left.Product && t.Left.Form != expr.Proved && t.Left.Form != expr.Truth && t.Left.Form != expr.Counted:
		return Ratio
	}
	return Difference
}

// better is which direction the claim asks for. A count that must be none should not grow.
func better(t *expr.Comparison) int {
	switch t.Op {
	case "<", "<=":
		return -1
	case ">", ">=":
		return 1
	case "==":
		if t.BoundsFixed() && t.Bounds[0].Literal.X == 0 {
			return -1
		}
	}
	if t.Left.Dims == figure.Seconds {
		return -1
	}
	return 0
}
