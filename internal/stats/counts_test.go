package stats_test

import (
	"math"
	"testing"
	"testing/quick"

	"github.com/trektribe/bench/internal/stats"
)

func TestNothingAndEverythingKeepTheExactBound(t *testing.T) {
	// 1 - (alpha/2)^(1/n): 0 of 10 at 95 % is 0..30.85 %; 0 of 30 000 is below 3.689/n.
	for _, c := range []struct {
		k, n   []int
		lo, hi float64
	}{
		{[]int{0}, []int{10}, 0, 0.30850},
		{[]int{0, 0}, []int{4, 6}, 0, 0.30850},
		{[]int{4, 6}, []int{4, 6}, 0.69150, 1},
		{[]int{0, 0, 0}, []int{10000, 10000, 10000}, 0, 3.6888 / 30000},
	} {
		_, iv := stats.Binomial(c.k, c.n, 0.05)
		if !near(iv.Lo, c.lo) || !near(iv.Hi, c.hi) {
			t.Errorf("Binomial(%v, %v) = %v, want %v..%v", c.k, c.n, iv, c.lo, c.hi)
		}
	}
	if rate, iv := stats.Poisson([]int{0, 0}, []float64{3, 7}, 0.05); rate != 0 || iv.Lo != 0 || !near(iv.Hi, 0.36889) {
		t.Errorf("no events in 10 s: %v %v, want 0..0.36889 a second", rate, iv)
	}
}

func TestImpossibleCountsSayNothing(t *testing.T) {
	nan := math.NaN()
	for name, f := range map[string]func() (float64, stats.Interval){
		"no rounds":            func() (float64, stats.Interval) { return stats.Binomial(nil, nil, 0.01) },
		"no trials":            func() (float64, stats.Interval) { return stats.Binomial([]int{0, 0}, []int{0, 0}, 0.01) },
		"more than all":        func() (float64, stats.Interval) { return stats.Binomial([]int{3}, []int{2}, 0.01) },
		"negative":             func() (float64, stats.Interval) { return stats.Binomial([]int{-1}, []int{2}, 0.01) },
		"lengths":              func() (float64, stats.Interval) { return stats.Binomial([]int{1}, []int{2, 2}, 0.01) },
		"alpha":                func() (float64, stats.Interval) { return stats.Binomial([]int{1}, []int{2}, 0) },
		"rate: no rounds":      func() (float64, stats.Interval) { return stats.Poisson(nil, nil, 0.01) },
		"rate: no exposure":    func() (float64, stats.Interval) { return stats.Poisson([]int{0}, []float64{0}, 0.01) },
		"rate: events in none": func() (float64, stats.Interval) { return stats.Poisson([]int{1, 1}, []float64{0, 5}, 0.01) },
		"rate: negative":       func() (float64, stats.Interval) { return stats.Poisson([]int{1}, []float64{-5}, 0.01) },
		"rate: NaN":            func() (float64, stats.Interval) { return stats.Poisson([]int{1}, []float64{nan}, 0.01) },
		"rate: infinite":       func() (float64, stats.Interval) { return stats.Poisson([]int{1}, []float64{inf}, 0.01) },
		"rate: lengths":        func() (float64, stats.Interval) { return stats.Poisson([]int{1}, nil, 0.01) },
		"rate: alpha":          func() (float64, stats.Interval) { return stats.Poisson([]int{1}, []float64{1}, 2) },
	} {
		if x, iv := f(); !math.IsNaN(x) || iv.Lo != -inf || iv.Hi != inf {
			t.Errorf("%s: %v %v, want NaN and an unknown interval", name, x, iv)
		}
	}
}

func TestRoundsThatDifferWiden(t *testing.T) {
	n := []int{1000, 1000, 1000, 1000, 1000}
	width := func(k ...int) float64 {
		_, iv := stats.Binomial(k, n, 0.01)
		return iv.Hi - iv.Lo
	}
	exact := 0.0219 // Clopper-Pearson for 500 of 5000 at 99 %
	alike, apart, far := width(100, 101, 99, 100, 100), width(70, 130, 100, 80, 120), width(0, 500, 0, 0, 0)
	if !(exact < alike && alike < apart && apart < far) {
		t.Errorf("widths: exact %v, alike %v, apart %v, far %v: want them to rise", exact, alike, apart, far)
	}
	e := []float64{1, 1, 1, 1, 1}
	_, same := stats.Poisson([]int{100, 101, 99, 100, 100}, e, 0.01)
	_, differ := stats.Poisson([]int{40, 160, 100, 60, 140}, e, 0.01)
	if same.Hi-same.Lo >= differ.Hi-differ.Lo {
		t.Errorf("rates: alike %v, apart %v: want the second wider", same, differ)
	}
	// A round without trials is no evidence of anything.
	if _, a := stats.Binomial([]int{5, 0, 9}, []int{100, 0, 120}, 0.01); a != second(stats.Binomial([]int{5, 9}, []int{100, 120}, 0.01)) {
		t.Errorf("an empty round changed the interval: %v", a)
	}
}

// One failure in 30 000 must not be inflated into a rate that proves nothing.
func TestRareEventsStayCheap(t *testing.T) {
	_, iv := stats.Binomial([]int{0, 1, 0}, []int{10000, 10000, 10000}, 0.01)
	exact := 7.4301 / 30000 // of one event, two-sided 99 %
	if iv.Hi < exact || iv.Hi > 1.1*exact {
		t.Errorf("1 of 30000: up to %v, want %v to 10 %% more", iv.Hi, exact)
	}
}

// Laws: the interval lies in 0..1 and around the share, it narrows as alpha
// grows, and successes and failures are mirror images.
func TestBinomialLaws(t *testing.T) {
	law := func(ks [4]uint16, extra [4]uint16, a uint8) bool {
		var k, miss, n []int
		for i := range ks {
			k, miss = append(k, int(ks[i])>>(a%12)), append(miss, int(extra[i])>>(a%5))
			n = append(n, k[i]+miss[i])
		}
		alpha := (float64(a) + 1) / 1000
		p, iv := stats.Binomial(k, n, alpha)
		if math.IsNaN(p) {
			return n[0]+n[1]+n[2]+n[3] == 0
		}
		_, looser := stats.Binomial(k, n, 2*alpha)
		_, mirror := stats.Binomial(miss, n, alpha)
		return 0 <= iv.Lo && iv.Lo <= p && p <= iv.Hi && iv.Hi <= 1 &&
			looser.Lo >= iv.Lo && looser.Hi <= iv.Hi &&
			math.Abs(mirror.Lo-(1-iv.Hi)) < 1e-9 && math.Abs(mirror.Hi-(1-iv.Lo)) < 1e-9
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func second(_ float64, iv stats.Interval) stats.Interval { return iv }

// Known values: of 2 successes among 2+2, both fall to the second half in one case of six. A rise that is clear to
// the eye is clear here, and one failure more is not.
func TestExcess(t *testing.T) {
	for _, row := range []struct {
		k0, n0, k1, n1 int
		lo, hi         float64
	}{
		{0, 2, 2, 2, 1.0/6 - 1e-9, 1.0/6 + 1e-9},
		{5, 10, 0, 10, 1 - 1e-9, 1},
		{1, 600, 2, 1600, 0.5, 1},
		{1, 630, 49, 1620, 0, 1e-4},
		{17, 210, 43, 540, 0.3, 0.8},
		{210, 210, 540, 540, 1 - 1e-9, 1},
		{0, 0, 5, 5, 1, 1},
		{3, 2, 5, 5, 1, 1},
	} {
		if got := stats.Excess(row.k0, row.n0, row.k1, row.n1); got < row.lo || got > row.hi {
			t.Errorf("Excess(%d, %d, %d, %d) = %v, want %v to %v", row.k0, row.n0, row.k1, row.n1, got, row.lo, row.hi)
		}
	}
}
