package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ping is the exchange: a command that every Redis answers with one line, without
// a handshake: +PONG, or -NOAUTH and the like. Either proves the path. Its
// spelling is one that no client library uses, so that Stats can tell canaries
// apart; not an inline command, since miniredis does not know these.
//
// A fault of chosen commands is done to this one on a canary's connection, whatever
// it chooses, and never to its witness, which then goes before it.
const (
	hitPing = "PiNg"
	ping    = "*1\r\n$4\r\n" + hitPing + "\r\n"
	witness = "*1\r\n$4\r\npInG\r\n"
)

// openPatience bounds OpenCanary where its context does not.
const openPatience = 5 * time.Second

// A Canary is a connection of the harness's own through a proxy. Its methods
// are safe for concurrent use; probes take turns.
type Canary struct {
	proxy *Proxy // nil: somebody else's
	mu    sync.Mutex
	conn  net.Conn
	read  *bufio.Reader
	line  []byte  // of a reply that has come in part
	owed  int     // replies to earlier probes that have not come
	ended Meeting // what ended the connection; Met empty: nothing has

	takes func() dose // nil: one ping a probe
}

// OpenCanary connects through the proxy and makes one exchange to prove that
// the path is whole. It waits until ctx ends, at most 5 s.
func (p *Proxy) OpenCanary(ctx context.Context) (*Canary, error) {
	return openCanary(ctx, p, p.name, p.addr, p.upstream)
}

// openCanary opens one through p, or, where that is nil, through a proxy of somebody else's.
func openCanary(ctx context.Context, p *Proxy, name, addr, upstream string) (*Canary, error) {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	c, m := dialCanary(ctx, addr, openPatience)
	if c == nil {
		return nil, fmt.Errorf("open canary through proxy %s at %s: met %v", name, addr, m)
	}
	c.proxy = p
	if m = c.Probe(ctx, openPatience); m.Met != "reply" {
		c.Close()
		return nil, fmt.Errorf("open canary through proxy %s at %s: met %v; is a Redis at %s?", name, addr, m, upstream)
	}
	return c, nil
}

// ProbeNew opens a new connection through the proxy, makes one exchange, closes
// it. patience is for all of it.
func (p *Proxy) ProbeNew(ctx context.Context, patience time.Duration) Meeting {
	return probeNew(ctx, p, p.addr, patience, nil)
}

func probeNew(ctx context.Context, p *Proxy, addr string, patience time.Duration, takes func() dose) Meeting {
	began := time.Now()
	c, m := dialCanary(ctx, addr, patience)
	if c == nil {
		return m
	}
	defer c.Close()
	c.proxy, c.takes = p, takes
	m = c.Probe(ctx, patience-time.Since(began))
	m.Wait = time.Since(began)
	return m
}

// dialCanary gives what it met where it gives no Canary.
func dialCanary(ctx context.Context, addr string, patience time.Duration) (*Canary, Meeting) {
	began := time.Now()
	dialer := net.Dialer{Deadline: began.Add(patience)}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err == nil && conn.LocalAddr().String() == conn.RemoteAddr().String() {
		// The kernel chose the closed port itself for our end.
		conn.Close()
		err = fmt.Errorf("connected to itself: %w", syscall.ECONNREFUSED)
	}
	if err != nil {
		return nil, meeting(ctx, err, began)
	}
	return &Canary{conn: conn, read: bufio.NewReader(conn)}, Meeting{}
}

// Probe makes one exchange and waits at most patience. When ctx ends first it
// met an "error": what came until then says nothing about the path.
//
// After a silence the answer to that probe may still come, as a blackhole's
// held bytes do when it is lifted: Probe counts what is owed and takes that
// first, so a reply is always the one to this probe. When the connection has
// ended, this and each further probe meets how it ended, at once; open another
// canary.
func (c *Canary) Probe(ctx context.Context, patience time.Duration) Meeting {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.Met != "" {
		return c.ended
	}
	began := time.Now()
	d := dose{pings: 1}
	if c.takes != nil {
		d = c.takes()
	}
	c.conn.SetDeadline(began.Add(patience + d.extra))
	hooked := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		c.conn.SetDeadline(began)
		close(hooked)
	})
	var told Meeting
	passed := c.asked()
	err := c.exchange(&told, d.pings)
	if !unhook() {
		<-hooked // or it could cut the next probe short
	}
	m := meeting(ctx, err, began)
	m.Answer, m.Beside, m.Behind = told.Answer, told.Beside, told.Behind
	m.Asked = c.asked() > passed
	// A connection that was only silent, or not waited for, is still good.
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.ended = m
		c.ended.Wait = 0
	}
	return m
}

// asked is how many bytes of canaries the proxy has passed on; somebody else's does not tell.
func (c *Canary) asked() int64 {
	if c.proxy == nil {
		return 0
	}
	return c.proxy.count.asked.Load()
}

// exchange sends pings, or one after its witness where the fault chooses commands, and
// reads until the answer to the last. What came until then is noted in m.
func (c *Canary) exchange(m *Meeting, pings int) error {
	text, asked, beside := strings.Repeat(ping, pings), pings, 0
	if c.proxy != nil && c.proxy.plan.Load().choice != nil {
		text, asked, beside = witness+ping, 2, 2
	}
	if n, err := io.WriteString(c.conn, text); err != nil {
		if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("ping cut short: %v", err) // what follows would not be understood
		}
		return err
	}
	m.Behind = c.owed > 0
	for c.owed += asked; c.owed > 0; c.owed-- {
		line, err := c.reply()
		if err != nil {
			return err
		}
		switch {
		case c.owed == 1:
			m.Answer = line
		case c.owed == beside:
			m.Beside = line
		}
	}
	return nil
}

// reply reads one line, or goes on with one that has come in part.
func (c *Canary) reply() (string, error) {
	part, err := c.read.ReadSlice('\n')
	c.line = append(c.line, part...)
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errors.New("no line in what was answered to PING: not a Redis")
	}
	if err != nil {
		return "", err
	}
	if c.line[0] != '+' && c.line[0] != '-' {
		return "", fmt.Errorf("%.60q is no answer to PING: not a Redis", c.line)
	}
	line := strings.TrimRight(string(c.line), "\r\n")
	c.line = c.line[:0]
	return line, nil
}

// Close ends the canary's connection, and a probe that is under way. Further
// calls do nothing.
func (c *Canary) Close() error {
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close canary: %w", err)
	}
	return nil
}

// meeting names what an exchange or a dial ended with.
func meeting(ctx context.Context, err error, began time.Time) Meeting {
	m := Meeting{Wait: time.Since(began)}
	var timeout net.Error
	switch {
	case err == nil:
		m.Met = "reply"
	case errors.Is(err, io.EOF):
		m.Met = "eof"
	case errors.Is(err, syscall.ECONNREFUSED):
		m.Met = "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		m.Met = "reset"
	case ctx.Err() == nil && errors.As(err, &timeout) && timeout.Timeout():
		m.Met = "silence"
	default:
		m.Met = "error"
		m.Detail = err.Error()
		if cause := context.Cause(ctx); cause != nil {
			m.Detail = "not waited for: " + cause.Error()
		}
	}
	return m
}
