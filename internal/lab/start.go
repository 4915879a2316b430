package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// bypass is the flaw of a fault that cannot have reached the service.
const bypass = "the service never connected to Redis through its proxy"

// A start is what the instances are started with while a fault is on already.
type start struct{ env map[string]string }

// uses are the environments in which the service has used a path. Under a fault that lets nothing pass,
// nobody sees whether it tries; the same program, started the same way, does what it did before.
type uses []map[string]string

func (u uses) with(env map[string]string) bool {
	return slices.ContainsFunc(u, func(e map[string]string) bool { return maps.Equal(e, env) })
}

// countUses has what the proxies passed on so far not count as the next round's.
func (l *Lab) countUses() {
	for _, a := range l.arms {
		for _, in := range a.instances {
			k := in.link
			if k == nil {
				continue
			}
			in.mu.Lock()
			env := in.env
			in.mu.Unlock()
			if !k.bypassed() && !k.uses.with(env) {
				k.uses = append(k.uses, env)
			}
			k.used = k.own.Stats().Used
		}
	}
}

// hurtFirst does the faults that are to be on before the instances start.
func (l *Lab) hurtFirst(ctx context.Context, env map[string]string, faults []Action) error {
	for _, a := range faults {
		if a.Heal || a.On == "instance" {
			return fmt.Errorf("%s on %s is not for before the instances start", a.Kind, a.On)
		}
		a.Planned = l.spec.Clock.Now()
		if err := l.apply(ctx, a, &start{env}); err != nil {
			return fmt.Errorf("before the instances start: %w", err)
		}
	}
	return nil
}

// hindsight doubts a fault that was on from the start where the service, that could not be asked before,
// has not used its path since, nor when it was started the same way before.
func (t *trial) hindsight() {
	if t.link.bypassed() && !t.link.uses.with(t.start.env) {
		t.doubt(bypass + ", also not when it was whole; a restarted phase without the fault before this one would show whether it does")
	}
}

// ErrNotReady is the error of an instance that was started, or let go on, and did not get ready.
var ErrNotReady = errors.New("not ready")

// notReady is an ErrNotReady that says why.
type notReady struct{ error }

func (e notReady) Unwrap() error        { return e.error }
func (e notReady) Is(target error) bool { return target == ErrNotReady }

// bear takes err for what there is to see of an instance that was started under a fault, or with another environment, if it is that.
func (l *Lab) bear(in *instance, err error) error {
	if !errors.Is(err, ErrNotReady) {
		return err
	}
	run := in.present()
	run.unready.Store(true)
	if run.Exited() {
		l.exited(in, run, run.Process)
	}
	return nil
}

// unready reports whether the instance was started and is not ready.
func (in *instance) unready() bool {
	run := in.present()
	return run != nil && !run.ready.Load()
}

// readiness says how many instances are ready.
func (l *Lab) readiness() string {
	missing := 0
	for _, a := range l.arms {
		for _, in := range a.instances {
			if in.unready() {
				missing++
			}
		}
	}
	if missing > 0 {
		return fmt.Sprintf("%d not ready, the others", missing)
	}
	return "ready"
}
