package past_test

import (
	"testing"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/past"
	"github.com/trektribe/bench/scenarios"
)

// Figures are comparable where the same was done to the same on a machine that is alike.
func TestWhatMustBeAlike(t *testing.T) {
	base := func() (*run.Saved, *scenarios.Scenario) {
		s, err := scenarios.Load("trips")
		if err != nil {
			t.Fatal(err)
		}
		return &run.Saved{Machine: run.Machine{OS: "linux", CPU: "a", CPUs: 2}, Redis: redis.Info{Kind: "embedded", Version: "1"}, Arms: []lab.ArmSpec{{Name: "hardened"}}}, s
	}
	first, scenario := base()
	machine, plan := past.Machine(first), past.Plan(first, scenario)
	for name, row := range map[string]struct {
		edit          func(*run.Saved, *scenarios.Scenario)
		machine, plan bool // alike
	}{
		"again":                        {func(*run.Saved, *scenarios.Scenario) {}, true, true},
		"a busier hour, a newer build": {func(s *run.Saved, _ *scenarios.Scenario) { s.Machine.Load, s.Machine.Revision = 3, "abc" }, true, true},
		"another processor":            {func(s *run.Saved, _ *scenarios.Scenario) { s.Machine.CPU = "b" }, false, true},
		"another Redis":                {func(s *run.Saved, _ *scenarios.Scenario) { s.Redis.Version = "2" }, false, true},
		"more rounds, another reading": {func(_ *run.Saved, s *scenarios.Scenario) { s.Rounds.Max, s.Claims = 9, nil }, true, true},
		"a longer phase":               {func(_ *run.Saved, s *scenarios.Scenario) { s.Phases[0].For *= 2 }, true, false},
		"another arm beside it":        {func(s *run.Saved, _ *scenarios.Scenario) { s.Arms = append(s.Arms, lab.ArmSpec{Name: "x"}) }, true, false},
		"another command":              {func(s *run.Saved, _ *scenarios.Scenario) { s.Target = "server" }, true, false},
	} {
		s, sc := base()
		row.edit(s, sc)
		if m, p := past.Machine(s) == machine, past.Plan(s, sc) == plan; m != row.machine || p != row.plan {
			t.Errorf("%s: machine alike %v, plan alike %v; want %v, %v", name, m, p, row.machine, row.plan)
		}
	}
}
