package limit

import (
	"context"
	"time"

	"github.com/trektribe/bench/target/cache"
)

// Admissions that Redis does not know are carried over three ways: with the next
// request of their client, by the breaker's recovery before it lets requests ask
// again, and in the background for the few that came about at the same moment.

// owe says that there is something to carry over.
func (h *Hardened) owe() {
	select {
	case h.owing <- struct{}{}:
	default:
	}
}

// carry tells Redis all that it does not know.
func (h *Hardened) carry(ctx context.Context) error {
	defer h.owe() // what is admitted until the breaker has closed
	return h.carryOwed(ctx)
}

func (h *Hardened) carryOwed(ctx context.Context) error {
	for _, name := range h.clients.owing(time.Now().UnixMilli()) {
		if _, err := h.tell(ctx, name, 0); err != nil {
			return err
		}
	}
	return nil
}

// carryOn carries over in the background while Redis is asked. It runs until stop.
func (h *Hardened) carryOn() {
	for {
		select {
		case <-h.stop:
			return
		case <-h.owing:
		}
		select {
		case <-h.stop:
			return
		case <-time.After(h.limits.Probe):
		}
		if !h.line.Up() {
			continue // the recovery does it
		}
		_, err := cache.Ask(h.line, h.limits.Command, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, h.carryOwed(ctx)
		})
		if err != nil {
			h.owe()
		}
	}
}
