package mutant

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// In Redis the hardened policy keeps the value of NAME under cache:{NAME}, and
// what a change writes under generation:{NAME}; documented keeps it under NAME.
const (
	values      = "cache:"
	generations = "generation:"
)

// ttlRenewed lets every hit begin the time to live anew. Its two decorators share
// what each key's time to live is.
type ttlRenewed struct{ ttls sync.Map } // by name

type renewedCache struct {
	cache.Cache
	*ttlRenewed
}

func (c renewedCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	c.ttls.Store(k.Name, k.TTL)
	return c.Cache.Get(ctx, k, load)
}

type renewedRedis struct {
	cache.Redis
	*ttlRenewed
}

func (r renewedRedis) Get(ctx context.Context, keys ...string) ([]string, error) {
	found, err := r.Redis.Get(ctx, keys...)
	if err != nil || found[0] == "" {
		return found, err
	}
	ttl, ok := r.ttls.Load(strings.Trim(strings.TrimPrefix(keys[0], values), "{}"))
	if !ok {
		return found, nil
	}
	// Hardened writes the time at which a value expires before it, between blanks.
	if word, rest, ok := strings.Cut(found[0], " "); ok && strings.HasPrefix(keys[0], values) {
		_, value, _ := strings.Cut(rest, " ")
		found[0] = word + " " + strconv.FormatInt(time.Now().Add(ttl.(time.Duration)).UnixMilli(), 10) + " " + value
	}
	return found, r.Redis.Set(ctx, keys[0], found[0], ttl.(time.Duration))
}

// deletes lets a change delete the value and nothing else, so that a load from
// before the change can write the old value back after it.
type deletes struct{ cache.Redis }

func (d deletes) Get(ctx context.Context, keys ...string) ([]string, error) {
	found, err := d.Redis.Get(ctx, keys...)
	for i := range found {
		if strings.HasPrefix(keys[i], generations) {
			found[i] = ""
		}
	}
	return found, err
}

func (d deletes) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if name, ok := strings.CutPrefix(key, generations); ok {
		return d.Redis.Delete(ctx, values+name)
	}
	return d.Redis.Set(ctx, key, value, ttl)
}

// heldReads keeps what it has read for a while, as a slow load does.
type heldReads struct{ store.Store }

const held = 200 * time.Millisecond

func (h heldReads) Trip(ctx context.Context, id string) (store.Trip, error) {
	t, err := h.Store.Trip(ctx, id)
	return t, wait(ctx, held, err)
}

func (h heldReads) ActiveTrips(ctx context.Context) ([]store.Trip, error) {
	ts, err := h.Store.ActiveTrips(ctx)
	return ts, wait(ctx, held, err)
}

// wait waits, and then returns err, or ctx's where that ended first.
func wait(ctx context.Context, d time.Duration, err error) error {
	select {
	case <-time.After(d):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// invalidateFirst invalidates before the database is changed, and not after.
func invalidateFirst(o *target.Options) {
	var policy atomic.Pointer[cache.Cache]
	o.DecorateCache = func(c cache.Cache) cache.Cache {
		policy.Store(&c)
		return deafCache{c}
	}
	o.DecorateStore = func(s store.Store) store.Store { return earlyStore{s, &policy} }
}

// deafCache is not told of changes.
type deafCache struct{ cache.Cache }

func (deafCache) Changed(context.Context, ...cache.Key) {}

type earlyStore struct {
	store.Store
	policy *atomic.Pointer[cache.Cache]
}

func (e earlyStore) UpdateTrip(ctx context.Context, id string, c store.Change) (store.Trip, error) {
	const ttl = 5 * time.Minute // at least that of any scenario
	(*e.policy.Load()).Changed(ctx, cache.Key{Kind: "trip", Name: "trip:" + id, TTL: ttl}, cache.Key{Kind: "trips", Name: "trips:all", TTL: ttl})
	return e.Store.UpdateTrip(ctx, id, c)
}

// apart gives an instance keys of its own where they begin with prefix.
func apart(prefix string) func(*target.Options) {
	return func(o *target.Options) {
		own := rand.Text()
		o.DecorateRedis = func(r cache.Redis) cache.Redis { return apartRedis{r, prefix, own} }
	}
}

type apartRedis struct {
	cache.Redis
	prefix, own string
}

func (a apartRedis) name(key string) string {
	if strings.HasPrefix(key, a.prefix) {
		return key + a.own
	}
	return key
}

func (a apartRedis) Get(ctx context.Context, keys ...string) ([]string, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = a.name(k)
	}
	return a.Redis.Get(ctx, names...)
}

func (a apartRedis) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	return a.Redis.Set(ctx, a.name(key), value, ttl)
}

func (a apartRedis) SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error) {
	return a.Redis.SetNX(ctx, a.name(key), value, ttl)
}

func (a apartRedis) Delete(ctx context.Context, key string) error {
	return a.Redis.Delete(ctx, a.name(key))
}
