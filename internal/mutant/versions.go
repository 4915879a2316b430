package mutant

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// versionBehind numbers the generations of a key. While Redis is away each instance counts on
// by itself, and keeps a copy of what it has changed; after that the copy is answered until
// Redis has a later number than its own. Two instances that have counted to the same number
// do not mean the same by it, and one of them answers the older version until its copy expires.
func versionBehind(o *target.Options) {
	vs := &versions{byName: map[string]version{}}
	o.DecorateRedis = func(r cache.Redis) cache.Redis { return numberedRedis{r, vs} }
	o.DecorateCache = func(c cache.Cache) cache.Cache { return numberedCache{c, vs} }
}

type versions struct {
	mu     sync.Mutex
	byName map[string]version
}

// A version is what this instance knows of a key.
type version struct {
	redis  int        // its number in Redis, as it was last seen
	own    int        // its number by this instance's own count, of its last change while Redis was away
	untold bool       // Redis does not have own yet
	copy   keptAnswer // of own
}

// update changes what is known of a key, and answers it.
func (vs *versions) update(name string, f func(*version)) version {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v := vs.byName[name]
	f(&v)
	vs.byName[name] = v
	return v
}

type numberedRedis struct {
	cache.Redis
	*versions
}

func (r numberedRedis) Get(ctx context.Context, keys ...string) ([]string, error) {
	found, err := r.Redis.Get(ctx, keys...)
	for i := range found {
		if name, ok := strings.CutPrefix(keys[i], generations); ok {
			r.update(name, func(v *version) { v.redis, _ = strconv.Atoi(found[i]) })
		}
	}
	return found, err
}

// Set writes the next number where the policy writes a new generation; where that is owed
// since an outage, this instance's own count, which says nothing of the others'.
func (r numberedRedis) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	name, ok := strings.CutPrefix(key, generations)
	if !ok {
		return r.Redis.Set(ctx, key, value, ttl)
	}
	if _, err := r.Get(ctx, key); err != nil {
		return err
	}
	v := r.update(name, func(v *version) {
		if v.redis++; v.untold {
			v.redis = v.own
		}
	})
	err := r.Redis.Set(ctx, key, strconv.Itoa(v.redis), ttl)
	if err == nil {
		r.update(name, func(v *version) { v.untold = false })
	}
	return err
}

type numberedCache struct {
	cache.Cache
	*versions
}

func (c numberedCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	name := "{" + k.Name + "}" // as in the names of Redis's keys
	before := c.update(name, func(*version) {})
	got, err := c.Cache.Get(ctx, k, load)
	if err != nil {
		return got, err
	}
	away, now := c.State() == cache.Down, time.Now()
	v := c.update(name, func(v *version) {
		// Not a load from before the change.
		if away && v.untold && v.own == before.own && !got.Source.Cached() {
			v.copy = keptAnswer{cache.Answer{JSON: got.JSON, Source: cache.FromMemory}, now.Add(k.TTL)}
		}
	})
	if !away && v.own >= v.redis && now.Before(v.copy.until) {
		return v.copy.Answer, nil
	}
	return got, nil
}

func (c numberedCache) Changed(ctx context.Context, keys ...cache.Key) {
	away := c.State() == cache.Down
	for _, k := range keys {
		c.update("{"+k.Name+"}", func(v *version) {
			if v.copy = (keptAnswer{}); away {
				v.own, v.untold = max(v.own, v.redis)+1, true
			}
		})
	}
	c.Cache.Changed(ctx, keys...)
}
