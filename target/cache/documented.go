package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Documented is the document's RedisService, line by line, with what follows
// from it: Redis is tried once, at start; an error falls back to memory for
// that one call, after whatever the client's default timeouts and retries
// cost; memory has no bound and forgets an entry only when it is read after
// its time; nothing is invalidated; requests that miss together all load.
//
// As in an express handler, a client that has gone away ends neither the call
// to Redis nor the query.
type Documented struct {
	hooks Hooks

	client            Redis // nil: none configured
	isConnected       bool
	useMemoryFallback bool

	mu          sync.Mutex
	memoryCache map[string]cacheEntry
}

type cacheEntry struct {
	value   string
	expires time.Time // zero: never
}

// NewDocumented initialises the policy: it connects to r once, and never uses
// it if that fails. A nil r is no Redis.
func NewDocumented(ctx context.Context, r Redis, hooks Hooks) *Documented {
	d := &Documented{hooks: hooks, client: r, memoryCache: map[string]cacheEntry{}}
	if r == nil {
		hooks.Log.Warn("REDIS_URL not configured - using in-memory cache")
		d.useMemoryFallback = true
		return d
	}
	if err := r.Connect(ctx); err != nil {
		hooks.Log.Error("Redis failed, using memory fallback", "error", err)
		d.useMemoryFallback = true
		return d
	}
	d.isConnected = true
	hooks.Log.Info("Redis connected")
	return d
}

// Get is the document's handler, from getJSON to res.json: what was cached is
// parsed and serialised again; what was loaded is stored before it is answered.
func (d *Documented) Get(ctx context.Context, k Key, load Load) (Answer, error) {
	ctx = context.WithoutCancel(ctx)
	if cached, source := d.get(ctx, k); cached != "" {
		v := load.New()
		if err := json.Unmarshal([]byte(cached), v); err != nil {
			return Answer{}, fmt.Errorf("parse cached %s: %w", k.Name, err)
		}
		text, err := json.Marshal(v)
		return Answer{JSON: string(text), Source: source}, err
	}
	v, err := load.From(ctx)
	if err != nil {
		return Answer{}, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return Answer{}, err
	}
	d.set(ctx, k, string(text))
	text, err = json.Marshal(v)
	return Answer{JSON: string(text), Source: load.Origin()}, err
}

// Changed does nothing: invalidation is among the document's next steps.
func (d *Documented) Changed(context.Context, ...Key) {}

// State is what the document's service keeps: isConnected, set once at start.
func (d *Documented) State() State {
	switch {
	case d.client == nil:
		return Unconfigured
	case d.isConnected:
		return Up
	}
	return Down
}

// Close has nothing to wait for: the policy works in its callers' goroutines.
func (d *Documented) Close() error { return nil }

// Read is the document's get, for what is no answer: a key without a kind is not counted among the
// look-ups. It returns "" where the key is in neither tier.
func (d *Documented) Read(ctx context.Context, k Key) (string, Source) { return d.get(ctx, k) }

// Write is the document's set. A key without a time to live never expires.
func (d *Documented) Write(ctx context.Context, k Key, value string) { d.set(ctx, k, value) }

// get returns "" where the key is in neither tier.
func (d *Documented) get(ctx context.Context, k Key) (string, Source) {
	if d.useMemoryFallback {
		return d.getFromMemory(k), FromMemory
	}
	found, err := d.client.Get(ctx, k.Name)
	if err != nil {
		d.count(k, "redis", failed)
		d.hooks.Log.Error("Redis GET error", "key", k.Name, "error", err)
		return d.getFromMemory(k), FromMemory
	}
	d.count(k, "redis", result(found[0] != ""))
	return found[0], FromRedis
}

func (d *Documented) set(ctx context.Context, k Key, value string) {
	if d.useMemoryFallback {
		d.setInMemory(k, value)
		return
	}
	if err := d.client.Set(ctx, k.Name, value, k.TTL); err != nil {
		d.hooks.Log.Error("Redis SET error", "key", k.Name, "error", err)
		d.setInMemory(k, value)
	}
}

func (d *Documented) getFromMemory(k Key) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.memoryCache[k.Name]
	if ok && !e.expires.IsZero() && !time.Now().Before(e.expires) {
		delete(d.memoryCache, k.Name)
		e = cacheEntry{}
	}
	d.count(k, "memory", result(e.value != ""))
	return e.value
}

func (d *Documented) setInMemory(k Key, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := cacheEntry{value: value}
	if k.TTL > 0 {
		e.expires = time.Now().Add(k.TTL)
	}
	d.memoryCache[k.Name] = e
}

func (d *Documented) count(k Key, tier, result string) {
	if k.Kind != "" {
		d.hooks.Count(k.Kind, tier, result)
	}
}

func result(found bool) string {
	if found {
		return hit
	}
	return miss
}
