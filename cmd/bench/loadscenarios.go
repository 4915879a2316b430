package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/lanes"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// loadAll loads the named scenarios and those of named groups, or the whole
// library, under a profile; empty: as they stand.
func loadAll(names []string, profile string) ([]*scenarios.Scenario, error) {
	if len(names) == 0 {
		names = scenarios.Library()
	}
	var out []*scenarios.Scenario
	var errs []error
	seen := map[string]bool{}
	profiled := false
	for _, n := range names {
		members := scenarios.InGroup(n)
		if len(members) == 0 {
			members = []string{n}
		}
		for _, n := range members {
			loaded, err := scenarios.LoadProfile(n, profile)
			if err != nil {
				if !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
					errs = append(errs, err)
				}
				continue
			}
			for _, s := range loaded {
				if seen[s.Name] {
					errs = append(errs, fmt.Errorf("scenario %s is named twice", s.Name))
				}
				seen[s.Name] = true
				profiled = profiled || s.Profile != ""
				out = append(out, s)
			}
		}
	}
	if profile == "nightly" && !profiled && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("none of the scenarios has the profile %s", profile))
	}
	return out, errors.Join(errs...)
}

// fitting leaves out scenarios that need more than n instances, unless they were
// named. n below 1 is no limit.
func fitting(all []*scenarios.Scenario, names []string, n int, say func(string)) []*scenarios.Scenario {
	return slices.DeleteFunc(slices.Clone(all), func(s *scenarios.Scenario) bool {
		out := n > 0 && s.Needs() > n && !slices.Contains(names, s.Name) && !slices.Contains(names, s.File)
		if out {
			say(fmt.Sprintf("%s is left out: it needs %d instances, and there are %d", s.Name, s.Needs(), n))
		}
		return out
	})
}

// doable leaves out scenarios with a fault that needs another Redis than the lab's. Where the service is somebody else's,
// it leaves out two sorts more: those that judge how Redis keeps its log, as what is set and what is lost are bench's own,
// and those that hurt the database, which is elsewhere as a rule. Not if they were named.
func doable(all []*scenarios.Scenario, names []string, spec lab.Spec, say func(string)) []*scenarios.Scenario {
	return slices.DeleteFunc(slices.Clone(all), func(s *scenarios.Scenario) bool {
		if len(spec.URLs) > 0 || slices.Contains(names, s.Name) || slices.Contains(names, s.File) {
			return false // what a service that already runs cannot be put through is told of each claim
		}
		if err := redis.Check(s.Target.Redis); s.Target.Redis != "" && err != nil {
			say(fmt.Sprintf("%s is left out: %v", s.Name, err))
			return true
		}
		for _, p := range s.Phases {
			for _, f := range p.Faults {
				err := run.LabOf(spec, s).Can(f.Kind, f.On)
				switch theirs := err == nil && len(spec.Command) > 0; {
				case theirs && f.Fsync != "":
					err = errors.New("it judges how Redis keeps its log, and not your service: name it to play it")
				case theirs && f.On == "database":
					err = errors.New("it locks the SQLite file at SQLITE_PATH: name it if your service keeps its data there")
				}
				if err != nil {
					say(fmt.Sprintf("%s is left out: %v", s.Name, err))
					return true
				}
			}
		}
		return false
	})
}

// howLong says how long a run takes, and what its profile leaves undecided. It refuses one that may take longer than
// the budget; 0: the profile's own.
func howLong(all []*scenarios.Scenario, spec lab.Spec, profile string, budget time.Duration) ([]string, error) {
	order := lanes.Of(all, spec)
	least, most := order.Takes(all)
	says := []string{fmt.Sprintf("this takes %s to %s", reports.Span(least), reports.Span(most))}
	if len(order.Lanes) > 1 {
		var lines []string
		for _, lane := range order.Lanes {
			line := all[lane[0]].Name
			if len(lane) > 1 {
				line = fmt.Sprintf("%d scenarios without response times", len(lane))
			}
			lines = append(lines, line)
		}
		says = append(says, "in the end side by side: "+strings.Join(lines, ", "))
	}
	whose := ""
	if p, err := scenarios.FindProfile(profile); err == nil {
		ids, of := lanes.Intervals(all)
		says = append(says, fmt.Sprintf("%s leaves undecided, of the %d of %d claims that an interval decides: %s", p.Name, len(ids), of, p.Leaves))
		if p.Named && len(ids) > 0 {
			says = append(says, "these are: "+strings.Join(ids, ", "))
		}
		if budget == 0 {
			budget, whose = p.Budget, " of "+p.Name
		}
	}
	if budget > 0 && most > budget {
		return nil, fmt.Errorf("this may take %s, and the budget%s is %s: name fewer scenarios, or give --budget", reports.Span(most), whose, reports.Span(budget))
	}
	if budget > 0 {
		says[0] += fmt.Sprintf(", of a budget of %s", reports.Span(budget))
	}
	return says, nil
}
