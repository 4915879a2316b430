package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/machinetest"
)

// An outcome is what a claim must come to, and words of the reason.
type outcome struct {
	verdict claim.Verdict
	because string
}

// notHeld is refuted or undecided: which of them is up to chance.
const notHeld claim.Verdict = "not held"

var (
	holds   = outcome{verdict: claim.Holds}
	refuted = outcome{verdict: claim.Refuted}
)

// undecided is an outcome whose reason names what is missing.
func undecided(because string) outcome { return outcome{claim.Inconclusive, because} }

// all gives several claims, separated by spaces, the same outcome.
func all(o outcome, ids string) map[string]outcome {
	m := map[string]outcome{}
	for _, id := range strings.Fields(ids) {
		m[id] = o
	}
	return m
}

// well is the odd service without its oddity. Its cache is its own, and it is
// neither 200 nor only twice as fast with it.
var well = outcomes(
	all(holds, `trips.hit.latency trips.miss.latency trips.speedup.10x trips.dbload trips.ttl trips.warm trips.source cache.stampede
		profiles.cache cache.ttls cache.warming cache.invalidation ai.miss.latency ai.hit.latency ai.speedup ai.ttl ai.cost`),
	all(refuted, "trips.speedup.50x trips.speedup.5x"),
	all(undecided("only one instance got requests"), "cache.shared"),
)

const (
	ofMetrics = "trips.dbload trips.source cache.stampede ai.cost"
	ofHits    = `trips.hit.latency trips.speedup.50x trips.speedup.10x trips.speedup.5x trips.dbload trips.ttl trips.warm trips.source cache.stampede
		profiles.cache cache.shared cache.ttls cache.warming cache.invalidation ai.hit.latency ai.speedup ai.ttl ai.cost`
	ofSources = `trips.hit.latency trips.miss.latency trips.speedup.50x trips.speedup.10x trips.speedup.5x trips.ttl trips.warm trips.source
		cache.stampede profiles.cache cache.shared cache.ttls cache.warming ai.miss.latency ai.hit.latency ai.speedup ai.ttl ai.cost`
)

// odd says how each mode of testdata/odd.py differs from well. The first takes longest.
var odd = []struct {
	mode   string
	differ map[string]outcome
}{
	{"slow-metrics", all(undecided("no metrics were read from the service: "), ofMetrics)},
	{"", nil},
	{"no-source", all(undecided("does not say where its answers come from"), ofSources)},
	{"no-metrics", all(undecided("GET /metrics: status 404"), ofMetrics)},
	{"string-metrics", all(undecided("GET /metrics: text format parsing error"), ofMetrics)},
	{"html", outcomes(all(undecided("× a body that is not as in docs/contract.md"), ofHits), all(undecided("availability(listing[phase=cached]) >= 90% is required"), "trips.dbload"))},
	{"error-hits", outcomes(all(undecided("× status 500"), ofHits), all(undecided("availability(listing[phase=cached]) >= 90% is required"), "trips.dbload"))},
	{"no-put", all(undecided("the service does not speak PUT /api/trips/{id} (status 405)"), "cache.invalidation")},
	// The contract wants a version of a trip: without, reads and changes of trips are no calls of it, and not sent.
	{"no-versions", all(undecided("the service does not speak GET /api/trips/{id} (there is no version in trip: it has id, name)"), "cache.invalidation")},
	// A counter that lost queries contradicts the answers, unless it is seen to go down.
	{"resetting", outcomes(all(undecided("began a"), "trips.dbload cache.stampede ai.cost"), all(outcome{notHeld, ""}, "trips.source"))},
	// Hits that contain misses are slower than they are: what holds for them holds all the more.
	{"lying", outcomes(
		all(refuted, "trips.source cache.stampede ai.cost trips.ttl profiles.cache cache.ttls ai.ttl"),
		all(undecided("0 correct answers of "), "trips.miss.latency ai.miss.latency ai.speedup"),
		all(undecided("no answer says that it was loaded"), "trips.warm cache.shared"),
		all(undecided("ever says that it was loaded"), "cache.warming"),
		all(outcome{notHeld, ""}, "ai.hit.latency"),
	)},
}

// outcomes joins several; where two name a claim, the later one counts.
func outcomes(several ...map[string]outcome) map[string]outcome {
	out := map[string]outcome{}
	for _, m := range several {
		maps.Copy(out, m)
	}
	return out
}

// Of an odd service nothing holds whose evidence it takes away, what it leaves is
// judged as ever, and what is undecided says what is missing and what to do.
func TestOddServices(t *testing.T) {
	machinetest.Need(t, "python3")
	quick := []string{"", "no-source", "error-hits", "lying"} // they touch every row
	var machine sync.RWMutex
	for _, o := range odd {
		want := outcomes(well, o.differ)
		t.Run("ODD="+o.mode, func(t *testing.T) {
			if testing.Short() && !slices.Contains(quick, o.mode) {
				t.Skip("make verdicts plays it")
			}
			t.Parallel()
			// A row that a busy machine left undecided gets one more run, with the machine to itself;
			// one that is wrong gets none. After that an eighth of the rows may stay so.
			for try := 1; try <= 2; try++ {
				use := machine.RLocker()
				if try == 2 {
					use = &machine
				}
				got, busy := playOdd(t, use, o.mode), 0
				if len(got) != len(want) {
					t.Fatalf("%d claims were judged, want %d", len(got), len(want))
				}
				for id, w := range want {
					r := got[[2]string{id, "service"}]
					err := w.of(r)
					switch {
					case err == nil:
					case r.Code.OfMachine():
						machinetest.Busy(t, "%s: undecided, play %d of 2: %s: %s", id, try, r.Code, r.Because)
						busy++
					default:
						t.Errorf("%s: %v", id, err)
					}
				}
				if busy == 0 || t.Failed() {
					return
				}
				if try == 2 && busy > len(want)/8 {
					t.Errorf("%d of %d rows stay undecided: this machine can decide nothing", busy, len(want))
				}
			}
		})
	}
}

func playOdd(t *testing.T, machine sync.Locker, mode string) map[[2]string]claim.Result {
	t.Helper()
	machine.Lock()
	defer machine.Unlock()
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--seed", "7", "--target-cmd", "env ODD="+mode+" python3 testdata/odd.py", "testdata/odd.yaml")
	if code != exitRefuted && code != exitUndecided {
		t.Fatalf("exit %d, want %d or %d\n%s%s", code, exitRefuted, exitUndecided, table, errs)
	}
	return results(t, filepath.Join(out, "latest"))
}

// of says how a result is not as it must be; nil: it is.
func (w outcome) of(r claim.Result) error {
	switch {
	case w.verdict == notHeld && r.Verdict == claim.Holds, w.verdict != notHeld && r.Verdict != w.verdict:
		return fmt.Errorf("%s because %q, want %s", r.Verdict, r.Because, w.verdict)
	case !strings.Contains(r.Because, w.because):
		return fmt.Errorf("because %q, want %q in it", r.Because, w.because)
	case r.Code == code.Panic:
		return fmt.Errorf("the harness panicked: %s", r.Because)
	case r.Verdict == claim.Inconclusive && (r.Code == "" || r.Remedy == ""):
		return fmt.Errorf("undecided because %q with code %q, to settle: %q; want all three", r.Because, r.Code, r.Remedy)
	}
	return nil
}
