package claim

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/guard"
)

// assumed is what a claim takes for granted of the environment: that a cache is off where the scenario switches it off;
// where ages are held against a time to live of the environment, or loads counted that follow its end, that the service
// keeps to that; and where instances find what others have loaded, that it is in their Redis.
func assumed(t Text, holds *expr.Formula, s expr.Scope) guard.Assumed {
	calls := func(name string) bool {
		return slices.ContainsFunc(holds.Calls, func(c *expr.Call) bool { return c.Inner().Name == name })
	}
	a := guard.Assumed{Uncached: s.Uncached, Young: calls("oldest") && strings.Contains(t.Holds, "$TTL_"), Expire: calls("excess_loads"),
		Shared: calls("hits_elsewhere")}
	for _, phase := range slices.Sorted(maps.Keys(s.Uncached)) {
		if slices.ContainsFunc(holds.Calls, func(c *expr.Call) bool {
			return slices.ContainsFunc(c.Inner().Selectors, func(s expr.Selector) bool { return s.Has("phase") && s.Phase(phase) })
		}) {
			a.Baseline = append(a.Baseline, phase)
		}
	}
	var asked []string
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		ttl, err := time.ParseDuration(s.Env[name])
		if !strings.HasPrefix(name, "TTL_") || err != nil || ttl <= 0 {
			continue
		}
		a.Longest = max(a.Longest, ttl)
		if strings.Contains(t.Holds, "$"+name) || !strings.Contains(t.Holds, "$TTL_") {
			asked = append(asked, name+"="+s.Env[name])
		}
	}
	a.Asked = strings.Join(asked, ", ")
	from, to, ranged := strings.Cut(s.Env["DB_DELAY"], "-")
	if !ranged {
		to = from
	}
	least, err := time.ParseDuration(from)
	most, wrong := time.ParseDuration(to)
	if err == nil && wrong == nil {
		a.Delay = [2]time.Duration{least, most}
	}
	return a
}
