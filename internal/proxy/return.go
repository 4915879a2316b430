package proxy

import (
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/trektribe/bench/internal/history"
)

// replies takes a chunk of what Redis sends: each reply belongs to the command
// that is owed one for longest. A push belongs to none.
func (l *link) replies(c *stream.StreamChunk) {
	data, from := c.Data, 0 // what stands before from is dealt with
	for at := 0; at < len(data) && !l.blind; {
		if l.say.fresh() {
			if d, _ := l.conn.owed.first(); d.answer != "" && !d.swap {
				l.pass(c, data[from:at])
				from = at
				l.answer()
			}
			if !l.begins(data[at]) {
				l.pass(c, data[from:at])
				from = at
				d, _ := l.conn.owed.first()
				l.stray(d.seen, "a reply that no command is owed")
				break
			}
			l.saying, l.say.collect = 0, l.owes.ends && len(l.batch) > 0
			if l.hit() {
				l.proxy.count.struck(l.conn)
				l.stay = never
				switch does := l.plan.does; {
				case does.mutes && l.plan.fault.ForGood():
					l.pass(c, data[from:at])
					l.dead = true
					return
				case does.loses:
					l.pass(c, data[from:at])
					l.lose()
					return
				case does.late != nil:
					l.stay = does.late(l.plan.fault, moment{since: c.Timestamp.Sub(l.plan.began), own: l.conn.own.Load(), draws: l.draws})
				}
			}
		}
		start := at
		n, m := l.say.next(data[at:])
		if m == lost {
			l.pass(c, data[from:start])
			from = start
			l.stray(nil, noRedis(data[at:]))
			break
		}
		at += n
		l.saying += n
		switch {
		case l.owes.swap:
			l.pass(c, data[from:start])
			from = at
		case l.hit():
			l.pass(c, data[from:start])
			part := &stream.StreamChunk{Data: data[start:at], Timestamp: c.Timestamp}
			l.enqueue(piece{chunk: part, came: c.Timestamp, due: c.Timestamp.Add(l.stay)})
			from = at
		}
		if m == whole {
			l.replied(c.Timestamp)
		}
	}
	if !l.broken {
		l.pass(c, data[from:])
		l.answer()
	}
}

// begins finds out whose reply begins with b; false: nobody's.
func (l *link) begins(b byte) bool {
	l.owes = owedReply{}
	if b == '>' {
		return true
	}
	d, owed := l.conn.owed.first()
	switch {
	case !owed, d.end:
		return false
	case d.subs > 0 && b != '-': // RESP2, where messages cannot be told from replies
		return false
	}
	l.owes = d
	return true
}

// hit reports that the reply that is coming is one of those that the plan is for.
func (l *link) hit() bool { return l.owes.plan != nil && l.owes.plan == l.plan }

// replied takes off what the reply that came whole then was owed for.
func (l *link) replied(came time.Time) {
	if l.say.top != '>' {
		d := l.owes
		l.conn.owed.took(true)
		if d.swap {
			l.tell(d.answer)
		}
		l.told(&d, came)
	} else if d, _ := l.conn.owed.first(); d.subs > 0 && l.say.confirms() {
		l.conn.owed.took(false)
		if d.subs == 1 {
			l.confirmed(&d, came)
		}
	}
	l.owes = owedReply{}
}

// answer gives what is owed next and does not come from Redis. Between two
// replies only: within one it waits for its end.
func (l *link) answer() {
	for l.say.fresh() && !l.blind && !l.broken && !l.ended {
		d, _ := l.conn.owed.first()
		if d.answer == "" || d.swap {
			return
		}
		l.conn.owed.took(true)
		l.tell(d.answer)
		l.told(&d, time.Now())
	}
}

// tell puts text among the replies.
func (l *link) tell(text string) {
	now := time.Now()
	l.enqueue(piece{chunk: &stream.StreamChunk{Data: []byte(text), Timestamp: now}, came: now, due: l.due(now)})
}

// lose ends the connection when what waits has left; what comes later is lost.
func (l *link) lose() {
	l.broken = true
	l.conn.stray.Do(func() {}) // there is nothing more to follow
	l.unanswered(history.ReplyNone)
	l.conn.owed.close()
	now := time.Now()
	l.enqueue(piece{cut: true, came: now, due: now})
}
