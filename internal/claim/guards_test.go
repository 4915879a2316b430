package claim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// A long round counts in spite of a brief stall where all is proved that was promised.
func TestABriefStallSetsNoProofAside(t *testing.T) {
	stall := func(length int) part {
		return event(history.Event{Kind: history.Hiccup, At: fms(500), Until: fms(500 + length), Value: float64(length) / 1000})
	}
	long := func(h *history.Slice) {
		for i := range h.E {
			if h.E[i].Kind == history.PhaseSpan && h.E[i].Name == "warm" {
				h.E[i].Until = h.E[i].At + time.Minute
			}
		}
	}
	for name, row := range map[string]struct {
		holds string
		parts []part
		want  bool // the rounds count
	}{
		"brief":                   {"count(trips[phase=warm]) >= 1", []part{long, stall(500)}, true},
		"not brief":               {"count(trips[phase=warm]) >= 1", []part{long, stall(700)}, false},
		"in a short round":        {"count(trips[phase=warm]) >= 1", []part{stall(120)}, false},
		"nothing else is wrong":   {"count(trips[phase=warm]) >= 1", []part{long, stall(500), event(history.Event{Kind: history.Problem, Detail: "x"})}, false},
		"it may be the stall's":   {"count(trips[phase=warm]) == 0", []part{long, stall(500)}, false},
		"a response time has it":  {"p50(trips[phase=warm]) <= 60ms", []part{long, stall(500)}, false},
		"one of both is measured": {"count(trips[phase=warm]) >= 1 and p50(trips[phase=warm]) <= 60ms", []part{long, stall(500)}, false},
	} {
		got := judge(t, compile(t, row.holds, ""), times(3, play(append([]part{trips("warm", 200, ms, "redis")}, row.parts...)...))...)
		if counts := len(got.Warnings) == 0; counts != row.want || (got.Verdict == claim.Holds) != row.want {
			t.Errorf("%s: %s, %q; want that its rounds count: %v", name, got.Verdict, got.Warnings, row.want)
		}
	}
}

func TestGuardsSetRoundsAside(t *testing.T) {
	good := trips("warm", 200, ms, "redis")
	undelivered := func(h *history.Slice) { h.E[3].Value, h.E[3].Detail = 0, "it met a reply" }
	unproved := func(h *history.Slice) { h.E = append(h.E[:3:3], h.E[4:]...) }
	late := answers("trips", "warm", 0, 200, 50*ms, tail(61*ms))
	bearable := answers("trips", "warm", 0, 200, 50*ms, tail(59*ms))
	lost := func(queued bool) part {
		return answers("trips", "warm", 0, 3, ms, func(r *history.Request) {
			r.Sent, r.Failure, r.Queued = 0, history.Unsent, queued
		})
	}
	canceled := answers("trips", "warm", 0, 3, ms, func(r *history.Request) { r.Failure = history.Canceled })
	queuedLate := answers("trips", "warm", 0, 200, 50*ms, func(r *history.Request) { r.Sent, r.Queued = r.Intended+40*ms, true })
	stall := func(at, length int) part {
		return event(history.Event{Kind: history.Hiccup, At: fms(at), Until: fms(at + length), Value: float64(length) / 1000})
	}
	for _, r := range []struct {
		name     string
		parts    []part
		requires string
		want     string // in Because; empty: the round counts
		settle   string
	}{
		{"clean", []part{good}, "", "", ""},
		{"late", []part{late}, "", "sent late: p99 61 ms, more than 60 ms", "quieter machine"},
		{"later than a claim on a short time could bear", []part{good, bearable}, "", "", ""},
		{"late once in a few", []part{answers("trips", "warm", 0, 30, 50*ms, func(r *history.Request) {
			if r.Seq == 7 {
				r.Sent, r.Done = r.Intended+65*ms, r.Intended+70*ms
			}
		})}, "", "", ""},
		{"late as a rule", []part{answers("trips", "warm", 0, 200, 50*ms, func(r *history.Request) { r.Sent = r.Intended + 7*ms })}, "",
			"sent late: median 7 ms, more than 6 ms", "quieter machine"},
		{"late because the service holds the workers", []part{queuedLate}, "", "", ""},
		{"lost", []part{good, lost(false)}, "", "never sent 3 of 203 requests", "quieter machine"},
		{"lost because the service holds the workers", []part{good, lost(true)}, "", "", ""},
		{"stall", []part{good, stall(500, 120)}, "", "stalled for 120 ms", "quieter machine"},
		{"short stall", []part{good, stall(500, 90)}, "", "", ""},
		{"stall outside the phases", []part{good, stall(9000, 500)}, "", "", ""},
		{"problem", []part{good, event(history.Event{Kind: history.Problem, Detail: "instance 2 exited"})}, "", "instance 2 exited", "instance 2 exited"},
		{"undelivered", []part{good, undelivered}, "", "blackhole was not delivered: it met a reply", "canaries meet"},
		{"unproved", []part{good, unproved}, "", "nothing proves that the fault blackhole was delivered", "canary"},
		{"interrupted", []part{good, canceled}, "", "interrupted", "not interrupted"},
		{"canceled after the end", []part{good, canceled, event(history.Event{Kind: history.RoundEnd})}, "", "", ""},
		{"required and met", []part{good}, "delivered(blackhole) and hit_ratio(trips) >= 90% and p50(trips) in 0ms..2ms", "", ""},
		{"required and missed", []part{good}, "p50(trips) <= 900us", "p50(trips) <= 900us is required: 1 ms against 0.9 ms", "rounds in which"},
		{"a lag required and missed", []part{bearable}, "send_lag() <= 10ms", "send_lag() <= 10ms is required: 59 ms against 10 ms", "quieter machine"},
		{"required without data", []part{good}, "p50(trip) <= 1ms", "no request of trip", "traffic that trip selects"},
		{"required and only a limit", []part{good, failed("fault", 1, 2000*ms)}, "max(trips) <= 3s", "max(trips) <= 3s is required: 2 s against 3 s", "rounds in which"},
	} {
		c := compile(t, "p50(trips) <= 60ms", r.requires)
		got := judge(t, c, times(3, play(r.parts...))...)
		mustBeComplete(t, got)
		if r.want == "" {
			if got.Verdict != claim.Holds || len(got.Warnings) > 0 {
				t.Errorf("%s: %s: %s %q, want holds", r.name, got.Verdict, got.Because, got.Warnings)
			}
			continue
		}
		if got.Verdict != claim.Inconclusive || !strings.Contains(got.Because, r.want) || !strings.Contains(got.Because, "3 of 3 rounds set aside") {
			t.Errorf("%s: %s because %q, want %q in it", r.name, got.Verdict, got.Because, r.want)
		}
		if !strings.Contains(got.Remedy, r.settle) {
			t.Errorf("%s: settle %q, want %q in it", r.name, got.Remedy, r.settle)
		}
		if len(got.Warnings) != 3 || !strings.HasPrefix(got.Warnings[2], "round 3 set aside: ") {
			t.Errorf("%s: warnings %q", r.name, got.Warnings)
		}
		// Rounds that count decide in spite of those that do not.
		mixed := append(times(2, play(r.parts...)), times(3, play(good))...)
		if r.requires == "" {
			if got := judge(t, c, mixed...); got.Verdict != claim.Holds || got.Rounds != 3 {
				t.Errorf("%s: with three good rounds: %s over %d rounds (%s)", r.name, got.Verdict, got.Rounds, got.Because)
			}
		}
	}
}

// Of what went wrong with one fault in several rounds, the reason gives what went wrong in most.
func TestTheReasonIsThatOfMostRounds(t *testing.T) {
	undelivered := func(why string) history.Slice {
		return play(trips("warm", 200, ms, "redis"), func(h *history.Slice) { h.E[3].Value, h.E[3].Detail = 0, why })
	}
	r := judge(t, compile(t, "p50(trips) <= 60ms", ""), undelivered("it was over too soon"), undelivered("it met a reply"), undelivered("it met a reply"))
	if want := "3 of 3 rounds set aside: the fault blackhole was not delivered: it met a reply"; r.Because != want {
		t.Errorf("because %q, want %q", r.Because, want)
	}
}

// What goes wrong in a phase is held against the claims that speak of it, not
// against the others.
func TestGuardsLookAtThePhasesOfTheClaim(t *testing.T) {
	good := []part{trips("warm", 200, ms, "redis"), trips("after", 200, ms, "redis")}
	late := answers("trips", "after", roundtest.Begin("after"), 200, 50*ms, func(r *history.Request) { r.Sent = r.Intended + 40*ms })
	lost := answers("trips", "after", roundtest.Begin("after"), 50, ms, func(r *history.Request) { r.Sent, r.Failure = 0, history.Unsent })
	stall := event(history.Event{Kind: history.Hiccup, At: roundtest.Begin("after") + 10*ms, Until: roundtest.Begin("after") + 200*ms, Value: 0.19})
	problem := event(history.Event{Kind: history.Problem, Phase: "after", Detail: "after could not be played"})
	for name, bad := range map[string]part{"late": late, "lost": lost, "stall": stall, "problem": problem} {
		for holds, want := range map[string]claim.Verdict{
			"p50(trips[phase=warm]) <= 20ms":                      claim.Holds,
			"p50(trips[phase!=after]) <= 20ms":                    claim.Holds,
			"p50(trips[phase=after]) <= 20ms":                     claim.Inconclusive,
			"p50(trips) <= 20ms":                                  claim.Inconclusive,
			"count(trips[phase=warm]) == 200":                     claim.Holds,
			"send_lag() <= 1s":                                    claim.Inconclusive,
			"p50(trips[phase=warm]) <= 20ms and p50(trips) <= 1s": claim.Inconclusive,
		} {
			got := judge(t, compile(t, holds, ""), times(3, play(append(good, bad)...))...)
			if got.Verdict != want {
				t.Errorf("%s: %s: %s because %q, want %s", name, holds, got.Verdict, got.Because, want)
			}
		}
	}
}

func TestTheLagThatIsBearableFollowsTheShortestTimeOfTheClaim(t *testing.T) {
	lag := func(d time.Duration) history.Slice {
		return play(answers("trips", "warm", 0, 200, d+ms/2, tail(d)))
	}
	for _, tt := range []struct {
		holds string
		most  time.Duration
	}{
		{"p50(trips) <= 1s", 100 * ms},
		{"p50(trips) in 60ms..70ms", 60 * ms},
		{"availability(trips) >= 99% and max(trips) <= 80ms", 80 * ms},
		{"share(trips[within=6ms], trips) >= 1%", 6 * ms},
		{"hit_ratio(trips) >= 10%", 10 * ms},
		{"send_lag() <= 1s", 10 * ms},
	} {
		c := compile(t, tt.holds, "")
		if got := judge(t, c, times(3, lag(tt.most-ms/10))...); len(got.Warnings) > 0 {
			t.Errorf("%s: lag below %v: %q", tt.holds, tt.most, got.Warnings)
		}
		if got := judge(t, c, times(3, lag(tt.most+ms))...); len(got.Warnings) != 3 {
			t.Errorf("%s: lag above %v: %d rounds set aside, want 3", tt.holds, tt.most, len(got.Warnings))
		}
	}
}

// A bound that answers are held against is a duration that the generator's lag must not blur.
func TestABoundOfGoodputNeedsAPunctualGenerator(t *testing.T) {
	lag := tail(30 * ms)
	late := answers("trips", "fault", 1000*ms, 200, 50*ms, func(r *history.Request) {
		lag(r)
		r.Source = "memory"
	})
	for bound, want := range map[string]claim.Verdict{"20ms": claim.Inconclusive, "90ms": claim.Holds} {
		got := judge(t, compile(t, "goodput_lost(trips, "+bound+") <= 10000", ""), times(3, play(outage("1"), late))...)
		if got.Verdict != want {
			t.Errorf("within %s: %s because %s, want %s", bound, got.Verdict, got.Because, want)
		}
	}
}
