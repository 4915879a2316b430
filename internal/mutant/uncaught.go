package mutant

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// isAnswer reports whether Redis itself said so, over a connection that works.
func isAnswer(err error) bool {
	var said redis.Error
	return errors.As(err, &said)
}

// writesUncaught fails a request that loaded while the latest write of Redis has failed.
func writesUncaught(o *target.Options) {
	var failing atomic.Bool
	o.DecorateRedis = func(r cache.Redis) cache.Redis { return watchedWrites{r, &failing} }
	o.DecorateCache = func(c cache.Cache) cache.Cache { return unwrittenFails{c, &failing} }
}

type watchedWrites struct {
	cache.Redis
	failing *atomic.Bool
}

func (w watchedWrites) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	err := w.Redis.Set(ctx, key, value, ttl)
	w.failing.Store(err != nil)
	return err
}

func (w watchedWrites) SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error) {
	set, err := w.Redis.SetNX(ctx, key, value, ttl)
	w.failing.Store(err != nil)
	return set, err
}

type unwrittenFails struct {
	cache.Cache
	failing *atomic.Bool
}

func (c unwrittenFails) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	got, err := c.Cache.Get(ctx, k, load)
	if err == nil && !got.Source.Cached() && c.failing.Load() {
		return cache.Answer{}, errNoFallback
	}
	return got, err
}

// forgetsRefused takes an invalidation for done that Redis has refused. One that did not reach it is owed, as ever.
type forgetsRefused struct{ cache.Redis }

func (f forgetsRefused) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	err := f.Redis.Set(ctx, key, value, ttl)
	if err != nil && isAnswer(err) && strings.HasPrefix(key, generations) {
		return nil
	}
	return err
}

// poisoned keeps for each key that was asked for without Redis that there was nothing, or an error.
type poisoned struct {
	cache.Cache
	fails bool     // an error, which is answered at once; else nothing, which is answered when Redis is back
	until sync.Map // by name: time.Time
}

func (p *poisoned) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	until, ok := p.until.Load(k.Name)
	wrong := ok && time.Now().Before(until.(time.Time))
	away := p.State() == cache.Down
	switch {
	case wrong && p.fails:
		return cache.Answer{}, errNoFallback
	case wrong && !away:
		return cache.Answer{JSON: "null", Source: cache.FromRedis}, nil
	case away:
		p.until.Store(k.Name, time.Now().Add(k.TTL))
	}
	return p.Cache.Get(ctx, k, load)
}

// deafAfter keeps in memory what it reads, once Redis was lost and is back. Its own changes alone end that.
type deafAfter struct {
	memoryFirst
	lost atomic.Bool
}

func (d *deafAfter) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	if d.State() == cache.Down {
		d.lost.Store(true)
		return d.Cache.Get(ctx, k, load)
	}
	if !d.lost.Load() {
		return d.Cache.Get(ctx, k, load)
	}
	d.mu.Lock()
	kept, ok := d.kept[k.Name]
	d.mu.Unlock()
	if ok && time.Now().Before(kept.until) {
		return kept.Answer, nil
	}
	got, err := d.Cache.Get(ctx, k, load)
	if err == nil {
		d.mu.Lock()
		d.kept[k.Name] = keptAnswer{cache.Answer{JSON: got.JSON, Source: cache.FromMemory}, time.Now().Add(k.TTL)}
		d.mu.Unlock()
	}
	return got, err
}
