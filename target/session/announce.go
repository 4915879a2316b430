package session

import (
	"context"
	"time"

	"github.com/trektribe/bench/target/cache"
)

// beats is how often in its time a lease is renewed.
const beats = 3

// beat renews the lease. It runs until stop.
func (h *Hardened) beat() {
	tick := time.NewTicker(h.lease / beats)
	defer tick.Stop()
	for {
		select {
		case <-h.stop:
			return
		case <-tick.C:
		}
		if h.hasSessions() {
			h.announce.Ask()
		}
	}
}

// hasSessions reports whether there is something to keep a lease for.
func (h *Hardened) hasSessions() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.users) > 0
}

// tellOnce tells Redis what has changed, if Redis is asked.
func (h *Hardened) tellOnce() error {
	_, err := cache.Ask(h.line, h.limits.Command, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.tell(ctx)
	})
	return err
}

// tell tells Redis what has changed, and everything where it has lost something.
func (h *Hardened) tell(ctx context.Context) error {
	h.telling.Lock()
	defer h.telling.Unlock()
	for anew := false; ; anew = true {
		changes, any := h.take(anew)
		h.number++
		had, err := runAnnounce(ctx, h.redis, h.name, h.number, h.taken, h.lease, anew, changes)
		if err != nil {
			h.giveBack(changes)
			return err
		}
		if anew || had >= h.taken {
			if h.taken = h.number; !any {
				h.taken = 0 // there is nothing to lose, and no lease to renew
			}
			return nil
		}
		h.giveBack(changes)
		h.hooks.Log.Info("redis has lost sessions, and is told all of them")
		h.hooks.Resynced()
	}
}

// take takes the lists that Redis may not have, or all. any: there are sessions.
func (h *Hardened) take(all bool) (changes []change, any bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if all {
		for user := range h.users {
			h.dirty[user] = true
		}
	}
	for user := range h.dirty {
		changes = append(changes, change{user, h.users[user]})
	}
	clear(h.dirty)
	return changes, len(h.users) > 0
}

func (h *Hardened) giveBack(changes []change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range changes {
		h.dirty[c.user] = true
	}
}
