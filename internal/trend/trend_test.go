package trend

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/trektribe/bench/internal/claim"
)

// noises are series of 30 runs without any change, of a figure that varies by 5 % from run to run.
var noises = map[string]func(*rand.Rand, int) []float64{
	"white":      func(r *rand.Rand, n int) []float64 { return ar(r, n, 0) },
	"AR(1), 0.3": func(r *rand.Rand, n int) []float64 { return ar(r, n, 0.3) },
	"AR(1), 0.5": func(r *rand.Rand, n int) []float64 { return ar(r, n, 0.5) },
	"bimodal": func(r *rand.Rand, n int) []float64 {
		xs := ar(r, n, 0)
		for i := range xs {
			if r.IntN(4) == 0 {
				xs[i] *= 1.3
			}
		}
		return xs
	},
}

// ar is a series around 1 whose logarithm varies by 5 %, of which each run has rho from the one before it.
func ar(r *rand.Rand, n int, rho float64) []float64 {
	xs, e := make([]float64, n), r.NormFloat64()
	for i := range xs {
		xs[i] = math.Exp(0.05 * e)
		e = rho*e + math.Sqrt(1-rho*rho)*r.NormFloat64()
	}
	return xs
}

// changes are those that are told of a series which is alone.
func changes(xs []float64, edit func([]Run)) []Change {
	runs := make([]Run, len(xs))
	for i, x := range xs {
		runs[i] = Run{Name: fmt.Sprint(i), Results: []claim.Result{{ID: "c", Scenario: "s", Arm: "a", Verdict: claim.Holds,
			Parts: []claim.Part{{Text: "p50(t) <= 6ms", Bound: "<= 6ms", Unit: "s", Rounds: []float64{x}}}}}}
	}
	if edit != nil {
		edit(runs)
	}
	all, err := Find(context.Background(), runs, nil)
	if err != nil {
		panic(err)
	}
	return all[0].Changes
}

func TestNoiseIsNoChange(t *testing.T) {
	for name, noise := range noises {
		r, told := rand.New(rand.NewPCG(1, 2)), 0
		for range 1000 {
			if len(changes(noise(r, 30), nil)) > 0 {
				told++
			}
		}
		t.Logf("%s: %d of 1000 series without a change have one", name, told)
		if told > 10 {
			t.Errorf("%s: %d of 1000 series without a change have one; want at most 10", name, told)
		}
	}
}

// How often a step is found of which 10 of 30 runs are after it, where runs differ by 5 %.
func TestStepsAreFound(t *testing.T) {
	tries := 100
	if testing.Short() {
		tries = 20
	}
	least := map[int]int{3: 0, 5: 0, 10: 30, 20: 90}
	for _, step := range []int{3, 5, 10, 20} {
		r, found := rand.New(rand.NewPCG(3, 4)), 0
		for range tries {
			xs := noises["white"](r, 30)
			for i := 20; i < len(xs); i++ {
				xs[i] *= 1 + float64(step)/100
			}
			if got := changes(xs, nil); len(got) > 0 && got[0].Run >= 18 && got[0].Run <= 22 {
				found++
			}
		}
		t.Logf("step of %d %%: found in %d of %d", step, found, tries)
		if 100*found < least[step]*tries {
			t.Errorf("a step of %d %% is found in %d of %d; want at least %d %%", step, found, tries, least[step])
		}
	}
}

// stepped is a series without noise to speak of, at 1 and from a run on at to.
func stepped(n, at int, to float64) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		if xs[i] = 1 + 0.001*float64(i%3); i >= at {
			xs[i] *= to
		}
	}
	return xs
}

func TestAChangeIsToldWithWhatChangedBesideIt(t *testing.T) {
	for _, row := range []struct {
		name string
		xs   []float64
		edit func([]Run)
		want Change // without its levels and its p
	}{
		{"for the worse", stepped(20, 12, 1.2), nil, Change{Run: 12, Worse: true, Alarm: true}},
		{"for the better", stepped(20, 12, 0.8), nil, Change{Run: 12}},
		{"long ago", stepped(30, 12, 1.2), nil, Change{Run: 12, Worse: true}},
		{"with another machine", stepped(20, 12, 1.2), func(r []Run) {
			for i := 12; i < len(r); i++ {
				r[i].Machine = "new"
			}
		}, Change{Run: 12, Worse: true, With: []string{"machine"}}},
		{"with another plan, seen a run later", stepped(20, 12, 1.2), func(r []Run) {
			for i := 13; i < len(r); i++ {
				r[i].Plans = map[string]string{"s": "new"}
			}
		}, Change{Run: 12, Worse: true, With: []string{"plan"}}},
		{"with another plan of another scenario", stepped(20, 12, 1.2), func(r []Run) {
			r[12].Plans = map[string]string{"other": "new"}
		}, Change{Run: 12, Worse: true, Alarm: true}},
	} {
		got := changes(row.xs, row.edit)
		if len(got) != 1 {
			t.Errorf("%s: %+v, want one change", row.name, got)
			continue
		}
		if got[0].P <= 0 || got[0].P > Level || math.Abs(got[0].Before-1) > 0.01 {
			t.Errorf("%s: %+v: want a p of at most %v, and 1 before", row.name, got[0], Level)
		}
		got[0].Before, got[0].After, got[0].P = 0, 0, 0
		if !reflect.DeepEqual(got[0], row.want) {
			t.Errorf("%s: %+v, want %+v", row.name, got[0], row.want)
		}
	}
}

func TestSeveralChangesAndNone(t *testing.T) {
	up := stepped(60, 20, 2)
	for i := 40; i < len(up); i++ {
		up[i] /= 2
	}
	if got := changes(up, nil); len(got) != 2 || got[0].Run != 20 || got[1].Run != 40 || got[0].Alarm || got[1].Worse {
		t.Errorf("up and down: %+v, want changes at 20 and 40", got)
	}
	for name, xs := range map[string][]float64{
		"nine runs": stepped(9, 5, 2), "four after": stepped(20, 16, 1.5)[:16], "too small": stepped(30, 15, 1.04), "always the same": make([]float64, 30),
	} {
		if got := changes(xs, nil); len(got) > 0 {
			t.Errorf("%s: %+v, want none", name, got)
		}
	}
	counts := make([]float64, 20) // a count that was never there
	for i := 11; i < 20; i++ {
		counts[i] = float64(20 + i%3)
	}
	if got := changes(counts, nil); len(got) != 1 || got[0].Run != 11 || !math.IsInf(got[0].Relative(), 1) {
		t.Errorf("from none to 21: %+v, want a change at 11", got)
	}
}

// A change must be rarer among many series.
func TestManySeriesNeedMoreRuns(t *testing.T) {
	for series, want := range map[int]int{0: 14, 1: 14, 2: 14, 20: 18, 100: 20, 400: 22} {
		if got := Needs(series); got != want {
			t.Errorf("Needs(%d) = %d, want %d", series, got, want)
		}
	}
}

func TestStripsHaveAPlaceForEachRun(t *testing.T) {
	res := func(id string, v claim.Verdict) claim.Result {
		return claim.Result{ID: id, Scenario: "s", Arm: "a", Verdict: v}
	}
	runs := []Run{
		{Results: []claim.Result{res("old", claim.Holds)}},
		{Results: []claim.Result{res("a", claim.Holds), res("b", claim.Refuted)}},
		{Results: []claim.Result{res("b", claim.Refuted), res("a", claim.Inconclusive)}},
		{Results: []claim.Result{res("b", claim.Refuted)}},
	}
	got := Strips(runs, 3)
	want := []Strip{
		{Key{"s", "a", "a"}, []claim.Verdict{claim.Holds, claim.Inconclusive, ""}},
		{Key{"s", "b", "a"}, []claim.Verdict{claim.Refuted, claim.Refuted, claim.Refuted}},
	}
	if !reflect.DeepEqual(got, want) || !got[0].Turned() || got[1].Turned() {
		t.Errorf("%+v, want %+v, of which the first turned", got, want)
	}
}
