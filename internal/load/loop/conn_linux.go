package loop

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/load/h1"
	"golang.org/x/sys/unix"
)

// A conn is one connection, which one exchange has at a time.
type conn struct {
	fd     int
	pool   *Pool
	x      *Exchange // nil: it is idle
	coming coming
	out    []byte
	rest   []byte // of out, which did not fit
	since  time.Time
	seen   uint64 // the polls before it was idle
}

// start has an exchange made over a connection that was idle and is still open, or a new one.
func (l *Loop) start(ctx context.Context, x *Exchange) {
	p := x.Pool
	for last := len(p.idle) - 1; last >= 0; last-- {
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		if c.seen < l.polls || look(c.fd) == nothing {
			l.send(c, x)
			return
		}
		l.close(c)
	}
	go func() {
		d := connect(ctx, x)
		l.mu.Lock()
		defer l.mu.Unlock() // after the interrupt: the loop may close once it has d
		l.dialed = append(l.dialed, d)
		l.interrupt()
	}()
}

// takeDialed has the exchanges made that waited for a connection.
func (l *Loop) takeDialed(ctx context.Context) {
	var b [8]byte
	unix.Read(l.wake, b[:])
	l.mu.Lock()
	taken := l.dialed
	l.dialed = nil
	l.mu.Unlock()
	for _, d := range taken {
		if d.err == nil {
			if d.err = l.watch(d.fd); d.err != nil {
				unix.Close(d.fd)
			}
		}
		if d.err != nil {
			l.over(d.exchange, Answer{}, d.err)
			continue
		}
		c := &conn{fd: d.fd, pool: d.exchange.Pool, x: d.exchange}
		l.conns[int32(d.fd)] = c
		switch {
		case ctx.Err() != nil:
			l.fail(c, ctx.Err())
		case look(d.fd) == bytesCame:
			l.fail(c, h1.ErrUnasked)
		default:
			l.send(c, d.exchange)
		}
	}
}

func (l *Loop) send(c *conn, x *Exchange) {
	c.x = x
	c.coming.reset()
	l.expect(x.Request.Deadline)
	var err error
	if c.out, err = x.Request.AppendTo(c.out[:0]); err != nil {
		l.fail(c, err)
		return
	}
	c.rest = c.out
	l.write(c)
}

// write writes what is left of a request, and again once there is room for more.
func (l *Loop) write(c *conn) {
	waited := len(c.rest) < len(c.out)
	n, err := syscall.Write(c.fd, c.rest) // not of x/sys: tests for races know that what follows a read here came after a write there
	if err == unix.EAGAIN || err == unix.EINTR {
		n, err = 0, nil
	}
	if err != nil {
		l.fail(c, os.NewSyscallError("write", err))
		return
	}
	c.rest = c.rest[n:]
	if waits := len(c.rest) > 0; waits || waited {
		l.watchAlso(c, waits)
	}
}

// readAtOnce is the room for an answer at first, in bytes.
const readAtOnce = 8 << 10

// move goes on with a connection that something happened to.
func (l *Loop) move(c *conn, what uint32) {
	if c.x == nil { // it ended while nobody used it, or says what nobody asked for
		l.forget(c)
		return
	}
	if what&unix.EPOLLOUT != 0 && len(c.rest) > 0 {
		if l.write(c); c.x == nil || what&^unix.EPOLLOUT == 0 {
			return
		}
	}
	in := &c.coming
	if room := cap(in.got) - len(in.got); room < readAtOnce/2 {
		in.got = append(make([]byte, 0, max(readAtOnce, 2*cap(in.got))), in.got...)
	}
	n, err := syscall.Read(c.fd, in.got[len(in.got):cap(in.got)])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != nil:
		l.fail(c, os.NewSyscallError("read", err))
		return
	}
	in.got = in.got[:len(in.got)+n]
	answer, state, err := l.reader.read(in, c.x.Request.Method, n == 0)
	if state == more {
		return
	}
	if what&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 && state == kept {
		state = closed
	}
	l.end(c, answer, state, err)
}

// end ends the exchange of a connection, which is closed unless s is kept.
func (l *Loop) end(c *conn, a Answer, s state, err error) {
	x := c.x
	c.x, c.rest = nil, nil
	l.over(x, a, err)
	if p := c.pool; s == kept && len(p.idle) < p.most {
		c.since, c.seen = time.Now(), l.polls
		p.idle = append(p.idle, c)
		l.expect(c.since.Add(p.idleFor))
		return
	}
	l.close(c)
}

// fail ends an exchange with an error and what has come of its answer.
func (l *Loop) fail(c *conn, err error) {
	a, _, _ := l.reader.read(&c.coming, c.x.Request.Method, true)
	l.end(c, a, failed, err)
}

func (l *Loop) over(x *Exchange, a Answer, err error) {
	l.flying--
	x.attack.busy--
	x.Done(a, err)
}

func (l *Loop) close(c *conn) {
	delete(l.conns, int32(c.fd))
	unix.Close(c.fd)
}

// forget closes a connection that is idle.
func (l *Loop) forget(c *conn) {
	for i, idle := range c.pool.idle {
		if idle == c {
			c.pool.idle = append(c.pool.idle[:i], c.pool.idle[i+1:]...)
			break
		}
	}
	l.close(c)
}
