package proxy

import (
	"bytes"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// mostSeen is how many commands that wait for their replies are kept of one connection. What a longer pipeline
// sends beyond them is followed and not told of.
const mostSeen = 4096

// A witness is told of the service's commands.
type witness struct {
	clock *history.Clock
	tell  func(history.Command)
}

// Watch has tell told of each command of the service when its reply has come, or cannot come any more, on the given
// clock, without its arm and instance. It is called before anybody connects. tell is called by the goroutines that carry
// the traffic: it must be quick, never wait, and be safe for concurrent use.
func (p *Proxy) Watch(clock *history.Clock, tell func(history.Command)) {
	p.witness.Store(&witness{clock, tell})
}

// watched is who is told of the connection's commands; nil: nobody.
func (l *link) watched() *witness {
	if l.conn.own.Load() {
		return nil
	}
	return l.proxy.witness.Load()
}

// see makes the record of the command that has come; nil: it is not told of.
func (l *link) see(came time.Time) *history.Command {
	w := l.watched()
	if w == nil {
		return nil
	}
	if l.conn.owed.crowded() {
		l.notFollowed(nil, "more commands at once than are kept")
		return nil
	}
	r := &l.ask
	c := &history.Command{
		Conn: l.conn.id, Opened: w.clock.At(l.conn.opened), Name: r.fullName(), Key: string(r.key[:r.keyLen]),
		TTL: r.timeToLive(came), Sent: w.clock.At(came), Asked: l.asking,
	}
	if c.Name == history.UnknownName { // what follows it may be no key either
		c.Key = ""
	}
	return c
}

// told tells of the command whose reply was owed and has come: whole in l.say, or as the text that is answered in
// Redis's place.
func (l *link) told(d *owedReply, came time.Time) {
	w := l.watched()
	if w == nil {
		return
	}
	c := d.seen
	queued := d.within && d.answer == "" && l.say.top == '+' // what it brings comes with EXEC
	if queued && len(l.batch) < mostSeen {
		l.batch = append(l.batch, c)
	}
	if c != nil {
		c.Answered = w.clock.At(came)
	}
	switch {
	case c == nil || queued:
	case d.answer != "":
		c.Reply, c.Error, c.Bytes = history.ReplyError, firstWord([]byte(d.answer[1:])), len(d.answer)
		w.tell(*c)
	default:
		if c.Reply, c.Found = l.say.class(); c.Reply == history.ReplyError {
			c.Error = firstWord(l.say.word[:])
		}
		c.Bytes = l.saying
		w.tell(*c)
	}
	if d.ends {
		l.transacted(w, d, came)
	}
}

// transacted tells of the commands of the transaction that d's command ends.
func (l *link) transacted(w *witness, d *owedReply, came time.Time) {
	for i, c := range l.batch {
		if c == nil {
			continue
		}
		c.Reply, c.Answered = history.Discarded, w.clock.At(came)
		if d.answer == "" && i < len(l.say.parts) && l.say.top == '*' {
			part := l.say.parts[i]
			c.Reply, c.Found, c.Error = part.reply, part.found, part.err
		}
		w.tell(*c)
	}
	l.batch = l.batch[:0]
}

// confirmed tells of a subscription, or its end, that was confirmed.
func (l *link) confirmed(d *owedReply, came time.Time) {
	if w := l.watched(); w != nil && d.seen != nil {
		d.seen.Answered, d.seen.Reply, d.seen.Bytes = w.clock.At(came), history.ReplyOK, l.saying
		w.tell(*d.seen)
	}
}

// farewell tells of what no reply will come to, when the link is over.
func (l *link) farewell() {
	w := l.watched()
	if w == nil {
		return
	}
	if l.dir == down {
		l.conn.silent.Store(true)
		for _, c := range l.batch {
			if c != nil {
				c.Reply = history.Discarded
				w.tell(*c)
			}
		}
	}
	if l.conn.silent.Load() { // or the replies' link will say it
		l.unanswered(history.ReplyNone)
	}
}

// unanswered tells of the commands whose replies will not be seen.
func (l *link) unanswered(how history.Reply) {
	w := l.watched()
	for _, c := range l.conn.owed.unanswered() {
		if w != nil {
			c.Reply = how
			w.tell(*c)
		}
	}
}

// noRedis says what is known of bytes that are no RESP.
func noRedis(b []byte) string {
	if len(b) > 0 && b[0] == tlsHandshake {
		return "TLS"
	}
	return "no RESP"
}

// tlsHandshake is the first byte of a connection that speaks TLS.
const tlsHandshake = 0x16

// notFollowed tells, once, that the connection is not followed from here on: because of c, or why.
func (l *link) notFollowed(c *history.Command, why string) {
	w := l.watched()
	if w == nil || !l.conn.lost.CompareAndSwap(false, true) {
		return
	}
	now := w.clock.Now()
	out := history.Command{Conn: l.conn.id, Opened: w.clock.At(l.conn.opened), Sent: now, Reply: history.NotFollowed, Error: why}
	if c != nil {
		out.Name, out.Error = c.Name, ""
	}
	w.tell(out)
}

// unknownCommand begins what Redis answers to a command that it does not know, as far as it is kept.
const unknownCommand = "ERR unknown comm"

// firstWord is that of an error: letters in capitals. What is none could be anything.
func firstWord(text []byte) string {
	if bytes.HasPrefix(text, []byte(unknownCommand)) {
		return history.UnknownCommand
	}
	word, _, _ := bytes.Cut(bytes.TrimRight(text, "\r\n\x00"), []byte(" "))
	if !plain(string(word)) {
		return "ERR"
	}
	return string(word)
}
