package board

import (
	"context"
	"slices"
	"time"
)

const (
	// rhythm is how many of Limits.Probe pass between two looks at the mark, and for how many the
	// database is read after a reconciliation: long enough for every instance to have found Redis again.
	rhythm = 10
	// chunk is how many scores one command tells Redis.
	chunk = 500
)

// watch reconciles when there is something to, and looks every now and then whether Redis still has what it was told.
// It runs until stop.
func (h *Hardened) watch() {
	tick := time.NewTicker(rhythm * h.limits.Probe)
	defer tick.Stop()
	for {
		select {
		case <-h.stop:
			return
		case <-h.owing:
		case <-tick.C:
		}
		if !h.isUsed() {
			continue
		}
		for !h.settled() {
			select {
			case <-h.stop:
				return
			case <-time.After(h.limits.Probe):
			}
		}
	}
}

func (h *Hardened) isUsed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.used
}

// settled tells Redis all scores where it may lack some, and looks at the mark where not. It reports whether that succeeded.
func (h *Hardened) settled() bool {
	h.mu.Lock()
	whole, missed := h.whole, h.missed
	h.mu.Unlock()
	if !h.line.Up() {
		return false // the breaker's recovery comes first
	}
	if whole {
		return h.tell(h.limits.Wait, nil) == nil // or something was missed: a Redis that was away may lack what others booked
	}
	ctx, cancel := context.WithTimeout(context.Background(), h.limits.Load)
	defer cancel()
	scores, err := h.bookings.Scores(ctx, 0)
	if err != nil {
		h.hooks.Log.Warn("the leaderboard is not reconciled", "error", err)
		return false
	}
	parts := slices.Collect(slices.Chunk(scores, chunk))
	if len(parts) == 0 {
		parts = append(parts, nil) // the mark alone
	}
	for _, part := range parts {
		if h.tell(h.limits.Command, part) != nil {
			return false
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.missed != missed {
		return false // something was missed meanwhile
	}
	h.whole = true
	if missed > 0 {
		h.from = time.Now().Add(rhythm * h.limits.Probe)
		h.hooks.Log.Info("the leaderboard is reconciled with the database", "organizers", len(scores))
	}
	h.hooks.Reconciled()
	return true
}
