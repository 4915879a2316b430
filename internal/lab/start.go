package lab

import (
	"context"
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

// bypassed reports whether the service is known not to have used the path since it was started.
func (p *path) bypassed() bool { return p.own != nil && p.own.Stats().Used == p.used }

// countUses has what the proxies passed on so far not count as the next round's.
func (l *Lab) countUses() {
	for _, a := range l.arms {
		for _, in := range a.instances {
			in.mu.Lock()
			env := in.env
			in.mu.Unlock()
			for _, p := range in.paths {
				if !p.bypassed() && !p.uses.with(env) {
					p.uses = append(p.uses, env)
				}
				p.used = p.own.Stats().Used
			}
		}
	}
}

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

// doubtUnused doubts a fault that was on from the start where the service, that could not be asked before,
// has not used its path since, nor when it was started the same way before.
func (t *trial) doubtUnused() {
	if t.path.bypassed() && !t.path.uses.with(t.start.env) {
		t.doubt(bypass + ", also not when it was whole; a restarted phase without the fault before this one would show whether it does")
	}
}
