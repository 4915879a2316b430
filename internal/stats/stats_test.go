package stats_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trektribe/bench/internal/stats"
)

var inf = math.Inf(1)

// near compares to a relative 0.05 %, the precision of printed tables.
func near(got, want float64) bool {
	return got == want || math.Abs(got-want) <= 5e-4*math.Abs(want)
}

// The library's quantiles, against printed tables.
func TestQuantilesAgreeWithTables(t *testing.T) {
	student := func(df, p float64) float64 { return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p) }
	beta := func(a, b, p float64) float64 { return distuv.Beta{Alpha: a, Beta: b}.Quantile(p) }
	gamma := func(a, p float64) float64 { return distuv.Gamma{Alpha: a, Beta: 1}.Quantile(p) }
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"t(1, 0.975)", student(1, 0.975), 12.706},
		{"t(2, 0.975)", student(2, 0.975), 4.3027},
		{"t(2, 0.995)", student(2, 0.995), 9.9248},
		{"t(2, 0.9995)", student(2, 0.9995), 31.599},
		{"t(9, 0.995)", student(9, 0.995), 3.2498},
		{"t(30, 0.9995)", student(30, 0.9995), 3.6460},
		{"t(4, 0.025)", student(4, 0.025), -2.7764},
		{"normal(0.995)", distuv.UnitNormal.Quantile(0.995), 2.5758},
		// Clopper-Pearson, 95 %: 1 of 10 is 0.25 %..44.50 %; 5 of 10 is 18.71 %..81.29 %.
		{"beta 1 of 10 lo", beta(1, 10, 0.025), 0.0025286},
		{"beta 1 of 10 hi", beta(2, 9, 0.975), 0.44502},
		{"beta 5 of 10 lo", beta(5, 6, 0.025), 0.18709},
		{"beta 5 of 10 hi", beta(6, 5, 0.975), 0.81291},
		// Garwood, 95 %: 10 events are 4.795..18.390; 1 is 0.0253..5.572.
		{"gamma 10 lo", gamma(10, 0.025), 4.7954},
		{"gamma 10 hi", gamma(11, 0.975), 18.390},
		{"gamma 1 lo", gamma(1, 0.025), 0.025318},
		{"gamma 1 hi", gamma(2, 0.975), 5.5716},
		// Chi-squared, 10 degrees, 0.95: 18.307, is twice a gamma of 5.
		{"gamma 5", 2 * gamma(5, 0.95), 18.307},
	} {
		if !near(c.got, c.want) {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestT(t *testing.T) {
	for _, c := range []struct {
		name  string
		xs    []float64
		alpha float64
		mean  float64
		want  stats.Interval
	}{
		{"none", nil, 0.01, math.NaN(), stats.Interval{Lo: -inf, Hi: inf}},
		{"one", []float64{3}, 0.01, 3, stats.Interval{Lo: -inf, Hi: inf}},
		{"two", []float64{1, 3}, 0.05, 2, stats.Interval{Lo: 2 - 12.706, Hi: 2 + 12.706}},
		{"three", []float64{1, 2, 3}, 0.01, 2, stats.Interval{Lo: 2 - 9.9248/math.Sqrt(3), Hi: 2 + 9.9248/math.Sqrt(3)}},
		{"equal", []float64{4, 4, 4}, 0.01, 4, stats.Interval{Lo: 4, Hi: 4}},
		{"infinite", []float64{1, -inf, 2}, 0.01, -inf, stats.Interval{Lo: -inf, Hi: inf}},
		{"not a number", []float64{1, math.NaN(), 2}, 0.01, math.NaN(), stats.Interval{Lo: -inf, Hi: inf}},
		{"alpha zero", []float64{1, 2, 3}, 0, 2, stats.Interval{Lo: -inf, Hi: inf}},
		{"alpha one", []float64{1, 2, 3}, 1, 2, stats.Interval{Lo: -inf, Hi: inf}},
		{"alpha not a number", []float64{1, 2, 3}, math.NaN(), 2, stats.Interval{Lo: -inf, Hi: inf}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mean, got := stats.T(c.xs, c.alpha)
			if mean != c.mean && !(math.IsNaN(mean) && math.IsNaN(c.mean)) {
				t.Errorf("mean = %v, want %v", mean, c.mean)
			}
			if !near(got.Lo, c.want.Lo) || !near(got.Hi, c.want.Hi) {
				t.Errorf("interval = %v, want %v", got, c.want)
			}
		})
	}
}

func TestSpend(t *testing.T) {
	for _, c := range []struct {
		looks int
		want  float64
	}{{8, 0.00125}, {1, 0.01}, {0, 0.01}, {-3, 0.01}} {
		if got := stats.Spend(0.01, c.looks); got != c.want {
			t.Errorf("Spend(0.01, %d) = %v, want %v", c.looks, got, c.want)
		}
	}
}
