package target

import (
	"context"
	"fmt"
	"sync"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
)

// openCache makes the policy that conf names, and what closes its Redis; that
// may be called more than once.
func openCache(ctx context.Context, conf config.Config, opts Options, hooks cache.Hooks, m *metrics) (cache.Policy, func() error, error) {
	limits := opts.limits()
	redis, closeRedis, err := openRedis(conf, opts, limits, m)
	if err != nil {
		return nil, nil, err
	}
	if conf.Policy == config.Documented {
		return cache.NewDocumented(ctx, redis, hooks), closeRedis, nil
	}
	return cache.NewHardened(ctx, redis, limits, hooks), closeRedis, nil
}

// openRedis is nil where no Redis is configured.
func openRedis(conf config.Config, opts Options, limits cache.Limits, m *metrics) (cache.Redis, func() error, error) {
	if conf.RedisURL == "" {
		return nil, func() error { return nil }, nil
	}
	var client *cache.Client
	var err error
	if conf.Policy == config.Documented {
		client, err = cache.DefaultClient(conf.RedisURL)
	} else {
		client, err = cache.BoundedClient(conf.RedisURL, limits.Command)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	m.redisOptions(func() map[string]float64 { return redisOptions(client, conf, limits) })
	redis := cache.Timed(client, m.redisCommand)
	if opts.DecorateRedis != nil {
		redis = opts.DecorateRedis(redis)
	}
	return redis, sync.OnceValue(client.Close), nil
}

// redisOptions are the client's options and what the policy adds to them, for
// whoever wants to know how long a request should stall: durations in seconds.
func redisOptions(client *cache.Client, conf config.Config, limits cache.Limits) map[string]float64 {
	o := client.Options()
	if conf.Policy == config.Documented {
		o["calls_per_request"] = 2 // a GET that fails, and the SET of what is loaded instead
		return o
	}
	o["request_wait_seconds"] = limits.Wait.Seconds()
	o["command_timeout_seconds"] = limits.Command.Seconds()
	o["breaker_failures"] = float64(limits.Failures)
	o["probe_seconds"] = limits.Probe.Seconds()
	return o
}
