package load

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load/sockets"
	"github.com/trektribe/bench/internal/traffic"
)

// A crowd is the sender of traffic.Sockets: each turn opens one WebSocket, which then goes
// its own way until the stream's window ends.
type crowd struct {
	stream Stream
	plan   traffic.Socket
	clock  *history.Clock
	id     func(seq uint64) int
	opens  opening
	event  func(history.Event)
	living sync.WaitGroup

	mu       sync.Mutex
	vanished []io.Closer // connections that are open and unused until the window ends
}

func newCrowd(s Stream, in *shared) sender {
	return &crowd{
		stream: s, plan: *s.Socket, clock: in.clock, id: s.idOf(),
		opens: newOpening(s, sockets.NewDialer(in.connections.transport(nil))), event: in.event,
	}
}

// A guest is one client of a crowd: it has one socket at a time.
type guest struct {
	place uint64
	key   string
	times int // that it came back
}

// name is the name of its present socket: "stream/user/place", and ".n" when it came back n times.
func (g guest) name(stream string) string {
	name := fmt.Sprintf("%s/%s/%d", stream, g.key, g.place)
	if g.times > 0 {
		name += fmt.Sprintf(".%d", g.times)
	}
	return name
}

// A visit is an open socket of a guest.
type visit struct {
	*sockets.Socket
	opened history.Request
}

// send opens the socket of a turn.
func (c *crowd) send(ctx context.Context, t turn, record func(history.Request)) {
	g := guest{place: t.place, key: c.stream.Keys.Key(c.id(t.place))}
	v := c.open(ctx, g, t, record)
	c.living.Go(func() { c.live(ctx, g, v, record) })
}

// wait returns when every socket is closed. Connections that vanished are open until the window ends.
func (c *crowd) wait(ctx context.Context) {
	c.living.Wait()
	if len(c.vanished) > 0 {
		pause(ctx, c.end()-c.clock.Now())
	}
	for _, v := range c.vanished {
		v.Close()
	}
}

// end is when every socket has to go.
func (c *crowd) end() time.Duration { return c.stream.Start + c.stream.For }

// live is what a guest does once its first socket is open, or was not opened (nil).
func (c *crowd) live(ctx context.Context, g guest, v *visit, record func(history.Request)) {
	for {
		if v != nil {
			c.stay(ctx, v)
		}
		if c.plan.Again == 0 || !c.pause(ctx, c.plan.Again) {
			return
		}
		g.times++
		// It has no place in the schedule: it comes when its pause is over.
		v = c.open(ctx, g, turn{intended: c.clock.Now()}, record)
	}
}

// pause waits; false: the window or ctx ended first.
func (c *crowd) pause(ctx context.Context, d time.Duration) bool {
	return c.clock.Now()+d < c.end() && pause(ctx, d) && c.clock.Now() < c.end()
}

// open opens the next socket of a guest, and records that; nil: it was not opened.
func (c *crowd) open(ctx context.Context, g guest, t turn, record func(history.Request)) *visit {
	s := c.stream
	next := g.times
	if c.plan.Back == traffic.ToSame {
		next = 0
	}
	turn := s.target(g.place+uint64(next), 0)
	target := s.Targets[turn]
	r := history.Request{
		Arm: s.Arm, Stream: s.Name, Instance: target.Instance, Seq: repeated(g.place, g.times), Method: s.Method,
		Key: g.key, Client: g.name(s.Name), Intended: t.intended, Queued: t.queued,
	}
	giveUp := r.Intended + s.Timeout
	switch now := c.clock.Now(); {
	case now >= giveUp:
		r.Done, r.Failure = giveUp, history.Unsent
		record(r)
		return nil
	case ctx.Err() != nil:
		r.Done, r.Failure = now, history.Canceled
		record(r)
		return nil
	default:
		r.Sent = now
	}
	dial, cancel := context.WithDeadline(ctx, c.clock.Epoch().Add(giveUp))
	defer cancel()
	socket, status, err := c.opens.open(dial, turn, blanks{key: g.key, client: r.Client, seq: r.Seq, ids: s.seed(uuids)})
	r.Done, r.Status = c.clock.Now(), status
	switch {
	case err == nil:
	case status == switching: // the library goes on reading such an answer for 3 s
		r.Done, r.Failure = min(r.Done, giveUp), history.Shape
	case ctx.Err() == nil && r.Done >= giveUp:
		r.Done, r.Failure = giveUp, history.Timeout
	case status != 0:
		r.Failure = history.Status
	default:
		r.Failure = failureOf(ctx, err)
	}
	record(r)
	if err != nil {
		return nil
	}
	return &visit{socket, r}
}

const (
	switching = 101     // the status of an answer that opens a socket
	closed    = "close" // the name of the event that ends a socket
)

// stay keeps a socket until it leaves, or is ended.
func (c *crowd) stay(ctx context.Context, v *visit) {
	until, last := c.end(), true
	if stay := c.plan.Stay; stay > 0 && v.opened.Done+stay < until {
		until, last = v.opened.Done+stay, false
	}
	beside, stop := context.WithCancel(ctx)
	var pinging sync.WaitGroup
	dead := make(chan struct{})
	if c.plan.Ping > 0 {
		pinging.Go(func() {
			if !c.ping(beside, v) {
				close(dead)
			}
		})
	}
	type end struct {
		at  time.Duration
		how string
	}
	read := make(chan end, 1)
	go func() {
		how := c.read(ctx, v)
		read <- end{c.clock.Now(), how}
	}()
	timer := time.NewTimer(until - c.clock.Now())
	var e end
	select {
	case e = <-read:
	case <-dead:
		e = end{c.clock.Now(), "no pong"}
		v.Drop()
		<-read
	case <-timer.C:
		e.at = c.clock.Now()
		e.how = c.leave(v, last)
		<-read
	}
	timer.Stop()
	stop()
	pinging.Wait()
	c.tell(v, closed, e.at, e.how)
}

// leave ends a socket; last: the window ends.
func (c *crowd) leave(v *visit, last bool) (how string) {
	switch {
	case last || c.plan.Leave == "" || c.plan.Leave == traffic.Goodbye:
		v.Leave(c.stream.Timeout)
		return "left"
	case c.plan.Leave == traffic.Drop:
		v.Drop()
		return "dropped"
	}
	open := v.Vanish()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vanished = append(c.vanished, open)
	return "vanished"
}

// read tells what comes on a socket until its end, and says how that was.
func (c *crowd) read(ctx context.Context, v *visit) (how string) {
	for {
		text, err := v.Read(ctx)
		at := c.clock.Now()
		switch {
		case err != nil && ctx.Err() != nil:
			return string(history.Canceled)
		case err != nil:
			return sockets.Ended(err)
		}
		name, detail, err := c.stream.Contract.Message(text)
		if err != nil {
			v.Leave(c.stream.Timeout)
			return "wrong message: " + err.Error()
		}
		if name != "" {
			c.tell(v, name, at, detail)
		}
	}
}

// ping pings until ctx ends; false: a ping was not answered within the stream's timeout.
func (c *crowd) ping(ctx context.Context, v *visit) bool {
	for pause(ctx, c.plan.Ping) {
		within, cancel := context.WithTimeout(ctx, c.stream.Timeout)
		err := v.Ping(within)
		late := within.Err() != nil
		cancel()
		if err != nil && late && ctx.Err() == nil {
			return false
		}
	}
	return true
}

// tell records what happened on a socket.
func (c *crowd) tell(v *visit, name string, at time.Duration, detail string) {
	r := v.opened
	e := history.Event{Kind: history.Socket, Arm: r.Arm, Instance: r.Instance, Stream: r.Stream, Client: r.Client, Name: name, At: at, Detail: detail}
	if name == closed {
		e.Until = c.clock.Now()
	}
	c.event(e)
}

// pause waits; false: ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
