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
// crosses with such a close fails through nobody's fault.
const idleFor = 4 * time.Second

// wires are the connections of a run: one pool for each instance of each arm.
type wires struct {
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

// openWires makes the pools; it connects nothing yet. When ctx ends, so do dials.
func openWires(ctx context.Context, streams []Stream) *wires {
	w := &wires{pools: make(map[pool]*http.Transport)}
	life, end := context.WithCancel(ctx)
	w.end = end
	var patience time.Duration
	for _, s := range streams {
		patience = max(patience, s.Patience)
	}
	dialer := &net.Dialer{Timeout: patience}
	for _, s := range streams {
		for _, t := range s.Targets {
			at := pool{s.Arm, t}
			if w.pools[at] == nil {
				w.pools[at] = &http.Transport{
					DialContext:        w.dial(life, dialer),
					DisableCompression: true,
					IdleConnTimeout:    idleFor,
				}
			}
			w.pools[at].MaxIdleConnsPerHost += s.Workers
		}
	}
	return w
}

func (w *wires) to(s Stream, t Target) *http.Transport { return w.pools[pool{s.Arm, t}] }

// dial dials until life ends, because net/http takes a dial off the request that
// asked for it.
func (w *wires) dial(life context.Context, d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		w.mu.Lock()
		if w.closed {
			w.mu.Unlock()
			return nil, net.ErrClosed
		}
		w.dials.Add(1)
		w.mu.Unlock()
		defer w.dials.Done()

		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		return d.DialContext(ctx, network, addr)
	}
}

// close ends dials under way and closes every connection. No request may be under way.
func (w *wires) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.end()
	w.dials.Wait()
	for _, t := range w.pools {
		t.CloseIdleConnections()
	}
}
