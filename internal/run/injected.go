package run

import (
	"slices"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/scenarios"
)

// delays are the variables by which a scenario has its target add time, and
// where answers come from that contain it.
var delays = map[string]string{"DB_DELAY": "database", "AI_DELAY": "ai"}

// injected lists the delays that are part of what c measures: such a figure is
// modelled, not only measured.
func injected(s *scenarios.Scenario, c *claim.Claim) []string {
	var out []string
	note := func(env map[string]string) {
		for k, source := range delays {
			if v := env[k]; v != "" && c.Times(source) && !slices.Contains(out, k+"="+v) {
				out = append(out, k+"="+v)
			}
		}
	}
	note(s.Target.Env)
	for _, p := range s.Phases {
		note(p.Env)
	}
	slices.Sort(out)
	return out
}
