package guard_test

import (
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

const ms = roundtest.MS

// A guard needs no claim: it is told which phases matter, which faults must have been
// delivered, and how late the generator may be.
func TestAGuardHoldsARoundToItsRules(t *testing.T) {
	h := roundtest.Play(
		roundtest.Trips("warm", 200, ms, "redis"),
		roundtest.Answers("trips", "after", roundtest.Begin("after"), 200, 50*ms, roundtest.Tail(40*ms)),
		roundtest.Event(history.Event{Kind: history.Hiccup, At: 3500 * ms, Until: 3700 * ms}),
		roundtest.Event(history.Event{Kind: history.Problem, Phase: "after", Detail: "it rained"}),
		roundtest.Event(history.Event{Kind: history.Delivery, Name: "refused", Detail: "it met a reply"}))
	only := func(phase string) func(string) bool { return func(name string) bool { return name == phase } }
	for name, row := range map[string]struct {
		rules guard.Rules
		want  []code.Code
	}{
		"a phase without trouble":       {guard.Rules{Phases: only("warm"), MostLag: 10 * ms}, nil},
		"a phase with trouble":          {guard.Rules{Phases: only("after"), MostLag: 10 * ms}, []code.Code{code.Problem, code.LateGenerator, code.Stall}},
		"every phase":                   {guard.Rules{MostLag: 10 * ms}, []code.Code{code.Problem, code.LateGenerator, code.Stall}},
		"a generator that may be late":  {guard.Rules{Phases: only("after"), MostLag: guard.MostLag}, []code.Code{code.Problem, code.Stall}},
		"a fault that was delivered":    {guard.Rules{Phases: only("warm"), Faults: []string{"blackhole"}, MostLag: 10 * ms}, nil},
		"faults that were not":          {guard.Rules{Phases: only("warm"), Faults: []string{"refused", "reset"}, MostLag: 10 * ms}, []code.Code{code.Undelivered, code.Undelivered}},
		"a lag shorter than any is":     {guard.Rules{Phases: only("warm"), MostLag: ms / 20}, []code.Code{code.LateGenerator, code.LateGenerator}},
		"a phase that nothing falls in": {guard.Rules{Phases: only("never"), MostLag: 10 * ms}, nil},
	} {
		var g guard.Guard
		for e := range h.Events() {
			g.Event(&e)
		}
		for r := range h.Requests() {
			g.Request(&r)
		}
		var got []code.Code
		for _, c := range g.Complaints(row.rules) {
			if got = append(got, c.Code); c.Text == "" || c.Remedy == "" {
				t.Errorf("%s: %+v is incomplete", name, c)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}

func TestTheMostLagFollowsTheShortestDuration(t *testing.T) {
	for shortest, want := range map[time.Duration]time.Duration{0: 10 * ms, 6 * ms: 6 * ms, time.Second: guard.MostLag} {
		if got := guard.LagFor(shortest); got != want {
			t.Errorf("LagFor(%v) = %v, want %v", shortest, got, want)
		}
	}
}
