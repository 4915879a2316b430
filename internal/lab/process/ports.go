package process

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/loopback"
)

const (
	// portTries is how many ports a server is started on, where each was taken by somebody else in between.
	portTries = 3
	// portAgain is how long a server that is started again may find its port taken.
	portAgain = 2 * time.Second
)

// lowestPort keeps clear of the ports that well-known services listen on.
const lowestPort = 10240

// Ports hands out loopback ports that outgoing connections do not use, so that
// nothing takes a service's port between its choice and the service's start, but
// another server. It never hands out one port twice. Safe for concurrent use.
type Ports struct {
	mu       sync.Mutex
	from, to int // half open
	given    map[int]bool
}

func NewPorts() *Ports {
	p := &Ports{from: lowestPort, to: loopback.Ephemeral(), given: map[int]bool{}}
	if p.to-p.from < 1000 { // a machine tuned for many connections: no safe range is left, the retries must do
		p.to = 65536
	}
	return p
}

// next is a port that could be bound just now.
func (p *Ports) next() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 200 {
		n := p.from + rand.IntN(p.to-p.from)
		if !p.given[n] && loopback.Free(n) {
			p.given[n] = true
			return n, nil
		}
	}
	return 0, fmt.Errorf("no free port found between %d and %d", p.from, p.to)
}

// PortTaken reports whether p has exited because somebody else listens on its port.
func (p *Process) PortTaken(port int) bool {
	if p == nil || !p.Exited() {
		return false
	}
	said := strings.ToLower(strings.Join(p.Lines(), "\n"))
	return strings.Contains(said, "address already in use") || strings.Contains(said, "eaddrinuse") || !loopback.Free(port)
}

// OnNewPort starts a server on a port of its own, and on another one while start finds it taken, by
// somebody who was quicker there, and again says that there is one more try.
func (p *Ports) OnNewPort(start func(port int, again func() bool) (taken bool, err error)) error {
	for try := 1; ; try++ {
		port, err := p.next()
		if err != nil {
			return err
		}
		if taken, err := start(port, func() bool { return try < portTries }); !taken {
			return err
		}
	}
}

// OnItsPort starts a server on a port that was its before, once more while start finds it taken and again says that
// there is time: by another harness that looks for a free port, or by the old connections of a service
// that does not ask to have the port at once (SO_REUSEADDR).
func OnItsPort(ctx context.Context, port int, start func(again func() bool) (taken bool, err error)) error {
	for deadline := time.Now().Add(portAgain); ; {
		if err := portFree(ctx, port, time.Until(deadline)); err != nil {
			return err
		}
		if taken, err := start(func() bool { return time.Now().Before(deadline) }); !taken {
			return err
		}
	}
}

// portFree waits until a server could listen on a port that was its before.
func portFree(ctx context.Context, port int, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for !loopback.Free(port) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("somebody has taken port %d meanwhile; end that process (ss -ltnp shows it): %w", port, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
