package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/trektribe/bench/internal/lab/process"
)

// Open opens everything but the instances' processes (Fresh starts these). When it
// returns an error, or ctx ends while it works, nothing that it opened is left.
func Open(ctx context.Context, s Spec) (_ *Lab, err error) {
	s, err = s.check(ctx)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background())
	l := &Lab{spec: s, ports: process.NewPorts(), end: end}
	l.bind = func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		if life.Err() != nil {
			cancel() // at once: AfterFunc would take a moment
		}
		stop := context.AfterFunc(life, cancel)
		return ctx, func() { stop(); cancel() }
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	for _, spec := range s.Arms {
		a := &arm{ArmSpec: spec}
		for i := range max(len(s.URLs), s.Instances) {
			in := &instance{arm: a, name: fmt.Sprint(i + 1)}
			if len(s.URLs) > 0 {
				in.url = s.URLs[i]
			}
			a.instances = append(a.instances, in)
		}
		l.arms = append(l.arms, a)
	}
	if len(s.URLs) > 0 {
		if len(s.Toxiproxy) > 0 {
			err = l.openRemotes(ctx)
		}
		return l, err
	}
	if err := l.openGround(); err != nil {
		return nil, err
	}
	if err := l.openRedis(ctx); err != nil {
		return nil, err
	}
	if err := l.openProxies(); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, func(ctx context.Context) error { return l.stopInstances(ctx, true) })
	for _, a := range l.arms {
		base := &database{arm: a}
		a.base = &victim{spot: spot{arm: a.Name, on: "database"}, base: base}
		l.closers = append(l.closers, func(context.Context) error { return base.unlock() }) // an instance may need it to end well
	}
	return l, ctx.Err()
}

// openGround opens what all the rest stands on: the watchdog, which is told of
// everything before it exists or at once after, the temporary and the log directory.
func (l *Lab) openGround() error {
	err := l.openLease()
	if err != nil {
		return err
	}
	if l.tmp, err = l.lease.TempDir(); err != nil {
		return err
	}
	l.closers = append(l.closers, func(context.Context) error { return os.RemoveAll(l.tmp) })
	if err := os.MkdirAll(filepath.Join(l.spec.Dir, "logs"), 0o755); err != nil {
		return fmt.Errorf("make the log directory: %w", err)
	}
	return nil
}

// openLease has whatever the lab leaves behind ended.
func (l *Lab) openLease() (err error) {
	if l.lease, err = process.Open(l.spec.Self, cleanEnviron()); err == nil {
		l.closers = append(l.closers, l.lease.Close)
	}
	return err
}

// openRedis opens every arm's Redis, side by side.
func (l *Lab) openRedis(ctx context.Context) error {
	l.say("redis: opening " + redisName(l.spec.Redis))
	l.closers = append(l.closers, func(ctx context.Context) error {
		return each(l.arms, func(a *arm) error {
			if a.redis == nil {
				return nil
			}
			return a.redis.close(ctx)
		})
	})
	g, ctx := errgroup.WithContext(ctx)
	for _, a := range l.arms {
		g.Go(func() (err error) {
			if a.redis, err = l.openStore(ctx, a.Name); err != nil {
				return fmt.Errorf("redis of %s: %w", a.Name, err)
			}
			a.victim = &victim{spot: spot{arm: a.Name, on: "redis"}, store: a.redis}
			return nil
		})
	}
	return g.Wait()
}

// openProxies puts a clean proxy between each instance and its Redis.
func (l *Lab) openProxies() error {
	l.closers = append(l.closers, func(context.Context) error {
		return each(l.links(), func(k *link) error { return k.own.Close() })
	})
	for _, a := range l.arms {
		for _, in := range a.instances {
			k, err := openLink(a.Name, in.name, "redis", a.redis.addr)
			if err != nil {
				return err
			}
			in.link = k
			in.victim = &victim{spot: spot{a.Name, in.name, "instance"}, inst: in}
		}
	}
	return nil
}
