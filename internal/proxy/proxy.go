// Package proxy is toxiproxy with one toxic of our own: what can be done to a
// connection between a service and a dependency, and the canaries that prove it
// was done.
//
// In go an upstream and a Fault; out come an address for the service, what
// canaries met, counts of what passed, and the service's commands. It keeps no
// value and no password, and never adds, changes or removes a toxic once a proxy
// listens: under load that can hang toxiproxy. A fault is a plan that the toxic
// reads instead.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// watchdog bounds each wait for our own toxics to follow, which takes well
// under a millisecond.
const watchdog = 2 * time.Second

// A Proxy stands between one instance and one dependency. Its methods are safe
// for concurrent use. The zero Proxy is not usable; Open makes one.
//
// While the upstream is dead a clean proxy accepts a connection and ends it at
// once, as it dials upstream when it has accepted.
type Proxy struct {
	name, upstream, addr string
	host                 string // of addr
	count                counters
	canaries             canary.Path
	witness              atomic.Pointer[witness]

	// turn is held by the one Apply or Close that is at work; it guards the
	// fields below it. A channel, so that waiting for it can end with a context.
	turn   chan struct{}
	door   *door // nil: refusing, or closed
	closed bool

	carrier carrier

	plan  atomic.Pointer[plan]
	mu    sync.Mutex         // guards links and the plans' behind
	links map[*link]struct{} // both directions of each connection
}

// Open starts a clean proxy on a loopback port in front of upstream
// ("host:port"). Nothing is sent upstream until somebody connects; OpenCanary
// proves the path. name is for error messages.
func Open(name, upstream string) (*Proxy, error) { return OpenOn("127.0.0.1", name, upstream) }

// OpenOn is Open on another address of this machine, such as the one by which containers reach it.
func OpenOn(host, name, upstream string) (*Proxy, error) {
	if _, port, err := net.SplitHostPort(upstream); err != nil || port == "" {
		return nil, fmt.Errorf("open proxy %s: upstream %q: want host:port", name, upstream)
	}
	p := &Proxy{
		name: name, upstream: upstream, host: host,
		turn:  make(chan struct{}, 1),
		links: map[*link]struct{}{},
	}
	p.plan.Store(newPlan(fault.Fault{}, clean, 0))
	if err := p.carrier.install(p); err != nil {
		return nil, fmt.Errorf("open proxy %s: %w", name, err)
	}
	if err := p.listenSomewhere(); err != nil {
		return nil, fmt.Errorf("open proxy %s: %w", name, err)
	}
	p.canaries = canary.Path{
		Name: name, Upstream: upstream, Addr: p.addr, Passed: p.count.asked.Load,
		Chooses: func() bool { return p.plan.Load().choice != nil },
	}
	return p, nil
}

// OpenCanary opens a canary through the proxy.
func (p *Proxy) OpenCanary(ctx context.Context) (*canary.Canary, error) { return p.canaries.Open(ctx) }

// ProbeNew probes once through the proxy, on a new connection.
func (p *Proxy) ProbeNew(ctx context.Context, timeout time.Duration) canary.Meeting {
	return p.canaries.ProbeNew(ctx, timeout)
}

// Addr is the host:port that the service is given. It stays the same until Close.
func (p *Proxy) Addr() string { return p.addr }

// Apply switches to f and returns when f is in effect for old and new
// connections: no byte that reaches the proxy later is treated otherwise.
// Bytes that the fault before held or delayed leave as f has it, in order; the
// zero Fault lets them go at once.
//
// An error says that f is not known to be in effect: it is no fault of ours,
// ctx ended, the proxy is closed or did not follow within 2 s, or, after
// "refused", somebody has taken the port meanwhile. Apply may be called again.
func (p *Proxy) Apply(ctx context.Context, f fault.Fault) error {
	does, err := find(f)
	if err != nil {
		return fmt.Errorf("proxy %s: %w", p.name, err)
	}
	if err := p.apply(ctx, f, does); err != nil {
		return fmt.Errorf("proxy %s: apply %s: %w", p.name, does.label(), err)
	}
	return nil
}

func (p *Proxy) apply(ctx context.Context, f fault.Fault, does mechanism) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.closed {
		return errors.New("it is closed")
	}
	if does.refuses {
		p.shut()
		return p.follow(ctx, p.swap(f, does))
	}
	pl := p.swap(f, does)
	if p.door == nil {
		if err := p.listenAgain(); err != nil {
			return err
		}
	}
	return p.follow(ctx, pl)
}

// Close ends every connection and gives back the port. It takes at most some
// seconds; an error says what could not be ended in that time. Further calls
// do nothing and return nil.
func (p *Proxy) Close() error {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	if p.closed {
		return nil
	}
	p.closed = true
	p.shut()
	if err := p.follow(context.Background(), p.swap(fault.Fault{}, closing)); err != nil {
		return fmt.Errorf("close proxy %s: %w", p.name, err)
	}
	return nil
}

// shut comes before the plan that ends connections: once the door is shut no
// connection can be added, so the plan reaches every one there is.
func (p *Proxy) shut() {
	if p.door != nil {
		p.door.shut()
		p.door = nil
	}
}
