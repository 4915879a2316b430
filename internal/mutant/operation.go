package mutant

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// operations break what the document says of running the service and its Redis. They break both policies, unless
// About says otherwise.
var operations = map[string]Mutant{
	"opens-redis": {
		About:  "the service takes the password away from Redis when it starts, so that its own is never refused (redis-server only)",
		Breaks: []string{"ops.auth"},
		mutate: func(o *target.Options) { o.DecorateRedis = onConnect(openRedis) },
	},
	"log-off": {
		About:  "the service has Redis log no write, because that is quicker (redis-server only)",
		Breaks: []string{"ops.aof.kill", "ops.aof.always", "ops.aof.second", "ops.volume"},
		mutate: func(o *target.Options) { o.DecorateRedis = insists("appendonly", "no") },
	},
	"log-always": {
		About:  "the service has Redis sync its log before it answers (redis-server only). No defect: it makes the promise of the log come true",
		Fixes:  []string{"ops.aof", "ops.aof.no"},
		mutate: func(o *target.Options) { o.DecorateRedis = insists("appendfsync", "always") },
	},
	"log-unsynced": {
		About:  "the service has Redis never sync its log, because that is quicker (redis-server only)",
		Breaks: []string{"ops.aof.always", "ops.aof.second"},
		mutate: func(o *target.Options) { o.DecorateRedis = insists("appendfsync", "no") },
	},
	"metrics-hits-missed": {
		About:  "a look-up that hits is counted as one that misses",
		Breaks: []string{"ops.metrics.hits"},
		mutate: func(o *target.Options) {
			o.Metrics.LookUp = func(kind, tier, _ string) (string, string, string) { return kind, tier, "miss" }
		},
	},
	"metrics-commands-unseen": {
		About:  "no command of Redis is timed",
		Breaks: []string{"ops.metrics.redis"},
		mutate: func(o *target.Options) {
			o.Metrics.Command = func(time.Duration) []time.Duration { return nil }
		},
	},
	"metrics-milliseconds": {
		About:  "the time of a command of Redis is told in milliseconds, and called seconds",
		Breaks: []string{"ops.metrics.redis"},
		mutate: func(o *target.Options) {
			o.Metrics.Command = func(took time.Duration) []time.Duration { return []time.Duration{1000 * took} }
		},
	},
	"metrics-untimed": {
		About:  "the time of a request is read before it is answered",
		Breaks: []string{"ops.metrics.times"},
		mutate: func(o *target.Options) {
			o.Metrics.Request = func(time.Duration) time.Duration { return time.Microsecond }
		},
	},
	"loading-fatal": {
		About:  "the process ends when Redis is loading its data",
		Breaks: []string{"ops.order"},
		mutate: func(o *target.Options) { o.DecorateRedis = endsIf("LOADING") },
	},
	"password-fatal": {
		About:  "the process ends when Redis refuses its password",
		Breaks: []string{"ops.auth.wrong", "ops.auth.rotated"},
		mutate: func(o *target.Options) { o.DecorateRedis = endsIf("WRONGPASS") },
	},
}

// openRedis has Redis ask for no password any more.
func openRedis() { configure("requirepass", "") }

// insists sets a setting of Redis, again and again.
func insists(name, value string) func(cache.Redis) cache.Redis {
	return func(r cache.Redis) cache.Redis {
		go func() {
			for ; ; time.Sleep(100 * time.Millisecond) {
				configure(name, value)
			}
		}()
		return r
	}
}

// configure sets a setting of Redis. One that has no such setting, or is away, stays as it is.
func configure(name, value string) {
	opts, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return // the service will not have it either
	}
	opts.PoolSize, opts.MaxRetries, opts.DialerRetries = 1, -1, 1
	c := redis.NewClient(opts)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.ConfigSet(ctx, name, value)
}

// endsIf ends the process, as an error does that nobody has caught, when a command fails with that word.
func endsIf(word string) func(cache.Redis) cache.Redis {
	return guard(func(command func() error) error {
		err := command()
		if err != nil && strings.Contains(err.Error(), word) {
			crash()
		}
		return err
	})
}
