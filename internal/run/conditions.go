package run

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// conditions are the lines under "measured under": what a reader must know to compare two runs.
func conditions(s *Saved, seen *loadSeen) []reports.Condition {
	out := []reports.Condition{
		{Name: "machine", Value: s.Machine.String()},
		{Name: "target", Value: s.Target},
		{Name: "seed", Value: strconv.FormatUint(s.Seed, 10)},
	}
	if s.Redis.Kind != "" {
		out = append(out, reports.Condition{Name: "redis", Value: strings.TrimSpace(s.Redis.Kind + " " + s.Redis.Version)})
	}
	if s.Stack != "" {
		out = append(out, reports.Condition{Name: "stack", Value: s.Stack})
	}
	for _, sc := range s.Scenarios {
		if r, ok := s.RedisOf[sc.Name]; ok {
			out = append(out, reports.Condition{Name: "redis of " + sc.Name, Value: r.Kind + ": " + r.Version})
		}
	}
	if s.Toxiproxy != "" {
		out = append(out, reports.Condition{Name: "toxiproxy", Value: s.Toxiproxy})
	}
	if len(s.Env) > 0 {
		out = append(out, reports.Condition{Name: "env", Value: assignments(s.Env), Detail: true})
	}
	if s.Contract != nil {
		out = append(out, reports.Condition{Name: "contract", Value: s.Contract.Line()})
	}
	for _, sc := range s.Scenarios {
		if s.Running {
			break // it does not have their environment
		}
		out = append(out, reports.Condition{Name: sc.Name, Value: strings.TrimSpace(fmt.Sprintf("%d instances %s", sc.Target.Instances, assignments(sc.Target.Env))), Detail: true})
	}
	if s.Engine != "" && s.Engine != load.Loop {
		out = append(out, reports.Condition{Name: "engine", Value: string(s.Engine)})
	}
	if seen.requests > 0 {
		out = append(out, reports.Condition{Name: "generator", Value: seen.String()})
	}
	return out
}

// assignments are variables in the order of their names: "A=1 B=2".
func assignments(env map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(env)) {
		out = append(out, k+"="+env[k])
	}
	return strings.Join(out, " ")
}

// TargetText says what was tested, without passwords.
func TargetText(l lab.Spec) string {
	switch {
	case len(l.URLs) > 0:
		return redact.Text(strings.Join(l.URLs, " "))
	case l.Compose != "" && l.Foreign():
		return l.Compose
	case len(l.Command) > 0:
		return redact.Text(strings.Join(l.Command, " "))
	}
	var each []string
	for _, a := range presentableArms(l.Arms) {
		if len(a.Command) > 0 {
			each = append(each, a.Name+": "+strings.Join(a.Command, " "))
		}
	}
	if len(each) > 0 {
		return strings.Join(each, "; ")
	}
	return "bench serve"
}

// presentableArms are the arms as they may be saved and shown.
func presentableArms(all []lab.ArmSpec) []lab.ArmSpec {
	out := slices.Clone(all)
	for i := range out {
		out[i].Command = slices.Clone(out[i].Command)
		for j, word := range out[i].Command {
			out[i].Command[j] = redact.Text(word)
		}
	}
	return out
}

// withoutPasswords is an environment as it may be saved and shown.
func withoutPasswords(env map[string]string) map[string]string {
	env = maps.Clone(env)
	for k, v := range env {
		env[k] = redact.Variable(k, v)
	}
	return env
}

// presentable are the scenarios as they may be saved and shown.
func presentable(all []*scenarios.Scenario) []*scenarios.Scenario {
	var out []*scenarios.Scenario
	for _, s := range all {
		c := *s
		c.Target.Env = withoutPasswords(s.Target.Env)
		c.Phases = slices.Clone(s.Phases)
		for i := range c.Phases {
			c.Phases[i].Env = withoutPasswords(c.Phases[i].Env)
		}
		out = append(out, &c)
	}
	return out
}
