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

// newDraw returns the id of request seq: 1..N, or 0 where the path has none. It
// keeps no state between requests, so workers may call it in any order.
func newDraw(s Stream) func(seq uint64) int {
	if !s.Keyed() {
		return func(uint64) int { return 0 }
	}
	seed, n := s.seed(ids), s.Keys.N
	if s.Keys.Dist == "uniform" {
		return func(seq uint64) int { return 1 + min(int(unit(seed, seq)*float64(n)), n-1) }
	}
	// A table, because rand.Zipf wants an exponent above 1 and a state.
	below := make([]float64, n) // below[i]: the weight of ids 1..i+1
	sum := 0.0
	for i := range below {
		sum += math.Pow(float64(i+1), -s.Keys.S)
		below[i] = sum
	}
	return func(seq uint64) int {
		u := unit(seed, seq) * sum
		return 1 + min(sort.Search(n, func(i int) bool { return below[i] > u }), n-1)
	}
}
