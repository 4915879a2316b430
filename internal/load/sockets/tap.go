package sockets

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// A tap is a connection whose end can be chosen: it can be closed, reset, or let go of
// without the peer noticing.
type tap struct {
	net.Conn
	silent atomic.Bool
}

// tapped makes every connection of a dial a tap.
func tapped(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &tap{Conn: c}, nil
	}
}

// tracing has *to be the tap of a request under the context that it returns.
func tracing(ctx context.Context, to **tap) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		c := got.Conn
		if secure, ok := c.(*tls.Conn); ok {
			c = secure.NetConn()
		}
		*to, _ = c.(*tap)
	}})
}

func (t *tap) Write(b []byte) (int, error) {
	if t.silent.Load() {
		return 0, net.ErrClosed
	}
	return t.Conn.Write(b)
}

// Close closes the connection, unless it was silenced.
func (t *tap) Close() error {
	if t.silent.Load() {
		return nil
	}
	return t.Conn.Close()
}

// reset closes the connection with a reset, where the system can.
func (t *tap) reset() {
	if c, ok := t.Conn.(*net.TCPConn); ok {
		c.SetLinger(0)
	}
	t.Conn.Close()
}

// silence ends what reads from the connection, and keeps it open: no byte and no end
// reaches the peer. Its owner closes what it returns.
func (t *tap) silence() net.Conn {
	t.silent.Store(true)
	t.Conn.SetReadDeadline(time.Unix(1, 0)) // long ago
	return t.Conn
}
