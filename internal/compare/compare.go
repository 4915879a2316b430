// Package compare says what differs between two services that were measured in the same rounds.
//
// In go the figures of both, round by round; out come differences with intervals, and what is shown
// by them: same, different, or undecided. It reads nothing, and depends on no chance but that of a
// fixed seed.
package compare

import (
	"math"

	"github.com/trektribe/bench/internal/stats"
)

const (
	// Screening is the error probability by which a figure becomes a suspect.
	Screening = 0.05
	// Alarming is the error probability of all that a comparison calls different on fresh rounds.
	Alarming = stats.Alpha
	// FewestRounds is how many rounds a difference needs.
	FewestRounds = 4
)

// A Scale is how two figures are compared.
type Scale string

const (
	Ratio      Scale = "ratio"      // by how many percent B is above A
	Share      Scale = "share"      // K of N: by how many percentage points
	Difference Scale = "difference" // by how much B is above A, against the larger of both
)

// A Value is one figure of one round. K and N are those of a share.
type Value struct {
	X    float64
	K, N int
}

// A Figure is what was measured of A and B in the rounds that count for both, in their order.
type Figure struct {
	Scenario string
	Name     string // "p50(listing[phase=hits])"
	Unit     string
	Scale    Scale
	Better   int   // -1: less is better, 1: more is, 0: neither
	Numbers  []int // of the rounds
	A, B     []Value
}

// A Verdict is what is shown of a difference.
type Verdict string

const (
	Undecided Verdict = "undecided"
	Same      Verdict = "same"      // the whole interval lies within the effect
	Different Verdict = "different" // the interval has no zero in it, and the difference is beyond the effect
)

// A Change is the difference between B and A in one figure. Change, Lo and Hi are on the figure's Scale: 0.1 is
// 10 % more, 10 percentage points, or a tenth of the larger of both. They are finite.
type Change struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"figure"`
	Unit     string  `json:"unit,omitempty"`
	Scale    Scale   `json:"scale"`
	Better   int     `json:"better"` // -1: less is, 1: more is, 0: neither
	A        float64 `json:"a"`      // the typical round
	B        float64 `json:"b"`
	Change   float64 `json:"change"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	Rounds   int     `json:"rounds"`
	Verdict  Verdict `json:"verdict"`
	More     int     `json:"more,omitempty"` // undecided: about so many more rounds would settle it
}

// Worse reports whether B is worse than A in the direction of the change.
func (c Change) Worse() bool { return float64(c.Better)*c.Change < 0 }

// Beyond reports whether the change is larger than the effect.
func (c Change) Beyond(effect float64) bool {
	return math.Abs(onScale(c.Scale, c.Change)) > bound(c.Scale, effect)
}

// Compare compares B with A at confidence 1−alpha. The effect is what matters: 0.05 is 5 %.
func Compare(f Figure, alpha, effect float64) Change {
	c := Change{Scenario: f.Scenario, Name: f.Name, Unit: f.Unit, Scale: f.Scale, Better: f.Better, Rounds: len(f.A), Verdict: Undecided}
	s := spreadOf(f)
	c.A, c.B = s.a, s.b
	if len(f.A) < FewestRounds {
		c.More = FewestRounds - len(f.A)
		return c
	}
	mean, iv := s.interval(alpha)
	c.Change, c.Lo, c.Hi = shown(f.Scale, mean), shown(f.Scale, iv.Lo), shown(f.Scale, iv.Hi)
	most := bound(f.Scale, effect)
	switch {
	case iv.Lo >= -most && iv.Hi <= most:
		c.Verdict = Same
	case (iv.Lo > 0 || iv.Hi < 0) && math.Abs(mean) > most:
		c.Verdict = Different
	default:
		c.More = more(len(f.A), math.Abs(mean), (iv.Hi-iv.Lo)/2, most)
	}
	return c
}

// bound is the effect on the scale that intervals are computed on.
func bound(s Scale, effect float64) float64 {
	if s == Ratio {
		return math.Log1p(effect)
	}
	return effect
}

// shown is a difference as people read it, and onScale is the way back.
func shown(s Scale, x float64) float64 {
	if s == Ratio {
		x = math.Expm1(x)
	}
	return max(-math.MaxFloat64, min(math.MaxFloat64, x))
}

func onScale(s Scale, x float64) float64 {
	if s == Ratio {
		return math.Log1p(x)
	}
	return x
}

// manyRounds is where no number of further rounds is told any more.
const manyRounds = 1000

// more is about how many rounds more would settle it: until the interval is narrow enough to end on one side of
// zero, or within the effect.
func more(n int, mean, half, most float64) int {
	room := math.Max(math.Abs(most-mean), most/10)
	if mean > most {
		room = mean
	}
	need := float64(n) * (half / room) * (half / room)
	return int(math.Ceil(math.Max(1, math.Min(manyRounds, need-float64(n)))))
}

// A spread is what the rounds say of the difference, on the scale of intervals.
type spread struct {
	a, b   float64
	deltas []float64 // round by round; nil: it is one of shares
	shares *[2]counts
}

type counts struct{ k, n []int }

func spreadOf(f Figure) spread {
	var s spread
	n := float64(len(f.A))
	switch f.Scale {
	case Share:
		s.shares = &[2]counts{}
		for i, side := range [][]Value{f.A, f.B} {
			for _, v := range side {
				s.shares[i].k, s.shares[i].n = append(s.shares[i].k, v.K), append(s.shares[i].n, v.N)
			}
		}
		s.a, s.b = share(s.shares[0]), share(s.shares[1])
	case Ratio:
		for i := range f.A {
			s.a, s.b = s.a+math.Log(f.A[i].X)/n, s.b+math.Log(f.B[i].X)/n
			s.deltas = append(s.deltas, math.Log(f.B[i].X/f.A[i].X))
		}
		s.a, s.b = math.Exp(s.a), math.Exp(s.b)
	default:
		for i := range f.A {
			s.a, s.b = s.a+f.A[i].X/n, s.b+f.B[i].X/n
		}
		var largeA, largeB float64
		for i := range f.A {
			largeA, largeB = largeA+math.Abs(f.A[i].X)/n, largeB+math.Abs(f.B[i].X)/n
		}
		for i := range f.A {
			d := f.B[i].X - f.A[i].X
			if d != 0 {
				d /= math.Max(largeA, largeB)
			}
			s.deltas = append(s.deltas, d)
		}
	}
	return s
}

func share(c counts) float64 {
	k, n := 0, 0
	for i := range c.k {
		k, n = k+c.k[i], n+c.n[i]
	}
	return float64(k) / math.Max(1, float64(n))
}

// interval is that of the mean difference.
func (s spread) interval(alpha float64) (float64, stats.Interval) {
	if s.shares == nil {
		return stats.T(s.deltas, alpha)
	}
	return stats.Shares(s.shares[0].k, s.shares[0].n, s.shares[1].k, s.shares[1].n, alpha)
}

// chance is how often chance alone shows as much: the least alpha at which the interval has no zero in it.
func chance(f Figure) float64 {
	s := spreadOf(f)
	apart := func(alpha float64) bool {
		_, iv := s.interval(alpha)
		return iv.Lo > 0 || iv.Hi < 0
	}
	lo, hi := math.Log(1e-9), 0.0
	for range 20 {
		mid := (lo + hi) / 2
		if apart(math.Exp(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(hi)
}
