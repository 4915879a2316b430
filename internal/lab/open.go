package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/redis"
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
	urls := len(s.URLs) / len(s.Arms) // of each arm
	for n, spec := range s.Arms {
		a := &arm{ArmSpec: spec}
		for i := range max(urls, s.Instances) {
			in := &instance{lab: l, arm: a, name: fmt.Sprint(i + 1)}
			if urls > 0 {
				in.url = s.URLs[n*urls+i]
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
	if err := l.openDependencies(ctx); err != nil {
		return nil, err
	}
	if err := l.openProxies(); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, func(ctx context.Context) error { return l.stopInstances(ctx, true) }, l.unlock)
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

// openDependencies opens what each arm depends on, side by side.
func (l *Lab) openDependencies(ctx context.Context) error {
	l.say("redis: opening " + redis.Name(l.spec.Redis))
	l.closers = append(l.closers, func(ctx context.Context) error {
		return each(l.arms, func(a *arm) error {
			var errs []error
			for _, d := range a.dependencies {
				if d != nil {
					errs = append(errs, d.Close(ctx))
				}
			}
			return errors.Join(errs...)
		})
	})
	for _, a := range l.arms {
		if l.spec.stack != nil {
			if err := l.openProject(a); err != nil {
				return err
			}
		}
	}
	g, started := errgroup.WithContext(ctx)
	for _, a := range l.arms {
		a.dependencies = make([]dependency.Dependency, len(dependencies))
		for i, d := range dependencies {
			g.Go(func() (err error) {
				if a.dependencies[i], err = d.open(started, l, a); err != nil {
					return fmt.Errorf("%s of %s: %w", d.on, a.Name, err)
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, a := range l.arms {
		if a.project != nil {
			if err := l.openNeeds(ctx, a); err != nil {
				return fmt.Errorf("arm %s: %w", a.Name, err)
			}
		}
		for i, d := range a.dependencies {
			a.targets = append(a.targets, &target{site: site{spot: spot{arm: a.Name, on: dependencies[i].on}}, Target: d})
		}
	}
	return nil
}

// openProxies puts a clean proxy between each instance and each dependency that has an address.
func (l *Lab) openProxies() error {
	l.closers = append(l.closers, func(context.Context) error {
		return each(l.paths(), func(p *path) error { return p.own.Close() })
	})
	for _, a := range l.arms {
		for _, in := range a.instances {
			for i, d := range a.dependencies {
				if d.Addr() == "" {
					continue
				}
				p, err := l.openPath(a, in.name, dependencies[i].on, d.Addr())
				if err != nil {
					return err
				}
				in.paths = append(in.paths, p)
			}
			in.target = &target{site: site{spot: spot{a.Name, in.name, "instance"}}, Target: in}
		}
	}
	return nil
}

// unlock mends dependencies that are files before the instances end: these may need them to end well.
func (l *Lab) unlock(ctx context.Context) error {
	return each(l.arms, func(a *arm) error {
		var errs []error
		for _, d := range a.dependencies {
			if d.Addr() == "" {
				errs = append(errs, d.Mend(ctx))
			}
		}
		return errors.Join(errs...)
	})
}
