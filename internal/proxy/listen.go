package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/loopback"
)

// A door is one listening. Toxiproxy has one of its own, but keeps the
// connections to itself, and some faults are done to a connection rather than
// to its bytes; so we accept and dial, and toxiproxy carries.
type door struct {
	proxy    *Proxy
	listener net.Listener
	closed   context.Context
	close    context.CancelFunc
	work     sync.WaitGroup // the accept loop, and connections that are not carried yet
}

// listenOn opens a door on addr.
func (p *Proxy) listenOn(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	d := &door{proxy: p, listener: l}
	d.closed, d.close = context.WithCancel(context.Background())
	p.door = d
	d.work.Go(d.accept)
	return nil
}

// acceptAgain is the pause after an accept that failed, as it does when the
// process has no file descriptors left.
const acceptAgain = 10 * time.Millisecond

func (d *door) accept() {
	for {
		client, err := d.listener.Accept()
		if err == nil {
			c := newConn(d.proxy, client.(*net.TCPConn))
			d.work.Go(func() { d.serve(c) })
			continue
		}
		select {
		case <-d.closed.Done():
			return
		case <-time.After(acceptAgain):
		}
	}
}

// serve does to a new connection what the plan of the moment does to such, or
// has it carried. One that is dialling when the plan changes gets the new plan
// from its links.
func (d *door) serve(c *conn) {
	pl := d.proxy.plan.Load()
	for pl.does.hangs {
		select {
		case <-pl.next:
			pl = d.proxy.plan.Load()
		case <-d.closed.Done():
			c.end(finish)
			return
		}
	}
	if end := pl.of(c).does.ends; end != nil {
		c.end(end)
		return
	}
	upstream, err := new(net.Dialer).DialContext(d.closed, "tcp", d.proxy.upstream)
	if err != nil {
		c.end(finish)
		return
	}
	c.upstream = upstream
	d.proxy.carry(c)
}

// shut closes the listener, and every connection that is not carried yet; then none can be added.
func (d *door) shut() {
	d.close()
	d.listener.Close()
	d.work.Wait()
}

// firstPort is where the search for a port begins: above what well-known
// services and the usual development servers take.
const firstPort = 15000

// listenSomewhere chooses the port. Not the kernel's choice, from its ephemeral
// range: while the proxy refuses, such a port could be given to any outgoing
// connection, and a client that dials it could even be connected to itself.
func (p *Proxy) listenSomewhere() error {
	err := error(syscall.EADDRINUSE)
	if n := loopback.Ephemeral() - firstPort; n > 0 {
		for tries := 0; tries < 32 && errors.Is(err, syscall.EADDRINUSE); tries++ {
			port := firstPort + rand.IntN(n)
			err = p.listenOn(net.JoinHostPort(p.host, strconv.Itoa(port)))
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		err = p.listenOn(net.JoinHostPort(p.host, "0"))
	}
	if err == nil {
		p.addr = p.door.listener.Addr().String()
	}
	return err
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
