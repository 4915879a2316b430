package mutant

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// flightByKind shares a load among all who miss anything of a kind.
type flightByKind struct {
	cache.Cache
	flights singleflight.Group
}

func (f *flightByKind) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	own := load.From
	load.From = func(ctx context.Context) (any, error) {
		v, err, _ := f.flights.Do(k.Kind, func() (any, error) { return own(ctx) })
		return v, err
	}
	return f.Cache.Get(ctx, k, load)
}

// keyWithoutID keeps everything of a kind under one key.
type keyWithoutID struct{ cache.Cache }

func (c keyWithoutID) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	k.Name = k.Kind
	return c.Cache.Get(ctx, k, load)
}

func (c keyWithoutID) Changed(ctx context.Context, keys ...cache.Key) {
	for _, k := range keys {
		k.Name = k.Kind
		c.Cache.Changed(ctx, k)
	}
}

// flaky fails one query for a user in eight.
type flaky struct {
	store.Store
	n atomic.Uint64
}

var errFlaky = errors.New("the database failed this once")

func (f *flaky) User(ctx context.Context, id string) (store.User, error) {
	if f.n.Add(1)%8 == 0 {
		return store.User{}, errFlaky
	}
	return f.Store.User(ctx, id)
}

// errorsCached answers with an error for as long as a value would be kept.
type errorsCached struct {
	cache.Cache
	until sync.Map // by name: time.Time
}

func (e *errorsCached) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	if until, ok := e.until.Load(k.Name); ok && time.Now().Before(until.(time.Time)) {
		return cache.Answer{}, errFlaky
	}
	got, err := e.Cache.Get(ctx, k, load)
	if errors.Is(err, errFlaky) {
		e.until.Store(k.Name, time.Now().Add(k.TTL))
	}
	return got, err
}

// emptyHits answers with an empty value, as a hit, while the value is being loaded.
type emptyHits struct {
	cache.Cache
	loading sync.Map // by name
}

func (e *emptyHits) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	if _, ok := e.loading.Load(k.Name); ok {
		text, err := json.Marshal(load.New())
		return cache.Answer{JSON: string(text), Source: cache.FromRedis}, err
	}
	own := load.From
	load.From = func(ctx context.Context) (any, error) {
		e.loading.Store(k.Name, true)
		defer e.loading.Delete(k.Name)
		return own(ctx)
	}
	return e.Cache.Get(ctx, k, load)
}

// noLease grants a lease to whoever asks for it.
type noLease struct{ cache.Redis }

func (noLease) SetNX(context.Context, string, string, time.Duration) (bool, error) { return true, nil }

// warmsLate lets the service begin while its cache is cold.
func warmsLate(warm func(context.Context)) func(context.Context) {
	return func(ctx context.Context) {
		go func() {
			if wait(ctx, 2*time.Second, nil) == nil {
				warm(ctx)
			}
		}()
	}
}

// slowModel takes its time, and then as much as the model.
type slowModel struct{ ai.Model }

func (s slowModel) Recommend(ctx context.Context, user string) ([]ai.Recommendation, error) {
	if err := wait(ctx, 2500*time.Millisecond, nil); err != nil {
		return nil, err
	}
	return s.Model.Recommend(ctx, user)
}
