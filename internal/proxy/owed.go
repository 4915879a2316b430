package proxy

import (
	"sync"

	"github.com/trektribe/bench/internal/history"
)

// An owedReply is a reply that a connection owes its client.
type owedReply struct {
	plain  int    // so many replies to commands that nothing is done to; then the rest is zero
	plan   *plan  // the one that chose the command; nil: none
	answer string // what is answered in Redis's place; empty: Redis answers
	swap   bool   // Redis was given something else instead, and its reply to that is dropped
	subs   int    // confirmations that are still to come; the replies of a subscription
	end    bool   // no reply: from here on the connection cannot be followed

	seen   *history.Command // whose it is; nil: nobody is told
	within bool             // that is a command of a transaction, and somebody is told
	ends   bool             // that ends a transaction, and somebody is told
}

// merges reports that it is one of many that need no place of their own.
func (d *owedReply) merges() bool { return d.plain > 0 && d.seen == nil && !d.within && !d.ends }

// mostOwed bounds how many replies that are not plain one connection can owe.
const mostOwed = 1 << 18

// owedReplies is what both directions of a connection share: the requests' enters a
// command before it is passed on, the replies' takes it off when its reply is whole.
type owedReplies struct {
	mu     sync.Mutex
	queue  []owedReply
	given  int // of the queue
	closed bool
}

// add enters d; false: replies are not counted any more.
func (o *owedReplies) add(d owedReply) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	if n := len(o.queue); n > o.given && d.merges() && o.queue[n-1].merges() {
		o.queue[n-1].plain += d.plain
		return true
	}
	if o.given > 64 && o.given > len(o.queue)/2 {
		o.queue = append(o.queue[:0], o.queue[o.given:]...)
		o.given = 0
	}
	o.queue = append(o.queue, d)
	return true
}

// over reports that no more can be owed.
func (o *owedReplies) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed || len(o.queue)-o.given >= mostOwed
}

// crowded reports that so many are owed that no more is kept of their commands.
func (o *owedReplies) crowded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)-o.given >= mostSeen
}

// unanswered takes the commands out whose replies are owed; the replies stay owed.
func (o *owedReplies) unanswered() (all []*history.Command) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := o.given; i < len(o.queue); i++ {
		if d := &o.queue[i]; d.seen != nil {
			all = append(all, d.seen)
			d.seen = nil
		}
	}
	return all
}

// first is what is owed next.
func (o *owedReplies) first() (owedReply, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == o.given {
		return owedReply{}, false
	}
	return o.queue[o.given], true
}

// took takes one reply off, or one of a subscription's confirmations. all: and the others.
func (o *owedReplies) took(all bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch d := &o.queue[o.given]; {
	case d.plain > 1:
		d.plain--
	case d.subs > 1 && !all:
		d.subs--
	default:
		*d = owedReply{}
		if o.given++; o.given == len(o.queue) {
			o.queue, o.given = o.queue[:0], 0
		}
	}
}

// close ends the counting. It reports whether an answer is owed that Redis will not give.
func (o *owedReplies) close() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for _, d := range o.queue[o.given:] {
		if d.answer != "" {
			return true
		}
	}
	o.queue, o.given = nil, 0
	return false
}
