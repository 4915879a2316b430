package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trektribe/bench/internal/stats"
)

// The procedure under test is the one that the harness uses: after each of the
// rounds firstLook..lastLook a claim is judged, with its share of 1 %. The bound
// stands exactly at the truth, so every verdict but inconclusive is wrong, and it
// is wrong for good: a run ends with its first verdict.
const (
	firstLook = 3
	lastLook  = 10
	promised  = 0.01
)

// wrong plays trials runs and returns the share of those that came to a verdict.
// round draws one round; judge is the interval of what the rounds so far differ
// from the truth.
func wrong[R any](trials int, r *rand.Rand, round func(*rand.Rand) R, judge func(rounds []R, alpha float64) stats.Interval) (atFirst, overall float64) {
	alpha := stats.Spend(promised, lastLook-firstLook+1)
	var first, total int
	rounds := make([]R, lastLook)
	for range trials {
		for i := range rounds {
			rounds[i] = round(r)
		}
		for look := firstLook; look <= lastLook; look++ {
			if iv := judge(rounds[:look], alpha); iv.Lo > 0 || iv.Hi < 0 {
				total++
				if look == firstLook {
					first++
				}
				break
			}
		}
	}
	return float64(first) / float64(trials), float64(total) / float64(trials)
}

// TestLatencyVerdictsAreWrongAtMostOncePerHundred: p99 of 600 requests that are
// correlated within their round, of rounds that differ.
func TestLatencyVerdictsAreWrongAtMostOncePerHundred(t *testing.T) {
	tails := []struct {
		name string
		of   func(z float64) float64 // log latency of a standard normal
	}{
		{"log-normal", func(z float64) float64 { return 0.5 * z }},
		{"t4", heavy(4, 0.5)},
	}
	for _, correlation := range []float64{0, 0.98} {
		// A quantile of a rising function is the function of the quantile: one
		// pool of p99s serves every tail.
		pool := pooledP99(correlation, 600, 5000)
		for _, tail := range tails {
			figures := make([]float64, len(pool))
			for i, z := range pool {
				figures[i] = tail.of(z)
			}
			slices.Sort(figures)
			truth := figures[len(figures)/2] // of the typical round: the median
			for _, noise := range []float64{0.05, 0.2} {
				t.Run(fmt.Sprintf("%s/correlation %v/noise %v", tail.name, correlation, noise), func(t *testing.T) {
					bound := math.Exp(truth)
					first, all := wrong(4000, rand.New(rand.NewPCG(7, 11)),
						func(r *rand.Rand) float64 {
							return math.Exp(figures[r.IntN(len(figures))] + noise*r.NormFloat64())
						},
						func(p99s []float64, alpha float64) stats.Interval {
							logs := make([]float64, len(p99s))
							for i, x := range p99s {
								logs[i] = math.Log(x / bound)
							}
							_, iv := stats.T(logs, alpha)
							return iv
						})
					t.Logf("wrong: %.2f %% at the first look, %.2f %% over all", 100*first, 100*all)
					atMostPromised(t, all)
				})
			}
		}
	}
}

// TestShareVerdictsAreWrongAtMostOncePerHundred: failures by the round, of rounds
// whose odds differ by as much as spread (standard deviation of their logarithm).
func TestShareVerdictsAreWrongAtMostOncePerHundred(t *testing.T) {
	for _, c := range []struct {
		p      float64
		n      int
		spread float64
	}{
		{0.0005, 5000, 0},
		{0.005, 600, 0.2},
		{0.02, 600, 0.4},
		{0.1, 600, 0.2},
		{0.5, 600, 0},
		{0.9, 600, 0.4},
	} {
		t.Run(fmt.Sprintf("share %v of %d/spread %v", c.p, c.n, c.spread), func(t *testing.T) {
			odds := math.Log(c.p / (1 - c.p))
			share := func(z float64) float64 { return 1 / (1 + math.Exp(-odds-c.spread*z)) }
			truth := overNormal(share)
			first, all := wrong(1000, rand.New(rand.NewPCG(3, 4)),
				func(r *rand.Rand) int {
					return draw(r, c.n, share(r.NormFloat64()))
				},
				func(ks []int, alpha float64) stats.Interval {
					_, iv := stats.Binomial(ks, slices.Repeat([]int{c.n}, len(ks)), alpha)
					return stats.Interval{Lo: iv.Lo - truth, Hi: iv.Hi - truth}
				})
			t.Logf("wrong: %.2f %% at the first look, %.2f %% over all", 100*first, 100*all)
			atMostPromised(t, all)
		})
	}
}

// TestRateVerdictsAreWrongAtMostOncePerHundred: events by the round, likewise.
func TestRateVerdictsAreWrongAtMostOncePerHundred(t *testing.T) {
	for _, c := range []struct{ mean, spread float64 }{{0.5, 0.4}, {8, 0}, {40, 0.2}} {
		t.Run(fmt.Sprintf("mean %v/spread %v", c.mean, c.spread), func(t *testing.T) {
			rate := func(z float64) float64 { return c.mean * math.Exp(c.spread*z) }
			truth := overNormal(rate)
			first, all := wrong(1000, rand.New(rand.NewPCG(5, 6)),
				func(r *rand.Rand) int {
					k := 0
					for at, end := r.ExpFloat64(), rate(r.NormFloat64()); at < end; at += r.ExpFloat64() {
						k++
					}
					return k
				},
				func(ks []int, alpha float64) stats.Interval {
					_, iv := stats.Poisson(ks, slices.Repeat([]float64{1}, len(ks)), alpha)
					return stats.Interval{Lo: iv.Lo - truth, Hi: iv.Hi - truth}
				})
			t.Logf("wrong: %.2f %% at the first look, %.2f %% over all", 100*first, 100*all)
			atMostPromised(t, all)
		})
	}
}

func atMostPromised(t *testing.T, all float64) {
	t.Helper()
	if all > promised {
		t.Errorf("wrong verdicts in %.2f %% of runs, want at most %v %%", 100*all, 100*promised)
	}
}

// draw is a binomial number: exact by its gaps where it is small, else by the normal.
func draw(r *rand.Rand, n int, p float64) int {
	if mean := p * float64(n); min(mean, float64(n)-mean) > 50 {
		k := math.Round(mean + math.Sqrt(mean*(1-p))*r.NormFloat64())
		return int(min(max(k, 0), float64(n)))
	}
	if p > 0.5 {
		return n - draw(r, n, 1-p)
	}
	k := 0
	for at := gap(r, p); at < n; at += 1 + gap(r, p) {
		k++
	}
	return k
}

// gap is how many failures come before the next success of probability p.
func gap(r *rand.Rand, p float64) int { return int(r.ExpFloat64() / -math.Log1p(-p)) }

// overNormal is the mean of f over a standard normal.
func overNormal(f func(float64) float64) (mean float64) {
	const step = 0.01
	for z := -6.0; z <= 6; z += step {
		mean += f(z) * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * step
	}
	return mean
}

// pooledP99 is the p99 of n standard normals with the given autocorrelation, size times.
func pooledP99(correlation float64, n, size int) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	pool, round := make([]float64, size), make([]float64, n)
	fresh := math.Sqrt(1 - correlation*correlation)
	for i := range pool {
		z := r.NormFloat64()
		for j := range round {
			round[j] = z
			z = correlation*z + fresh*r.NormFloat64()
		}
		slices.Sort(round)
		pool[i] = round[int(math.Ceil(0.99*float64(n)))-1]
	}
	return pool
}

// heavy maps a standard normal to Student's t of df, times scale, by a table.
func heavy(df, scale float64) func(float64) float64 {
	const step, reach = 0.01, 6.0
	var table []float64
	for z := -reach; z <= reach+step; z += step {
		table = append(table, scale*distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(distuv.UnitNormal.CDF(z)))
	}
	return func(z float64) float64 {
		at := (min(max(z, -reach), reach) + reach) / step
		i := int(at)
		return table[i] + (at-float64(i))*(table[min(i+1, len(table)-1)]-table[i])
	}
}
