package target

import (
	"context"
	"errors"
	"fmt"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
)

// openCache makes the policy that conf names.
func openCache(ctx context.Context, conf config.Config, opts Options, hooks cache.Hooks, m *metrics, c *clients) (cache.Policy, error) {
	redis, err := openRedis(conf, opts, m, c)
	if err != nil {
		return nil, err
	}
	if conf.Policy == config.Documented {
		return cache.NewDocumented(ctx, redis, hooks), nil
	}
	return cache.NewHardened(ctx, redis, opts.limits(), hooks), nil
}

// openRedis is nil where no Redis is configured.
func openRedis(conf config.Config, opts Options, m *metrics, c *clients) (cache.Redis, error) {
	client, err := c.open()
	if client == nil {
		return nil, err
	}
	m.redisOptions(func() map[string]float64 { return redisOptions(client, conf, opts.limits()) })
	redis := cache.Timed(client, m.redisCommand)
	if opts.DecorateRedis != nil {
		redis = opts.DecorateRedis(redis)
	}
	return redis, nil
}

// clients are the service's clients of Redis, one for each part that asks it: a part
// that finds Redis lost makes new connections, and must not end those of another.
type clients struct {
	conf   config.Config
	limits cache.Limits
	all    []*cache.Client
}

// open opens one more as the policy has it, or nil where no Redis is configured.
func (c *clients) open() (*cache.Client, error) { return c.openWith(c.limits) }

// openWith opens one whose commands end within other limits.
func (c *clients) openWith(limits cache.Limits) (client *cache.Client, err error) {
	if c.conf.RedisURL == "" {
		return nil, nil
	}
	if c.conf.Policy == config.Documented {
		client, err = cache.DefaultClient(c.conf.RedisURL)
	} else {
		client, err = cache.BoundedClient(c.conf.RedisURL, limits.Command)
	}
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	c.all = append(c.all, client)
	return client, nil
}

// first is the one that was opened first, which the document's code uses for everything; nil
// where no Redis is configured.
func (c *clients) first() *cache.Client {
	if len(c.all) == 0 {
		return nil
	}
	return c.all[0]
}

// scripts opens one more for a part that runs scripts, or nil where no Redis is configured.
func (c *clients) scripts(m *metrics, limits cache.Limits, decorate func(cache.Scripts) cache.Scripts) (cache.Scripts, error) {
	client, err := c.openWith(limits)
	if client == nil {
		return nil, err
	}
	scripts := cache.TimedScripts(client, m.redisCommand)
	if decorate != nil {
		scripts = decorate(scripts)
	}
	return scripts, nil
}

// close ends what is under way on all of them. It may be called more than once.
func (c *clients) close() error {
	var errs []error
	for _, client := range c.all {
		errs = append(errs, client.Close())
	}
	return errors.Join(errs...)
}

// redisOptions are the client's options and what the policy adds to them, for
// whoever wants to know how long a request should stall: durations in seconds.
func redisOptions(client *cache.Client, conf config.Config, limits cache.Limits) map[string]float64 {
	o := client.Options()
	parts := 1.0 // the cache
	if conf.RateLimit > 0 {
		parts = 2 // the limiter waits for itself
	}
	if conf.Policy == config.Documented {
		o["calls_per_request"] = 2 * parts // a GET that fails, and the SET of what is loaded, or counted, instead
		return o
	}
	o["request_wait_seconds"] = parts * limits.Wait.Seconds()
	o["command_timeout_seconds"] = limits.Command.Seconds()
	o["breaker_failures"] = float64(limits.Failures)
	o["probe_seconds"] = limits.Probe.Seconds()
	return o
}
