package figure

import (
	"math"
	"slices"
)

// Quantile is the nearest-rank quantile of a set that is not empty. It is a lower
// limit where a cut member is not above it: the true member may be any larger.
func Quantile(s []Element, q float64) Value {
	s = slices.SortedFunc(slices.Values(s), func(a, b Element) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	rank := max(1, int(math.Ceil(q*float64(len(s))-1e-9)))
	v := Value{X: s[rank-1].X, Samples: len(s)}
	for _, e := range s {
		if e.Cut && e.X <= v.X {
			v.Cut = AtLeast
		}
	}
	return v
}

// Mean is the mean of a set that is not empty; a lower limit where a member is cut.
func Mean(s []Element) Value {
	v := Value{Samples: len(s)}
	for _, e := range s {
		v.X += e.X / float64(len(s))
		if e.Cut {
			v.Cut = AtLeast
		}
	}
	return v
}
