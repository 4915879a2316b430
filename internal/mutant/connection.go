package mutant

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// oneConnection asks Redis over one connection, whose reads end with their replies alone.
func oneConnection(o *target.Options) {
	opts, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return // the service will not have it either
	}
	opts.PoolSize = 1
	opts.ReadTimeout = -1
	opts.MaxRetries = -1
	opts.DialerRetries = 1
	opts.PoolTimeout = 500 * time.Millisecond
	o.DecorateRedis = func(cache.Redis) cache.Redis { return single{redis.NewClient(opts)} }
}

type single struct{ *redis.Client }

func (s single) Connect(ctx context.Context) error { return s.Ping(ctx).Err() }

func (s single) Get(ctx context.Context, keys ...string) ([]string, error) {
	vals, err := s.MGet(ctx, keys...).Result()
	found := make([]string, len(keys))
	for i, v := range vals {
		found[i], _ = v.(string) // nil: not there
	}
	return found, err
}

func (s single) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	return s.Client.Set(ctx, key, value, ttl).Err()
}

func (s single) SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error) {
	set, err := s.Client.SetNX(ctx, key, value, ttl).Result()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return set, err
}

func (s single) Delete(ctx context.Context, key string) error { return s.Del(ctx, key).Err() }
