package cache

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Hardened is the policy that keeps the document's promises.
//
//   - No request waits for Redis longer than Limits.Wait, whatever Redis does: the
//     command goes on without it. After a few failures nobody asks Redis at
//     all, and a probe in the background finds out when it is back.
//   - While Redis answers, answers come from it. Each also goes into a bounded
//     tier in memory, which is therefore warm when Redis goes; it keeps
//     nothing longer than the entry had to live.
//   - Requests that miss together share one load: those of one instance by a
//     flight, instances by a lease in Redis. Queries for each key and expiry, over
//     all instances: one, and one more for each holder of the lease that dies or is
//     held up beyond it, or for each instance while Redis is away or has
//     Limits.Inflight commands to do for it. Nobody waits for one longer than
//     Limits.Answer, whatever the database does.
//   - A change makes older values unreadable rather than deleting them; see
//     generation. So a slow load can never bring the old value back.
//
// Across instances a change reaches Redis at once, and other instances'
// memory, which they use only without Redis, when its entry expires.
type Hardened struct {
	*Line
	hooks   Hooks
	redis   Redis // nil: none configured
	local   *local
	flights flights
}

// NewHardened starts the policy: it tries r once, for no longer than the limits
// let it, and goes on without it where that fails. A nil r is no Redis.
func NewHardened(ctx context.Context, r Redis, limits Limits, hooks Hooks) *Hardened {
	h := &Hardened{hooks: hooks, redis: r, local: newLocal(limits.Entries, limits.Bytes)}
	var recovery Recovery
	if r != nil {
		recovery = Recovery{r.Connect, h.probeKey, h.payAll}
	}
	h.Line = NewLine(limits, hooks.Log, "answers are cached in memory", recovery)
	if r == nil {
		hooks.Log.Info("no redis configured: answers are cached in memory")
		return h
	}
	ctx, cancel := context.WithTimeout(ctx, limits.Command)
	defer cancel()
	if err := r.Connect(ctx); err != nil {
		h.breaker.trip()
		hooks.Log.Warn("redis is not there: answers are cached in memory until it is", "error", err)
	} else {
		hooks.Log.Info("redis connected")
	}
	return h
}

// Get answers from Redis, or without Redis from memory, or from a load.
func (h *Hardened) Get(ctx context.Context, k Key, load Load) (Answer, error) {
	l := lookup{key: k, began: time.Now(), mark: h.local.mark(k.Name), generation: unknown}
	if epoch, ok := h.allow(k.Name, h.limits.Wait); ok {
		found, err := ask(h.Line, epoch, h.limits.Wait-time.Since(l.began), func(ctx context.Context) ([]string, error) {
			return h.redis.Get(ctx, valueKey(k), generationKey(k))
		})
		if err == nil {
			l.generation = found[1]
			if e, ok := unseal(found[0], l.generation); ok && time.Now().Before(e.expires) {
				h.hooks.Count(k.Kind, "redis", hit)
				h.remember(l, e, FromRedis)
				return Answer{e.json, FromRedis}, nil
			}
			h.hooks.Count(k.Kind, "redis", miss)
			return h.load(ctx, l, load)
		}
		h.hooks.Count(k.Kind, "redis", failed)
	}
	text := h.local.get(k.Name, time.Now())
	h.hooks.Count(k.Kind, "memory", result(text != ""))
	if text != "" {
		return Answer{text, FromMemory}, nil
	}
	return h.load(ctx, l, load)
}

// Changed makes what was kept of keys unreadable. It waits for Redis like any
// request; what Redis has not confirmed by then, this instance does not read
// there until it has.
func (h *Hardened) Changed(_ context.Context, keys ...Key) {
	// In this order: a look-up that takes its mark after drop must find the debt.
	var owed []*change
	if h.redis != nil {
		owed = h.breaker.owe(keys, time.Now())
	}
	for _, k := range keys {
		h.local.drop(k.Name)
	}
	if h.redis == nil || h.breaker.isOpen() {
		return // the prober pays
	}
	epoch, _, _ := h.breaker.allow("")
	_, err := ask(h.Line, epoch, h.limits.Wait, func(ctx context.Context) (struct{}, error) {
		err := h.pay(ctx, owed)
		if err != nil {
			h.trip(err)
		}
		return struct{}{}, err
	})
	if errors.Is(err, ErrBusy) {
		h.trip(err)
	}
}

// State is Up while requests ask Redis.
func (h *Hardened) State() State {
	switch {
	case h.redis == nil:
		return Unconfigured
	case h.breaker.isOpen():
		return Down
	}
	return Up
}

// Close waits for loads and commands under way, for no longer than
// Limits.Load, and not for another instance's load. No call may begin after it.
func (h *Hardened) Close() error {
	close(h.stop)
	h.flights.close()
	h.wg.Wait()
	return nil
}

// A lookup is what one request knows of its key before it loads.
type lookup struct {
	key        Key
	began      time.Time
	mark       uint64        // of the local tier
	generation string        // in Redis, or unknown
	lease      time.Duration // of a load
	spent      time.Duration // on Redis, of Limits.Wait
}

// load answers from a load, once for all who look for the same generation of
// the same key at the same time; or from Redis, where another instance has
// loaded it meanwhile.
func (h *Hardened) load(ctx context.Context, l lookup, load Load) (Answer, error) {
	// A change here changes the mark, and one elsewhere the generation: who asks after
	// it, and is told of it, never joins a load from before it.
	name := l.key.Name + " " + strconv.FormatUint(l.mark, 36)
	began := l.began
	if !load.Slow {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.limits.Answer)
		defer cancel()
	}
	got, err := h.flights.do(ctx, name, l.generation, func() (landed, error) {
		// A load may have ended between this look-up and this flight.
		if got := h.local.since(l.key.Name, l.generation, l.began); got.JSON != "" {
			return landed{Answer: got}, nil
		}
		l.spent = time.Since(l.began)
		if l.lease = h.limits.Lease; load.Slow {
			l.lease = h.limits.SlowLease
		}
		e, over := h.lead(&l)
		if e.json != "" {
			h.remember(l, e, FromRedis)
			return landed{Answer{e.json, FromRedis}, e.expires.Add(-l.key.TTL)}, nil
		}
		text, err := h.fetch(ctx, load, over)
		if err != nil {
			return landed{}, err
		}
		e = envelope{json: text, expires: time.Now().Add(l.key.TTL)}
		h.remember(l, e, load.Origin())
		h.share(l, e, over)
		return landed{Answer: Answer{text, load.Origin()}}, nil
	})
	if got.Source == FromRedis && began.Before(got.at) {
		got.Source = load.Origin() // it waited for the load, though another instance's: that is no hit
	}
	return got.Answer, err
}

// fetch loads a value as JSON, for no longer than Limits.Load. Where that fails
// it is over.
func (h *Hardened) fetch(ctx context.Context, load Load, over func()) (text string, err error) {
	defer func() {
		if text == "" { // an error, or a panic
			over()
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.limits.Load)
	defer cancel()
	v, err := load.From(ctx)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// remember keeps e in memory, never longer than a TTL from now: another
// instance's clock may be ahead.
func (h *Hardened) remember(l lookup, e envelope, from Source) {
	now := time.Now()
	if latest := now.Add(l.key.TTL); e.expires.After(latest) {
		e.expires = latest
	}
	h.local.put(localEntry{key: l.key.Name, value: e.json, source: from, generation: l.generation, expires: e.expires, put: now}, l.mark)
}

// share writes e to Redis, so that the next request of any instance finds it,
// and waits for that as long as is left of the request's time for Redis. Then it is over.
func (h *Hardened) share(l lookup, e envelope, over func()) {
	epoch, ok := h.allow(l.key.Name, 0)
	if !ok || l.generation == unknown {
		over()
		return
	}
	_, err := insist(h.Line, epoch, h.limits.Wait-l.spent, func(ctx context.Context) (struct{}, error) {
		defer over() // not before: who sees the lease gone must see the value
		return struct{}{}, h.redis.Set(ctx, valueKey(l.key), e.seal(l.generation), time.Until(e.expires))
	})
	if errors.Is(err, ErrBusy) {
		over()
	}
}

// allow reports whether Redis may be asked for key. It waits, but no longer
// than wait, for a change of key that is on its way to Redis: what Redis holds
// is old, and so may be what memory holds, since other instances do not change it.
func (h *Hardened) allow(key string, wait time.Duration) (epoch uint64, ok bool) {
	if h.redis == nil {
		return 0, false
	}
	epoch, owed, ok := h.breaker.allow(key)
	if owed == nil {
		return epoch, ok
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for owed != nil {
		select {
		case <-owed.paid:
			epoch, owed, ok = h.breaker.allow(key)
		case <-timer.C:
			return 0, false
		}
	}
	return epoch, ok
}

func (h *Hardened) trip(err error) {
	if h.breaker.trip() {
		h.hooks.Log.Warn("redis missed an invalidation: answers are cached in memory until it has it", "error", err)
	}
}

func (h *Hardened) probeKey(ctx context.Context) error {
	_, err := h.redis.Get(ctx, "probe")
	return err
}

func (h *Hardened) payAll(ctx context.Context) error { return h.pay(ctx, h.breaker.debts()) }
