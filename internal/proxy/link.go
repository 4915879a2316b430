package proxy

import (
	"math/rand/v2"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/trektribe/bench/internal/canary"
)

// most is how many bytes a link keeps in flight before it stops reading. With a
// delay of 500 ms it lets 32 MB/s pass on each connection; toxiproxy's own
// latency toxic keeps twice as much.
const most = 16 << 20

// grace is how long bytes wait for a reader to take any once the other direction
// has ended. Nothing tells a toxic that its reader has gone; without the other
// direction's word it cannot be told from one that is slow, and those must not
// be cut off. It is long for a reader that is there, and short enough that
// clients who give up by the hundred do not pile up.
const grace = 250 * time.Millisecond

// A link is one direction of a connection. One goroutine runs it, the only one
// that touches its fields.
//
// What waits is kept in a queue, each chunk with the time at which it may leave,
// so that a delay does not hold up what comes behind. Nothing is ever read past
// a closed source, so the end of the stream waits its turn in the queue too.
type link struct {
	proxy *Proxy
	conn  *conn
	dir   direction

	newest   *plan // of the proxy, that this link has seen
	plan     *plan // in effect here
	caughtUp *plan // the last that this link was counted for; see plan.go

	draws  *rand.Rand
	delay  time.Duration // of the reply
	burst  time.Time     // when the reply's first chunk leaves
	last   time.Time     // when its last chunk so far came
	asked  uint64        // conn.asked when the delay was drawn
	queue  []piece
	queued int       // its weight
	ended  bool      // the source has
	passed int64     // bytes, under this plan
	free   time.Time // when the pause after the last piece ends
	spoken bool      // it has brought bytes
	giveUp time.Time // on a reader, once otherEnded

	otherEnded bool // the source of the other direction has ended
	given      bool // up: nothing is passed on any more
	dead       bool // what comes is lost, and so is the end of its source; what waits still leaves

	follower
}

// A piece is a chunk that waits, or, with none, the end of the stream.
type piece struct {
	chunk *stream.StreamChunk
	cut   bool // the end, though the source has not ended
	came  time.Time
	due   time.Time
	begun bool // the chunk is what is left of one
}

// run carries the direction until its end has been passed on, its reader has
// gone, or the plan ends connections. Interrupt is not heard: toxiproxy uses it
// to add, change or remove toxics, which is never done here.
func (l *link) run(stub *toxics.ToxicStub) {
	defer l.proxy.leave(l)
	defer l.farewell()
	l.begin()
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		if l.proxy.adopt(l) {
			l.begin()
		}
		if end := l.plan.does.ends; end != nil {
			l.meets()
			l.conn.end(end)
			l.abandon(stub)
		}
		if l.buries() {
			l.conn.end(finish)
			l.abandon(stub)
		}
		next, due, waits := l.next()
		leaves := waits && time.Until(due) <= 0
		switch {
		case l.given && l.ended:
			return
		case leaves && next.cut:
			l.conn.cut.Store(true)
			l.abandon(stub)
			continue
		case leaves && next.chunk == nil:
			stub.Close()
			return
		}
		var part *stream.StreamChunk
		until, timed := due, waits
		if leaves { // a reader may take its time, unless the other direction has ended
			part = l.part(next)
			until, timed = later(l.giveUp, due.Add(grace)), l.otherEnded
		}
		if timed {
			alarm.Reset(time.Until(until))
		}
		select {
		case <-l.newest.next:
		case c := <-when(l.reads(), stub.Input):
			l.take(c)
		case when(leaves, stub.Output) <- part:
			l.sent(part)
			if l.limit() <= 0 {
				l.abandon(stub)
			}
		case <-when(l.dir == down, l.conn.answers):
			l.answer()
		case <-when(!l.otherEnded, l.conn.ended[1-l.dir]):
			l.otherEnded = true
			l.giveUp = time.Now().Add(grace)
		case <-when(timed, alarm.C):
			if leaves {
				l.abandon(stub)
			}
		}
	}
}

// when is c where it is wanted, and otherwise a channel on which nothing ever happens: nil.
func when[C any](wanted bool, c C) (never C) {
	if wanted {
		return c
	}
	return never
}

// reads reports whether the link takes more from its source. What a fault holds stays there, unless it must be known
// whether anybody asks.
func (l *link) reads() bool {
	looks := l.plan.fault.OldOnly() && l.dir == up
	return !l.ended && (l.given || l.dead || l.queued < most && (looks || !l.holding()))
}

// next is the piece that leaves next, and when; false: none waits, or none may leave.
func (l *link) next() (p piece, due time.Time, waits bool) {
	if l.given || l.holding() || len(l.queue) == 0 {
		return piece{}, time.Time{}, false
	}
	return l.queue[0], later(l.queue[0].due, l.free), true
}

// begin starts on a plan: everything that waits gets its time under it.
func (l *link) begin() {
	l.draws = rand.New(rand.NewPCG(l.plan.fault.Seed, l.conn.id))
	l.burst, l.last = time.Time{}, time.Time{}
	l.passed, l.free = 0, time.Time{}
	for i := range l.queue {
		l.queue[i].due = l.due(l.queue[i].came)
	}
	l.release()
	l.giveUp = time.Now().Add(grace)
	if _, owed := l.conn.owed.first(); owed {
		l.meets()
	}
	if l.holding() && l.plan.fault.ForGood() {
		l.dead = true
		l.drop()
	}
}

func (l *link) holding() bool {
	does := l.plan.does
	return does.holds != nil && does.holds(l.plan.fault, l.dir)
}

// sameReply is the longest pause inside a reply. What comes later without a
// request is a message that Redis sends unasked.
const sameReply = 10 * time.Millisecond

// due says when bytes that came then may leave. Bytes that come while the first
// of a reply still waits share its delay, and so does the rest of a reply: one
// of many chunks is delayed once, by an unbiased draw, and a stream is never
// slowed.
func (l *link) due(came time.Time) time.Time {
	does := l.plan.does
	if does.delay == nil || l.dir == up {
		return came
	}
	asked := l.conn.asked.Load()
	same := came.Before(l.burst) || asked == l.asked && came.Sub(l.last) < sameReply
	l.last = came
	if same {
		return came.Add(l.delay)
	}
	l.asked = asked
	l.delay = does.delay(l.plan.fault, moment{since: came.Sub(l.plan.began), own: l.conn.own.Load(), draws: l.draws})
	l.burst = came.Add(l.delay)
	return l.burst
}

// take puts a chunk at the end of the queue; nil: the source has ended. Order is
// kept although a later burst may have drawn less: only the head ever leaves.
func (l *link) take(c *stream.StreamChunk) {
	came := time.Now()
	if c == nil {
		l.ended = true
		close(l.conn.ended[l.dir])
	}
	if l.given || l.dead && (c == nil || l.dir == down) {
		return
	}
	if c == nil {
		l.flush()
		if !l.broken {
			l.enqueue(piece{came: came, due: l.due(came)})
		}
		return
	}
	if l.dir == up {
		if !l.spoken && canary.Begins(c.Data) {
			l.conn.own.Store(true)
		}
		l.conn.asked.Add(1)
		l.meets()
	}
	l.spoken = true
	switch {
	case l.broken:
	case l.dir == up:
		l.requests(c)
	default:
		l.replies(c)
	}
	if l.dead && l.dir == up {
		l.drop()
	}
}

// drop loses what waits.
func (l *link) drop() { l.queue, l.queued = nil, 0 }

// enqueue puts p behind what waits.
func (l *link) enqueue(p piece) {
	if p.chunk != nil {
		l.queued += weight(p.chunk)
	}
	l.queue = append(l.queue, p)
}

// pass lets data, of what came in c, wait its turn.
func (l *link) pass(c *stream.StreamChunk, data []byte) {
	switch {
	case len(data) == 0:
		return
	case len(data) != len(c.Data):
		c = &stream.StreamChunk{Data: data, Timestamp: c.Timestamp}
	}
	l.enqueue(piece{chunk: c, came: c.Timestamp, due: l.due(c.Timestamp)})
}

// abandon ends the direction without passing on what waits. Closing the stub
// makes toxiproxy's writer close the destination. The noop toxic before us would
// block for ever on its next chunk, so what comes is still taken, until the end.
func (l *link) abandon(stub *toxics.ToxicStub) {
	l.given = true
	l.drop()
	stub.Close()
}

// weight is what a chunk counts for in the queue: its bytes, and what it costs
// to keep it, so that a flood of single bytes is bounded too.
func weight(c *stream.StreamChunk) int { return len(c.Data) + 128 }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
