package main

import (
	"testing"

	"github.com/trektribe/bench/internal/machinetest"
)

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
		all(undecided("the baseline phase answered from the cache"), "trips.miss.latency trips.speedup.50x trips.speedup.10x trips.speedup.5x trips.dbload"),
		all(undecided("0 correct answers of "), "ai.miss.latency ai.speedup"),
		all(undecided("no answer says that it was loaded"), "trips.warm cache.shared"),
		all(undecided("ever says that it was loaded"), "cache.warming"),
		all(outcome{notHeld, ""}, "ai.hit.latency"),
	)},
}

// Of an odd service nothing holds whose evidence it takes away, what it leaves is
// judged as ever, and what is undecided says what is missing and what to do.
func TestOddServices(t *testing.T) {
	machinetest.Need(t, "python3")
	rows := newRows(t)
	for _, o := range odd {
		want := outcomes(well, o.differ)
		t.Run("ODD="+o.mode, func(t *testing.T) {
			if testing.Short() && o.mode != "lying" { // what is held, and what is left open, TestStrangers plays then too
				t.Skip("make verdicts plays it")
			}
			t.Parallel()
			for id, r := range rows.judged(t, want, "--target-cmd", "env ODD="+o.mode+" python3 testdata/odd.py", "testdata/odd.yaml").results {
				if err := want[id].of(r); err != nil && !r.Code.OfMachine() {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
}
