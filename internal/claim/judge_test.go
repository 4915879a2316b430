package claim_test

import (
	"iter"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

func TestTheDecidingPartSpeaksForTheClaim(t *testing.T) {
	h := play(trips("warm", 2000, 3*ms, "redis"), failed("fault", 10, 2000*ms))
	for _, r := range []struct {
		holds   string
		verdict claim.Verdict
		bound   string
		because string
		settle  string
	}{
		{"p50(trips) <= 6ms and p90(trips) <= 4ms", claim.Holds, "<= 6ms", "median 3 ms", ""},
		{"p50(trips) <= 6ms and p90(trips) <= 2ms", claim.Refuted, "<= 2ms", "where <= 2ms was promised", ""},
		{"p99(trip) <= 6ms and p90(trips) <= 2ms", claim.Refuted, "<= 2ms", "p90 3 ms", ""},
		{"p50(trips) <= 6ms and p99(trip) <= 2ms", claim.Inconclusive, "<= 2ms", "3 of 3 rounds without a figure", "traffic"},
		{"p50(trips) <= 3ms", claim.Inconclusive, "<= 3ms", "lies within", "more rounds"},
		{"4ms >= p50(trips)", claim.Holds, "<= 4ms", "median 3 ms", ""},
		{"p50(trips) in 2ms..4ms", claim.Holds, "in 2ms..4ms", "between", ""},
		{"p50(trips) in 4ms..8ms", claim.Refuted, "in 4ms..8ms", "", ""},
		{"p50(trips) in 1ms..2ms", claim.Refuted, "in 1ms..2ms", "", ""},
		{"p50(trips) in 3ms..8ms", claim.Inconclusive, "in 3ms..8ms", "", "more rounds"},
		{"max(trips) <= 1s", claim.Refuted, "<= 1s", "longest wait at least 2 s", ""},
		{"max(trips) <= 3s", claim.Inconclusive, "<= 3s", "leaves <= 3s open", "longer timeout"},
		{"max(trips) >= 1s", claim.Holds, ">= 1s", "longest wait at least 2 s", ""},
		{"max(trips) >= 3s", claim.Inconclusive, ">= 3s", "open", "longer timeout"},
		{"0s - max(trips) >= -1s", claim.Refuted, ">= -1s", "", ""},
		{"0s - max(trips) >= -3s", claim.Inconclusive, ">= -3s", "open", "longer timeout"},
		{"max(trips) / max(trips) <= 2", claim.Inconclusive, "<= 2", "neither side ended", "longer window"},
		{"availability(trips[phase=warm]) >= 99%", claim.Holds, ">= 99%", "no failure in 6,000 requests over 3 rounds: below 0.12 % at 99 %", ""},
		{"availability(trips[phase=warm]) >= 99.99%", claim.Inconclusive, ">= 99.99%", "does not prove", "requests in all"},
		{"unsent(trips) <= 1%", claim.Holds, "<= 1%", "unsent in none of 6,030 requests", ""},
		{"availability(trips) >= 99.5%", claim.Inconclusive, ">= 99.5%", "lies within", "more rounds"},
		{"count(trips[source=redis]) == 2000", claim.Holds, "== 2000", "count 2,000 in each of 3 rounds", ""},
		{"p50(trips) / (count(trips) - count(trips)) <= 1s", claim.Inconclusive, "<= 1s", "division by zero", "divisor"},
		{"1 - count(trips[phase=fault]) / count(trips[phase=warm]) >= 80%", claim.Holds, ">= 80%", "99.5", ""},
	} {
		got := judge(t, compile(t, r.holds, ""), times(3, h)...)
		mustBeComplete(t, got)
		if got.Verdict != r.verdict || got.Bound != r.bound || !strings.Contains(got.Because, r.because) || !strings.Contains(got.Remedy, r.settle) {
			t.Errorf("%s\n got %s, bound %q, because %q, settle %q\nwant %+v", r.holds, got.Verdict, got.Bound, got.Because, got.Remedy, r)
		}
	}
}

func TestNoRoundsIsInconclusive(t *testing.T) {
	c := compile(t, "p50(trips) <= 6ms", "")
	for name, got := range map[string]claim.Result{
		"none":       c.Judge(nil, looks),
		"unobserved": c.Judge(make([]claim.Round, 3), looks),
		"no looks":   c.Judge([]claim.Round{c.Observe(play(trips("warm", 50, ms, "redis")))}, claim.Looks{}),
	} {
		mustBeComplete(t, got)
		if got.Verdict != claim.Inconclusive || got.N != 0 || got.Lo != 0 || got.Hi != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Rates and shares that agree by accident must not prove more than their counts can.
func TestAgreementIsNoProofOfMoreThanWasSeen(t *testing.T) {
	few := play(trips("warm", 10, ms, "redis"), trips("fault", 10, ms, "redis"))
	for _, holds := range []string{
		"availability(trips[phase=fault]) >= 99%",
		"availability(trips[phase=fault]) - availability(trips[phase=warm]) >= -1%",
		"100% - availability(trips[phase=fault]) <= 1%",
		"count(trips[source=database]) / count(trips) <= 1%",
	} {
		if got := judge(t, compile(t, holds, ""), times(3, few)...); got.Verdict != claim.Inconclusive {
			t.Errorf("%s over 3 rounds of 10: %s because %s", holds, got.Verdict, got.Because)
		}
	}
}

func TestRoundsOnTheGoodSideNeverRefute(t *testing.T) {
	c := compile(t, "p50(trips) <= 6ms and availability(trips) >= 90%", "")
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var seen []claim.Round
		for n := 1; n <= looks.Max; n++ {
			wait := time.Duration(rng.Int64N(int64(6*ms)) + 1)
			seen = append(seen, c.Observe(play(trips("warm", 100+rng.IntN(100), wait, "redis"), failed("fault", rng.IntN(10), ms))))
			got := c.Judge(seen, looks)
			if got.Verdict == claim.Refuted {
				t.Fatalf("seed %d, round %d: refuted: %s", seed, n, got.Because)
			}
		}
	}
}

// The confidence is spent over the looks and over the parts of a claim.
func TestConfidenceIsSpent(t *testing.T) {
	width := func(holds string, l claim.Looks) float64 {
		c := compile(t, holds, "")
		var seen []claim.Round
		for _, wait := range []int{20, 21, 22} {
			seen = append(seen, c.Observe(play(trips("warm", 50, fms(wait), "redis"))))
		}
		p := c.Judge(seen, l).Parts[0]
		return p.Hi - p.Lo
	}
	one := width("p50(trips) <= 1s", claim.Looks{Min: 3, Max: 3})
	for name, got := range map[string]float64{
		"two parts": width("p50(trips) <= 1s and p90(trips) <= 1s", claim.Looks{Min: 3, Max: 3}),
		"two looks": width("p50(trips) <= 1s", claim.Looks{Min: 3, Max: 4}),
	} {
		if got < 1.2*one {
			t.Errorf("%s: interval %v wide, with one %v", name, got, one)
		}
	}
}

// broken is a history that panics while it is read.
type broken struct{ history.Slice }

func (broken) Requests() iter.Seq[history.Request] {
	return func(func(history.Request) bool) { panic("truncated file") }
}

func TestAHistoryThatPanicsIsInconclusive(t *testing.T) {
	c := compile(t, "p50(trips) <= 6ms", "")
	var seen []claim.Round
	for range 3 {
		seen = append(seen, c.Observe(broken{play()}))
	}
	got := c.Judge(seen, looks)
	mustBeComplete(t, got)
	if got.Verdict != claim.Inconclusive || !strings.Contains(got.Because, "truncated file") {
		t.Errorf("%s because %q", got.Verdict, got.Because)
	}
}

func TestObserveAllSeesWhatObserveSees(t *testing.T) {
	h := play(outage("1"), trips("warm", 200, ms, "redis"), trips("after", 200, ms, "redis"))
	claims := []*claim.Claim{
		compile(t, "p50(trips) <= 6ms", ""), compile(t, "p50(trips) / p90(trips) <= 6", "p50(trips) <= 1us"),
		compile(t, "max(time_to_recover(redis)) <= 1s", ""),
	}
	for i, r := range claim.ObserveAll(claims, h) {
		if want := claims[i].Observe(h); !reflect.DeepEqual(r, want) {
			t.Errorf("claim %d: got %+v, want %+v", i, r, want)
		}
	}
}
