package mutant

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// guarded sends every command of Redis through a guard, which makes of it what it likes.
type guarded struct {
	cache.Redis
	guard func(command func() error) error
}

func guard(g func(command func() error) error) func(cache.Redis) cache.Redis {
	return func(r cache.Redis) cache.Redis { return guarded{r, g} }
}

func (g guarded) Connect(ctx context.Context) error {
	return g.guard(func() error { return g.Redis.Connect(ctx) })
}

func (g guarded) Get(ctx context.Context, keys ...string) (found []string, err error) {
	err = g.guard(func() error { found, err = g.Redis.Get(ctx, keys...); return err })
	return found, err
}

func (g guarded) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	return g.guard(func() error { return g.Redis.Set(ctx, key, value, ttl) })
}

func (g guarded) SetNX(ctx context.Context, key, value string, ttl time.Duration) (set bool, err error) {
	err = g.guard(func() error { set, err = g.Redis.SetNX(ctx, key, value, ttl); return err })
	return set, err
}

func (g guarded) Delete(ctx context.Context, key string) error {
	return g.guard(func() error { return g.Redis.Delete(ctx, key) })
}

// after calls f for every command that fails.
func after(f func()) func(cache.Redis) cache.Redis {
	return guard(func(command func() error) error {
		err := command()
		if err != nil {
			f()
		}
		return err
	})
}

var errFell = errors.New("redis failed once")

// forever fails at once and for ever after the first error.
func forever() func(cache.Redis) cache.Redis {
	var fell atomic.Bool
	return guard(func(command func() error) error {
		if fell.Load() {
			return errFell
		}
		err := command()
		if err != nil {
			fell.Store(true)
		}
		return err
	})
}

// noFallback answers with an error while the latest command of Redis has failed.
func noFallback(o *target.Options) { uncaught(func(error) bool { return true })(o) }

// uncaught answers with an error while the latest command of Redis has failed with an error of the kind.
func uncaught(kind func(error) bool) func(*target.Options) {
	return func(o *target.Options) {
		var failing atomic.Bool
		o.DecorateRedis = guard(func(command func() error) error {
			err := command()
			failing.Store(err != nil && kind(err))
			return err
		})
		o.DecorateCache = func(c cache.Cache) cache.Cache { return noFallbackCache{c, &failing} }
	}
}

type noFallbackCache struct {
	cache.Cache
	failing *atomic.Bool
}

var errNoFallback = errors.New("redis failed, and there is no fallback")

func (c noFallbackCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	got, err := c.Cache.Get(ctx, k, load)
	if err == nil && c.failing.Load() {
		return cache.Answer{}, errNoFallback
	}
	return got, err
}

// startOnly decides at its start, for good, whether there is a Redis. Without one it never asks
// again; with one it has no fallback.
func startOnly(o *target.Options) {
	noFallback(o)
	strictRedis, strictCache := o.DecorateRedis, o.DecorateCache
	var absent atomic.Bool
	o.DecorateRedis = func(r cache.Redis) cache.Redis {
		// The strict decorator is inside: it does not see what is refused.
		return refuseIf(&absent)(setByFirst(&absent)(strictRedis(r)))
	}
	o.DecorateCache = func(c cache.Cache) cache.Cache {
		if absent.Load() {
			return c
		}
		return strictCache(c)
	}
}

// setByFirst sets failed if the first command fails, which is sent at start.
func setByFirst(failed *atomic.Bool) func(cache.Redis) cache.Redis {
	var sent atomic.Bool
	return guard(func(command func() error) error {
		first := !sent.Swap(true)
		err := command()
		if first {
			failed.Store(err != nil)
		}
		return err
	})
}

// refuseIf sends no command while refused is set: each fails at once.
func refuseIf(refused *atomic.Bool) func(cache.Redis) cache.Redis {
	return guard(func(command func() error) error {
		if refused.Load() {
			return errFell
		}
		return command()
	})
}

// retryStorm tries every failed command again and again, for every request, which waits for it.
func retryStorm(o *target.Options) {
	o.DecorateRedis = guard(func(command func() error) error {
		err := command()
		for n := 0; err != nil && n < 40; n++ {
			time.Sleep(20 * time.Millisecond)
			err = command()
		}
		return err
	})
	o.Limits = unbounded
}

// unbounded has requests wait for Redis as long as it takes, and never stop asking.
func unbounded(l cache.Limits) cache.Limits {
	// The client's default timeout; no mutant needs more.
	l.Wait, l.Command = 10*time.Second, 5*time.Second
	l.Inflight, l.Failures = 1<<20, math.MaxInt
	return l
}

// needsRedis waits at start for a Redis that is not there, longer than anybody should.
func needsRedis(r cache.Redis) cache.Redis { return &waitsAtStart{Redis: r} }

type waitsAtStart struct {
	cache.Redis
	started atomic.Bool
}

const startWait = 6 * time.Second

func (w *waitsAtStart) Connect(ctx context.Context) error {
	if w.started.Swap(true) {
		return w.Redis.Connect(ctx)
	}
	for deadline := time.Now().Add(startWait); ; time.Sleep(50 * time.Millisecond) {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), 500*time.Millisecond)
		err := w.Redis.Connect(try)
		cancel()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
