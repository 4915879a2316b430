package claim

import (
	"container/heap"
	"time"
)

// A redisPlay is one fault, played with a client that many requests share: each
// connection has one call at a time, callers wait in turn for one that is free,
// and after as many failed dials as the pool is large the client fails at once
// and dials but once a second. Time is that of the play, 0 where the fault begins.
type redisPlay struct {
	c    redisClient
	w    redisWorld
	seed uint64

	now    time.Duration
	events redisEvents
	order  int // of events at the same time

	idle       int // connections from before the fault, or from after it
	free       int // turns: connections that may be opened or are idle
	waiting    []*redisWaiter
	misdialled int           // rounds of dials that failed
	opens      time.Duration // when calls dial again, once misdialled is as large as the pool

	worst redisToll
}

// A redisToll is what one request has spent, in all its calls.
type redisToll struct {
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

// A redisWaiter is a call that no connection is free for.
type redisWaiter struct {
	got  func(ok bool) // called once, with whether it has one
	over bool          // it was called
}

// warmConnections is how many connections are idle when the fault begins, where
// that is not known: what a light load leaves.
const warmConnections = 2

func newPlay(c redisClient, w redisWorld, seed uint64) *redisPlay {
	p := &redisPlay{c: c, w: w, seed: seed, idle: min(c.idle, c.pool), free: c.pool}
	if w.atMost == ofFresh {
		p.idle = 0
	}
	for i := range w.requests {
		p.at(w.every*time.Duration(i), func() { p.request(&redisToll{began: p.now}, 1) })
	}
	return p
}

// longest plays until the last request has its answer.
func (p *redisPlay) longest() redisToll {
	for len(p.events) > 0 {
		e := heap.Pop(&p.events).(redisEvent)
		p.now = e.at
		e.do()
	}
	return p.worst
}

// request makes the n-th call of a request.
func (p *redisPlay) request(s *redisToll, n int) {
	s.calls = n
	p.attempt(s, 0, func(ok bool) {
		if !ok && n < p.c.calls {
			s.loading += p.w.load
			p.after(p.w.load, func() { p.request(s, n+1) })
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

// attempt makes a call for the n-th time, n from 0, and calls done with whether Redis answered.
func (p *redisPlay) attempt(s *redisToll, n int, done func(ok bool)) {
	if n > 0 {
		d := p.c.pause(n, p.chance())
		s.pausing += d
		s.pauses++
		p.after(d, func() { p.connect(s, n, done) })
		return
	}
	p.connect(s, n, done)
}

// again ends an attempt: another follows where there is one left and the error is of that sort.
func (p *redisPlay) again(s *redisToll, n int, sort bool, done func(ok bool)) {
	if sort && n < p.c.retries {
		p.attempt(s, n+1, done)
		return
	}
	done(false)
}

// connect waits for a turn, and calls on an idle connection or on a new one.
func (p *redisPlay) connect(s *redisToll, n int, done func(ok bool)) {
	began := p.now
	p.turn(func(ok bool) {
		s.queueing += p.now - began
		if !ok {
			p.again(s, n, true, done)
			return
		}
		if p.idle > 0 && p.now < p.w.fault && p.w.pooled == meetsEnd {
			p.idle = 0 // seen before they are used
		}
		if p.idle > 0 {
			p.idle--
			p.call(s, n, p.w.pooled, 1, done)
			return
		}
		p.dial(s, n, p.c.dials, done)
	})
}

// dial has left dials to go. Whether it may dial at all is asked before the first of them only.
func (p *redisPlay) dial(s *redisToll, n, left int, done func(ok bool)) {
	switch {
	case left == p.c.dials && p.misdialled >= p.c.pool && p.now < p.opens:
		p.release()
		p.again(s, n, true, done)
	case p.w.fresh != meetsRefusal || p.now >= p.w.fault:
		p.call(s, n, p.w.fresh, p.c.handshake+1, done)
	case left > 1:
		s.dialling += p.c.dialPause
		p.after(p.c.dialPause, func() { p.dial(s, n, left-1, done) })
	default:
		s.dialled++
		if p.misdialled++; p.misdialled == p.c.pool {
			p.opens = p.now // the first probe is at once, then one a second
			for p.opens < p.w.fault {
				p.opens += time.Second
			}
		}
		p.release()
		p.again(s, n, true, done)
	}
}

// call spends trips round trips on a connection that meets f; more than one on a new one.
func (p *redisPlay) call(s *redisToll, n int, f redisFate, trips int, done func(ok bool)) {
	fresh := trips > 1
	if p.now >= p.w.fault {
		f, trips = meetsReply, 0
	}
	switch f {
	case meetsReply, meetsDelay:
		p.trip(s, n, trips, fresh, done)
	case meetsSilence:
		left := p.w.fault - p.now
		if p.c.read <= 0 || left <= p.c.read {
			s.held += left
			p.after(left, func() { p.trip(s, n, 0, fresh, done) })
			return
		}
		p.timeout(s, n, fresh, done)
	case meetsError:
		if fresh { // the first command of a handshake is tried again as any other
			p.handshakePauses(s, p.c.retries*(1+min(1, p.c.handshake-1)), func() { p.idle++; p.release(); p.again(s, n, true, done) })
			return
		}
		p.idle++
		p.release()
		p.again(s, n, true, done)
	case meetsEviction, meetsEnd:
		if fresh {
			rounds := p.c.retries
			if f == meetsEviction {
				rounds *= 1 + min(1, p.c.handshake-1)
			}
			p.handshakePauses(s, rounds, func() { p.release(); p.again(s, n, true, done) })
			return
		}
		p.release()
		p.again(s, n, true, done)
	}
}

// trip is one round trip of those left.
func (p *redisPlay) trip(s *redisToll, n, left int, fresh bool, done func(ok bool)) {
	if left == 0 {
		p.idle++
		p.release()
		done(true)
		return
	}
	d := p.w.reply(p.now, p.chance(), p.chance())
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

// timeout is a read that ends without a reply. In a handshake it is tried once more, in vain, and the call is not.
func (p *redisPlay) timeout(s *redisToll, n int, fresh bool, done func(ok bool)) {
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

// handshakePauses are the pauses of commands that are tried again on a connection
// that has failed already; it keeps its turn meanwhile.
func (p *redisPlay) handshakePauses(s *redisToll, pauses int, then func()) {
	var d time.Duration
	for i := range pauses {
		d += p.c.pause(i%max(1, p.c.retries)+1, p.chance())
	}
	s.pausing += d
	s.pauses += pauses
	p.after(d, then)
}
