package trend

import (
	"math"
	"slices"
)

const (
	// Side is the least number of runs on each side of a change.
	Side = 5
	// Level is how often a false change may be told, over all series together.
	Level = 0.01
	// Effect is the smallest change that is told, relative to what was before.
	Effect = 0.05
	// spent is what the tests spend of it. The rest is for what they do not know of how runs depend on one another: where
	// a run has half of the one before it, thirty runs tell that half to within a third, and this much is needed.
	spent = Level / 8
	// extremes end a permutation test: with so many, a change is none.
	extremes = 20
)

// A split is where a series falls in two.
type split struct {
	at int     // the first run of the second part
	p  float64 // of no change
}

// splits finds the changes of xs, in order: each where xs, or the part of it between two changes, falls in two with a p
// of at most level. Runs that follow one another on one machine are alike, and a permutation of them would find that a
// change: so what was found is sought once more, without what a run has from the one before it.
func splits(xs []float64, level float64) []split {
	first := parted(xs, level)
	if len(first) == 0 {
		return nil
	}
	return parted(whiten(xs, first), level)
}

// parted is splits of xs as they are. Only 2·Side values or more have any.
func parted(xs []float64, level float64) (out []split) {
	if len(xs) < 2*Side || slices.Min(xs) == slices.Max(xs) {
		return nil
	}
	at, q := divide(xs)
	p := permuted(xs, q, level)
	if p > level {
		return nil
	}
	out = append(parted(xs[:at], level), split{at, p})
	for _, later := range parted(xs[at:], level) {
		out = append(out, split{later.at + at, later.p})
	}
	return out
}

// divide is where the energy distance of what is before and after is largest (E-divisive, α = 1), and how large it is.
func divide(xs []float64) (at int, q float64) {
	n := len(xs)
	between := func(k, from, to int) (sum float64) {
		for _, x := range xs[from:to] {
			sum += math.Abs(x - xs[k])
		}
		return sum
	}
	var left, right, cross float64 // sums of the distances of pairs
	for k := range Side {
		left += between(k, 0, k)
		cross += between(k, Side, n)
	}
	for k := Side; k < n; k++ {
		right += between(k, Side, k)
	}
	q = math.Inf(-1)
	for k := Side; k <= n-Side; k++ {
		a, b := float64(k), float64(n-k)
		if e := a * b / (a + b) * (2*cross/(a*b) - 2*left/(a*(a-1)) - 2*right/(b*(b-1))); e > q {
			at, q = k, e
		}
		if k < n {
			l, r := between(k, 0, k), between(k, k+1, n)
			left, right, cross = left+l, right-r, cross+r-l
		}
	}
	return at, q
}

// whiten takes out of xs what a run has from the one before it, apart from the steps between levels.
func whiten(xs []float64, steps []split) []float64 {
	levels := make([]float64, len(xs))
	begins := map[int]bool{}
	from := 0
	for _, s := range append(slices.Clone(steps), split{at: len(xs)}) {
		for i := from; i < s.at; i++ {
			levels[i] = mean(xs[from:s.at])
		}
		begins[s.at], from = true, s.at
	}
	var near, all float64
	for i, x := range xs {
		e := x - levels[i]
		all += e * e
		if i > 0 && !begins[i] {
			near += e * (xs[i-1] - levels[i-1])
		}
	}
	rho := 0.0
	if n := float64(len(xs)); all > 0 {
		rho = near / all
		rho += float64(len(begins)) * (1 + 3*rho) / n // what the means of short parts hide of it
		rho = min(max(rho+1/math.Sqrt(n), 0), 0.9)    // and one standard error: too little makes a change of noise
	}
	ys := make([]float64, len(xs))
	for i, x := range xs {
		e := x - levels[i]
		if i == 0 {
			e *= math.Sqrt(1 - rho*rho)
		} else {
			e -= rho * (xs[i-1] - levels[i-1])
		}
		ys[i] = (1-rho)*levels[i] + e
	}
	return ys
}

// permuted is how often a random order of xs falls in two as clearly as q. The same xs give the same.
func permuted(xs []float64, q, level float64) float64 {
	orders := max(1999, int(2/level))
	mixed, dice := slices.Clone(xs), random(len(xs))
	found := 0
	for n := 1; n <= orders; n++ {
		for i := len(mixed) - 1; i > 0; i-- {
			j := dice.below(i + 1)
			mixed[i], mixed[j] = mixed[j], mixed[i]
		}
		if _, other := divide(mixed); other >= q*(1-1e-12) {
			if found++; found == extremes {
				return float64(found) / float64(n)
			}
		}
	}
	return float64(1+found) / float64(1+orders)
}

// random are numbers that a seed determines (splitmix64).
type random uint64

func (r *random) below(n int) int {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func mean(xs []float64) float64 {
	var sum float64
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

func median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Needs is about how many runs it takes for a change in one of so many series to be seen at all: as many that the
// clearest order of them is rarer than the level.
func Needs(series int) int {
	n := 2 * Side
	for orders := 252.0; 2/orders > spent/float64(max(1, series)); n += 2 {
		m := float64(n)
		orders *= (m + 1) * (m + 2) / ((m/2 + 1) * (m/2 + 1)) // n+2 over half of it
	}
	return n
}
