package run

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

// limited is a player of two arms, a and b, with these conditions over the last second.
func limited(t testing.TB, steady, abort any) *player {
	t.Helper()
	s := &scenarios.Scenario{Name: "x", Traffic: []scenarios.Stream{{Stream: traffic.Stream{Name: "trips", Call: traffic.Call{Path: "/api/trips"}}}}, Phases: phases().phases}
	if text, ok := steady.(string); ok {
		s.Steady = &scenarios.Condition{Holds: text, Over: time.Second}
	}
	if text, ok := abort.(string); ok {
		s.Abort = &scenarios.Condition{Holds: text, Over: time.Second}
	}
	l, err := compileLimits(s)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{clock: history.NewClock(), scenario: s, limits: l, shares: map[string]*share{"a": {}, "b": {}}}
	p.limits.start([]lab.Arm{{Name: "a"}, {Name: "b"}})
	return p
}

// request is one that ended at an instant.
func request(arm string, done time.Duration, ok bool) history.Request {
	r := history.Request{Arm: arm, Stream: "trips", Phase: "warm", Instance: "1", Intended: done - time.Millisecond, Sent: done - time.Millisecond, Done: done, Status: 200}
	if !ok {
		r.Status, r.Failure = 500, history.Status
	}
	return r
}

func TestEveryArmMustBeSteady(t *testing.T) {
	for _, row := range []struct {
		name string
		bad  string // the arm that fails half of its requests; "-b": there is no b
		want string
	}{
		{"both", "", ""},
		{"not b", "b", "did not begin: availability(all) >= 99% is required, was 50 %,"},
		{"nothing of b", "-b", "did not begin: availability(all) >= 99% is required and unknown (no request of all was observed"},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := limited(t, "availability(all) >= 99%", nil)
			time.Sleep(10 * time.Second) // of the bubble's clock
			// What ended before the last second is forgotten.
			p.live.add(request("a", 8*time.Second, false))
			for i := range 10 {
				p.live.add(request("a", 9500*time.Millisecond, true))
				if row.bad != "-b" {
					p.live.add(request("b", 9500*time.Millisecond, row.bad != "b" || i%2 == 0))
				}
			}
			err := p.askSteady()
			if row.want == "" && err != nil || row.want != "" && (!errors.Is(err, errHalt) || !strings.HasPrefix(err.Error(), row.want)) {
				t.Errorf("%s: %v, want %q", row.name, err, row.want)
			}
		})
	}
}

// One bad moment does not abort, two in a row do, and the timeline's end ends the watch.
func TestAbortMustBeTrueTwiceInARow(t *testing.T) {
	for _, row := range []struct {
		name string
		bad  func(at time.Duration) bool // whether a request of b that ends then fails
		want time.Duration               // of the halt, from the segment's start; 0: none
	}{
		{"never", func(time.Duration) bool { return false }, 0},
		{"always", func(time.Duration) bool { return true }, 1250 * time.Millisecond},
		// Over the last second, half of them fail from 2.1 s on: that is asked at 2.25 s and again at 2.5 s.
		{"from 1.6 s on", func(at time.Duration) bool { return at > 1600*time.Millisecond }, 2500 * time.Millisecond},
		// Two bursts, which only the second before 2 s has both of.
		{"for a moment", func(at time.Duration) bool {
			return at > 1010*time.Millisecond && at < 1270*time.Millisecond || at > 1730*time.Millisecond && at < 2*time.Second
		}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := limited(t, nil, "availability(all) < 50%")
			begin := p.clock.Now()
			plan := timeline{start: begin, phases: p.scenario.Phases} // of 6 s
			ctx, cancel := context.WithCancel(t.Context())
			fed := make(chan struct{})
			go func() { // a request of each arm every 10 ms, 5 ms off the instants at which is asked
				defer close(fed)
				for at := 5 * time.Millisecond; at < 6*time.Second && p.until(ctx, begin+at); at += 10 * time.Millisecond {
					p.live.add(request("a", begin+at, true))
					p.live.add(request("b", begin+at, !row.bad(at)))
				}
			}()
			err := p.watchAbort(ctx, plan)
			cancel()
			<-fed
			var h *halt
			switch {
			case row.want == 0 && err != nil, row.want != 0 && !errors.As(err, &h):
				t.Errorf("%s: %v, want a halt: %v", row.name, err, row.want != 0)
			case h != nil && (h.arm != "b" || h.at-begin != row.want):
				t.Errorf("%s: a halt of %s at %v, want of b at %v", row.name, h.arm, h.at-begin, row.want)
			}
		})
	}
}

// A harness that was held up is late for several readings at once. Of one moment they would be one bad moment all the same.
func TestOneBadMomentIsNotReadTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := limited(t, nil, "availability(all) < 50%")
		time.Sleep(10 * time.Second) // of the bubble's clock
		woke := p.clock.Now()
		for range 10 {
			p.live.add(request("b", woke-10*time.Millisecond, false))
		}
		fed := make(chan struct{})
		go func() {
			defer close(fed)
			time.Sleep(100 * time.Millisecond)
			for range 20 {
				p.live.add(request("b", p.clock.Now(), true))
			}
		}()
		if err := p.watchAbort(t.Context(), timeline{start: woke - 3*time.Second, phases: p.scenario.Phases}); err != nil {
			t.Errorf("%v, want that it goes on", err)
		}
		<-fed
	})
}

func TestAHaltLeavesWhatWasDecidedInOtherArms(t *testing.T) {
	j := &judge{stopped: &history.Event{Kind: history.Stopped, Arm: "a", Name: "abort", Detail: "aborted: x"}}
	for _, row := range []struct {
		arm           string
		verdict, want claim.Verdict
	}{
		{"a", claim.Holds, claim.Inconclusive}, {"a", claim.Refuted, claim.Refuted}, {"a", claim.Inconclusive, claim.Inconclusive},
		{"b", claim.Holds, claim.Holds}, {"b", claim.Refuted, claim.Refuted}, {"b", claim.Inconclusive, claim.Inconclusive},
	} {
		r := claim.Result{Arm: row.arm, Verdict: row.verdict, Because: "so it is", More: row.verdict == claim.Inconclusive}
		j.stop(&r)
		told := r.Code == code.Halted && strings.HasPrefix(r.Because, "aborted: x; until then: so it is") && r.Remedy != ""
		if r.Verdict != row.want || r.More || told != (row.want == claim.Inconclusive) {
			t.Errorf("%s, %s: %+v, want %s", row.arm, row.verdict, r, row.want)
		}
	}
}

func TestWhatEndedAScenarioIsSaid(t *testing.T) {
	p := limited(t, nil, "availability(all) < 50%")
	for _, row := range []struct {
		back putBack
		want string
	}{
		{putBack{n: 2, at: 13014 * time.Millisecond}, "aborted: x in arm a at 5 s of round 2, every fault was lifted in 14 ms"},
		{putBack{}, "aborted: x in arm a at 5 s of round 2, no fault was on"},
		{putBack{n: 1, at: 13 * time.Second, err: errors.New("redis is gone")}, "aborted: x in arm a at 5 s of round 2, and not every fault could be lifted: redis is gone"},
	} {
		p.back = row.back
		e := p.halted(&halt{"abort", "a", 13 * time.Second, "aborted: x"}, phases(), 2, 2*time.Second)
		if e.Detail != row.want || e.Phase != "after" || e.Arm != "a" || e.Until < e.At {
			t.Errorf("%+v, want %q", e, row.want)
		}
	}
}
