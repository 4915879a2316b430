package mutant

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// changesNeedRedis fails a change where there is no Redis to be told of it.
type changesNeedRedis struct{ cache.Cache }

func (c changesNeedRedis) Changed(ctx context.Context, keys ...cache.Key) {
	if c.State() == cache.Unconfigured {
		var client *cache.Client
		client.Delete(ctx, keys[0].Name)
	}
	c.Cache.Changed(ctx, keys...)
}

// unboundedReads reads Redis for itself before it asks the policy, which alone has bounds.
func unboundedReads(o *target.Options) {
	var redis cache.Redis
	o.DecorateRedis = func(r cache.Redis) cache.Redis {
		redis = r
		return r
	}
	o.DecorateCache = func(c cache.Cache) cache.Cache {
		if redis == nil {
			return c
		}
		return readsFirst{c, redis}
	}
	o.Limits = func(l cache.Limits) cache.Limits {
		l.Command = 2 * time.Second
		return l
	}
}

type readsFirst struct {
	cache.Cache
	redis cache.Redis
}

func (c readsFirst) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	c.redis.Get(ctx, k.Name)
	return c.Cache.Get(ctx, k, load)
}

// cutOff answers with half of a value where the latest command of Redis has failed.
func cutOff(o *target.Options) {
	var failed atomic.Bool
	o.DecorateRedis = guard(func(command func() error) error {
		err := command()
		failed.Store(err != nil)
		return err
	})
	o.DecorateCache = func(c cache.Cache) cache.Cache { return cutOffCache{c, &failed} }
}

type cutOffCache struct {
	cache.Cache
	failed *atomic.Bool
}

func (c cutOffCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	got, err := c.Cache.Get(ctx, k, load)
	if err == nil && c.failed.Load() {
		got.JSON = got.JSON[:len(got.JSON)/2]
	}
	return got, err
}

// forgetsChanges tells Redis of no change that is made while Redis is away, not even later.
type forgetsChanges struct{ cache.Cache }

func (c forgetsChanges) Changed(ctx context.Context, keys ...cache.Key) {
	if c.State() != cache.Down {
		c.Cache.Changed(ctx, keys...)
	}
}

// memoryFirst goes on answering with what it kept during an outage when that is over, until it expires.
type memoryFirst struct {
	cache.Cache
	mu   sync.Mutex
	kept map[string]keptAnswer
}

type keptAnswer struct {
	cache.Answer
	until time.Time
}

func (c *memoryFirst) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	c.mu.Lock()
	kept, ok := c.kept[k.Name]
	c.mu.Unlock()
	if ok && time.Now().Before(kept.until) {
		return kept.Answer, nil
	}
	got, err := c.Cache.Get(ctx, k, load)
	if err == nil && c.State() == cache.Down {
		c.mu.Lock()
		c.kept[k.Name] = keptAnswer{cache.Answer{JSON: got.JSON, Source: cache.FromMemory}, time.Now().Add(k.TTL)}
		c.mu.Unlock()
	}
	return got, err
}

func (c *memoryFirst) Changed(ctx context.Context, keys ...cache.Key) {
	c.mu.Lock()
	for _, k := range keys {
		delete(c.kept, k.Name)
	}
	c.mu.Unlock()
	c.Cache.Changed(ctx, keys...)
}

// healthLies says that Redis is up, whatever it is.
type healthLies struct{ cache.Cache }

func (healthLies) State() cache.State { return cache.Up }

// healthCached asks after Redis once in a while only.
type healthCached struct {
	cache.Cache
	mu    sync.Mutex
	state cache.State
	until time.Time
}

func (c *healthCached) State() cache.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !now.Before(c.until) {
		c.state, c.until = c.Cache.State(), now.Add(5*time.Second)
	}
	return c.state
}
