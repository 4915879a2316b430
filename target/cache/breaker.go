package cache

import (
	"sync"
	"time"
)

// breaker decides whether requests ask Redis. It opens after a number of
// failures in a row, and only its owner, who probes, closes it again. It also
// keeps the keys whose change Redis has not been told: none of them may be
// read from there, and the breaker does not close before Redis knows.
// Safe for concurrent use.
type breaker struct {
	threshold int           // failures in a row
	most      int           // pending keys
	settling  time.Duration // how long after a change its old value may still be written

	mu       sync.Mutex
	open     bool
	epoch    uint64 // counts openings: reports from before the last do not count
	failures int
	pending  map[string]*change
	blind    time.Time     // not closed before: changes were forgotten, and what they changed expires by then
	opened   chan struct{} // holds a token when open has become true
}

// A change is an invalidation that Redis must be told of.
type change struct {
	key  Key
	paid chan struct{} // closed when Redis has confirmed it
}

func newBreaker(threshold, most int, settling time.Duration) *breaker {
	return &breaker{threshold: threshold, most: most, settling: settling, pending: map[string]*change{}, opened: make(chan struct{}, 1)}
}

// allow reports whether Redis may be asked for key, and the epoch to report in.
// Where it may not because of a change that Redis has yet to confirm, it
// answers that too.
func (b *breaker) allow(key string) (epoch uint64, owed *change, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		return 0, nil, false
	}
	owed = b.pending[key]
	return b.epoch, owed, owed == nil
}

// report takes the outcome of a command that was allowed in epoch, and says
// whether that opened the breaker.
func (b *breaker) report(epoch uint64, ok bool) (tripped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open || epoch != b.epoch {
		return false
	}
	if ok {
		b.failures = 0
		return false
	}
	if b.failures++; b.failures < b.threshold {
		return false
	}
	return b.tripLocked()
}

// trip opens the breaker, and says whether it was closed.
func (b *breaker) trip() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tripLocked()
}

func (b *breaker) tripLocked() bool {
	if b.open {
		return false
	}
	b.open = true
	b.epoch++
	b.failures = 0
	select {
	case b.opened <- struct{}{}:
	default:
	}
	return true
}

// owe remembers that Redis must be told of keys' change. Where that is more
// than it can remember, it opens until what was changed has expired.
func (b *breaker) owe(keys []Key, now time.Time) []*change {
	b.mu.Lock()
	defer b.mu.Unlock()
	owed := make([]*change, len(keys))
	for i, k := range keys {
		owed[i] = &change{k, make(chan struct{})}
		if _, ok := b.pending[k.Name]; !ok && len(b.pending) >= b.most {
			if until := now.Add(k.TTL + b.settling); until.After(b.blind) {
				b.blind = until
			}
			b.tripLocked()
			continue
		}
		b.pending[k.Name] = owed[i]
	}
	return owed
}

// settle takes note that Redis has confirmed c. The key may be asked for again,
// unless a later change of it is owed.
func (b *breaker) settle(c *change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-c.paid: // the prober and the request that made the change may both have paid
		return
	default:
		close(c.paid)
	}
	if b.pending[c.key.Name] == c {
		delete(b.pending, c.key.Name)
	}
}

// debts lists what Redis must still be told.
func (b *breaker) debts() (owed []*change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.pending {
		owed = append(owed, c)
	}
	return owed
}

// close lets requests ask again, if nothing is owed any more.
func (b *breaker) close(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pending) > 0 || now.Before(b.blind) {
		return false
	}
	b.open = false
	return true
}

// isOpen reports whether requests do without Redis.
func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}
