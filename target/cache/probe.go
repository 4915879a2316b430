package cache

import (
	"context"
	"crypto/rand"
	"time"
)

// probe waits for the breaker to open, and closes it when Redis is back. It
// runs until stop.
func (h *Hardened) probe() {
	for {
		select {
		case <-h.stop:
			return
		case <-h.breaker.opened:
		}
		began := time.Now()
		tick := time.NewTicker(h.limits.Probe)
		for h.breaker.isOpen() {
			select {
			case <-h.stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			if h.revive() {
				h.hooks.Log.Info("redis is used again", "after", time.Since(began).Round(time.Millisecond).String())
			}
		}
		tick.Stop()
	}
}

// revive tries Redis on a new connection. It must do there what requests need
// of it, in the time that they give it, and learn what has changed meanwhile;
// then requests may ask it again.
func (h *Hardened) revive() bool {
	// Five waits: two round trips to connect and one to ping, with room for a Redis
	// that answers just in time; short enough that a probe stuck in a hang does not hold up the next.
	ctx, cancel := context.WithTimeout(context.Background(), 5*h.limits.Wait)
	defer cancel()
	if err := h.redis.Connect(ctx); err != nil {
		h.hooks.Log.Debug("redis is still not there", "error", err)
		return false
	}
	began := time.Now()
	if _, err := h.redis.Get(ctx, "probe"); err != nil || time.Since(began) > h.limits.Wait {
		h.hooks.Log.Debug("redis is still too slow", "error", err, "took", time.Since(began).String())
		return false
	}
	ctx, cancel = context.WithTimeout(context.Background(), h.limits.Command)
	defer cancel()
	if err := h.pay(ctx, h.breaker.debts()); err != nil {
		h.hooks.Log.Debug("redis does not take the invalidations", "error", err)
		return false
	}
	return h.breaker.close(time.Now())
}

// pay tells Redis of changes, each by a new generation of its key.
func (h *Hardened) pay(ctx context.Context, owed []*change) error {
	for _, c := range owed {
		// Longer than any value of the generation before: the last of these comes from
		// a load that began just before the change. The minute is for clocks.
		life := c.key.TTL + h.limits.Load + time.Minute
		if err := h.redis.Set(ctx, generationKey(c.key), rand.Text(), life); err != nil {
			return err
		}
		h.breaker.settle(c)
	}
	return nil
}
