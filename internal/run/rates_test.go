package run

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

func TestARateThatNoMachineKeepsIsToldBeforehand(t *testing.T) {
	for rate, warns := range map[float64]bool{10: false, 900_000: true} {
		s := &scenarios.Scenario{
			Name:    "fast",
			Phases:  []scenarios.Phase{{Name: "all", For: time.Second}},
			Traffic: []scenarios.Stream{{Stream: traffic.Stream{Name: "trips", Type: traffic.Calls, From: rate, To: rate}}},
		}
		r := &session{Options: Options{Scenarios: []*scenarios.Scenario{s}, Lab: lab.Spec{Arms: []lab.ArmSpec{{Name: "a"}}}}, saved: &Saved{}}
		if err := r.warnOfRates(t.Context()); err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(r.saved.Warnings, "\n"); strings.Contains(said, "fast sends up to 900000 requests a second") != warns || !warns && said != "" {
			t.Errorf("at %v/s it says %q", rate, said)
		}
	}
}
