package load

import (
	"sync"
	"time"
)

// A desk keeps the schedule of one stream between the pacer, which offers hits
// at their time, and the workers, which take them and let go of them.
//
// It decides which hits were queued. Hit k is queued if, at its intended time,
//
//   - at least as many hits before it as there are workers had been offered and were not yet let go:
//     every worker was busy or spoken for; or
//   - the hit before it was queued and still waiting to be offered: a worker that
//     comes free then is not free for k.
//
// A pacer that wakes late has offered nothing meanwhile, so what falls due while
// it sleeps with a worker idle is not queued: that lag is the generator's. Hits are
// judged whenever something is about to change, which is exact however late that
// is, because between changes the number of busy workers stands still.
// Safe for concurrent use.
type desk struct {
	mu       sync.Mutex
	sched    *schedule
	workers  uint64
	head     time.Duration   // intended time of hit number due
	more     bool            // there is a hit number due
	due      uint64          // hits judged so far
	last     bool            // whether hit due−1 was queued
	slots    map[uint64]slot // judged and not yet taken
	offered  uint64
	released uint64
}

type slot struct {
	intended time.Duration
	queued   bool
}

func newDesk(s Stream) *desk {
	d := &desk{sched: newSchedule(s), workers: uint64(s.places()), slots: make(map[uint64]slot)}
	d.head, d.more = d.sched.next()
	return d
}

// next is the intended time of the hit to offer next; false: there is none.
func (d *desk) next() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.offered < d.due {
		return d.slots[d.offered].intended, true
	}
	return d.head, d.more
}

// offer hands that hit to the workers. now is not before its intended time.
func (d *desk) offer(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.judge(now)
	d.offered++
}

// take gives hit n to a worker. Hits are numbered as workers take them, so n
// has been offered.
func (d *desk) take(n uint64) slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.slots[n]
	delete(d.slots, n)
	return s
}

// release says that a worker is free again, now.
func (d *desk) release(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.judge(now)
	d.released++
}

// judge decides the hits that have come due by now.
func (d *desk) judge(now time.Duration) {
	for d.more && d.head <= now {
		d.last = d.offered-d.released >= d.workers || d.last && d.offered < d.due
		d.slots[d.due] = slot{d.head, d.last}
		d.due++
		d.head, d.more = d.sched.next()
	}
}
