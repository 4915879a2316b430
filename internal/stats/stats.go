// Package stats is the arithmetic of verdicts: intervals over rounds, exact
// intervals for rare events, and quantiles of durations in flat memory.
package stats

import "time"

// An Interval is a two-sided confidence interval. Unknown ends are ±Inf.
type Interval struct{ Lo, Hi float64 }

// T is the t-interval of the mean of xs at confidence 1-alpha; (−Inf, Inf) below two values.
func T(xs []float64, alpha float64) (mean float64, iv Interval) { panic("skeleton") }

// Binomial is the interval of a share from k[i] successes of n[i] in round i: Clopper–Pearson on the
// pooled counts, widened by what the rounds differ among themselves beyond chance.
func Binomial(k, n []int, alpha float64) (p float64, iv Interval) { panic("skeleton") }

// Poisson is the interval of a rate from k[i] events in exposure[i]: exact on the pooled counts,
// widened like Binomial.
func Poisson(k []int, exposure []float64, alpha float64) (rate float64, iv Interval) { panic("skeleton") }

// Spend is the alpha of each of looks looks, so that all together err at most alpha.
func Spend(alpha float64, looks int) float64 { panic("skeleton") }

// A Sketch holds durations in flat memory, 3 significant digits, 1 µs to 1 h.
// The zero Sketch is empty and ready. Not safe for concurrent use.
type Sketch struct{}

// Record adds d; a negative d counts as zero.
func (s *Sketch) Record(d time.Duration) { panic("skeleton") }

// Quantile is the smallest recorded value that at least q (0..1) of all are not above.
func (s *Sketch) Quantile(q float64) time.Duration { panic("skeleton") }

// Count, Min, Max (exact) and Mean of what was recorded; zero when empty.
func (s *Sketch) Count() int          { panic("skeleton") }
func (s *Sketch) Min() time.Duration  { panic("skeleton") }
func (s *Sketch) Max() time.Duration  { panic("skeleton") }
func (s *Sketch) Mean() time.Duration { panic("skeleton") }
