package claim_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/history"
)

// What a Result says in words it says in codes too.
func TestAResultSaysInCodesWhyItIsUndecided(t *testing.T) {
	good := trips("warm", 200, ms, "redis")
	late := answers("trips", "warm", 0, 200, 50*ms, tail(61*ms))
	unsent := answers("trips", "warm", 0, 9, ms, func(r *history.Request) { r.Sent, r.Failure = 0, history.Unsent })
	canceled := answers("trips", "warm", 0, 3, ms, func(r *history.Request) { r.Failure = history.Canceled })
	stall := event(history.Event{Kind: history.Hiccup, At: 500 * ms, Until: 620 * ms})
	undelivered := func(h *history.Slice) { h.E[3].Value = 0 }
	problem := event(history.Event{Kind: history.Problem, Detail: "instance 2 exited"})
	spread := []history.Slice{play(trips("warm", 50, ms, "redis")), play(trips("warm", 50, 9*ms, "redis")), play(trips("warm", 50, 2*ms, "redis"))}
	for _, row := range []struct {
		holds, requires string
		rounds          []history.Slice
		want            code.Code
		aside           []claim.Aside
		ofMachine       bool
	}{
		{"p50(trips) <= 60ms", "", times(3, play(late)), code.LateGenerator, []claim.Aside{{Code: code.LateGenerator, Rounds: 3}}, true},
		{"p50(trips) <= 60ms", "send_lag() <= 1ms", times(3, play(answers("trips", "warm", 0, 200, 50*ms, tail(9*ms)))), code.LateGenerator, []claim.Aside{{Code: code.LateGenerator, Rounds: 3}}, true},
		{"p50(trips) <= 60ms", "", times(3, play(good, unsent)), code.Unsent, []claim.Aside{{Code: code.Unsent, Rounds: 3}}, true},
		{"p50(trips) <= 60ms", "", times(3, play(good, stall, stall)), code.Stall, []claim.Aside{{Code: code.Stall, Rounds: 3}}, true},
		{"p50(trips) <= 60ms", "", times(3, play(good, undelivered, problem)), code.Problem, []claim.Aside{{Code: code.Problem, Rounds: 3}, {Code: code.Undelivered, Rounds: 3}}, false},
		{"p50(trips) <= 60ms", "", append(times(2, play(good, undelivered)), play(good, canceled)), code.Undelivered, []claim.Aside{{Code: code.Undelivered, Rounds: 2}, {Code: code.Cut, Rounds: 1}}, false},
		{"p50(trips) <= 60ms", "p50(trips) <= 1us", times(3, play(good)), code.Requirement, []claim.Aside{{Code: code.Requirement, Rounds: 3}}, false},
		{"p50(trips) <= 60ms", "", times(2, play(good)), code.FewRounds, nil, false},
		{"p50(trip) <= 60ms", "", times(3, play(good)), code.NoFigure, nil, false},
		{"p50(trips) <= 60ms", "", append(times(3, play(good)), play()), code.NoFigure, nil, false},
		{"p50(trips) <= 3ms", "", spread, code.Interval, nil, true},
		{"availability(trips) >= 99.99%", "", times(3, play(good)), code.FewSamples, nil, false},
		{"max(trips) <= 9s", "", times(3, play(failed("fault", 5, 2000*ms))), code.CutShort, nil, false},
		{"p50(trips) <= 60ms", "", times(3, play(good)), "", nil, false},
		{"p50(trips) <= 3ms", "", times(3, play(trips("warm", 200, 9*ms, "redis"))), "", nil, false},
	} {
		got := judge(t, compile(t, row.holds, row.requires), row.rounds...)
		for i, a := range got.Aside {
			if len(a.Numbers) != a.Rounds || !slices.IsSorted(a.Numbers) {
				t.Errorf("%s: %d rounds set aside, and they are %v", row.holds, a.Rounds, a.Numbers)
			}
			got.Aside[i].Numbers = nil
		}
		if got.Code != row.want || !reflect.DeepEqual(got.Aside, row.aside) || got.Code.OfMachine() != row.ofMachine {
			t.Errorf("%s: code %q, aside %v (%s); want %q, %v", row.holds, got.Code, got.Aside, got.Because, row.want, row.aside)
		}
		mustBeComplete(t, got)
	}
	c := compile(t, "p50(trips) <= 6ms", "")
	if got := c.Judge(make([]claim.Round, 3), looks); got.Code != code.Unobserved {
		t.Errorf("unobserved rounds: %q", got.Code)
	}
	if got := c.Judge([]claim.Round{c.Observe(broken{play()})}, claim.Looks{}); got.Code != code.Unreadable || len(got.Aside) != 1 {
		t.Errorf("an unreadable round: %q, %v", got.Code, got.Aside)
	}
}
