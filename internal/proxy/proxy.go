// Package proxy is toxiproxy with one toxic of our own: what can be done to a
// connection between a service and a dependency, and the canaries that prove it
// was done.
package proxy

import (
	"context"
	"time"
)

// A Fault is what a proxy does to traffic. The zero Fault is a clean proxy.
type Fault struct {
	Kind   string        // "", "latency", "blackhole", "refused"
	Delay  time.Duration // latency: added to every reply
	Jitter time.Duration // latency: uniform ± around Delay
	Seed   uint64
}

// A Proxy stands between one instance and one dependency.
type Proxy struct{}

// Open starts a clean proxy on a loopback port in front of upstream ("host:port").
func Open(name, upstream string) (*Proxy, error) { panic("skeleton") }

// Addr is the host:port that the service is given. It stays the same until Close.
func (p *Proxy) Addr() string { panic("skeleton") }

// Apply switches to f and returns when f is in effect for old and new connections.
func (p *Proxy) Apply(ctx context.Context, f Fault) error { panic("skeleton") }

// Close ends every connection and gives back the port.
func (p *Proxy) Close() error { panic("skeleton") }

// A Meeting is what a canary met.
type Meeting struct {
	Met  string        // "reply", "silence", "eof", "reset", "refused", "error"
	Wait time.Duration // until then
}

// A Canary is a connection of the harness's own through a proxy.
type Canary struct{}

// OpenCanary connects through the proxy and makes one exchange to prove that the path is whole.
func (p *Proxy) OpenCanary(ctx context.Context) (*Canary, error) { panic("skeleton") }

// Probe makes one exchange and waits at most patience.
func (c *Canary) Probe(ctx context.Context, patience time.Duration) Meeting { panic("skeleton") }

// Close ends the canary's connection.
func (c *Canary) Close() error { panic("skeleton") }

// ProbeNew opens a new connection through the proxy, makes one exchange, closes it.
func (p *Proxy) ProbeNew(ctx context.Context, patience time.Duration) Meeting { panic("skeleton") }

// Delivered says whether what a canary met is what f does; if not, why.
// old: the connection was opened before the fault.
func Delivered(f Fault, m Meeting, old bool) (bool, string) { panic("skeleton") }
