package proxy

import (
	"bytes"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/history"
)

// A follower is the part of a link that tells commands and replies apart. It
// follows from a connection's first byte, so that a fault may begin at any time:
// what was on its way then is known to be so.
type follower struct {
	blind bool // it cannot be followed any more; everything passes

	ask    request               // up
	asking int                   // up: bytes of the command so far
	held   []*stream.StreamChunk // up: of a command that may be one that is not passed on
	tx     bool                  // up: in a transaction
	hurt   *plan                 // up: the one that chose a command of the transaction

	say    reply              // down
	saying int                // down: bytes of the reply so far
	batch  []*history.Command // down: of the transaction
	owes   owedReply          // down: whose reply is coming
	stay   time.Duration      // down: how long it stays
	broken bool               // down: the rest is lost
}

// never is when a reply leaves that a fault holds until it is over.
const never = time.Duration(1) << 61

// requests takes a chunk of what the client sends. Each command is entered as owed
// before its last byte is queued, so that its reply cannot overtake it.
func (l *link) requests(c *stream.StreamChunk) {
	data, from := c.Data, 0 // what stands before from is dealt with
	for at := 0; at < len(data); {
		if l.ask.fresh() {
			if l.blind || l.conn.owed.over() {
				l.stray(nil, "too many replies are owed")
				break
			}
			l.ask.watched, l.asking = l.watched() != nil, 0
		}
		start := at
		n, m := l.ask.next(data[at:], l.plan, l.conn.own.Load())
		if m == lost {
			l.stray(nil, noRedis(data[at:]))
			break
		}
		at += n
		l.asking += n
		switch {
		case !l.ask.plan.does.answers || l.ask.verdict == spared:
			l.flush()
		case l.ask.verdict == undecided:
			l.pass(c, data[from:start])
			l.held = append(l.held, &stream.StreamChunk{Data: data[start:at], Timestamp: c.Timestamp})
			from = at
		default:
			l.pass(c, data[from:start])
			l.held, from = nil, at
		}
		if m == whole && l.ask.named > 0 {
			l.enter(c.Timestamp)
		}
	}
	l.pass(c, data[from:])
}

// What is given to Redis in the place of a command of a transaction that is
// answered here: it must know that the transaction cannot be executed. A GET
// without a key is refused when it is queued, and EXEC then by Redis itself.
const (
	poison  = "*1\r\n$3\r\nGET\r\n"
	discard = "*1\r\n$7\r\nDISCARD\r\n"
)

// enter notes that the command that has come is owed a reply.
func (l *link) enter(came time.Time) {
	r := &l.ask
	seen, watched := l.see(came), r.watched
	hit := r.verdict == chosen
	d := owedReply{plain: 1}
	if hit {
		d = owedReply{plan: r.plan}
	}
	if hit && r.plan.does.answers {
		d = owedReply{answer: "-" + r.plan.fault.Answer + "\r\n"}
		l.proxy.count.struck(l.conn)
		if l.tx {
			d.swap = true
			text := poison
			if r.cmd.Follow == command.Executes {
				text, l.tx = discard, false
			}
			l.enqueue(piece{chunk: &stream.StreamChunk{Data: []byte(text), Timestamp: came}, came: came, due: l.due(came)})
		}
		d.seen, d.ends = seen, watched && r.cmd.Follow == command.Executes
		l.owe(d)
		return
	}
	within := watched && l.tx
	switch r.cmd.Follow {
	case command.Subscribes:
		d = owedReply{subs: max(1, r.args-1)}
	case command.Begins:
		l.tx, l.hurt = true, nil
	case command.Executes:
		if l.hurt != nil {
			d = owedReply{plan: l.hurt}
		}
		l.tx, l.hurt = false, nil
	case command.Discards:
		l.tx, l.hurt = false, nil
	case command.Client:
		if bytes.EqualFold(bytes.TrimRight(r.word[:], "\x00"), []byte("reply")) {
			l.stray(seen, "")
			return
		}
	default:
		if l.tx && hit { // it is queued; EXEC brings what it replies
			l.hurt, d = r.plan, owedReply{plain: 1}
		}
	}
	d.seen = seen
	d.ends = within && (r.cmd.Follow == command.Executes || r.cmd.Follow == command.Discards)
	d.within = within && !d.ends
	l.owe(d)
	if r.cmd.Follow == command.Floods {
		l.stray(seen, "")
	}
}

// owe enters d. Where replies are not counted any more, nobody would give the
// client an answer that Redis does not give, so its connection ends.
func (l *link) owe(d owedReply) {
	if l.conn.owed.add(d) {
		if d.answer != "" {
			select {
			case l.conn.answers <- struct{}{}:
			default:
			}
		}
		return
	}
	l.blind = true
	if w := l.watched(); w != nil && d.seen != nil {
		d.seen.Reply = history.Unseen
		w.tell(*d.seen)
	}
	if d.answer != "" {
		l.conn.end(finish)
	}
}

// stray gives up following: commands cannot be told apart from here on, and replies
// from where this was: because of c, or why.
func (l *link) stray(c *history.Command, why string) {
	l.blind = true
	l.flush()
	l.conn.stray.Do(func() {
		l.notFollowed(c, why)
		if !l.conn.own.Load() {
			l.proxy.count.unfollowed.Add(1)
		}
		if l.dir == up {
			l.conn.owed.add(owedReply{end: true})
		}
	})
	if l.dir == down {
		l.unanswered(history.Unseen)
		if l.conn.owed.close() {
			l.lose()
		}
	}
}

// flush queues what was held of a command: it is passed on after all.
func (l *link) flush() {
	for _, c := range l.held {
		l.pass(c, c.Data)
	}
	l.held = nil
}

// release decides, when the plan changes, what the one before had not decided.
func (l *link) release() {
	if len(l.held) > 0 {
		l.ask.verdict = spared
		l.flush()
	}
}
