package proxy

import (
	"fmt"
	"math"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
)

func checkAbove(name string, n int64) string {
	if n > 0 {
		return ""
	}
	return fmt.Sprintf("%s %d: want more than 0", name, n)
}

// limitCutoff cuts a canary off within its first reply, however short that is.
func limitCutoff(f Fault, own bool) int64 {
	if own {
		return 1
	}
	return f.After
}

// limit is how many more bytes may pass before the connection ends.
func (l *link) limit() int64 {
	k := l.plan.kind
	if k.limit == nil || l.dir == up {
		return math.MaxInt64
	}
	return k.limit(l.plan.fault, l.conn.own.Load()) - l.passed
}

// part is as much of c as may leave at once.
func (l *link) part(c *stream.StreamChunk) *stream.StreamChunk {
	if c == nil || int64(len(c.Data)) <= l.limit() {
		return c
	}
	return &stream.StreamChunk{Data: c.Data[:l.limit()], Timestamp: c.Timestamp}
}

// sent takes what has left off the queue.
func (l *link) sent(part *stream.StreamChunk) {
	n := len(part.Data)
	if head := &l.queue[0]; n < len(head.chunk.Data) {
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
