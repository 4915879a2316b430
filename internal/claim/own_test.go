package claim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// asked is n requests of a stream in a phase, of which one in every fails; none where every is 0.
func asked(stream, phase string, n, every int, failure history.Failure, status int) part {
	i := 0
	return answers(stream, phase, roundtest.Begin(phase)+ms, n, 5*ms, func(r *history.Request) {
		if r.Method = "GET"; phase == "fault" {
			r.Source = "memory"
		}
		if i++; every > 0 && i%every == 0 {
			r.Failure, r.Status, r.Source = failure, status, ""
		}
	})
}

func lacking(stream, phase string, n, every int) part {
	return asked(stream, phase, n, every, history.Status, 404)
}

func hanging(stream, phase string, n, every int) part {
	return asked(stream, phase, n, every, history.Timeout, 0)
}

func overLimit(stream, phase string, n, every int) part {
	return asked(stream, phase, n, every, history.Limited, 429)
}

// A failure that a call shows without any fault too is not the fault's. One that it shows more often under a fault is.
func TestAFailureWithoutAnyFaultIsNotTheFaults(t *testing.T) {
	const outage99 = "availability(all[phase=fault]) >= 99%"
	fine := func(stream string) part {
		return func(h *history.Slice) {
			lacking(stream, "warm", 90, 0)(h)
			lacking(stream, "fault", 190, 0)(h)
		}
	}
	for _, row := range []struct {
		name, holds string
		parts       []part
		want        claim.Verdict
		code        code.Code
		because     string
		not         string // in because
		note        string
	}{
		{"sound, and lacks a call", outage99, []part{fine("trip"), lacking("trips", "warm", 90, 1), lacking("trips", "fault", 190, 1)},
			claim.Inconclusive, code.Own, "trips answers 404 without any fault (270 of 270 requests)", "", ""},
		{"fails under the fault, and lacks a call", outage99, []part{lacking("trip", "warm", 90, 0), hanging("trip", "fault", 190, 1),
			lacking("trips", "warm", 90, 1), lacking("trips", "fault", 190, 1)},
			claim.Refuted, "", "of 570 requests of trip 570 failed (570 × no answer in time)", "404", "not counted: trips answers 404 without any fault"},
		{"lacks some keys", outage99, []part{lacking("trips", "warm", 90, 10), lacking("trips", "fault", 190, 10)},
			claim.Inconclusive, code.Own, "trips answers 404 without any fault (27 of 270 requests)", "", ""},
		{"lacks some keys, and more of them under the fault", outage99, []part{lacking("trips", "warm", 90, 10), lacking("trips", "fault", 190, 3)},
			claim.Refuted, "", "available", "without any fault", ""},
		{"lacks some keys, and hangs under the fault", outage99, []part{lacking("trips", "warm", 90, 10), lacking("trips", "fault", 95, 10), hanging("trips", "fault", 95, 5)},
			claim.Refuted, "", "57 failed (57 × no answer in time)", "404", "trips answers 404 without any fault (27 of 270 requests)"},
		{"one failure before the fault excuses nothing", outage99, []part{hanging("trips", "warm", 90, 90), hanging("trips", "fault", 190, 5)},
			claim.Refuted, "", "available", "without any fault", ""},
		{"fails only under the fault", outage99, []part{fine("trip"), lacking("trips", "warm", 90, 0), lacking("trips", "fault", 190, 1)},
			claim.Refuted, "", "promised: of 570 requests of trips 570 failed (570 × status 404)", "without any fault", ""},
		{"comes late, and fails a little", "share(trips[phase=fault, within=50ms], trips[phase=fault]) >= 99%",
			[]part{lacking("trips", "warm", 90, 0), trips("fault", 90, 90*ms, "database"), hanging("trips", "fault", 60, 20)},
			claim.Refuted, "", "share", "failed", ""},
		{"fails after the fault, as under it", "availability(all[phase=after]) >= 99%", []part{lacking("trips", "warm", 90, 0), lacking("trips", "fault", 190, 1), lacking("trips", "after", 200, 1)},
			claim.Refuted, "", "available", "without any fault", ""},
		{"hangs always", outage99, []part{hanging("trips", "warm", 90, 1), hanging("trips", "fault", 190, 1)},
			claim.Inconclusive, code.Own, "trips fails without any fault (no answer in time: 270 of 270 requests)", "", ""},
		{"a count of failures", "failures(trips[phase=fault]) == 0", []part{lacking("trips", "warm", 90, 1), lacking("trips", "fault", 190, 1)},
			claim.Inconclusive, code.Own, "trips answers 404 without any fault", "", ""},
		{"a share within a time", "share(trips[phase=fault, within=50ms], trips[phase=fault]) >= 99%", []part{lacking("trips", "warm", 90, 4), lacking("trips", "fault", 190, 4)},
			claim.Inconclusive, code.Own, "trips answers 404 without any fault", "", ""},
		{"a quantile", "p99(trips[phase=fault]) <= 50ms", []part{lacking("trips", "warm", 90, 4), lacking("trips", "fault", 190, 4)},
			claim.Inconclusive, code.Own, "trips answers 404 without any fault", "", ""},
		{"another stream's failures", "availability(trip[phase=fault]) >= 99%", []part{lacking("trips", "warm", 90, 1), lacking("trips", "fault", 190, 1), lacking("trip", "warm", 90, 0), hanging("trip", "fault", 190, 1)},
			claim.Refuted, "", "available", "404", ""},
		{"keeps its promise, and fails a little always", "availability(all[phase=fault]) >= 80%", []part{lacking("trips", "warm", 90, 10), lacking("trips", "fault", 190, 10)},
			claim.Holds, "", "available", "", ""},
		{"limits the generator", outage99, []part{overLimit("trips", "warm", 90, 3), overLimit("trips", "fault", 190, 1)},
			claim.Inconclusive, code.Limited, "the service limits the generator (429): trips, 90 of 270 requests without any fault", "", ""},
		{"refuses for too many only under the fault", outage99, []part{overLimit("trips", "warm", 90, 0), overLimit("trips", "fault", 190, 1)},
			claim.Refuted, "", "available", "without any fault", ""},
		{"limits the generator, and dies of the fault", outage99, []part{overLimit("trips", "warm", 90, 3), overLimit("trips", "fault", 90, 3), hanging("trips", "fault", 100, 1)},
			claim.Refuted, "", "300 failed (300 × no answer in time)", "429", "limits the generator"},
		{"limits the generator for good", "p90(time_to_recover(redis)) <= 500ms", []part{trips("warm", 50, ms, "redis"), overLimit("trips", "warm", 90, 2), overLimit("trips", "fault", 190, 1), overLimit("trips", "after", 200, 1)},
			claim.Inconclusive, code.Limited, "the service limits the generator (429)", "", ""},
	} {
		got := judge(t, compile(t, row.holds, ""), times(3, play(append(row.parts, outage("1"))...))...)
		mustBeComplete(t, got)
		if got.Verdict != row.want || got.Code != row.code || !strings.Contains(got.Because, row.because) || row.not != "" && strings.Contains(got.Because, row.not) {
			t.Errorf("%s: %s (%s) because %q, want %s (%s) because of %q, not of %q", row.name, got.Verdict, got.Code, got.Because, row.want, row.code, row.because, row.not)
		}
		if noted := slices.ContainsFunc(got.Notes, func(n string) bool { return strings.Contains(n, row.note) }); row.note == "" && len(got.Notes) > 0 || row.note != "" && !noted {
			t.Errorf("%s: notes %q, want %q in them", row.name, got.Notes, row.note)
		}
		if got.Verdict == claim.Inconclusive && got.Remedy == "" {
			t.Errorf("%s: nothing would settle it", row.name)
		}
	}
}

// A claim that is about no fault is about what the service does without one: only a limit of the service, and a call
// that it does not have at all, are passed over.
func TestOnlyALimitExcusesWithoutAFault(t *testing.T) {
	for name, row := range map[string]struct {
		part     part
		requires string
		want     claim.Verdict
		because  string
	}{
		"lacks half of it":     {lacking("trips", "warm", 90, 2), "", claim.Refuted, "available"},
		"lacks the call":       {lacking("trips", "warm", 90, 1), "", claim.Inconclusive, "trips answers 404 without any fault (270 of 270 requests)"},
		"fails always":         {asked("trips", "warm", 90, 1, history.Status, 500), "", claim.Refuted, "available"},
		"limits the generator": {overLimit("trips", "warm", 90, 2), "", claim.Inconclusive, "the service limits the generator (429)"},
		"limits it where most must be answered": {overLimit("trips", "warm", 90, 2), "availability(trips) >= 90%", claim.Inconclusive,
			"the service limits the generator (429): trips, 45 of 90 requests without any fault; availability(trips) >= 90% is required"},
	} {
		if got := judge(t, compile(t, "availability(trips) >= 99%", row.requires), times(3, play(row.part))...); got.Verdict != row.want || !strings.Contains(got.Because, row.because) {
			t.Errorf("%s: %s because %q, want %s because of %q", name, got.Verdict, got.Because, row.want, row.because)
		}
	}
}

// A claim that asks for answers 429 is about the limit.
func TestALimitExcusesNoClaimAboutItself(t *testing.T) {
	c := compile(t, "share(trips[status=429], trips) <= 10%", "")
	if got := judge(t, c, times(3, play(overLimit("trips", "warm", 90, 2)))...); got.Verdict != claim.Refuted {
		t.Errorf("%s because %q, want it refuted", got.Verdict, got.Because)
	}
}

// A phase in which the service is told of no Redis is as good as a fault: what fails with Redis too is not held
// against the same calls without.
func TestWithoutRedisIsAsGoodAsAFault(t *testing.T) {
	s := scope
	s.NoRedis = []string{"after"}
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: "failures(all[phase=warm]) == 0 and failures(all[phase=after]) == 0"}, s)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	sound := play(lacking("trips", "warm", 90, 1), lacking("trips", "after", 190, 1), lacking("trip", "warm", 90, 0), lacking("trip", "after", 190, 0))
	broken := play(lacking("trips", "warm", 90, 1), lacking("trips", "after", 190, 1), lacking("trip", "warm", 90, 0), hanging("trip", "after", 190, 9))
	if got := judge(t, c, times(3, sound)...); got.Verdict != claim.Inconclusive || got.Code != code.Own || !strings.Contains(got.Because, "trips answers 404 without any fault") {
		t.Errorf("lacks a call: %s (%s) because %q", got.Verdict, got.Code, got.Because)
	}
	if got := judge(t, c, times(3, broken)...); got.Verdict != claim.Refuted || !strings.Contains(got.Because, "no answer in time") {
		t.Errorf("hangs without Redis: %s because %q", got.Verdict, got.Because)
	}
}

// Where the call fails so seldom that a round may show it under the fault alone, the other rounds tell whose it is.
func TestWhatFailsSeldomIsToldByAllRounds(t *testing.T) {
	both := play(outage("1"), lacking("trips", "warm", 90, 30), lacking("trips", "fault", 190, 30))
	late := play(outage("1"), lacking("trips", "warm", 90, 0), lacking("trips", "fault", 190, 30))
	got := judge(t, compile(t, "availability(trips[phase=fault]) >= 99%", ""), both, late, both, both)
	if got.Verdict != claim.Inconclusive || got.Code != code.Own {
		t.Errorf("%s (%s) because %q", got.Verdict, got.Code, got.Because)
	}
	if !got.More {
		t.Error("no other round could decide it")
	}
}

// A start is compared with the service's own start without any fault.
func TestAStartIsComparedWithTheUsualOne(t *testing.T) {
	start := func(name string, at, took int) part {
		return event(history.Event{Kind: history.Process, Name: name, Instance: "1", At: fms(at), Until: fms(at + took)})
	}
	round := func(usual int, down part) history.Slice {
		h := play(down)
		h.E = append(slices.Clone(h.E), history.Event{Kind: history.FaultOn, Name: "blackhole", On: "redis", Instance: "1", At: 10000 * ms, Until: 10001 * ms})
		h.E = append(h.E, history.Event{Kind: history.PhaseSpan, Name: "fault", At: 30000 * ms, Until: 31000 * ms})
		h.E[0], h.E[1], h.E[2] = history.Event{Kind: history.PhaseSpan, Name: "warm", At: 9500 * ms, Until: 9900 * ms}, h.E[len(h.E)-1], h.E[3]
		start("ready", 100, usual)(&h)
		return h
	}
	c := compile(t, "max(time_to_ready()) <= 5s", "")
	for name, row := range map[string]struct {
		h    history.Slice
		want claim.Verdict
		says string
	}{
		"slow always":                    {round(8000, start("ready", 11000, 8100)), claim.Inconclusive, "the service takes 8 s to start without any fault"},
		"slow, and slower without Redis": {round(8000, start("ready", 11000, 14000)), claim.Refuted, "6 s"},
		"slow, and never without Redis":  {round(8000, start("not ready", 11000, 15000)), claim.Refuted, "7 s"},
		"slow without Redis":             {round(300, start("ready", 11000, 6000)), claim.Refuted, "6 s"},
		"quick":                          {round(300, start("ready", 11000, 400)), claim.Holds, ""},
	} {
		if got := judge(t, c, times(3, row.h)...); got.Verdict != row.want || !strings.Contains(got.Because, row.says) {
			t.Errorf("%s: %s because %q, want %s because of %q", name, got.Verdict, got.Because, row.want, row.says)
		}
	}
}
