package run

import (
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/predict"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

// client is what a service exports of its Redis client.
var client = map[string]float64{
	"dialer_retries": 5, "dialer_retry_timeout_seconds": 0.1, "read_timeout_seconds": 5, "pool_size": 20, "pool_timeout_seconds": 6,
	"max_retries": 3, "min_retry_backoff_seconds": 0.01, "max_retry_backoff_seconds": 1,
}

// Whoever adds a kind to the catalogue says what a client meets under it.
func TestEveryKindOnRedisIsForetold(t *testing.T) {
	_, list, found := strings.Cut(lab.Spec{}.Can("none", "redis").Error(), "there are: ")
	kinds := strings.Split(list, ", ")
	if !found || len(kinds) < 20 {
		t.Fatalf("the catalogue is %q", list)
	}
	options := maps.Clone(client)
	options["delay_seconds"], options["down_seconds"] = 0.1, 0.1 // of the fault
	for _, kind := range kinds {
		if p, ok := predict.LongestStall(kind, options); !ok && p.Hi == 0 {
			t.Errorf("%s: no prediction, nor a bound: %s", kind, p.Why)
		}
	}
}

// A hit has made one call, and a load two: each is held against what its calls cost. For how long Redis was
// away when it was started again is measured; whether any request was sent in that moment is chance.
func TestForecastIsOfTheSameAnswersAsTheStall(t *testing.T) {
	options := maps.Clone(client)
	options["calls_per_request"] = 2
	s := &scenarios.Scenario{
		Target:  scenarios.Target{Instances: 1},
		Phases:  []scenarios.Phase{{Name: "fault", Faults: []fault.Fault{{Kind: "refused", On: "redis", For: 1800 * time.Millisecond}}}},
		Traffic: []scenarios.Stream{{Stream: traffic.Stream{Name: "trip", From: 150, To: 150}}},
	}
	for hits, want := range map[bool]float64{true: 0.813, false: 0.932} {
		// go-redis itself, on the same schedule: 0.81 to 0.82 s in one call, 0.92 to 0.93 s in two.
		f := predicted(s, recovery.Times{Stream: "trip", Instance: "1", Options: options, Hits: hits})
		if f == nil || !f.Known || math.Abs(f.Stall-want) > 0.03 {
			t.Errorf("hits %v: %+v, want %v s", hits, f, want)
		}
	}
	s.Phases[0].Faults[0] = fault.Fault{Kind: "restarted", On: "redis"}
	if f := predicted(s, recovery.Times{Stream: "trip", Instance: "1", Options: client, Down: 0.1}); f == nil || f.Known || f.Hi < 0.1 || f.Lo > 0 {
		t.Errorf("restarted: %+v", f)
	}
}

// The worst fault is told of, and what is bounded only is shown as that, with the reason.
func TestTheWorstFaultIsForecast(t *testing.T) {
	doing := func(kind string, lasts time.Duration) fault.Fault {
		return fault.Fault{Kind: kind, On: "redis", For: lasts}
	}
	hang, short, long := doing("hang", time.Second), doing("blackhole", 500*time.Millisecond), doing("blackhole", 2*time.Second)
	for _, row := range []struct {
		name   string
		faults []fault.Fault
		known  bool
		lo, hi float64 // s, roughly
		why    string
	}{
		{"a bound", []fault.Fault{hang}, false, 0, 1, "hang: only a request that needs a new connection"},
		{"a bound above what is known", []fault.Fault{hang, short}, false, 0.5, 1, "hang: only"},
		{"in any order", []fault.Fault{short, hang}, false, 0.5, 1, "hang: only"},
		{"a bound below what is known", []fault.Fault{hang, long}, true, 2, 2, "2s without a reply"},
		{"one that nobody knows", []fault.Fault{long, doing("restarted", time.Second)}, false, 2, 0, "restarted: it stalls as long as Redis takes to start"},
	} {
		s := &scenarios.Scenario{
			Target:  scenarios.Target{Instances: 1},
			Phases:  []scenarios.Phase{{Name: "fault", Faults: row.faults}},
			Traffic: []scenarios.Stream{{Stream: traffic.Stream{Name: "trip", From: 50, To: 50}}},
		}
		f := predicted(s, recovery.Times{Stream: "trip", Instance: "1", Options: client})
		if f == nil || f.Known != row.known || math.Abs(f.Lo-row.lo) > 0.1 || math.Abs(f.Hi-row.hi) > 0.1 || !strings.HasPrefix(f.Why, row.why) {
			t.Errorf("%s: %+v, want known %v, %v to %v s, because %q", row.name, f, row.known, row.lo, row.hi, row.why)
		}
	}
}
