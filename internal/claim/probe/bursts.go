package probe

import (
	"cmp"
	"slices"
	"time"
)

// Bursts groups elements that overlap in time, into the fewest groups such that those
// of a group share an instant. It sorts vs, and the groups are stretches of it.
func Bursts[T any](vs []T, times func(T) (sent, done time.Duration)) [][]T {
	slices.SortFunc(vs, func(a, b T) int {
		_, x := times(a)
		_, y := times(b)
		return cmp.Compare(x, y)
	})
	var out [][]T
	from, last := 0, time.Duration(-1)
	for i, v := range vs {
		if sent, done := times(v); sent > last {
			if i > from {
				out = append(out, vs[from:i])
			}
			from, last = i, done
		}
	}
	if len(vs) > 0 {
		out = append(out, vs[from:])
	}
	return out
}
