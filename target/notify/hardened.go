package notify

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/turns"
)

// Hardened is the policy that keeps the document's promises.
//
//   - Notifications are published, and appended to a bounded stream. Each instance knows which it
//     had last: where the next is not the one after that it reads the stream from there, and misses nothing.
//   - What an instance takes over it appends in that order, one command at a time. All instances
//     deliver in the order of the stream, and so in the order of each publisher, whichever instances it uses.
//   - A notification is known by its id and its user. What is repeated, because a reply was lost or
//     a publisher tried again, is delivered once.
//   - Where Redis fails, or does not confirm within Limits.Command, the sockets of this instance have the notification
//     then, and after those that were taken over before it. Other instances have it when Redis is back.
//   - No request waits for Redis longer than Limits.Wait.
//   - A Redis that was emptied, or has gone back, is sent the last notifications again.
//   - A socket gets nothing that is older than it is: what comes late is for whoever was there.
//
// What an outage costs: beyond the last kept ones, notifications of one instance do not reach the others; those that wait
// in an instance that dies are lost; and until Redis is back a publisher that changes between instances has no order.
type Hardened struct {
	line     *cache.Line
	limits   cache.Limits
	hooks    Hooks
	redis    cache.Scripts  // nil: none configured
	follower cache.Follower // on a client of its own; nil: none configured
	instance string
	deliver  Deliver
	sending  *turns.Turns
	wg       sync.WaitGroup
	ctx      context.Context // of the reader
	stop     func()
	follows  sync.Once
	tried    chan struct{} // closed when it follows, or could not be at once

	telling sync.Mutex // held while Redis is sent something
	at      place      // as Redis last confirmed it

	mu   sync.Mutex
	own  outbox
	seen seen
}

// NewHardened starts the policy. It asks nothing of Redis before it is used. No r and f is no Redis:
// then notifications reach the sockets of this instance.
func NewHardened(r cache.Scripts, f cache.Follower, instance string, deliver Deliver, limits cache.Limits, hooks Hooks) *Hardened {
	h := &Hardened{limits: limits, hooks: hooks, redis: r, follower: f, instance: instance, deliver: deliver,
		tried: make(chan struct{}), seen: newSeen(2 * kept)}
	h.ctx, h.stop = context.WithCancel(context.Background())
	var recovery cache.Recovery
	if r != nil {
		recovery = cache.Recovery{Connect: r.Connect, Settle: h.tell, Probe: func(ctx context.Context) error {
			_, _, err := runPublish(ctx, r, place{}, nil)
			return err
		}}
	}
	h.line = cache.NewLine(limits, hooks.Log, "each instance notifies its own sockets", recovery)
	h.sending = turns.New(h.tellOnce, limits.Probe)
	if r != nil {
		h.wg.Go(h.beat)
	}
	return h
}

// Attach begins to follow, the first time.
func (h *Hardened) Attach() {
	if h.follower == nil {
		return
	}
	h.follows.Do(func() { h.wg.Go(h.follow) })
	timer := time.NewTimer(h.limits.Command)
	defer timer.Stop()
	select {
	case <-h.tried:
	case <-timer.C:
	case <-h.ctx.Done():
	}
}

// Send has had Redis confirm the notification when it returns, or noted that Redis must have it.
func (h *Hardened) Send(_ context.Context, n Notification) {
	if !h.accept(n) {
		return
	}
	if h.redis == nil {
		h.deliverOwn()
		return
	}
	h.sending.Do(h.limits.Wait)
}

// accept puts a notification into the outbox, and reports whether it was not there already.
func (h *Hardened) accept(n Notification) bool {
	m, text := encode(n, h.instance, time.Now())
	h.mu.Lock()
	defer h.mu.Unlock()
	added, lost := h.own.add(parcel{m, text})
	if !added {
		h.hooks.Count(repeated, 1)
		return false
	}
	h.hooks.Count(accepted, 1)
	if lost > 0 {
		h.hooks.Count(dropped, lost)
	}
	return true
}

// deliverOwn delivers here what was taken over here and has not come back from Redis yet, in its order.
func (h *Hardened) deliverOwn() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.own.unshown() {
		h.deliverLocked(p)
	}
}

// receive delivers what comes from the stream.
func (h *Hardened) receive(text string) {
	p := parcel{text: []byte(text)}
	if err := json.Unmarshal(p.text, &p.message); err != nil {
		h.hooks.Log.Error("bad notification", "error", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliverLocked(p)
	h.own.show(h.seen.has)
}

func (h *Hardened) deliverLocked(p parcel) {
	if !h.seen.add(p.key()) {
		h.hooks.Count(repeated, 1)
		return
	}
	h.hooks.Count(delivered, h.deliver(p.UserID, p.text, time.UnixMilli(p.At)))
}

// Close waits for what is under way. No call may begin after it.
func (h *Hardened) Close() error {
	h.stop()
	h.wg.Wait()
	h.sending.Close()
	h.line.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.own.untold(kept)); n > 0 && h.redis != nil {
		h.hooks.Count(dropped, n)
		h.hooks.Log.Warn("notifications did not reach the other instances", "notifications", n)
	}
	return nil
}
