package predict

import (
	"container/heap"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A play simulates one fault and one client that many requests share. Each
// connection carries one call at a time. Callers queue for a free connection.
// After as many failed dials as the pool has connections, the client fails at
// once and dials only once a second. Time is simulated; it is 0 when the fault begins.
type play struct {
	c    client
	f    episode
	seed uint64

	now    time.Duration
	events events
	order  int // of events at the same time

	idle       int // connections from before the fault, or from after it
	sound      int // and those that a fault of old connections is not done to; they are used first, as the last that came back
	free       int // turns: connections that may be opened or are idle
	waiting    []*waiter
	misdialled int           // rounds of dials that failed
	opens      time.Duration // when calls dial again, once misdialled is as large as the pool

	worst cost
}

// A cost is what one request spends its time on, over all its calls.
type cost struct {
	took, began time.Duration
	calls       int
	dialling    time.Duration // pauses between dials
	dialled     int           // rounds of them
	pausing     time.Duration // before another attempt
	pauses      int
	queueing    time.Duration // for a connection
	timeouts    int           // of reads
	replies     time.Duration // that came, late
	trips       int
	held        time.Duration // of a reply that came when the fault ended
	loading     time.Duration
}

// A waiter is a call that waits for a free connection.
type waiter struct {
	got  func(ok bool) // called once: whether it got a connection
	over bool          // got was called
}

// warmConnections is how many connections are idle when the fault begins, where
// that is unknown: as many as a light load leaves.
const warmConnections = 2

func newPlay(c client, f episode, seed uint64) *play {
	p := &play{c: c, f: f, seed: seed, idle: min(c.idle, c.pool), free: c.pool}
	switch {
	case f.oldOnly:
		p.idle = c.pool // the most that can have stood
	case f.atMost == fault.OnlyFresh:
		p.idle = 0
	}
	for i := range f.requests {
		p.at(f.every*time.Duration(i), func() { p.request(&cost{began: p.now}, 1) })
	}
	return p
}

// longest plays until every request has its answer and returns the cost of the longest.
func (p *play) longest() cost {
	for len(p.events) > 0 {
		e := heap.Pop(&p.events).(event)
		p.now = e.at
		e.do()
	}
	return p.worst
}

// request makes the n-th call of a request.
func (p *play) request(s *cost, n int) {
	s.calls = n
	p.attempt(s, 0, func(ok bool) {
		if !ok && n < p.c.calls {
			s.loading += p.f.load
			p.after(p.f.load, func() { p.request(s, n+1) })
			return
		}
		s.took = p.now - s.began
		if p.c.wait > 0 {
			s.took = min(s.took, p.c.wait)
		}
		if s.took > p.worst.took {
			p.worst = *s
		}
	})
}

// attempt makes the n-th attempt of a call, n from 0. It calls done with whether Redis answered.
func (p *play) attempt(s *cost, n int, done func(ok bool)) {
	if n > 0 {
		d := p.c.pause(n, p.chance())
		s.pausing += d
		s.pauses++
		p.after(d, func() { p.connect(s, n, done) })
		return
	}
	p.connect(s, n, done)
}

// again ends a failed attempt. Another follows if the error is retryable and a retry is left.
func (p *play) again(s *cost, n int, retryable bool, done func(ok bool)) {
	if retryable && n < p.c.retries {
		p.attempt(s, n+1, done)
		return
	}
	done(false)
}

// connect waits for its turn, then calls on an idle connection or a new one.
func (p *play) connect(s *cost, n int, done func(ok bool)) {
	began := p.now
	p.turn(func(ok bool) {
		s.queueing += p.now - began
		if !ok {
			p.again(s, n, true, done)
			return
		}
		if p.idle > 0 && p.now < p.f.length && p.f.pooled == fault.Ended {
			p.idle = 0 // the client notices closed connections before it uses them
		}
		if p.sound > 0 {
			p.sound--
			p.call(s, n, fault.Answered, 1, done)
			return
		}
		if p.idle > 0 {
			p.idle--
			p.call(s, n, p.f.pooled, 1, done)
			return
		}
		p.dial(s, n, p.c.dials, done)
	})
}

// dial tries to open a connection, with left dials to go. Only before the first does the client ask whether it may dial at all.
func (p *play) dial(s *cost, n, left int, done func(ok bool)) {
	switch {
	case left == p.c.dials && p.misdialled >= p.c.pool && p.now < p.opens:
		p.release()
		p.again(s, n, true, done)
	case p.f.fresh != fault.Refused || p.now >= p.f.length:
		p.call(s, n, p.f.fresh, p.c.handshake+1, done)
	case left > 1:
		s.dialling += p.c.dialPause
		p.after(p.c.dialPause, func() { p.dial(s, n, left-1, done) })
	default:
		s.dialled++
		if p.misdialled++; p.misdialled == p.c.pool {
			p.opens = p.now // it probes at once, then once a second
			for p.opens < p.f.length {
				p.opens += time.Second
			}
		}
		p.release()
		p.again(s, n, true, done)
	}
}

// call spends trips round trips on a connection that meets this fate. More than one: the connection is new.
func (p *play) call(s *cost, n int, meets fault.Fate, trips int, done func(ok bool)) {
	fresh := trips > 1
	if p.now >= p.f.length && (fresh || !p.f.forGood) {
		meets, trips = fault.Answered, 0
	}
	switch meets {
	case fault.Answered, fault.Delayed:
		p.trip(s, n, trips, fresh, done)
	case fault.Silence:
		left := p.f.length - p.now
		if !p.f.forGood && (p.c.read <= 0 || left <= p.c.read) {
			s.held += left
			p.after(left, func() { p.trip(s, n, 0, fresh, done) })
			return
		}
		p.timeout(s, n, fresh, done)
	case fault.Retried:
		if fresh { // the client retries the first command of a handshake like any other
			p.handshakePauses(s, p.c.retries*(1+min(1, p.c.handshake-1)), func() { p.idle++; p.release(); p.again(s, n, true, done) })
			return
		}
		p.idle++
		p.release()
		p.again(s, n, true, done)
	case fault.Evicted, fault.Ended:
		if fresh {
			rounds := p.c.retries
			if meets == fault.Evicted {
				rounds *= 1 + min(1, p.c.handshake-1)
			}
			p.handshakePauses(s, rounds, func() { p.release(); p.again(s, n, true, done) })
			return
		}
		p.release()
		p.again(s, n, true, done)
	}
}

// trip makes the left round trips, one after another.
func (p *play) trip(s *cost, n, left int, fresh bool, done func(ok bool)) {
	if left == 0 {
		if p.f.oldOnly { // it was answered, so it is none that is hurt
			p.sound++
		} else {
			p.idle++
		}
		p.release()
		done(true)
		return
	}
	d := p.f.reply(p.now, p.chance(), p.chance())
	if p.c.read > 0 && d > p.c.read {
		p.timeout(s, n, fresh, done)
		return
	}
	if d > 0 {
		s.replies += d
		s.trips++
	}
	p.after(d, func() { p.trip(s, n, left-1, fresh, done) })
}

// timeout is a read that gets no reply. In a handshake the client retries once, in vain; it does not retry the call.
func (p *play) timeout(s *cost, n int, fresh bool, done func(ok bool)) {
	s.timeouts++
	p.after(p.c.read, func() {
		if fresh {
			p.handshakePauses(s, min(1, p.c.retries), func() { p.release(); p.again(s, n, false, done) })
			return
		}
		p.release()
		p.again(s, n, true, done)
	})
}

// handshakePauses are the pauses between retries on a connection that has
// failed already. The call keeps its turn meanwhile.
func (p *play) handshakePauses(s *cost, pauses int, then func()) {
	var d time.Duration
	for i := range pauses {
		d += p.c.pause(i%max(1, p.c.retries)+1, p.chance())
	}
	s.pausing += d
	s.pauses += pauses
	p.after(d, then)
}
