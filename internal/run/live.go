package run

import (
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// mostRecent bounds what is kept of an arm: at 2,000 requests a second the last 16 s, in 8 MB.
const mostRecent = 1 << 15

// live keeps the requests of each arm that ended lately, for conditions that are evaluated while the
// traffic runs. Safe for concurrent use.
type live struct {
	mu   sync.Mutex
	arms map[string]*recent
}

// recent are the last requests of an arm, about in the order in which they ended.
type recent struct {
	ring []history.Request
	next int // of ring, once it is full
}

func newLive() *live { return &live{arms: map[string]*recent{}} }

// add keeps r, in place of the oldest where there is no room.
func (l *live) add(r history.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.arms[r.Arm]
	if a == nil {
		a = &recent{}
		l.arms[r.Arm] = a
	}
	if len(a.ring) < mostRecent {
		a.ring = append(a.ring, r)
		return
	}
	a.ring[a.next] = r
	a.next = (a.next + 1) % mostRecent
}

// disorder is how much earlier a request may have ended than one that is kept before it.
const disorder = 250 * time.Millisecond

// since are the arm's requests that ended after an instant, the latest first, appended to into.
func (l *live) since(arm string, at time.Duration, into []history.Request) []history.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.arms[arm]
	if a == nil {
		return into
	}
	for i := range a.ring {
		r := &a.ring[(a.next+len(a.ring)-1-i)%len(a.ring)]
		if r.Done > at {
			into = append(into, *r)
		} else if r.Done <= at-disorder {
			break
		}
	}
	return into
}
