package mutant

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// slowHits delays answers from a cache, not those that were loaded.
func slowHits(by time.Duration) func(*target.Options) {
	return hitsAfter(func(ctx context.Context) error {
		t := time.NewTimer(by)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		return ctx.Err()
	})
}

// hitsAfter lets answers from a cache wait, not those that were loaded.
func hitsAfter(wait func(context.Context) error) func(*target.Options) {
	return func(o *target.Options) {
		o.DecorateCache = func(c cache.Cache) cache.Cache { return slowCache{c, wait} }
	}
}

type slowCache struct {
	cache.Cache
	wait func(context.Context) error
}

func (s slowCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	got, err := s.Cache.Get(ctx, k, load)
	if err != nil || !got.Source.Cached() {
		return got, err
	}
	return got, s.wait(ctx)
}

type doubleQuery struct{ store.Store }

func (d doubleQuery) ActiveTrips(ctx context.Context) ([]store.Trip, error) {
	if _, err := d.Store.ActiveTrips(ctx); err != nil {
		return nil, err
	}
	return d.Store.ActiveTrips(ctx)
}

func (d doubleQuery) Trip(ctx context.Context, id string) (store.Trip, error) {
	if _, err := d.Store.Trip(ctx, id); err != nil {
		return store.Trip{}, err
	}
	return d.Store.Trip(ctx, id)
}

func (d doubleQuery) User(ctx context.Context, id string) (store.User, error) {
	if _, err := d.Store.User(ctx, id); err != nil {
		return store.User{}, err
	}
	return d.Store.User(ctx, id)
}

type noSet struct{ cache.Redis }

func (noSet) Set(context.Context, string, string, time.Duration) error { return nil }

// forgetful asks for every key under a name that was never used before.
type forgetful struct {
	cache.Cache
	n atomic.Uint64
}

func (f *forgetful) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	k.Name += "#" + strconv.FormatUint(f.n.Add(1), 36)
	return f.Cache.Get(ctx, k, load)
}

type ttlUnit struct{ cache.Redis }

func (t ttlUnit) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	return t.Redis.Set(ctx, key, value, ttl/1000)
}

// ttlNever keeps everything for a day. Changed gets the same key: a policy may keep a key's time to live.
type ttlNever struct{ cache.Cache }

func (t ttlNever) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	return t.Cache.Get(ctx, forADay(k), load)
}

func (t ttlNever) Changed(ctx context.Context, keys ...cache.Key) {
	keys = slices.Clone(keys)
	for i, k := range keys {
		keys[i] = forADay(k)
	}
	t.Cache.Changed(ctx, keys...)
}

func forADay(k cache.Key) cache.Key {
	k.TTL = 24 * time.Hour
	return k
}

// saysDatabase lies about every third hit.
type saysDatabase struct {
	cache.Cache
	hits atomic.Uint64
}

func (s *saysDatabase) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	got, err := s.Cache.Get(ctx, k, load)
	if err == nil && got.Source.Cached() && s.hits.Add(1)%3 == 0 {
		got.Source = cache.FromDatabase
	}
	return got, err
}

// noFlight loads for each request that shared another's load.
type noFlight struct{ cache.Cache }

func (n noFlight) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	var own atomic.Bool // the load was this request's
	shared := load
	shared.From = func(ctx context.Context) (any, error) {
		own.Store(true)
		return load.From(ctx)
	}
	got, err := n.Cache.Get(ctx, k, shared)
	if err != nil || got.Source.Cached() || own.Load() {
		return got, err
	}
	v, err := load.From(ctx)
	if err != nil {
		return cache.Answer{}, err
	}
	text, err := json.Marshal(v)
	return cache.Answer{JSON: string(text), Source: got.Source}, err
}
