package notify

import (
	"context"
	"time"

	"github.com/trektribe/bench/target/cache"
)

const (
	// rhythm is how many of Limits.Probe pass between two looks at whether the stream has lost something.
	rhythm = 10
	// batch is how many notifications one command appends.
	batch = 500
)

// beat looks every now and then whether the stream has lost something. It runs until stop.
func (h *Hardened) beat() {
	tick := time.NewTicker(rhythm * h.limits.Probe)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		if h.isUsed() {
			h.sending.Ask()
		}
	}
}

func (h *Hardened) isUsed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.own.all) > 0
}

// tellOnce sends what Redis has not confirmed, if Redis is asked, and delivers it here where that fails.
func (h *Hardened) tellOnce() error {
	_, err := cache.Ask(h.line, h.limits.Command, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.tell(ctx)
	})
	if err != nil {
		h.deliverOwn()
	}
	return err
}

// tell sends what Redis has not confirmed, and the last ones again where it has lost something.
func (h *Hardened) tell(ctx context.Context) error {
	h.telling.Lock()
	defer h.telling.Unlock()
	for {
		parcels := h.untold()
		texts := make([][]byte, len(parcels))
		for i, p := range parcels {
			texts[i] = p.text
		}
		now, lost, err := runPublish(ctx, h.redis, h.at, texts)
		if err != nil {
			return err
		}
		h.at = now
		switch {
		case lost:
			h.hooks.Log.Info("redis has lost notifications, and is sent the last ones again")
			h.untell()
		case len(parcels) == 0:
			return nil
		default:
			h.told(parcels[len(parcels)-1])
			if len(parcels) < batch {
				return nil
			}
		}
	}
}

func (h *Hardened) untold() []parcel {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]parcel{}, h.own.untold(batch)...)
}

func (h *Hardened) untell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.own.told = 0
}

func (h *Hardened) told(last parcel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.own.tell(last)
}
