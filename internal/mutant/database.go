package mutant

import (
	"context"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// databases break what a service does while its database does not answer. They break both policies, unless About says
// otherwise.
var databases = map[string]Mutant{
	"database-first": {
		About:  "every read asks the database, and only then the cache",
		Breaks: []string{"database.slow", "database.hits", "database.misses", "database.both"},
		mutate: loads(func(ctx context.Context, c cache.Cache, k cache.Key, load cache.Load) (cache.Answer, error) {
			if _, err := load.From(ctx); err != nil {
				return cache.Answer{}, err
			}
			return c.Get(ctx, k, load)
		}),
	},
	"database-awaited": {
		About:  "a request waits for the database for as long as that takes (hardened only; documented always does)",
		Breaks: []string{"database.misses"},
		mutate: loads(func(ctx context.Context, c cache.Cache, k cache.Key, load cache.Load) (cache.Answer, error) {
			load.Slow = true
			return c.Get(ctx, k, load)
		}),
	},
	"database-fatal": {
		About:  "the process ends when the database does not answer for a second",
		Breaks: []string{"database.back", "database.hits", "database.misses"},
		mutate: loads(func(ctx context.Context, c cache.Cache, k cache.Key, load cache.Load) (cache.Answer, error) {
			from := load.From
			load.From = func(ctx context.Context) (any, error) {
				defer time.AfterFunc(time.Second, crash).Stop()
				return from(ctx)
			}
			return c.Get(ctx, k, load)
		}),
	},
}

// loads has get stand for the cache's own.
func loads(get func(context.Context, cache.Cache, cache.Key, cache.Load) (cache.Answer, error)) func(*target.Options) {
	return func(o *target.Options) {
		o.DecorateCache = func(c cache.Cache) cache.Cache { return loading{c, get} }
	}
}

type loading struct {
	cache.Cache
	get func(context.Context, cache.Cache, cache.Key, cache.Load) (cache.Answer, error)
}

func (l loading) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	return l.get(ctx, l.Cache, k, load)
}
