package run

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/scenarios"
)

func TestWhatAServiceThatAlreadyRunsCannotBePutThrough(t *testing.T) {
	got := impossible(append(phases().phases, scenarios.Phase{Name: "uncached", Env: map[string]string{"TTL_TRIPS": "0s", "A": "1"}}), true)
	if len(got) != 2 {
		t.Fatalf("%d problems, want 2: %v", len(got), got)
	}
	if e := got[0]; e.Phase != "" || !strings.Contains(e.Detail, "phase fault needs refused on redis, latency on mongo") {
		t.Errorf("fault: %+v, want a problem of the whole round", e)
	}
	if e := got[1]; e.Phase != "uncached" || !strings.Contains(e.Detail, "restarted with A=1 TTL_TRIPS=0s") {
		t.Errorf("environment: %+v, want a problem of phase uncached", e)
	}
	for _, p := range withoutFaults(phases().phases) {
		if len(p.Faults) > 0 {
			t.Errorf("phase %s still has faults", p.Name)
		}
	}
	if len(phases().phases[1].Faults) != 2 {
		t.Error("the scenario itself lost its faults")
	}
}
