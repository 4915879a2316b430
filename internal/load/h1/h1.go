// Package h1 makes requests of HTTP/1.1 over connections that it owns, in the goroutine
// that asks.
//
// net/http gives each connection two goroutines and each request a context, a timer and
// four switches between them. Beside a service on two processors that costs more than the
// request does, and it comes between the wire and the time that is recorded of it. Here the
// caller writes, waits and reads itself.
//
// What an answer is, where it ends and what is no answer is decided by http.ReadResponse:
// by the same code that net/http uses. What this package does not speak (TLS, HTTP/2,
// proxies) is left to net/http.
package h1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// MaxHeader is how long the head of an answer may be, in bytes.
const MaxHeader = 256 << 10

// MaxInformed is how many answers of 1xx may come before the real one, as in net/http.
const MaxInformed = 5

// A Pool holds the connections to one address. Safe for concurrent use.
type Pool struct {
	address string
	dial    Dial
	idleFor time.Duration

	mu     sync.Mutex
	idle   []*conn // the one used last is at the end
	most   int     // that are kept idle
	all    map[*conn]struct{}
	closed bool
	sweep  *time.Timer // closes what is idle for too long; nil: nothing is idle
}

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// NewPool makes a pool of connections to address, host:port. At most most of them are kept
// while nobody uses them, each for idleFor. dial is given the context of a request, with
// its deadline.
func NewPool(address string, most int, idleFor time.Duration, dial Dial) *Pool {
	return &Pool{address: address, most: most, idleFor: idleFor, dial: dial, all: make(map[*conn]struct{})}
}

// A Request is what is sent, and until when an answer is waited for.
type Request struct {
	Method, Target, Host string // Target is path and query
	Header               http.Header
	Body                 []byte    // nil: none
	Deadline             time.Time // of all of it; there must be one
	Ready                func()    // called between getting a connection and writing; nil: not
}

// Do makes a request, never twice, and has read take its whole body. It returns once the
// connection is free for others, or closed. An error of read is returned as it is.
//
// When ctx ends, requests under way end where Cut is called too.
func (p *Pool) Do(ctx context.Context, r Request, read func(*http.Response) error) error {
	c, err := p.get(ctx, r.Deadline)
	if err != nil {
		return err
	}
	keep := false
	defer func() { p.put(c, keep) }()
	if r.Ready != nil {
		r.Ready()
	}
	if ctx.Err() != nil { // Cut came before the deadline was set
		return ctx.Err()
	}
	if err := c.write(r); err != nil {
		return err
	}
	response, err := c.answer(r.Method)
	if err != nil {
		return err
	}
	if err := read(response); err != nil {
		return err
	}
	// What was not read of a body ends the connection: the next answer would begin in its midst.
	var probe [1]byte
	if n, err := response.Body.Read(probe[:]); n > 0 || err != io.EOF {
		return nil
	}
	if c.in.Buffered() > 0 {
		return ErrSurplus
	}
	keep = !response.Close
	return nil
}

var (
	ErrUnasked = errors.New("the service answered before it was asked")
	ErrSurplus = errors.New("more came than the answer that was announced")
)

// get is a connection that was idle and is still open, or a new one. Its deadline is set.
func (p *Pool) get(ctx context.Context, deadline time.Time) (*conn, error) {
	for {
		c := p.pop()
		if c == nil {
			break
		}
		c.net.SetDeadline(deadline)
		if c.peek.sees() == nothing {
			return c, nil
		}
		p.put(c, false)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	n, err := p.dial(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	c := newConn(n)
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.all[c] = struct{}{}
	}
	p.mu.Unlock()
	if closed {
		n.Close()
		return nil, net.ErrClosed
	}
	n.SetDeadline(deadline)
	if c.peek.sees() == bytes {
		p.put(c, false)
		return nil, ErrUnasked
	}
	return c, nil
}

func (p *Pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

// put gives a connection back, or closes it.
func (p *Pool) put(c *conn, keep bool) {
	p.mu.Lock()
	if keep = keep && !p.closed && len(p.idle) < p.most; keep {
		c.since = time.Now()
		p.idle = append(p.idle, c)
		if p.sweep == nil {
			p.sweep = time.AfterFunc(p.idleFor, p.forget)
		}
	} else {
		delete(p.all, c)
	}
	p.mu.Unlock()
	if !keep {
		c.net.Close()
	}
}

// forget closes what is idle for too long, and comes again while anything is idle.
func (p *Pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, old := time.Now(), 0
	for old < len(p.idle) && now.Sub(p.idle[old].since) >= p.idleFor {
		p.idle[old].net.Close()
		delete(p.all, p.idle[old])
		old++
	}
	p.idle = append(p.idle[:0], p.idle[old:]...)
	if p.sweep = nil; len(p.idle) > 0 && !p.closed {
		p.sweep = time.AfterFunc(p.idleFor-now.Sub(p.idle[0].since), p.forget)
	}
}

// Cut ends every request under way. The context of those must have ended.
func (p *Pool) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.all {
		c.net.SetDeadline(time.Unix(1, 0)) // long ago
	}
}

// Close closes every connection. No request may be under way, and none may follow.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	for c := range p.all {
		c.net.Close()
	}
	p.idle, p.all = nil, nil
}

// A conn is one connection, which one request has at a time.
type conn struct {
	net   net.Conn
	wire  *wire
	in    *bufio.Reader
	out   []byte
	since time.Time // idle
	peek  peeker
}

func newConn(n net.Conn) *conn {
	c := &conn{net: n, wire: &wire{from: n}, peek: newPeeker(n)}
	c.in = bufio.NewReader(c.wire)
	return c
}

// A sight is what can be read of a connection without waiting.
type sight int

const (
	nothing sight = iota
	bytes         // of which one is taken: the connection cannot be used any more
	end           // or an error
)

func (c *conn) write(r Request) (err error) {
	if c.out, err = r.AppendTo(c.out[:0]); err != nil {
		return err
	}
	_, err = c.net.Write(c.out)
	return err
}

// answer reads the head of an answer.
func (c *conn) answer(method string) (*http.Response, error) {
	asked := &http.Request{Method: method}
	for range MaxInformed + 1 {
		c.wire.left = MaxHeader
		response, err := http.ReadResponse(c.in, asked)
		if err != nil {
			if c.wire.left <= 0 {
				err = fmt.Errorf("the head of the answer is longer than %d bytes", MaxHeader)
			}
			return nil, err
		}
		c.wire.left = unlimited
		if response.StatusCode/100 != 1 || response.StatusCode == http.StatusSwitchingProtocols {
			return response, nil
		}
	}
	return nil, fmt.Errorf("more than %d answers of 1xx", MaxInformed)
}

// unlimited is more than any body has.
const unlimited = 1 << 62

// A wire reads at most left more bytes.
type wire struct {
	from io.Reader
	left int64
}

func (w *wire) Read(b []byte) (int, error) {
	if w.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if int64(len(b)) > w.left {
		b = b[:w.left]
	}
	n, err := w.from.Read(b)
	w.left -= int64(n)
	return n, err
}
