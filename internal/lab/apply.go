package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/proxy"
)

// An Action is something done to the world.
type Action struct {
	Arm       string   // empty: all
	Instances []string // empty: all
	On        string   // "redis"
	Fault     proxy.Fault
	Planned   time.Duration // on the clock
	Heal      bool          // Fault is being lifted; an empty Fault.Kind lifts whatever is on
}

// A link is the path from one instance to one dependency.
type link struct {
	arm, instance, on string
	proxy             *proxy.Proxy
	used              int64  // connections of the service that the proxy had seen before the last Fresh
	trial             *trial // of the fault that is on; nil: none; under the lab's applying
	past              *trial // of the fault before, whose canaries may still look at its end
}

// bypassed reports whether the service has not used the path since it was started.
func (k *link) bypassed() bool { return k.proxy.Stats().Used == k.used }

func openLink(arm, instance, on, upstream string) (*link, error) {
	p, err := proxy.Open(arm+"-"+instance+"-"+on, upstream)
	if err != nil {
		return nil, fmt.Errorf("open the proxy between %s-%s and %s: %w", arm, instance, on, err)
	}
	return &link{arm: arm, instance: instance, on: on, proxy: p}, nil
}

// Apply does a on all chosen paths at once. It records history.FaultOn or FaultOff for each
// proxy, and has every fault proved by canaries: what they meet before, during and after it is
// recorded as history.Canary, the conclusion as history.Delivery, all of it by the time Settle
// returns. Its error names every path on which it was not done; a path that has a fault cannot
// be given another before the first is lifted. Lifting where nothing is on does nothing.
func (l *Lab) Apply(ctx context.Context, a Action) error {
	links, err := l.choose(a)
	if err != nil {
		return err
	}
	l.applying.Lock()
	defer l.applying.Unlock()
	ctx, cancel := l.bind(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil && !a.Heal {
		return err
	}
	if a.Heal {
		return each(links, func(k *link) error { return l.lift(ctx, k, a) })
	}
	if a.Fault.Kind == "" {
		return errors.New("a fault without a kind: say what to do, or Heal")
	}
	if err := a.Fault.Check(); err != nil {
		return err
	}

	// In two steps, so that the canaries, which take a moment, do not spread the faults in time.
	for _, k := range links {
		if k.trial != nil {
			err = errors.Join(err, fmt.Errorf("%s of %s-%s already has the fault %s: lift it first", k.on, k.arm, k.instance, k.trial.fault.Kind))
		}
	}
	if err != nil {
		return err
	}
	// The canaries of a fault that has just been lifted must not meet this one.
	for _, k := range links {
		if k.past != nil {
			select {
			case <-k.past.done:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	var trials []*trial
	for _, k := range links {
		trials = append(trials, newTrial(k, a))
	}
	each(trials, func(t *trial) error { l.before(ctx, t); return nil })
	return each(trials, func(t *trial) error { return l.hurt(ctx, t) })
}

// choose lists the links that a means; all of them exist.
func (l *Lab) choose(a Action) ([]*link, error) {
	if len(l.spec.URLs) > 0 {
		return nil, errors.New("faults on redis need the harness between service and redis, and instances that already run (--target-url) " +
			"are not: let the harness start the service (--target-cmd)")
	}
	if a.On != "redis" {
		return nil, fmt.Errorf("no dependency %q to hurt: there is redis", a.On)
	}
	var links []*link
	var arms, names []string
	found := map[string]bool{}
	for _, k := range l.links() {
		if !slices.Contains(arms, k.arm) {
			arms = append(arms, k.arm)
		}
		if !slices.Contains(names, k.instance) {
			names = append(names, k.instance)
		}
		if (a.Arm == "" || a.Arm == k.arm) && (len(a.Instances) == 0 || slices.Contains(a.Instances, k.instance)) {
			links = append(links, k)
			found[k.instance] = true
		}
	}
	if a.Arm != "" && !slices.Contains(arms, a.Arm) {
		return nil, fmt.Errorf("no arm %q: there are %s", a.Arm, strings.Join(arms, ", "))
	}
	for _, name := range a.Instances {
		if !found[name] {
			return nil, fmt.Errorf("no instance %q: there are %s", name, strings.Join(names, ", "))
		}
	}
	return links, nil
}

// hurt switches t's fault on and has it watched.
func (l *Lab) hurt(ctx context.Context, t *trial) error {
	k := t.link
	t.on = l.spec.Clock.Now()
	err := k.proxy.Apply(ctx, t.fault)
	until := l.spec.Clock.Now()
	if err != nil {
		// It may be half on. Whether or not this mends it, the caller cannot count on the fault.
		heal, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
		defer cancel()
		err = errors.Join(err, k.proxy.Apply(heal, proxy.Fault{}))
		if t.old != nil {
			t.old.Close()
		}
		return fmt.Errorf("%s on %s of %s-%s: %w", t.fault.Kind, k.on, k.arm, k.instance, err)
	}
	l.record(history.Event{Kind: history.FaultOn, Arm: k.arm, Instance: k.instance, Name: t.fault.Kind, On: k.on,
		Planned: t.planned, At: t.on, Until: until, Detail: parameters(t.fault)})
	k.trial = t
	l.trials.add(t)
	go l.watch(t)
	return nil
}

// lift switches k's fault off, if it has the one that a means. That nothing is on is no error:
// a caller that cleans up need not know how far it came.
func (l *Lab) lift(ctx context.Context, k *link, a Action) error {
	t := k.trial
	if t == nil {
		return nil
	}
	if a.Fault.Kind != "" && a.Fault.Kind != t.fault.Kind {
		return fmt.Errorf("lift %s on %s of %s-%s: %s is on there", a.Fault.Kind, k.on, k.arm, k.instance, t.fault.Kind)
	}
	t.stop() // a probe that is under way would meet both the fault and its end
	at := l.spec.Clock.Now()
	if err := k.proxy.Apply(ctx, proxy.Fault{}); err != nil {
		return fmt.Errorf("lift %s on %s of %s-%s: %w", t.fault.Kind, k.on, k.arm, k.instance, err)
	}
	l.record(history.Event{Kind: history.FaultOff, Arm: k.arm, Instance: k.instance, Name: t.fault.Kind, On: k.on,
		Planned: a.Planned, At: at, Until: l.spec.Clock.Now()})
	k.trial, k.past = nil, t
	t.conclude(true)
	return nil
}

// parameters is a fault's parameters, for people.
func parameters(f proxy.Fault) string {
	if f.Delay == 0 && f.Jitter == 0 {
		return ""
	}
	return fmt.Sprintf("delay %v ± %v, seed %d", f.Delay, f.Jitter, f.Seed)
}
