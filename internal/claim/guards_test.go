package claim_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

func TestGuardsSetRoundsAside(t *testing.T) {
	good := trips("warm", 200, ms, "redis")
	undelivered := func(h *history.Slice) { h.E[3].Value, h.E[3].Detail = 0, "it met a reply" }
	unproved := func(h *history.Slice) { h.E = append(h.E[:3:3], h.E[4:]...) }
	late := answers("trips", "warm", 0, 200, 50*ms, func(r *history.Request) { r.Sent = r.Intended + 6*ms })
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
		{"late", []part{late}, "", "sent late: p99 6 ms, more than 5 ms", "quieter machine"},
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
		{"required without data", []part{good}, "p50(trip) <= 1ms", "no request of trip", "rounds in which"},
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
		if !strings.Contains(got.Settle, r.settle) {
			t.Errorf("%s: settle %q, want %q in it", r.name, got.Settle, r.settle)
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
