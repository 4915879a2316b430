package proxy

import "sync"

// A debt is a reply that a connection owes its client.
type debt struct {
	plain  int    // so many replies to commands that nothing is done to; then the rest is zero
	plan   *plan  // the one that chose the command; nil: none
	answer string // what is answered in Redis's place; empty: Redis answers
	swap   bool   // Redis was given something else instead, and its reply to that is dropped
	subs   int    // confirmations that are still to come; the replies of a subscription
	end    bool   // no reply: from here on the connection cannot be followed
}

// mostDebts bounds how many replies that are not plain one connection can owe.
const mostDebts = 1 << 18

// debts is what both directions of a connection share: the requests' enters a
// command before it is passed on, the replies' takes it off when its reply is whole.
type debts struct {
	mu     sync.Mutex
	queue  []debt
	paid   int // of the queue
	closed bool
}

// add enters d; false: replies are not counted any more.
func (ds *debts) add(d debt) bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.closed {
		return false
	}
	if n := len(ds.queue); n > ds.paid && d.plain > 0 && ds.queue[n-1].plain > 0 {
		ds.queue[n-1].plain += d.plain
		return true
	}
	if ds.paid > 64 && ds.paid > len(ds.queue)/2 {
		ds.queue = append(ds.queue[:0], ds.queue[ds.paid:]...)
		ds.paid = 0
	}
	ds.queue = append(ds.queue, d)
	return true
}

// over reports that no more can be owed.
func (ds *debts) over() bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return ds.closed || len(ds.queue)-ds.paid >= mostDebts
}

// first is what is owed next.
func (ds *debts) first() (debt, bool) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if len(ds.queue) == ds.paid {
		return debt{}, false
	}
	return ds.queue[ds.paid], true
}

// pay takes one reply off, or one of a subscription's confirmations. all: and the others.
func (ds *debts) pay(all bool) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	switch d := &ds.queue[ds.paid]; {
	case d.plain > 1:
		d.plain--
	case d.subs > 1 && !all:
		d.subs--
	default:
		*d = debt{}
		if ds.paid++; ds.paid == len(ds.queue) {
			ds.queue, ds.paid = ds.queue[:0], 0
		}
	}
}

// close ends the counting. It reports whether an answer is owed that Redis will not give.
func (ds *debts) close() bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.closed = true
	for _, d := range ds.queue[ds.paid:] {
		if d.answer != "" {
			return true
		}
	}
	ds.queue, ds.paid = nil, 0
	return false
}
