package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// burst makes all requests of a turn at once, and returns when the last one is recorded.
func (c *caller) burst(ctx context.Context, t turn, record func(history.Request)) {
	n := c.stream.AtOnce()
	g := newGate(n, c.clock.Now())
	defer g.close()
	var wg sync.WaitGroup
	for j := range n {
		wg.Go(func() {
			a := c.ask(t, c.stream.seq(t.place, j), c.stream.target(t.place, j))
			a.pass = &pass{gate: g}
			c.play(ctx, a, record)
		})
	}
	wg.Wait()
}

// gateFor is how long the requests of a burst wait for each other at most: an instance that
// does not accept connections must not hold back the requests to the others. On a busy
// machine with two processors, 128 new connections over loopback took 60 ms.
const gateFor = 250 * time.Millisecond

// A gate holds the requests of a burst until each of them has its connection. Without it,
// the first connections would serve several requests one after the other while the others are opened.
type gate struct {
	began   time.Duration // all requests of the burst are sent then: to connect is a part of the request
	missing atomic.Int32
	open    chan struct{}
	once    sync.Once
	timer   *time.Timer
}

func newGate(requests int, now time.Duration) *gate {
	g := &gate{began: now, open: make(chan struct{})}
	g.missing.Store(int32(requests))
	g.timer = time.AfterFunc(gateFor, g.release)
	return g
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

func (g *gate) close() { g.timer.Stop() }

// A pass is one request at its gate.
type pass struct {
	gate *gate
	once sync.Once
}

// arrive tells the gate that the request has its connection, or has failed without one.
func (p *pass) arrive() {
	p.once.Do(func() {
		if p.gate.missing.Add(-1) == 0 {
			p.gate.release()
		}
	})
}

// wait holds a request that has its connection until the gate opens: soon, see gateFor.
func (p *pass) wait() {
	p.arrive()
	<-p.gate.open
}
