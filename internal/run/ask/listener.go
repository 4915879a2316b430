package ask

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
)

const (
	// quietFor is how long a service must say nothing to Redis for a request to be over, and
	// quietMost how long that is waited for: some write to the cache after they have answered.
	quietFor  = 20 * time.Millisecond
	quietMost = 200 * time.Millisecond
	// restFor is how long a service is heard that nobody asks: what it then says to Redis is its own.
	restFor = time.Second
	// mostHeard bounds what is kept of one inspection.
	mostHeard = 100_000
)

// A Listener keeps what the services say to Redis. Safe for concurrent use.
type Listener struct {
	clock *history.Clock
	mu    sync.Mutex
	heard []history.Command
	last  map[string]time.Duration // arm → when a command was told of
}

// NewListener listens on a clock.
func NewListener(clock *history.Clock) *Listener {
	return &Listener{clock: clock, last: map[string]time.Duration{}}
}

// Hear takes a command.
func (l *Listener) Hear(c history.Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last[c.Arm] = l.clock.Now()
	if len(l.heard) < mostHeard {
		l.heard = append(l.heard, c)
	}
}

// quiet waits until an arm's service has said nothing for a while.
func (l *Listener) quiet(ctx context.Context, arm string) {
	began := l.clock.Now()
	for {
		l.mu.Lock()
		until := min(max(began, l.last[arm])+quietFor, began+quietMost)
		l.mu.Unlock()
		left := until - l.clock.Now()
		if left <= 0 || !wait(ctx, left) {
			return
		}
	}
}

// wire is what the service of an arm said since rest, and what it said before.
func (l *Listener) wire(arm string, rest time.Duration, windows []inspect.Window) inspect.Wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := inspect.Wire{Rest: rest, Windows: windows, Full: len(l.heard) == mostHeard}
	out.Commands = slices.DeleteFunc(slices.Clone(l.heard), func(c history.Command) bool { return c.Arm != arm })
	return out
}

// wait waits for d; false: ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
