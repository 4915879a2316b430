package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/fault"
)

// choose lists the paths and the targets that a means; all of them exist, and can be given the fault.
func (l *Lab) choose(a Action) (paths []*path, targets []*target, err error) {
	switch {
	case a.Kind == "":
		err = l.spec.canHurt(a.On)
	case a.Heal:
		err = l.spec.Can(a.Kind, a.On)
	default:
		err = l.spec.CanDo(a)
	}
	if err != nil {
		return nil, nil, err
	}
	direct := slices.Contains(l.spec.kinds(a.On), a.Kind)
	if all := l.pathsTo(a.On); len(all) > 0 && !direct {
		if paths, err = pick(all, a); err != nil {
			return nil, nil, err
		}
	}
	if direct || a.Kind == "" && (len(paths) == 0 || len(a.Instances) == 0) {
		targets, err = pick(l.targets(a.On), a)
	}
	return paths, targets, err
}

// pick lists what of all a means.
func pick[T interface{ where() spot }](all []T, a Action) ([]T, error) {
	var chosen []T
	var arms, names []string
	found := map[string]bool{}
	for _, it := range all {
		at := it.where()
		if !slices.Contains(arms, at.arm) {
			arms = append(arms, at.arm)
		}
		if !slices.Contains(names, at.instance) {
			names = append(names, at.instance)
		}
		if (a.Arm == "" || a.Arm == at.arm) && (at.instance == "" || len(a.Instances) == 0 || slices.Contains(a.Instances, at.instance)) {
			chosen = append(chosen, it)
			found[at.instance] = true
		}
	}
	if a.Arm != "" && !slices.Contains(arms, a.Arm) {
		return nil, fmt.Errorf("no arm %q: there are %s", a.Arm, strings.Join(arms, ", "))
	}
	for _, name := range a.Instances {
		if !found[name] && !found[""] {
			return nil, fmt.Errorf("no instance %q: there are %s", name, strings.Join(names, ", "))
		}
	}
	return chosen, nil
}

// clear refuses f where another is on that it would contradict, and
// waits for the canaries of those that have just been lifted: they must not meet this one.
func (l *Lab) clear(ctx context.Context, paths []*path, targets []*target, f fault.Fault) error {
	var sites []*site
	for _, p := range paths {
		sites = append(sites, &p.site)
	}
	for _, t := range targets {
		sites = append(sites, &t.site)
	}
	// A path is as good as the dependency at its end.
	kind, _ := fault.Find(f.Kind)
	for _, p := range l.paths() {
		if slices.ContainsFunc(targets, func(t *target) bool { return t.on == p.on && t.arm == p.arm }) && !kind.Beside {
			sites = append(sites, &p.site)
		}
	}
	for _, t := range l.targets(f.On) {
		if slices.ContainsFunc(paths, func(p *path) bool { return p.on == t.on && p.arm == t.arm }) {
			sites = append(sites, &t.site)
		}
	}
	var errs []error
	for _, s := range sites { // what must not be on
		if t := s.trial; t != nil {
			errs = append(errs, fmt.Errorf("%v already has the fault %s: lift it first", t.spot, t.fault.Kind))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, s := range sites { // what must have been looked at
		if s.past == nil {
			continue
		}
		select {
		case <-s.past.quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
