package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/fault"
)

// choose lists the links and the victims that a means; all of them exist, and can be given the fault.
func (l *Lab) choose(a Action) ([]*link, []*victim, error) {
	if a.Kind == "" {
		if err := l.spec.canHurt(a.On); err != nil {
			return nil, nil, err
		}
	} else if a.Heal {
		if err := l.spec.Can(a.Kind, a.On); err != nil {
			return nil, nil, err
		}
	} else if err := l.spec.CanDo(a); err != nil {
		return nil, nil, err
	}
	var links []*link
	var victims []*victim
	var err error
	does := l.spec.mechanism(a.Kind, a.On)
	if does == nil && a.On == "redis" {
		if links, err = pick(l.links(), a); err != nil {
			return nil, nil, err
		}
	}
	if does != nil || a.Kind == "" && (a.On != "redis" || len(a.Instances) == 0) {
		victims, err = pick(l.victims(a.On), a)
	}
	return links, victims, err
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
func (l *Lab) clear(ctx context.Context, links []*link, victims []*victim, f fault.Fault) error {
	var near []*trial // what must not be on
	var past []*trial // what must have been looked at
	for _, p := range links {
		near, past = append(near, p.trial), append(past, p.past)
	}
	for _, v := range victims {
		near, past = append(near, v.trial), append(past, v.past)
	}
	// A path is as good as the Redis at its end.
	kind, _ := fault.Find(f.Kind)
	for _, p := range l.links() {
		if slices.ContainsFunc(victims, func(v *victim) bool { return v.store != nil && v.arm == p.arm }) && !kind.Beside {
			near, past = append(near, p.trial), append(past, p.past)
		}
	}
	for _, v := range l.victims("redis") {
		if slices.ContainsFunc(links, func(p *link) bool { return p.arm == v.arm }) {
			near, past = append(near, v.trial), append(past, v.past)
		}
	}
	var errs []error
	for _, t := range near {
		if t != nil {
			errs = append(errs, fmt.Errorf("%v already has the fault %s: lift it first", t.spot, t.fault.Kind))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, t := range past {
		if t == nil {
			continue
		}
		select {
		case <-t.quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
