package lab

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/proxy"
)

// A path is the way from one instance to one dependency.
type path struct {
	site
	proxy     anyProxy
	delivered func(f fault.Fault, m canary.Meeting, old bool) (bool, string) // by that proxy
	own       *proxy.Proxy                                                   // proxy, where it is the lab's own; nil: somebody else's
	watch     *watch                                                         // of one of somebody else's
	used      int64                                                          // connections of the service that the proxy had seen before the last Fresh
	uses      uses                                                           // environments in which the service is known to use the path
}

// An anyProxy stands between the service and a dependency: a proxy of the lab's own, or one of a
// toxiproxy that somebody else runs.
type anyProxy interface {
	// Apply does a fault; the zero Fault lifts what is on.
	Apply(context.Context, fault.Fault) error
	OpenCanary(context.Context) (*canary.Canary, error)
	ProbeNew(ctx context.Context, timeout time.Duration) canary.Meeting
}

// openPath puts a clean proxy before upstream, which is watched.
func (l *Lab) openPath(a *arm, instance, on, upstream string) (*path, error) {
	arm := a.Name
	p, err := proxy.OpenOn(cmp.Or(a.host, "127.0.0.1"), arm+"-"+instance+"-"+on, upstream)
	if err != nil {
		return nil, fmt.Errorf("open the proxy between %s-%s and %s: %w", arm, instance, on, err)
	}
	if l.spec.Wire != nil {
		p.Watch(l.spec.Clock, func(c history.Command) {
			c.Arm, c.Instance = arm, instance
			l.spec.Wire(c)
		})
	}
	return &path{site: site{spot: spot{arm, instance, on}}, proxy: p, own: p, delivered: proxy.Delivered}, nil
}

// recordWatched records, for a round that begins, on which paths commands are recorded.
func (l *Lab) recordWatched() {
	for _, p := range l.paths() {
		if p.own != nil && l.spec.Wire != nil {
			l.record(history.Event{Kind: history.Wire, Name: history.WireWatched, Arm: p.arm, Instance: p.instance, On: p.on, At: l.now()})
		}
	}
}

// paths lists the open paths.
func (l *Lab) paths() []*path {
	var all []*path
	for _, a := range l.arms {
		all = append(all, a.paths...)
		for _, in := range a.instances {
			all = append(all, in.paths...)
		}
	}
	return all
}

// pathsTo lists the open paths to a dependency.
func (l *Lab) pathsTo(on string) []*path {
	return slices.DeleteFunc(l.paths(), func(p *path) bool { return p.on != on })
}

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
