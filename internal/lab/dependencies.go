package lab

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/lab/sqlite"
)

// dependencies are what the lab gives each arm that it starts instances of. A proxy is put before each that has an address.
var dependencies = []struct {
	on    string                // one of fault.Targets
	kinds func(s Spec) []string // of faults that are done to it itself
	can   func(s Spec) error    // why nothing can be done to it; nil: something always can
	open  func(context.Context, *Lab, *arm) (dependency.Dependency, error)
}{
	{
		on:    "redis",
		kinds: func(s Spec) []string { return redis.Kinds(s.Redis) },
		open:  openRedis,
	},
	{
		on:    "database",
		kinds: func(Spec) []string { return sqlite.Kinds() },
		can: func(s Spec) error {
			if s.Compose != "" {
				return errors.New("the database of a compose file is its own: no fault is done to it")
			}
			return sqlite.Can(s.Env)
		},
		open: func(_ context.Context, l *Lab, a *arm) (dependency.Dependency, error) {
			return sqlite.New(a.Name, filepath.Join(l.tmp, a.Name)), nil
		},
	},
}

func openRedis(ctx context.Context, l *Lab, a *arm) (dependency.Dependency, error) {
	name := a.Name + "-redis"
	return redis.Open(ctx, l.spec.Redis, redis.Options{
		Name: name, Log: l.logOf(name), Dir: filepath.Join(l.tmp, a.Name, "redis"),
		Self: l.spec.Self, Env: cleanEnviron(), Lease: l.lease, Ports: l.ports, Project: a.project,
		Primary: func(name string) {
			l.record(history.Event{Kind: history.Primary, Arm: a.Name, On: "redis", Name: name, At: l.now()})
		},
	})
}

// A Log is where an instance writes, from where on, and what it must not show.
type Log struct {
	Arm, Instance, Path string
	From                int64
	Hidden              []string
}

// Logs lists the logs of all instances; none of those that already ran.
func (l *Lab) Logs() []Log {
	var all []Log
	for _, a := range l.arms {
		for _, in := range a.instances {
			if p := in.running(); p != nil {
				all = append(all, Log{Arm: a.Name, Instance: in.name, Path: p.Log, From: p.LogFrom(), Hidden: p.Hidden})
			}
		}
	}
	return all
}

// A Store is the Redis of an arm.
type Store struct {
	Arm, On string
	*redis.Store
}

// Stores lists the Redis of every arm; none where the instances already ran.
func (l *Lab) Stores() []Store {
	var all []Store
	for _, a := range l.arms {
		for i, d := range a.dependencies {
			if s, ok := d.(*redis.Store); ok {
				all = append(all, Store{a.Name, dependencies[i].on, s})
			}
		}
	}
	return all
}
