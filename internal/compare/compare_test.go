package compare_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/trektribe/bench/internal/compare"
)

const effect = 0.05

// noisy is a figure of so many rounds, B above A by change, with the standard deviation sd between pairs.
func noisy(r *rand.Rand, rounds int, change, sd float64) compare.Figure {
	f := compare.Figure{Name: "p50", Unit: "s", Scale: compare.Ratio, Better: -1}
	for n := range rounds {
		common := math.Exp(0.3 * r.NormFloat64()) // what both have of the round
		a := 0.002 * common * math.Exp(sd/math.Sqrt2*r.NormFloat64())
		b := 0.002 * common * (1 + change) * math.Exp(sd/math.Sqrt2*r.NormFloat64())
		f.Numbers, f.A, f.B = append(f.Numbers, n), append(f.A, compare.Value{X: a}), append(f.B, compare.Value{X: b})
	}
	return f
}

// plays is one comparison of figures whose changes are given, and reports whether any is called different.
func plays(r *rand.Rand, screen, confirm int, sd float64, changes ...float64) bool {
	var first []compare.Figure
	for _, c := range changes {
		first = append(first, noisy(r, screen, c, sd))
	}
	var fresh []compare.Figure
	for _, i := range compare.Suspects(first, effect) {
		fresh = append(fresh, noisy(r, confirm, changes[i], sd))
	}
	for _, c := range compare.Confirm(fresh, effect) {
		if c.Verdict == compare.Different {
			return true
		}
	}
	return false
}

// Of two builds that do not differ at most one comparison in a hundred finds a difference, however noisy they are.
func TestOneBuildIsSame(t *testing.T) {
	const times, figures = 2000, 30
	for _, sd := range []float64{0.02, 0.05, 0.2} {
		r := rand.New(rand.NewPCG(1, uint64(1000*sd)))
		alarms := 0
		for range times {
			if plays(r, 10, 14, sd, make([]float64, figures)...) {
				alarms++
			}
		}
		if alarms > times/100 {
			t.Errorf("sd %v: %d alarms in %d comparisons of one build", sd, alarms, times)
		}
	}
}

// The smallest change that a comparison says that it sees is seen in nine of ten, and a larger one more often.
func TestThePowerIsWhatIsSaid(t *testing.T) {
	const times = 1000
	for _, sd := range []float64{0.02, 0.05, 0.1} {
		r := rand.New(rand.NewPCG(2, uint64(1000*sd)))
		least := compare.Smallest(noisy(r, 400, 0, sd), 10, 14, 1, effect)
		last := 0
		for _, c := range []struct {
			change   float64
			from, to int
		}{{0, 0, 10}, {least / 2, 0, 700}, {least, 860, 1000}, {1.5 * least, 970, 1000}} {
			seen := 0
			for range times {
				if plays(r, 10, 14, sd, c.change) {
					seen++
				}
			}
			if seen < c.from || seen > c.to || seen < last {
				t.Errorf("sd %v: a change of %.1f %% is seen %d times in %d, want %d to %d", sd, 100*c.change, seen, times, c.from, c.to)
			}
			last = seen
		}
	}
}

func TestCompare(t *testing.T) {
	figure := func(scale compare.Scale, a, b []float64) compare.Figure {
		f := compare.Figure{Scale: scale, Better: -1}
		for i := range a {
			f.A, f.B = append(f.A, compare.Value{X: a[i]}), append(f.B, compare.Value{X: b[i]})
		}
		return f
	}
	shares := func(n int, a, b []int) compare.Figure {
		f := compare.Figure{Scale: compare.Share, Better: 1}
		for i := range a {
			f.A = append(f.A, compare.Value{X: float64(a[i]) / float64(n), K: a[i], N: n})
			f.B = append(f.B, compare.Value{X: float64(b[i]) / float64(n), K: b[i], N: n})
		}
		return f
	}
	for _, c := range []struct {
		name    string
		figure  compare.Figure
		verdict compare.Verdict
		worse   bool
		change  float64
	}{
		{"no rounds", figure(compare.Ratio, nil, nil), compare.Undecided, false, 0},
		{"too few rounds", figure(compare.Ratio, []float64{1, 1, 1}, []float64{2, 2, 2}), compare.Undecided, false, 0},
		{"one is twice the other", figure(compare.Ratio, []float64{1, 2, 3, 4}, []float64{2.01, 4, 6, 7.9}), compare.Different, true, 1},
		{"half", figure(compare.Ratio, []float64{2.01, 4, 6, 7.9}, []float64{1, 2, 3, 4}), compare.Different, false, -0.5},
		{"as good as the same", figure(compare.Ratio, []float64{1, 2, 3, 4}, []float64{1.001, 2, 2.999, 4}), compare.Same, false, 0},
		{"it may be anything", figure(compare.Ratio, []float64{1, 2, 3, 4}, []float64{2, 1, 5, 3}), compare.Undecided, true, 0.06},
		{"no errors on either side", figure(compare.Difference, []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}), compare.Same, false, 0},
		{"errors in every round", figure(compare.Difference, []float64{0, 0, 0, 0}, []float64{5, 6, 5, 6}), compare.Different, true, 1},
		{"an error once", figure(compare.Difference, []float64{0, 0, 0, 0}, []float64{0, 0, 0, 1}), compare.Undecided, true, 1},
		{"nobody failed", shares(500, []int{500, 500, 500, 500}, []int{500, 500, 500, 500}), compare.Same, false, 0},
		{"few requests prove little", shares(10, []int{10, 10, 10, 10}, []int{10, 10, 10, 10}), compare.Undecided, false, 0},
		{"a fifth fails", shares(500, []int{500, 500, 500, 500}, []int{400, 401, 399, 400}), compare.Different, true, -0.2},
	} {
		got := compare.Compare(c.figure, 0.01, effect)
		if got.Verdict != c.verdict || got.Verdict == compare.Different && got.Worse() != c.worse || math.Abs(got.Change-c.change) > 0.02 {
			t.Errorf("%s: %+v, want %s, %v, %v", c.name, got, c.verdict, c.worse, c.change)
		}
		if (got.Verdict == compare.Undecided) != (got.More > 0) {
			t.Errorf("%s: %s, and %d more rounds", c.name, got.Verdict, got.More)
		}
	}
}

// Splits of rounds that do not differ alarm rarely, and the same rounds give the same number.
func TestFalseAlarms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var figures []compare.Figure
	for range 20 {
		figures = append(figures, noisy(r, 24, 0, 0.05))
	}
	got := compare.FalseAlarms(figures, 10, effect)
	if got > compare.Splits/50 {
		t.Errorf("%d of %d splits alarm", got, compare.Splits)
	}
	if again := compare.FalseAlarms(figures, 10, effect); again != got {
		t.Errorf("then %d", again)
	}
}
