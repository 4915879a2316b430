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

// connections are the connections of a run: one pool for each instance of each arm.
type connections struct {
	pools  map[pool]*http.Transport
	end    context.CancelFunc // of dials
	mu     sync.Mutex
	closed bool
	dials  sync.WaitGroup
}

type pool struct {
	arm    string
	target Target
}

// openConnections makes the pools; it connects nothing yet. When ctx ends, so do dials.
func openConnections(ctx context.Context, streams []Stream) *connections {
	c := &connections{pools: make(map[pool]*http.Transport)}
	life, end := context.WithCancel(ctx)
	c.end = end
	var timeout time.Duration
	for _, s := range streams {
		timeout = max(timeout, s.Timeout)
	}
	dialer := &net.Dialer{Timeout: timeout}
	for _, s := range streams {
		for _, t := range s.Targets {
			at := pool{s.Arm, t}
			if c.pools[at] == nil {
				c.pools[at] = &http.Transport{
					DialContext:        c.dial(life, dialer),
					DisableCompression: true,
					IdleConnTimeout:    idleFor,
				}
			}
			c.pools[at].MaxIdleConnsPerHost += s.Workers
		}
	}
	return c
}

func (c *connections) to(s Stream, t Target) *http.Transport { return c.pools[pool{s.Arm, t}] }

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
}
