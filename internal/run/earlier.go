package run

import (
	"slices"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/run/before"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// earlier are the runs beside dir that came before it and played the same scenarios against the same arms. What the
// claims are held to may have changed: that is a change that a reader wants to see.
func earlier(dir string, s *Saved) []reports.Earlier {
	return before.Runs(dir, func(other string) bool {
		o, err := ReadSaved(other)
		return err == nil && o.Started.Before(s.Started) && o.Target == s.Target && o.Redis.Kind == s.Redis.Kind && slices.EqualFunc(o.Arms, s.Arms, sameArm) &&
			slices.EqualFunc(o.Scenarios, s.Scenarios, func(x, y *scenarios.Scenario) bool { return x.Name == y.Name && x.Profile == y.Profile })
	})
}

func sameArm(a, b lab.ArmSpec) bool {
	return a.Name == b.Name && a.Policy == b.Policy && a.Mutant == b.Mutant && slices.Equal(a.Command, b.Command)
}

// plans are the scenarios as a reader can play them again.
func plans(s *Saved) (out []reports.Plan) {
	c := before.Command{Target: s.Target, Running: s.Running, Toxiproxy: s.Toxiproxy, Alerts: s.Alerts, Redis: s.Redis.Kind, Contract: s.Contract != nil, Env: s.Env, Seed: s.Seed}
	for _, a := range s.Arms {
		c.Arms = append(c.Arms, a.Name)
	}
	for _, sc := range s.Scenarios {
		c.Profile, c.Scenario = sc.Profile, sc.Name
		if !slices.Contains(scenarios.Library(), sc.Name) {
			c.Scenario = sc.File
		}
		out = append(out, reports.Plan{Scenario: sc.Name, About: sc.About, Command: c.String(), Short: before.Shortened(sc.Target.Env)})
	}
	return out
}
