package scenarios_test

import (
	"testing"
	"time"
)

func TestADurationTakesEveryUnitOfTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"180ms": 180 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "250us": 250 * time.Microsecond, "250µs": 250 * time.Microsecond,
		"2m": 2 * time.Minute, "2min": 2 * time.Minute, "1h": time.Hour, "1m30s": 90 * time.Second, "1.000000001s": time.Second + 1,
	} {
		s := mustParse(t, "name: x\nphases: [{name: a, for: "+text+"}]\ntraffic: [{name: x, call: GET /x, rate: 100000/s}]\n")
		if got := s.Phases[0].For; got != want {
			t.Errorf("for: %s is %v, want %v", text, got, want)
		}
	}
}
