package curve

import "math"

// The arithmetic of one key that is asked for at random (Poisson) lambda times a
// second, whose load takes load seconds and whose entry is kept for ttl seconds
// from the load's end. Time is a sequence of cycles: nobody asks, for 1/lambda on
// average; a request misses, and its load runs; then requests hit until the entry
// has expired. By the renewal–reward theorem the queries per request are those of
// a cycle over the requests of a cycle, both in the mean.

// shared is where misses that overlap share a load. A cycle lasts
// 1/lambda + load + ttl and has one query:
//
//	1 / (1 + lambda·load + lambda·ttl)
func shared(lambda, load, ttl float64) float64 {
	return 1 / (1 + lambda*load + lambda*ttl)
}

// alone is where each miss loads: 1 + lambda·load queries a cycle, because requests
// that come before the first load has ended miss too. Each of these loads renews the
// entry when it ends: it expires ttl after the end of the last, which began M after
// the first. No request in (x, load] has probability exp(−lambda·(load−x)),
// which is P(M <= x); hence E[M] = load − (1 − exp(−lambda·load))/lambda, and with
// a cycle of 1/lambda + load + E[M] + ttl:
//
//	(1 + lambda·load) / (lambda·ttl + 2·lambda·load + exp(−lambda·load))
//
// However often a key is asked for, load/(ttl + 2·load) of its requests load. It
// falls with lambda throughout, and is for loads that are shorter than ttl.
func alone(lambda, load, ttl float64) float64 {
	return (1 + lambda*load) / (lambda*ttl + 2*lambda*load + math.Exp(-lambda*load))
}

// reached is the least requests per TTL at which queries, which falls with lambda,
// is at most most; 0: it never is.
func reached(queries func(lambda, load, ttl float64) float64, most, load, ttl float64) float64 {
	const rare, often = 1e-6, 1e6 // requests per TTL
	lo, hi := rare/ttl, often/ttl
	if queries(hi, load, ttl) > most {
		return 0
	}
	for range 100 { // the interval is halved on the logarithm: no digit is left to gain
		mid := math.Sqrt(lo * hi)
		if queries(mid, load, ttl) > most {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi * ttl
}
