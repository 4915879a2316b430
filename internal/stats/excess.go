package stats

import "math"

// Excess is the probability that, where k0 of n0 and k1 of n1 are successes of one kind, chance alone puts k1 or
// more of them among the n1: Fisher's exact test. It is 1 where nothing can be told.
func Excess(k0, n0, k1, n1 int) float64 {
	if k0 < 0 || k1 < 0 || k0 > n0 || k1 > n1 || n0 == 0 || n1 == 0 {
		return 1
	}
	all, p := k0+k1, 0.0
	for k := k1; k <= min(n1, all); k++ {
		if all-k <= n0 {
			p += math.Exp(choose(n1, k) + choose(n0, all-k) - choose(n0+n1, all))
		}
	}
	return min(1, p)
}

// choose is the logarithm of the number of ways to choose k of n.
func choose(n, k int) float64 {
	gamma := func(x int) float64 { l, _ := math.Lgamma(float64(x) + 1); return l }
	return gamma(n) - gamma(k) - gamma(n-k)
}
