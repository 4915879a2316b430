package proxy

import (
	"context"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A plan is a fault in effect. Links read the proxy's current plan before each
// thing they do, so a change is one atomic store.
type plan struct {
	fault  fault.Fault
	does   mechanism
	choice *choice // of commands; nil: the kind chooses none
	began  time.Time
	next   chan struct{} // closed when another plan has taken its place
	others *plan         // of connections that it is not done to, which works as a clean proxy's; nil: it is done to all

	behind     int           // links that have not taken it up yet; guarded by Proxy.mu
	everywhere chan struct{} // closed when behind is 0
}

func newPlan(f fault.Fault, does mechanism, behind int) *plan {
	pl := &plan{fault: f, does: does, choice: newChoice(f), began: time.Now(), behind: behind, next: make(chan struct{}), everywhere: make(chan struct{})}
	if f.OldOnly() {
		pl.others = &plan{does: clean, began: pl.began}
	}
	if behind == 0 {
		close(pl.everywhere)
	}
	return pl
}

// swap makes f the plan. Links that are there follow soon; new ones begin with it.
func (p *Proxy) swap(f fault.Fault, does mechanism) *plan {
	p.mu.Lock()
	pl := newPlan(f, does, len(p.links))
	old := p.plan.Swap(pl)
	p.mu.Unlock()
	close(old.next)
	return pl
}

// follow waits until every link that was there at the swap has taken pl up.
// The store alone would do for the next byte of an idle connection, but not for
// one whose link had just looked at the old plan when it was swapped.
func (p *Proxy) follow(ctx context.Context, pl *plan) error {
	select {
	case <-pl.everywhere:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(watchdog):
		p.mu.Lock()
		defer p.mu.Unlock()
		return fmt.Errorf("%d links of its connections did not follow in %v", pl.behind, watchdog)
	}
}

// join makes l one of the proxy's links, on the plan of the moment.
func (p *Proxy) join(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.newest = p.plan.Load()
	l.plan, l.caughtUp = l.newest.of(l.conn), l.newest
	p.links[l] = struct{}{}
}

// adopt takes up the plan of the moment and reports whether another is in effect on l.
func (p *Proxy) adopt(l *link) bool {
	if p.plan.Load() == l.newest {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l.newest = p.plan.Load()
	before := l.plan
	l.plan = l.newest.after(before, l.conn)
	if l.plan.does.ends == nil { // one that ends connections is in effect when they are gone
		l.newest.countDown()
		l.caughtUp = l.newest
	}
	return l.plan != before
}

// leave takes l out. It is the last thing that a link does.
func (p *Proxy) leave(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
	if now := p.plan.Load(); now != l.caughtUp {
		now.countDown()
	}
}

// countDown counts one link that has followed. The caller holds Proxy.mu.
func (pl *plan) countDown() {
	pl.behind--
	if pl.behind == 0 {
		close(pl.everywhere)
	}
}
