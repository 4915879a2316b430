package lab

import (
	"maps"
	"slices"
)

// bypass is the flaw of a fault that cannot have reached the service.
const bypass = "the service never connected to Redis through its proxy"

// uses are the environments in which the service has used a path. While a fault lets nothing pass, the lab cannot
// see whether the service tries; but the same program, started the same way, does what it did before.
type uses []map[string]string

func (u uses) with(env map[string]string) bool {
	return slices.ContainsFunc(u, func(e map[string]string) bool { return maps.Equal(e, env) })
}

// bypassed reports whether the service is known not to have used the path since it was started.
func (p *path) bypassed() bool { return p.own != nil && p.own.Stats().Used == p.used }

// countUses notes which paths the service has used, and has what their proxies passed on so far not count as the next
// round's.
func (in *instance) countUses() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, p := range in.paths {
		if !p.bypassed() && !p.uses.with(in.env) {
			p.uses = append(p.uses, in.env)
		}
		p.used = p.own.Stats().Used
	}
}

// doubtUnused doubts a fault that was on from the start, if the service has not used its path since, nor
// when it was started the same way before. While the fault was on the lab could not see that.
func (t *trial) doubtUnused() {
	if t.path.bypassed() && !t.path.uses.with(t.start.env) {
		t.doubt(bypass + ", also not when it was whole; a restarted phase without the fault before this one would show whether it does")
	}
}
