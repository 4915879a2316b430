package cache

import (
	"context"
	"sync"
	"time"
)

// A lease is a key in Redis that says: an instance is loading this. Of the
// instances that miss together, the one that could write it loads, and the
// others look for what it writes. It lives for Limits.Lease, or SlowLease, and is renewed while
// the load runs, so that an instance that dies costs the others no more than that.
//
// A lease saves queries and nothing else: that no old value is answered is the
// generation's doing, whoever loads. So nobody proves whose lease it is before
// renewing or deleting it, which would take a script; that its time is not
// over by the holder's own clock is enough.

// leaseKey names the generation: who asks after a change does not wait for a load from before it.
func leaseKey(k Key, generation string) string { return "lease:{" + k.Name + "}" + generation }

// The pauses between looks for what another instance loads: at first as short
// as a fast query, then short against one that is worth caching.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 25 * time.Millisecond
)

// lead decides which instance loads what l has missed. Where another one has
// done so it answers that. Else this one is to load, and to call over when the
// value is in Redis or will not be. Where Redis does not answer in the time
// left of l, it is to load at once. It waits for others up to Limits.Load.
func (h *Hardened) lead(l *lookup) (e envelope, over func()) {
	over = func() {}
	if l.generation == unknown {
		return e, over
	}
	began, free, pause := time.Now(), true, firstPause
	for time.Since(began) < h.limits.Load {
		taken := false
		if free {
			var err error
			if taken, over, err = h.take(l); err != nil {
				return e, over
			}
		}
		if !taken {
			select {
			case <-time.After(pause):
			case <-h.stop:
				return e, over
			}
			pause = min(2*pause, lastPause)
		}
		// Who has the lease looks too: its holder before may have written the value since l missed it.
		var err error
		if e, free, err = h.look(l, taken); e.json != "" {
			over()
			return e, over
		}
		if taken || err != nil {
			return e, over
		}
	}
	return e, over
}

// take tries to write the lease. Where it could, over gives the lease up.
func (h *Hardened) take(l *lookup) (taken bool, over func(), err error) {
	over = func() {}
	key, began := leaseKey(l.key, l.generation), time.Now()
	taken, err = spend(h, l, true, ask, func(ctx context.Context) (bool, error) {
		return h.redis.SetNX(ctx, key, "held", l.lease)
	})
	if taken {
		done := make(chan struct{})
		h.wg.Go(func() { h.keep(key, l.lease, began, done) })
		over = sync.OnceFunc(func() { close(done) })
	}
	return taken, over, err
}

// keep renews a lease until done, and then deletes it. It leaves alone a lease
// whose time is over, as another instance may have it by now.
func (h *Hardened) keep(key string, lease time.Duration, began time.Time, done <-chan struct{}) {
	command := func(f func(context.Context) error) bool {
		epoch, ok := h.allow("", 0)
		if !ok {
			return false
		}
		_, err := ask(h.Line, epoch, h.limits.Command, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
		return err == nil
	}
	tick := time.NewTicker(lease / 3)
	defer tick.Stop()
	renewed := began
	held := func() bool { return time.Since(renewed) < lease && time.Since(began) < h.limits.Load }
	for held() {
		select {
		case <-tick.C:
			now := time.Now()
			if held() && command(func(ctx context.Context) error { return h.redis.Set(ctx, key, "held", lease) }) {
				renewed = now
			}
		case <-done:
			if held() {
				command(func(ctx context.Context) error { return h.redis.Delete(ctx, key) })
			}
			return
		}
	}
}

// look reads l's value, and whether its lease is free. Where the generation has
// changed, l is of the new one from now on: its request is older than the change,
// so that either value answers it.
func (h *Hardened) look(l *lookup, charge bool) (e envelope, free bool, err error) {
	// Not read in the command, which may still begin when l has gone on.
	keys := []string{valueKey(l.key), generationKey(l.key), leaseKey(l.key, l.generation)}
	found, err := spend(h, l, charge, insist, func(ctx context.Context) ([]string, error) { return h.redis.Get(ctx, keys...) })
	if err != nil {
		return e, false, err
	}
	free = found[2] == "" || found[1] != l.generation
	l.generation = found[1]
	e, ok := unseal(found[0], l.generation)
	if !ok || !time.Now().Before(e.expires) {
		e = envelope{}
	}
	return e, free, nil
}

// An asker is ask or insist.
type asker[T any] func(l *Line, epoch uint64, wait time.Duration, command func(context.Context) (T, error)) (T, error)

// spend asks Redis by ask for as long as is left of l's time for it, and charges
// l for that; but not for looks that were answered while another instance loads,
// for which it would wait anyway.
func spend[T any](h *Hardened, l *lookup, charge bool, ask asker[T], command func(context.Context) (T, error)) (v T, err error) {
	epoch, ok := h.allow(l.key.Name, 0)
	left := h.limits.Wait - l.spent
	if !ok || left <= 0 {
		return v, errLate
	}
	began := time.Now()
	v, err = ask(h.Line, epoch, left, command)
	if charge || err != nil {
		l.spent += time.Since(began)
	}
	return v, err
}
