package proxy

import (
	"math"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// limitCutoff cuts a canary off within its first reply, however short that is.
func limitCutoff(f fault.Fault, own bool) int64 {
	if own {
		return 1
	}
	return f.After
}

// limit is how many more bytes may pass before the connection ends. It falls
// when a connection on which the server spoke first turns out to be a canary's.
func (l *link) limit() int64 {
	does := l.plan.does
	if does.limit == nil || l.dir == up {
		return math.MaxInt64
	}
	return max(0, does.limit(l.plan.fault, l.conn.own.Load())-l.passed)
}

// piecesASecond is into how many pieces the bytes of a second are cut: few
// enough for timers, and enough that a reader sees a stream.
const piecesASecond = 100

func pauseSlow(f fault.Fault, n int, own bool) time.Duration {
	if own {
		return canary.SlowPause
	}
	return time.Duration(float64(n) / float64(f.Rate) * float64(time.Second))
}

// part is as much of first as may leave at once. A canary's reply leaves in two
// parts, so that it shows the pause however short it is.
func (l *link) part(first piece) *stream.StreamChunk {
	c := first.chunk
	n := min(int64(len(c.Data)), l.limit())
	if piece := l.plan.does.piece; piece != nil && l.dir == down {
		switch own := l.conn.own.Load(); {
		case !own:
			n = min(n, piece(l.plan.fault))
		case !first.begun:
			n = min(n, 1)
		}
	}
	if n == int64(len(c.Data)) {
		return c
	}
	return &stream.StreamChunk{Data: c.Data[:n], Timestamp: c.Timestamp}
}

// rest begins the pause after n bytes of head. What had waited for the pause
// before it leaves by its schedule, so that late timers do not add up; the
// slowness of a reader is not made up for.
func (l *link) rest(head piece, n int) {
	does := l.plan.does
	if does.pause == nil || l.dir == up {
		return
	}
	pause := does.pause(l.plan.fault, n, l.conn.own.Load())
	now := time.Now()
	if head.came.After(l.free) || now.Sub(l.free) > pause {
		l.free = now
	}
	l.free = l.free.Add(pause)
}

// sent takes what has left off the queue.
func (l *link) sent(part *stream.StreamChunk) {
	n := len(part.Data)
	l.rest(l.queue[0], n)
	if head := &l.queue[0]; n < len(head.chunk.Data) {
		head.begun = true
		head.chunk = &stream.StreamChunk{Data: head.chunk.Data[n:], Timestamp: head.chunk.Timestamp}
		l.queued -= n
	} else {
		l.queue[0] = piece{}
		l.queue = l.queue[1:]
		l.queued -= weight(part)
	}
	l.passed += int64(n)
	l.proxy.count.passed(l.conn, l.dir, n)
	l.giveUp = time.Now().Add(grace)
}
