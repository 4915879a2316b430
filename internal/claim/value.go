package claim

import (
	"fmt"
	"math"
)

// A value is what one round says of a measure or of a side of a comparison.
type value struct {
	x       float64   // in the base unit
	k, n    int       // of a share: k of n
	samples int       // what x rests on; 0 for a literal
	cut     cut       // whether x is only a limit
	sketchy float64   // half-width that x may err by, because sketches are quantised; the same in every round
	grain   float64   // what one event more or less would change in x; 0 where x counts nothing
	set     []element // of a set-valued measure, instead of x
	none    *absence  // set: there is no figure, and this is why
}

// An element is one member of a set: a duration in seconds, or, cut, what was
// watched of it before the window ended.
type element struct {
	x   float64
	cut bool
}

// cut says on which side a figure is open because the observation ended first.
type cut int8

const (
	whole   cut = 0
	atLeast cut = 1
	atMost  cut = -1
)

// An absence says why there is no figure, and what would give one.
type absence struct{ why, settle string }

func noData(settle, format string, args ...any) value {
	return value{none: &absence{why: fmt.Sprintf(format, args...), settle: settle}}
}

// arithmetic is a op b. Either side without data leaves none; so does a figure
// that is no number. The resolutions sketchy and grain go by the first-order rule.
func arithmetic(op byte, a, b value) value {
	switch {
	case a.none != nil:
		return a
	case b.none != nil:
		return b
	}
	v := value{samples: fewer(a.samples, b.samples)}
	da, db := 1.0, 1.0 // partial derivatives
	switch op {
	case '+':
		v.x = a.x + b.x
	case '-':
		v.x, db = a.x-b.x, -1
	case '*':
		v.x, da, db = a.x*b.x, b.x, a.x
	case '/':
		if b.x == 0 {
			return noData("data for the divisor", "a division by zero")
		}
		v.x, da, db = a.x/b.x, 1/b.x, -a.x/(b.x*b.x)
	}
	if math.IsNaN(v.x) || math.IsInf(v.x, 0) {
		return noData("figures of a usual size", "a figure is no number")
	}
	v.sketchy = math.Abs(da)*a.sketchy + math.Abs(db)*b.sketchy
	v.grain = math.Abs(da)*a.grain + math.Abs(db)*b.grain
	ca, cb := a.cut.scaled(da), b.cut.scaled(db)
	if ca*cb < 0 {
		return noData("a longer window", "both sides were cut short when the window ended")
	}
	if v.cut = ca; ca == whole {
		v.cut = cb
	}
	if op == '-' && a.samples == 0 && a.x == 1 && b.n > 0 { // the complement of a share is a share
		v.k, v.n = b.n-b.k, b.n
	}
	return v
}

// scaled is the side on which a figure is open once it is multiplied by factor.
func (c cut) scaled(factor float64) cut {
	if factor < 0 {
		return -c
	}
	return c
}

// fewer is the smaller number of samples, literals aside.
func fewer(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// compare is a op b of two plain numbers.
func compare(op string, a, b float64) bool {
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
