package lab

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trektribe/bench/internal/fault"
)

// Fresh brings every arm to a fresh state. It stops the instances, lifts all faults without a record of it,
// empties the dependencies, and starts the instances with env on top of the Spec's. It returns when they are
// ready. Faults that were not settled are judged as they stand. Instances that already ran are only asked
// whether they are ready. After an error no instance runs; Fresh may be tried again.
//
// faults are done before any instance starts, and are on when Fresh returns. If an instance does not get
// ready under them, or with an env though it was ready before without, that is an observation and no error:
// it is recorded as history.Process "not ready". The instance has its URL, and may get ready later.
//
// Instances are killed, not asked to go: all that they hold is thrown away here, and each round would pay
// for a service's graceful end. Close asks.
func (l *Lab) Fresh(ctx context.Context, env map[string]string, faults ...Action) (err error) {
	l.fresh.Lock()
	defer l.fresh.Unlock()
	defer func() { err = l.orLost(err) }()
	ctx, cancel := l.bind(ctx)
	defer cancel()
	l.applying.Lock() // no fault starts an instance while this ends it
	defer l.applying.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start afresh: %w", err)
	}
	if err := l.trials.settle(ctx); err != nil {
		return err
	}
	if len(l.spec.URLs) > 0 {
		return l.askAgain(ctx)
	}
	if err := checkEnv(env); err != nil {
		return err
	}
	began := time.Now()
	if err := l.renew(ctx); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			l.stopInstances(ctx, false)
		}
	}()
	for _, a := range l.arms {
		for _, in := range a.instances {
			in.countUses()
		}
	}
	l.recordWatched()
	if err := l.ready(ctx); err != nil {
		return err
	}
	if err := l.hurtFirst(ctx, env, faults); err != nil {
		return err
	}
	if err := l.startInstances(ctx, env, len(faults) > 0); err != nil {
		return err
	}
	for _, a := range l.arms {
		a.stood = a.stood || len(env) == 0 && !slices.ContainsFunc(a.instances, (*instance).unready)
	}
	l.say(fmt.Sprintf("%d arms × %d instances: %s in %v", len(l.arms), l.spec.Instances, l.readiness(), time.Since(began).Round(time.Millisecond)))
	return nil
}

// Ahead says which faults the segment has that begins with the next Fresh: some need a target that is ready for them.
func (l *Lab) Ahead(faults []fault.Fault) {
	l.fresh.Lock()
	defer l.fresh.Unlock()
	l.ahead = faults
}

// ready readies the targets for what is ahead.
func (l *Lab) ready(ctx context.Context) error {
	for _, f := range l.ahead {
		for _, t := range l.targets(f.On) {
			if m := t.mechanism(f.Kind); m != nil && m.Before != nil {
				if err := m.Before(ctx, f); err != nil {
					return fmt.Errorf("ready %v for %s: %w", t.spot, f.Kind, err)
				}
			}
		}
	}
	return nil
}

// askAgain lifts the faults on a service that already ran, and waits until it is ready.
func (l *Lab) askAgain(ctx context.Context) error {
	if err := l.liftAll(ctx); err != nil {
		return err
	}
	return each(l.arms, func(a *arm) error {
		return each(a.instances, func(in *instance) error {
			return l.spec.Ready.waitReady(ctx, in.at(), l.spec.ReadyIn, nil)
		})
	})
}

// renew stops the instances, lifts all faults and empties every dependency.
func (l *Lab) renew(ctx context.Context) error {
	if err := l.stopInstances(ctx, false); err != nil {
		return err
	}
	if err := l.liftAll(ctx); err != nil {
		return err
	}
	return each(l.arms, func(a *arm) error {
		for _, d := range a.dependencies {
			if err := d.Renew(ctx); err != nil {
				return fmt.Errorf("arm %s: %w", a.Name, err)
			}
		}
		return l.renewNeeds(ctx, a)
	})
}

// A start is what the instances are started with while a fault is on already.
type start struct{ env map[string]string }

// hurtFirst does the faults that are to be on before the instances start.
func (l *Lab) hurtFirst(ctx context.Context, env map[string]string, faults []Action) error {
	for _, a := range faults {
		if a.Heal || a.On == "instance" {
			return fmt.Errorf("%s on %s is not for before the instances start", a.Kind, a.On)
		}
		a.Planned = l.now()
		if err := l.apply(ctx, a, &start{env}); err != nil {
			return fmt.Errorf("before the instances start: %w", err)
		}
	}
	return nil
}

// startInstances starts the first instance of each arm, and then the others: the first makes the database, and they would
// meet it half made. It costs nothing: with two arms of two instances on two cores, all at once took as long
// (medians of 10 in a busy hour: 201 ms, at once 237). hurt: a fault is on already.
func (l *Lab) startInstances(ctx context.Context, env map[string]string, hurt bool) error {
	var first, others []*instance
	for _, a := range l.arms {
		first = append(first, a.instances[0])
		others = append(others, a.instances[1:]...)
	}
	for _, turn := range [][]*instance{first, others} {
		g, ctx := errgroup.WithContext(ctx)
		for _, in := range turn {
			g.Go(func() error {
				err := in.startAnywhere(ctx, env)
				if hurt || len(env) > 0 && in.arm.stood {
					err = in.mayBeUnready(err)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// liftAll makes every dependency whole and every proxy clean.
func (l *Lab) liftAll(ctx context.Context) error {
	for _, t := range l.targets("instance") { // they are started afresh
		t.broken, t.unready, t.trial = false, false, nil
	}
	var targets []*target
	for _, a := range l.arms {
		targets = append(targets, a.targets...)
	}
	err := each(targets, func(t *target) error {
		if t.broken {
			if err := t.mend(ctx); err != nil {
				return fmt.Errorf("lift the faults on %v: %w", t.spot, err)
			}
		}
		t.trial = nil
		return nil
	})
	if err != nil {
		return err
	}
	return each(l.paths(), func(p *path) error {
		if err := p.proxy.Apply(ctx, fault.Fault{}); err != nil {
			return fmt.Errorf("lift the faults on %v: %w", p.spot, err)
		}
		p.trial = nil
		return nil
	})
}

// stopInstances ends all instances side by side; gently: SIGTERM first.
func (l *Lab) stopInstances(ctx context.Context, gently bool) error {
	var all []*instance
	for _, a := range l.arms {
		all = append(all, a.instances...)
	}
	return each(all, func(in *instance) error {
		p := in.running()
		var err error
		if gently {
			err = p.Stop(ctx)
		} else {
			err = p.Kill()
		}
		if err == nil {
			in.mu.Lock()
			in.started = nil
			in.mu.Unlock()
		}
		return err
	})
}
