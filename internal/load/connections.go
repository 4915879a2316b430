package load

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/load/h1"
	"github.com/trektribe/bench/internal/load/loop"
	"github.com/trektribe/bench/internal/traffic"
)

// idleFor is how long an unused connection is kept. It is below the 5 s after
// which Node.js, the shortest of the common servers, closes one: a request that
// meets such a close fails without a defect of the service.
const idleFor = 4 * time.Second

// connections are the connections of a run: one pool for each instance of each arm,
// and one for each client with an address of its own and each of its instances.
type connections struct {
	ways    map[pool]way
	groups  map[group]*clients
	life    context.Context // of dials
	end     context.CancelFunc
	longest time.Duration // timeout of a stream: net/http takes a dial off its request
	loop    *loop.Loop    // nil: there is none, or nothing for it
	pools   map[pool]*loop.Pool

	mu     sync.Mutex
	opened []way
	closed bool
	dials  sync.WaitGroup
}

type pool struct {
	arm    string
	target Target
	engine Engine
}

type group struct{ arm, stream string }

// openConnections makes the pools; it connects nothing yet. When ctx ends, so do dials and exchanges.
func openConnections(ctx context.Context, streams []Stream) *connections {
	c := &connections{ways: make(map[pool]way), groups: make(map[group]*clients)}
	c.life, c.end = context.WithCancel(ctx)
	workers := make(map[pool]int)
	for _, s := range streams {
		c.longest = max(c.longest, s.Timeout)
		for _, t := range s.Targets {
			workers[pool{s.Arm, t, s.Engine}] += s.Workers
		}
	}
	for at, n := range workers {
		c.ways[at] = c.open(at.target, at.engine, n, nil)
	}
	for _, s := range streams {
		if at := (group{s.Arm, s.Name}); s.Clients != nil && c.groups[at] == nil {
			c.groups[at] = newClients(s, func(local net.Addr) (ways []way) {
				for _, t := range s.Targets {
					ways = append(ways, c.open(t, s.Engine, s.Workers, local))
				}
				return ways
			})
		}
	}
	c.openLoop(streams, workers)
	return c
}

// openLoop makes the loop, and its pools, for the streams that it can play.
func (c *connections) openLoop(streams []Stream, workers map[pool]int) {
	if !slices.ContainsFunc(streams, Stream.loops) {
		return
	}
	var err error
	if c.loop, err = loop.Open(); err != nil {
		return // workers play them
	}
	c.pools = make(map[pool]*loop.Pool)
	for _, s := range streams {
		for _, t := range s.Targets {
			if at := (pool{s.Arm, t, s.Engine}); s.loops() && c.pools[at] == nil {
				u, _ := url.Parse(t.URL) // checked
				c.pools[at] = loop.NewPool(address(u), workers[at], idleFor, c.dial(new(net.Dialer)))
			}
		}
	}
}

// loops reports whether a loop can play s: single calls, unencrypted, over connections that clients share.
func (s Stream) loops() bool {
	return s.Type == traffic.Calls && s.AtOnce() == 1 && s.Retry == 0 && (s.Engine == Loop || s.Engine == "") &&
		(s.Clients == nil || s.Clients.As != traffic.ByAddress) &&
		!slices.ContainsFunc(s.Targets, func(t Target) bool { return !strings.HasPrefix(t.URL, "http:") })
}

// loops reports whether the loop plays s.
func (c *connections) loops(s Stream) bool { return c.loop != nil && s.loops() }

// pooled is the connections of the loop to a target; nil: the loop does not play s.
func (c *connections) pooled(s Stream, t Target) *loop.Pool { return c.pools[pool{s.Arm, t, s.Engine}] }

// open makes a way to a target, with at most idle connections that wait, from an address of
// this machine; nil: from any.
func (c *connections) open(t Target, e Engine, idle int, local net.Addr) way {
	var w way
	if u, _ := url.Parse(t.URL); u.Scheme == "http" && e != NetHTTP { // checked
		p := h1.NewPool(address(u), idle, idleFor, c.dial(&net.Dialer{LocalAddr: local}))
		context.AfterFunc(c.life, p.Cut)
		w = own{p}
	} else {
		transport := c.transport(local)
		transport.MaxIdleConnsPerHost = idle
		w = netHTTP{transport}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = append(c.opened, w)
	return w
}

// transport makes connections of net/http, from an address of this machine; nil: from any.
func (c *connections) transport(local net.Addr) *http.Transport {
	return &http.Transport{
		DialContext:            c.dial(&net.Dialer{Timeout: c.longest, LocalAddr: local}),
		DisableCompression:     true,
		IdleConnTimeout:        idleFor,
		MaxResponseHeaderBytes: h1.MaxHeader,
	}
}

// address is where a URL without encryption leads to.
func address(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80"))
}

func (c *connections) to(s Stream, t Target) way { return c.ways[pool{s.Arm, t, s.Engine}] }

// clients are those of s; nil: it has none.
func (c *connections) clients(s Stream) *clients { return c.groups[group{s.Arm, s.Name}] }

// dial dials until the context ends, or the life of the connections.
func (c *connections) dial(d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
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
		defer context.AfterFunc(c.life, cancel)()
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
	if c.loop != nil {
		c.loop.Close()
	}
	for _, w := range c.opened {
		w.close()
	}
}
