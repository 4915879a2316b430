package load

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// idleFor is how long an unused connection is kept. It is below the 5 s after
// which Node.js, the shortest of the common servers, closes one: a request that
// meets such a close fails without a defect of the service.
const idleFor = 4 * time.Second

// connections are the connections of a run: one pool for each instance of each arm,
// and one for each client with an address of its own.
type connections struct {
	pools  map[pool]*http.Transport
	groups map[group]*clients
	open   func(local net.Addr) *http.Transport // makes a pool
	end    context.CancelFunc                   // of dials
	mu     sync.Mutex
	closed bool
	dials  sync.WaitGroup
}

type pool struct {
	arm    string
	target Target
}

type group struct{ arm, stream string }

// openConnections makes the pools; it connects nothing yet. When ctx ends, so do dials.
func openConnections(ctx context.Context, streams []Stream) *connections {
	c := &connections{pools: make(map[pool]*http.Transport), groups: make(map[group]*clients)}
	life, end := context.WithCancel(ctx)
	c.end = end
	var timeout time.Duration
	for _, s := range streams {
		timeout = max(timeout, s.Timeout)
	}
	c.open = func(local net.Addr) *http.Transport {
		return &http.Transport{
			DialContext:        c.dial(life, &net.Dialer{Timeout: timeout, LocalAddr: local}),
			DisableCompression: true,
			IdleConnTimeout:    idleFor,
		}
	}
	for _, s := range streams {
		for _, t := range s.Targets {
			at := pool{s.Arm, t}
			if c.pools[at] == nil {
				c.pools[at] = c.open(nil)
			}
			c.pools[at].MaxIdleConnsPerHost += s.Workers
		}
		if at := (group{s.Arm, s.Name}); s.Clients != nil && c.groups[at] == nil {
			c.groups[at] = newClients(s, func(local net.Addr) *http.Transport {
				own := c.open(local)
				own.MaxIdleConnsPerHost = s.Workers
				return own
			})
		}
	}
	return c
}

func (c *connections) to(s Stream, t Target) *http.Transport { return c.pools[pool{s.Arm, t}] }

// clients are those of s; nil: it has none.
func (c *connections) clients(s Stream) *clients { return c.groups[group{s.Arm, s.Name}] }

// dial dials until life ends, because net/http takes a dial off the request that
// asked for it.
func (c *connections) dial(life context.Context, d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return nil, net.ErrClosed
		}
		c.dials.Add(1)
		c.mu.Unlock()
		defer c.dials.Done()

		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		return d.DialContext(ctx, network, addr)
	}
}

// close ends dials under way and closes every connection. No request may be under way.
func (c *connections) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.dials.Wait()
	for _, t := range c.pools {
		t.CloseIdleConnections()
	}
	for _, s := range c.groups {
		s.closeIdle()
	}
}
