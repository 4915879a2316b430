package claim_test

import (
	"math"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/history"
)

// The longest stall is held against what one call of Redis should cost: of hits where there are enough of them, and
// without what a load takes, what a late generator adds, and what a failure might have taken anyway.
func TestTheLongestStallIsOfCallsAlone(t *testing.T) {
	healthy := func(source string, n int, wait time.Duration) part { // the later half of the time before the fault
		return answers("trip", "warm", 550*ms, n, wait, func(r *history.Request) { r.Source = source })
	}
	hurt := func(source string, n int, wait time.Duration) part {
		return answers("trip", "fault", began["fault"]+20*ms, n, wait, func(r *history.Request) { r.Source = source })
	}
	gaveUp := answers("trip", "fault", began["fault"]+20*ms, 1, 800*ms, func(r *history.Request) {
		r.Failure, r.Status, r.Source = history.Timeout, 0, ""
	})
	late := answers("trip", "fault", began["fault"]+20*ms, 1, 90*ms, func(r *history.Request) { r.Source, r.Sent = "memory", r.Intended+30*ms })
	queued := answers("trip", "fault", began["fault"]+20*ms, 1, 90*ms, func(r *history.Request) {
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
		spec := recovery.Of(scope.Faults)
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

// Who was hardly asked before the fault has no bound that its answers could be held to: only failures are lost.
func TestNothingIsLostByABoundThatIsNotKnown(t *testing.T) {
	for n, want := range map[int]int{10: 0, 40: 20} {
		spec := recovery.Of(scope.Faults)
		all := spec.Judge([]recovery.Round{spec.Observe(play(
			answers("trip", "warm", 0, 1, 2*ms, nil), answers("trip", "warm", 550*ms, n, 2*ms, nil), answers("trip", "fault", began["fault"]+20*ms, 20, 200*ms, nil), outage("1")))})
		if len(all) != 1 || all[0].Lost != want || (all[0].Bound > 0) != (want > 0) {
			t.Errorf("%d requests before the fault: %+v, want %d lost", n, all, want)
		}
	}
}
