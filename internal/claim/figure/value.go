// Package figure holds the numbers of the claim language: values with what is
// known of their accuracy, units and dimensions, and how both are printed.
//
// In go numbers; out come numbers, texts, and absences: why there is no number,
// and what would give one. It never reads a history and never decides a claim.
package figure

import (
	"fmt"
	"math"
	"slices"
)

// A Value is what one round says of a measure, or of one side of a comparison.
type Value struct {
	X          float64   // in the base unit
	K, N       int       // of a share: K of N
	Samples    int       // behind X; 0 for a literal
	Cut        Cut       // whether X is only a limit
	Resolution float64   // half-width by which X may be wrong because sketches round; the same in every round
	Grain      float64   // how much one event more or less changes X; 0 where X counts nothing
	Set        []Element // of a set-valued measure, instead of X
	None       *Absence  // not nil: there is no figure
	Findings   []Finding // what X counts, or is made of, where the measure can tell
	Notes      []string  // what a reader should know beside X
}

// Never is a time longer than any bound: what waits for an answer that does not come. Its square is
// finite.
const Never = 1e150

// An Element is one member of a set, in the base unit. Cut: the window ended
// first, and X is only what was watched.
type Element struct {
	X   float64
	Cut bool
}

// Cut says on which side a figure is open because the observation ended first.
type Cut int8

const (
	Whole   Cut = 0  // the figure is exact
	AtLeast Cut = 1  // the true figure may be larger
	AtMost  Cut = -1 // the true figure may be smaller
)

// An Absence says why there is no figure, and what would give one.
type Absence struct {
	Why, Remedy string
	Panicked    bool // the measure panicked: a defect of bench
}

// Absent makes an Absence.
func Absent(why, remedy string) *Absence { return &Absence{Why: why, Remedy: remedy} }

// NoData is a Value without a figure; format and args say why.
func NoData(remedy, format string, args ...any) Value {
	return Value{None: Absent(fmt.Sprintf(format, args...), remedy)}
}

// Arithmetic is a op b, where op is one of + - * /. There is no figure where a
// side has none, or where the result is not finite. Resolution and Grain follow
// the first-order rule of error propagation.
func Arithmetic(op byte, a, b Value) Value {
	switch {
	case a.None != nil:
		return a
	case b.None != nil:
		return b
	}
	v := Value{Samples: fewer(a.Samples, b.Samples), Findings: Together(a.Findings, b.Findings), Notes: append(slices.Clone(a.Notes), b.Notes...)}
	da, db := 1.0, 1.0 // partial derivatives
	switch op {
	case '+':
		v.X = a.X + b.X
	case '-':
		v.X, db = a.X-b.X, -1
	case '*':
		v.X, da, db = a.X*b.X, b.X, a.X
	case '/':
		if b.X == 0 {
			return NoData("data for the divisor", "a division by zero")
		}
		v.X, da, db = a.X/b.X, 1/b.X, -a.X/(b.X*b.X)
	}
	if math.IsNaN(v.X) || math.IsInf(v.X, 0) {
		return NoData("finite values", "the result is not finite")
	}
	v.Resolution = math.Abs(da)*a.Resolution + math.Abs(db)*b.Resolution
	v.Grain = math.Abs(da)*a.Grain + math.Abs(db)*b.Grain
	ca, cb := a.Cut.scaled(da), b.Cut.scaled(db)
	if ca*cb < 0 {
		return NoData("a longer window", "neither side ended within the window")
	}
	if v.Cut = ca; ca == Whole {
		v.Cut = cb
	}
	if op == '-' && a.Samples == 0 && a.X == 1 && b.N > 0 { // the complement of a share is a share
		v.K, v.N = b.N-b.K, b.N
	}
	return v
}

// scaled is the open side of a figure that is multiplied by factor.
func (c Cut) scaled(factor float64) Cut {
	if factor < 0 {
		return -c
	}
	return c
}

// fewer is the smaller number of samples; literals, which have none, do not count.
func fewer(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// Compare reports a op b, where op is one of <= < >= > ==.
func Compare(op string, a, b float64) bool {
	switch op {
	case "<=":
		return a <= b
	case "<":
		return a < b
	case ">=":
		return a >= b
	case ">":
		return a > b
	}
	return a == b
}

// Finite is the nearest number to x that JSON can hold; 0 for NaN.
func Finite(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return 0
	case x > math.MaxFloat64:
		return math.MaxFloat64
	case x < -math.MaxFloat64:
		return -math.MaxFloat64
	}
	return x
}
