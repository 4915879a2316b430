package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trektribe/bench/internal/fault"
)

// Fresh brings every arm to a fresh state: instances stopped, Redis flushed, database new,
// instances started with env on top of the Spec's, and ready. Faults are lifted without a record
// of it; those that nobody settled are judged as they stand. Instances that already ran are only
// asked whether they are ready. After an error no instance runs; Fresh may be tried again.
//
// faults are done when all that is whole and before any instance starts, and are on when Fresh returns.
// That an instance does not get ready under them, or with an env though it was ready before without,
// is then what there is to see, and no error: it is recorded as history.Process "not ready", has its
// URL, and may get ready later.
//
// Instances are killed, not asked to go: all they hold is thrown away here, and a service's
// graceful end would be paid for in every round. Close asks.
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
		if err := l.liftAll(ctx); err != nil {
			return err
		}
		return each(l.arms[0].instances, func(in *instance) error {
			return waitReady(ctx, in.at(), l.spec.ReadyIn, nil)
		})
	}
	if err := checkEnv(env); err != nil {
		return err
	}
	began := time.Now()
	if err := l.stopInstances(ctx, false); err != nil {
		return err
	}
	if err := l.liftAll(ctx); err != nil {
		return err
	}
	if err := each(l.arms, func(a *arm) error { return l.renew(ctx, a) }); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			l.stopInstances(ctx, false)
		}
	}()
	// The first of each arm makes the database; the others would meet it half made. It costs nothing: with two
	// arms of two instances on two cores, all at once took as long (medians of 10 in a busy hour: 201 ms, at once 237).
	first := func(in *instance) bool { return in == in.arm.instances[0] }
	l.countUses()
	if err := l.hurtFirst(ctx, env, faults); err != nil {
		return err
	}
	for _, turn := range []bool{true, false} {
		g, ctx := errgroup.WithContext(ctx)
		for _, a := range l.arms {
			for _, in := range a.instances {
				if first(in) == turn {
					g.Go(func() error {
						err := l.startInstance(ctx, in, env)
						if len(faults) > 0 || len(env) > 0 && a.stood {
							err = l.bear(in, err)
						}
						return err
					})
				}
			}
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	for _, a := range l.arms {
		a.stood = a.stood || len(env) == 0 && !slices.ContainsFunc(a.instances, (*instance).unready)
	}
	l.say(fmt.Sprintf("%d arms × %d instances: %s in %v", len(l.arms), l.spec.Instances, l.readiness(), time.Since(began).Round(time.Millisecond)))
	return nil
}

// liftAll makes every Redis and every database whole and every proxy clean.
func (l *Lab) liftAll(ctx context.Context) error {
	for _, v := range l.victims("instance") { // they are started afresh
		v.sick, v.unready, v.trial = false, false, nil
	}
	err := each(append(l.victims("redis"), l.victims("database")...), func(v *victim) error {
		if v.sick {
			if err := l.mend(ctx, v); err != nil {
				return fmt.Errorf("lift the faults on %v: %w", v.spot, err)
			}
		}
		v.trial = nil
		return nil
	})
	if err != nil {
		return err
	}
	return each(l.links(), func(k *link) error {
		if err := k.proxy.Apply(ctx, fault.Fault{}); err != nil {
			return fmt.Errorf("lift the faults on %v: %w", k.spot, err)
		}
		k.trial = nil
		return nil
	})
}

// renew empties the arm's Redis and gives it a new database.
func (l *Lab) renew(ctx context.Context, a *arm) error {
	if err := a.redis.flush(ctx); err != nil {
		return fmt.Errorf("arm %s: %w", a.Name, err)
	}
	if a.database != "" {
		if err := os.RemoveAll(a.database); err != nil {
			return fmt.Errorf("remove the database of %s: %w", a.Name, err)
		}
	}
	a.fresh++
	a.database = filepath.Join(l.tmp, a.Name, fmt.Sprintf("db-%d", a.fresh))
	if err := os.MkdirAll(a.database, 0o700); err != nil {
		return fmt.Errorf("make the database directory of %s: %w", a.Name, err)
	}
	return nil
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
