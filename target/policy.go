package target

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
)

// openCache makes the policy that conf names, and what closes its Redis; that
// may be called more than once.
func openCache(ctx context.Context, conf config.Config, opts Options, hooks cache.Hooks, took func(time.Duration)) (cache.Policy, func() error, error) {
	limits := opts.limits()
	redis, closeRedis, err := openRedis(conf, opts, limits, took)
	if err != nil {
		return nil, nil, err
	}
	if conf.Policy == config.Documented {
		return cache.NewDocumented(ctx, redis, hooks), closeRedis, nil
	}
	return cache.NewHardened(ctx, redis, limits, hooks), closeRedis, nil
}

// openRedis is nil where no Redis is configured.
func openRedis(conf config.Config, opts Options, limits cache.Limits, took func(time.Duration)) (cache.Redis, func() error, error) {
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
	redis := cache.Timed(client, took)
	if opts.DecorateRedis != nil {
		redis = opts.DecorateRedis(redis)
	}
	return redis, sync.OnceValue(client.Close), nil
}
