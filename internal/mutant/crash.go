package mutant

import (
	"context"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// crash ends the process as a panic in a background goroutine does.
func crash() {
	go panic("redis: nil pointer dereference")
}

// nilClient writes what it loads to a client that was never made where no Redis is
// configured, in the background, where nothing recovers a panic as net/http does in a handler:
// what it loads to warm its cache ends it before it is ready.
func nilClient(o *target.Options) {
	o.DecorateCache = func(c cache.Cache) cache.Cache { return nilClientCache{Cache: c} }
}

type nilClientCache struct {
	cache.Cache
	client *cache.Client
}

func (c nilClientCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	got, err := c.Cache.Get(ctx, k, load)
	if err == nil && c.State() == cache.Unconfigured && !got.Source.Cached() {
		go c.client.Set(context.WithoutCancel(ctx), k.Name, got.JSON, k.TTL)
	}
	return got, err
}

// onConnect calls f for every connection to Redis that comes about: at start, and after each loss.
func onConnect(f func()) func(cache.Redis) cache.Redis {
	return func(r cache.Redis) cache.Redis { return connecting{r, f} }
}

type connecting struct {
	cache.Redis
	f func()
}

func (c connecting) Connect(ctx context.Context) error {
	err := c.Redis.Connect(ctx)
	if err == nil {
		c.f()
	}
	return err
}

// leakClients opens a client at every reconnect, with four connections ready, and closes none.
func leakClients(o *target.Options) {
	u, err := url.Parse(os.Getenv("REDIS_URL"))
	if err != nil {
		return // the service will not have it either
	}
	q := u.Query()
	q.Set("min_idle_conns", "4")
	u.RawQuery = q.Encode()
	var mu sync.Mutex
	var clients []*cache.Client // or the collector would close their connections
	o.DecorateRedis = onConnect(func() {
		mu.Lock()
		defer mu.Unlock()
		if c, err := cache.BoundedClient(u.String(), time.Second); err == nil {
			clients = append(clients, c)
		}
	})
}

// leakGoroutines starts eight at every reconnect, as workers of a pool would be, that never end.
func leakGoroutines(o *target.Options) {
	o.DecorateRedis = onConnect(func() {
		for range 8 {
			go func() { select {} }()
		}
	})
}
