package recovery_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// The longest stall is held against what one call of Redis should cost: of hits where there are enough of them, and
// without what a load takes, what a late generator adds, and what a failure might have taken anyway.
func TestTheLongestStallIsOfCallsAlone(t *testing.T) {
	healthy := func(source string, n int, wait time.Duration) part { // the later half of the time before the fault
		return answers("trip", "warm", 550*ms, n, wait, func(r *history.Request) { r.Source = source })
	}
	hurt := func(source string, n int, wait time.Duration) part {
		return answers("trip", "fault", roundtest.Begin("fault")+20*ms, n, wait, func(r *history.Request) { r.Source = source })
	}
	gaveUp := answers("trip", "fault", roundtest.Begin("fault")+20*ms, 1, 800*ms, func(r *history.Request) {
		r.Failure, r.Status, r.Source = history.Timeout, 0, ""
	})
	late := answers("trip", "fault", roundtest.Begin("fault")+20*ms, 1, 90*ms, func(r *history.Request) { r.Source, r.Sent = "memory", r.Intended+30*ms })
	queued := answers("trip", "fault", roundtest.Begin("fault")+20*ms, 1, 90*ms, func(r *history.Request) {
		r.Source, r.Sent, r.Queued = "memory", r.Intended+30*ms, true
	})
	before := func(h *history.Slice) {
		answers("trip", "warm", 0, 1, 2*ms, nil)(h) // it begins here
		healthy("redis", 40, 2*ms)(h)
		healthy("database", 20, 200*ms)(h)
		healthy("database", 1, 240*ms)(h)
	}
	for _, row := range []struct {
		name  string
		parts []part
		hits  bool
		want  time.Duration
		least bool
	}{
		{"of hits, whatever loads take", []part{before, hurt("memory", 20, 52*ms), hurt("database", 20, 500*ms)}, true, 50 * ms, false},
		{"of all, where few are hits", []part{before, hurt("memory", 19, 52*ms), hurt("database", 20, 500*ms)}, false, 260 * ms, false},
		{"a load as long as before is none", []part{before, hurt("database", 20, 230*ms)}, false, 0, false},
		{"a failure might have been a load", []part{before, hurt("memory", 20, 52*ms), gaveUp}, true, 560 * ms, true},
		{"the generator was late", []part{before, hurt("memory", 20, 52*ms), late}, true, 58 * ms, false},
		{"it waited for a worker that the service kept", []part{before, hurt("memory", 20, 52*ms), queued}, true, 88 * ms, false},
	} {
		spec := recovery.Of(roundtest.Scope().Faults)
		all := spec.Judge([]recovery.Round{spec.Observe(play(append(row.parts, outage("1"))...))})
		if len(all) != 1 || all[0].Why != "" {
			t.Fatalf("%s: %+v", row.name, all)
		}
		got := all[0].Named(recovery.LongestStall)
		if all[0].Hits != row.hits || got.N != 1 || got.AtLeast != row.least || math.Abs(got.Median-row.want.Seconds()) > 0.0005 {
			t.Errorf("%s: hits %v, %+v, want hits %v, %v", row.name, all[0].Hits, got, row.hits, row.want)
		}
	}
}

// With few requests before the fault there is no bound to hold answers to: only failures are lost.
func TestNothingIsLostByABoundThatIsNotKnown(t *testing.T) {
	for n, want := range map[int]int{10: 0, 40: 20} {
		spec := recovery.Of(roundtest.Scope().Faults)
		all := spec.Judge([]recovery.Round{spec.Observe(play(
			answers("trip", "warm", 0, 1, 2*ms, nil), answers("trip", "warm", 550*ms, n, 2*ms, nil), answers("trip", "fault", roundtest.Begin("fault")+20*ms, 20, 200*ms, nil), outage("1")))})
		if len(all) != 1 || all[0].Lost != want || (all[0].Bound > 0) != (want > 0) {
			t.Errorf("%d requests before the fault: %+v, want %d lost", n, all, want)
		}
	}
}

// What cannot be known leaves a clock without a figure, and never with a good one.
func TestClocksWithoutDataSayWhy(t *testing.T) {
	spec := recovery.Of(roundtest.Scope().Faults)
	for name, r := range map[string]struct {
		h    history.Slice
		why  string // there are no clocks
		of   string // or this one has no figure
		says string
	}{
		"no fault was played":     {play(trips("warm", 50, ms, "redis")), "no instance with traffic had a fault", "", ""},
		"it was not delivered":    {play(outage("1"), trips("warm", 50, ms, "redis"), event(history.Event{Kind: history.Delivery, Name: "blackhole", Detail: "it met a reply"})), "it met a reply", "", ""},
		"no health":               {play(outage("1"), trips("warm", 50, ms, "redis")), "", recovery.Detected, "/health was not asked"},
		"nothing in the fault":    {play(outage("1"), trips("warm", 50, ms, "redis")), "", recovery.WorstWait, "no request came during the fault"},
		"nothing before":          {play(outage("1"), trips("fault", 50, ms, "memory")), "", recovery.SteadyAgain, "too few to know the healthy state"},
		"nothing after":           {play(outage("1"), trips("warm", 90, ms, "redis"), trips("fault", 50, ms, "memory")), "", recovery.SteadyAgain, "no request came after the fault"},
		"no source":               {play(outage("1"), trips("warm", 50, ms, ""), trips("fault", 50, ms, "")), "", recovery.Fallback, "never answered from redis"},
		"no request that suffers": {play(outage("1"), trips("warm", 50, ms, "redis"), trips("fault", 50, ms, "redis")), "", recovery.FirstTouched, "no request failed"},
	} {
		all := spec.Judge([]recovery.Round{spec.Observe(r.h)})
		if len(all) != 1 || !strings.Contains(all[0].Why, r.why) || (all[0].Why == "") != (r.why == "") {
			t.Errorf("%s: got %+v, want one without clocks because %q", name, all, r.why)
			continue
		}
		if r.of == "" {
			continue
		}
		if c := all[0].Named(r.of); c.N != 0 || !strings.Contains(c.Why, r.says) {
			t.Errorf("%s: %s: got %+v, want none because %q", name, r.of, c, r.says)
		}
	}
	if recovery.Of(nil) != nil {
		t.Error("a scenario without a fault has clocks")
	}
}
