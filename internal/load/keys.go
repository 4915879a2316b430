package load

import (
	"hash/fnv"
	"math"
	"sort"
)

// What a stream draws at random, each from its own seed.
const (
	gaps uint64 = iota + 1
	ids
	titles
	who
	uuids
)

// seed is the seed of one purpose of s. The arm is no part of it, so that arms
// compared with each other get the same requests.
func (s Stream) seed(purpose uint64) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s.Name))
	return mix(mix(s.Seed^h.Sum64()) + purpose)
}

// mix is the finaliser of splitmix64 (Steele, Lea and Flood, 2014): a bijection
// that turns neighbours into unrelated numbers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit is number k of seed's sequence, in [0, 1).
func unit(seed, k uint64) float64 { return float64(mix(seed^mix(k))>>11) / (1 << 53) }

// idOf draws the id of request seq: 1..N, or 0 where the call has none.
func (s Stream) idOf() func(seq uint64) int {
	if !s.Keyed() {
		return func(uint64) int { return 0 }
	}
	return newDraw(s.Keys.Dist, s.Keys.N, s.Keys.S, s.seed(ids))
}

// newDraw returns number k of what is drawn from 1..n. It keeps no state between
// calls, so workers may call it in any order.
func newDraw(dist string, n int, exponent float64, seed uint64) func(k uint64) int {
	if dist == "uniform" {
		return func(k uint64) int { return 1 + min(int(unit(seed, k)*float64(n)), n-1) }
	}
	// A table, because rand.Zipf wants an exponent above 1 and a state.
	below := make([]float64, n) // below[i]: the weight of 1..i+1
	sum := 0.0
	for i := range below {
		sum += math.Pow(float64(i+1), -exponent)
		below[i] = sum
	}
	return func(k uint64) int {
		u := unit(seed, k) * sum
		return 1 + min(sort.Search(n, func(i int) bool { return below[i] > u }), n-1)
	}
}
