package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where the kernel takes ports for outgoing connections when the system does not say: IANA's range (RFC 6335) is
// above 49152, Linux' default begins at 32768; below both is safe.
const defaultEphemeral = 32768

// lowestPort keeps clear of the ports that well-known services listen on.
const lowestPort = 10240

// ports hands out loopback ports that outgoing connections do not use, so that
// nothing takes a service's port between its choice and the service's start, but
// another server. It never hands out one port twice. Safe for concurrent use.
type ports struct {
	mu       sync.Mutex
	from, to int // half open
	given    map[int]bool
}

func newPorts() *ports {
	low := defaultEphemeral
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if f := strings.Fields(string(b)); len(f) == 2 {
			if n, err := strconv.Atoi(f[0]); err == nil {
				low = n
			}
		}
	}
	p := &ports{from: lowestPort, to: low, given: map[int]bool{}}
	if p.to-p.from < 1000 { // a machine tuned for many connections: no safe range is left, the retries must do
		p.to = 65536
	}
	return p
}

// next is a port that could be bound just now.
func (p *ports) next() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 200 {
		n := p.from + rand.IntN(p.to-p.from)
		if !p.given[n] && bindable(n) {
			p.given[n] = true
			return n, nil
		}
	}
	return 0, fmt.Errorf("no free port found between %d and %d", p.from, p.to)
}

// bindable reports whether a server could listen on the port now.
func bindable(port int) bool {
	ln, err := net.Listen("tcp", loopback(port))
	return err == nil && ln.Close() == nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// portFree waits until a server could listen on a port that was its before.
func portFree(ctx context.Context, port int, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for !bindable(port) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("somebody has taken port %d meanwhile; end that process (ss -ltnp shows it): %w", port, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
