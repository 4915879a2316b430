package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// listenOn starts a toxiproxy on addr with our toxic in both directions. It is
// a fresh one after each refusal: one whose Stop hangs (its accept loop may be
// waiting for a dial upstream, which nothing ends) could not be started again.
func (p *Proxy) listenOn(addr string) error {
	// Toxiproxy's messages go nowhere. Its bandwidth toxic would write to the
	// global logger, but is never used here, so that one is left alone.
	srv := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	toxi := toxiproxy.NewProxy(srv, p.name, addr, p.upstream)
	if err := install(toxi, p); err != nil {
		return err
	}
	if err := toxi.Start(); err != nil {
		return err
	}
	p.toxi = toxi
	return nil
}

// firstPort is where the search for a port begins: above what well-known
// services and the usual development servers take.
const firstPort = 15000

// listenSomewhere chooses the port. Not the kernel's choice, from its ephemeral
// range: while the proxy refuses, such a port could be given to any outgoing
// connection, and a client that dials it could even be connected to itself.
func (p *Proxy) listenSomewhere() error {
	err := error(syscall.EADDRINUSE)
	if n := ephemeral() - firstPort; n > 0 {
		for tries := 0; tries < 32 && errors.Is(err, syscall.EADDRINUSE); tries++ {
			port := firstPort + rand.IntN(n)
			err = p.listenOn(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		err = p.listenOn("127.0.0.1:0")
	}
	if err == nil {
		p.addr = p.toxi.Listen
	}
	return err
}

// ephemeral is the lowest port that the kernel gives to outgoing connections;
// Linux's default where it cannot be read.
func ephemeral() int {
	const usual = 32768
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	low, _, _ := strings.Cut(string(text), "\t")
	if n, err := strconv.Atoi(low); err == nil {
		return n
	}
	return usual
}

// listenAgain lifts a refusal.
func (p *Proxy) listenAgain() error {
	err := p.listenOn(p.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen again on %s: somebody took the port while it refused; end that process (ss -ltnp shows it): %w", p.addr, err)
	}
	if err != nil {
		return fmt.Errorf("listen again on %s: %w", p.addr, err)
	}
	return nil
}

// stop closes the listener and every connection.
func (p *Proxy) stop(ctx context.Context) error {
	if p.toxi == nil {
		return nil
	}
	done := make(chan struct{})
	go func(toxi *toxiproxy.Proxy) {
		defer close(done)
		toxi.Stop()
	}(p.toxi)
	p.toxi = nil
	err := p.stopped(ctx, done)
	if err != nil {
		p.late = append(p.late, done)
	}
	return err
}

// stopped waits until toxiproxy has stopped.
func (p *Proxy) stopped(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(watchdog):
		return fmt.Errorf("toxiproxy did not stop in %v; it may be dialling %s, which does not answer", watchdog, p.upstream)
	}
}
