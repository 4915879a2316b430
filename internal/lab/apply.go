package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// An Action is a fault that begins or ends.
type Action struct {
	fault.Fault                         // its Start and From are not looked at: it is done now. An empty Kind with Heal: whatever is on
	Arm         string                  // empty: all
	Planned     time.Duration           // on the clock
	Heal        bool                    // the fault is lifted
	Begins      func(now time.Duration) // called when the canaries have been asked, and the fault is switched on next; nil: nobody is told
}

// Apply does a on all chosen paths, or to all chosen targets, at once. It records history.FaultOn or
// FaultOff for each. Canaries prove every fault: what they meet before, during and after it is recorded as
// history.Canary, the conclusion as history.Delivery, all of it by the time Settle returns. The error names
// each path and target that a was not done to. One that has a fault gets no other before the first is
// lifted. Lifting where nothing is on does nothing. A fault that ctx cuts short is undone.
//
// A fault on a dependency is recorded without an instance, since it is every instance's. Lifting starts a
// process that was killed again, on the same port; it answers when Apply returns. If an instance does not
// get ready then, the error is an ErrNotReady, and the fault is over all the same. An instance that had
// exited by itself, or had not come up again, is not hurt and not started again; that is no error, and a
// fault that would have ended it counts as delivered. Faults that are over as soon as they are done
// (restarted, reloaded, flushed) are lifted at once.
func (l *Lab) Apply(ctx context.Context, a Action) error {
	l.applying.Lock()
	defer l.applying.Unlock()
	ctx, cancel := l.bind(ctx)
	defer cancel()
	return l.orLost(l.apply(ctx, a, nil))
}

// apply is Apply without its lock, which the caller holds. start: the instances are not started yet.
func (l *Lab) apply(ctx context.Context, a Action, start *start) error {
	paths, targets, err := l.choose(a)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil && !a.Heal {
		return err
	}
	if a.Heal {
		return errors.Join(
			each(paths, func(p *path) error { return p.lift(ctx, a) }),
			each(targets, func(t *target) error { return t.lift(ctx, a) }))
	}
	var trials []*trial
	for _, p := range paths {
		t := l.newTrial(p.spot, a)
		t.path, t.start = p, start
		trials = append(trials, t)
	}
	for _, v := range targets {
		t := l.newTrial(v.spot, a)
		t.target, t.does = v, v.mechanism(a.Kind)
		trials = append(trials, t)
	}
	if err := a.check(trials); err != nil {
		return err
	}
	if err := l.clear(ctx, paths, targets, a.Fault); err != nil {
		return err
	}

	// In two steps, so that the canaries, which take a moment, do not spread the faults in time.
	each(trials, func(t *trial) error {
		if t.target != nil {
			t.proveTarget(ctx)
		} else {
			t.provePath(ctx)
		}
		return nil
	})
	if a.Begins != nil {
		a.Begins(l.now())
	}
	return each(trials, func(t *trial) error {
		if t.target != nil {
			return t.hurtTarget(ctx)
		}
		return t.hurtPath(ctx)
	})
}

// check says what is wrong with a's fault, or what it lacks or has too much of; nil: it can be done.
func (a Action) check(trials []*trial) error {
	if a.Kind == "" {
		return errors.New("a fault without a kind: say what to do, or Heal")
	}
	if err := a.Check(); err != nil {
		return err
	}
	for _, t := range trials {
		switch {
		case t.does == nil:
		case t.does.Timed && a.For <= 0:
			return fmt.Errorf("%s on %s ends by its own time: say how long (For)", a.Kind, a.On)
		case a.On == "redis" && len(a.Instances) > 0:
			return fmt.Errorf("%s on redis is done to the one Redis of all instances: name no instances, or choose a fault of the path to it (%s)",
				a.Kind, strings.Join(fault.PathNames(), ", "))
		case a.On != "instance" && len(a.Instances) > 0:
			return fmt.Errorf("%s on %s is done to the one %s of all instances: name no instances", a.Kind, a.On, a.On)
		}
	}
	return nil
}
