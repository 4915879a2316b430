package curve

import (
	"math"
	"math/rand/v2"
	"testing"
)

// One key is played for a long time, both ways, and held against the formulas.
func TestRenewalArithmeticIsWhatAServiceDoes(t *testing.T) {
	const ttl, requests = 2.0, 400_000
	for _, load := range []float64{0.2, 1} {
		for _, lambda := range []float64{0.1, 0.5, 2, 10, 50} {
			rng := rand.New(rand.NewPCG(1, uint64(lambda*10)))
			var ends []float64 // of loads without single flight that are under way
			aloneLoads, sharedLoads := 0, 0
			aloneUntil, sharedFrom, sharedUntil := -1.0, -1.0, -1.0
			now := 0.0
			for range requests {
				now += rng.ExpFloat64() / lambda
				for len(ends) > 0 && ends[0] <= now {
					aloneUntil = ends[0] + ttl
					ends = ends[1:]
				}
				if now >= aloneUntil {
					aloneLoads++
					ends = append(ends, now+load)
				}
				if now >= sharedUntil || sharedUntil < 0 {
					sharedLoads++
					sharedFrom = now + load
					sharedUntil = sharedFrom + ttl
				}
			}
			for name, pair := range map[string][2]float64{
				"alone":  {float64(aloneLoads) / requests, alone(lambda, load, ttl)},
				"shared": {float64(sharedLoads) / requests, shared(lambda, load, ttl)},
			} {
				if math.Abs(pair[0]/pair[1]-1) > 0.02 {
					t.Errorf("%s, load %v, %v/s: %.4f queries a request, by arithmetic %.4f", name, load, lambda, pair[0], pair[1])
				}
			}
		}
	}
}

func TestReachedIsWhereTheArithmeticSaysSo(t *testing.T) {
	for _, load := range []float64{0, 0.01, 0.2} {
		for name, queries := range map[string]func(float64, float64, float64) float64{"alone": alone, "shared": shared} {
			for _, most := range []float64{0.5, 0.2, 0.1} {
				x := reached(queries, most, load, 2)
				if at := queries(x/2, load, 2); math.Abs(at-most) > 1e-6 {
					t.Errorf("%s, load %v: %v requests per TTL have %v, want %v", name, load, x, at, most)
				}
			}
		}
	}
	if x := reached(alone, 0.1, 0.5, 2); x != 0 { // 0.5/(2 + 1) of all requests load, however many there are
		t.Errorf("a fall that is never reached is reached at %v", x)
	}
	if x := reached(shared, 0.1, 0.5, 2); math.Abs(x-7.2) > 1e-6 { // 1/(1 + 2.5 lambda) = 0.1
		t.Errorf("shared reaches it at %v", x)
	}
}
