package run

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

// client is what a service exports of its Redis client.
var client = map[string]float64{
	"dialer_retries": 5, "dialer_retry_timeout_seconds": 0.1, "read_timeout_seconds": 5, "pool_size": 20, "pool_timeout_seconds": 6,
	"max_retries": 3, "min_retry_backoff_seconds": 0.01, "max_retry_backoff_seconds": 1,
	"delay_seconds": 0.1, "down_seconds": 0.1,
}

// Whoever adds a kind to the catalogue says what a client meets under it.
func TestEveryKindOnRedisIsForetold(t *testing.T) {
	_, list, found := strings.Cut(lab.Spec{}.Can("none", "redis").Error(), "there are: ")
	kinds := strings.Split(list, ", ")
	if !found || len(kinds) < 20 {
		t.Fatalf("the catalogue is %q", list)
	}
	for _, kind := range kinds {
		if p, ok := claim.Predict(kind, client); !ok && p.Hi == 0 {
			t.Errorf("%s: no prediction, nor a bound: %s", kind, p.Why)
		}
	}
}

// What is bounded only is shown as that, with the reason.
func TestABoundIsForecastAsOne(t *testing.T) {
	s := &scenarios.Scenario{
		Target:  scenarios.Target{Instances: 1},
		Phases:  []scenarios.Phase{{Name: "fault", Faults: []scenarios.Fault{{Kind: "hang", On: "redis", For: time.Second}}}},
		Traffic: []scenarios.Stream{{Name: "trip", From: 50, To: 50}},
	}
	f := forecast(s, claim.Clocks{Stream: "trip", Instance: "1", Options: client})
	if f == nil || f.Known || f.Lo != 0 || f.Hi < 0.9 || f.Hi > 1.1 || !strings.HasPrefix(f.Why, "hang: only a request that needs a new connection") {
		t.Errorf("%+v, want at most the second of the fault", f)
	}
}
