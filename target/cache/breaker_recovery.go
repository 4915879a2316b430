package cache

import (
	"context"
	"time"
)

// A Recovery is what must succeed before an open breaker closes, in this order.
type Recovery struct {
	// Connect proves on a new connection that Redis answers. Nil: there is no Redis.
	Connect func(ctx context.Context) error
	// Probe does what requests need of Redis, in the time that they give it.
	Probe func(ctx context.Context) error
	// Settle tells Redis what it has missed; nil: nothing.
	Settle func(ctx context.Context) error
}

// probe waits for the breaker to open, and closes it when Redis is back. It
// runs until stop.
func (l *Line) probe() {
	for {
		select {
		case <-l.stop:
			return
		case <-l.breaker.opened:
		}
		began := time.Now()
		tick := time.NewTicker(l.limits.Probe)
		for l.breaker.isOpen() {
			select {
			case <-l.stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			if l.revive() {
				l.log.Info("redis is used again", "after", time.Since(began).Round(time.Millisecond).String())
			}
		}
		tick.Stop()
	}
}

// revive tries Redis on a new connection. It must do there what requests need
// of it, in the time that they give it, and learn what has changed meanwhile;
// then requests may ask it again.
func (l *Line) revive() bool {
	// Five waits: two round trips to connect and one to ping, with room for a Redis
	// that answers just in time; short enough that a probe stuck in a hang does not hold up the next.
	ctx, cancel := context.WithTimeout(context.Background(), 5*l.limits.Wait)
	defer cancel()
	if err := l.recovery.Connect(ctx); err != nil {
		l.log.Debug("redis is still not there", "error", err)
		return false
	}
	began := time.Now()
	if err := l.recovery.Probe(ctx); err != nil || time.Since(began) > l.limits.Wait {
		l.log.Debug("redis is still too slow", "error", err, "took", time.Since(began).String())
		return false
	}
	if l.recovery.Settle != nil {
		ctx, cancel := context.WithTimeout(context.Background(), l.limits.Command)
		defer cancel()
		if err := l.recovery.Settle(ctx); err != nil {
			l.log.Debug("redis does not take what it missed", "error", err)
			return false
		}
	}
	return l.breaker.close(time.Now())
}
