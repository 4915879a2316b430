package mutant

import (
	"strings"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// beyond holds what services get wrong that pass the drills of the document: as people report it of
// clients of Redis and of caches. They break the hardened policy.
var beyond = map[string]Mutant{
	"answers-uncaught": {
		About:  "a Redis that is lost is caught, and one that answers with an error is not: the request fails too",
		Breaks: []string{"fallback.answers"},
		mutate: uncaught(isAnswer),
	},
	"loading-uncaught": {
		About:  "every error of Redis is caught but LOADING",
		Breaks: []string{"fallback.answers"},
		mutate: uncaught(func(err error) bool { return strings.Contains(err.Error(), "LOADING ") }),
	},
	"one-connection": {
		About:  "one connection serves all, and nothing bounds a read: where it is dead without an end it stays so",
		Breaks: []string{"fallback.halfopen"},
		Flaky:  []string{"fallback.again"},
		mutate: oneConnection,
	},
	"writes-uncaught": {
		About:  "what was loaded is not answered where Redis does not take it",
		Breaks: []string{"fallback.writes"},
		mutate: writesUncaught,
	},
	"forgets-refused": {
		About:  "an invalidation that Redis refuses counts as done: the old value is answered until it expires",
		Breaks: []string{"fallback.writes"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return forgetsRefused{r} }
		},
	},
	"asks-first": {
		About:  "before it queries a user the service asks Redis for something, and waits for up to 2 s",
		Breaks: []string{"fallback.bystander"},
		mutate: asksFirst,
	},
	"pool-held": {
		About:  "sixteen workers answer everything, and each waits for Redis as long as it takes",
		Breaks: []string{"fallback.bystander"},
		Flaky:  []string{"fallback.bounded"}, // callers that wait have connections
		mutate: poolHeld,
	},
	"queue-grows": {
		About:  "what Redis cannot be told is queued until it is back, without a bound",
		Breaks: []string{"fallback.bounded"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &queueGrows{Cache: c} }
		},
	},
	"dials-on": {
		About:  "while Redis does not answer each request opens a connection to it, and keeps it until Redis is back",
		Breaks: []string{"fallback.bounded"},
		mutate: dialsOn,
	},
	"recovers-once": {
		About:  "the service finds back to Redis once, and not a second time",
		Breaks: []string{"fallback.again"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return &recoversOnce{Redis: r} }
		},
	},
	"pause-kept": {
		About:  "the pause before the next look after Redis grows fourfold with each failure, and a recovery does not reset it",
		Breaks: []string{"fallback.again"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return &pauseKept{Redis: r, pause: 50 * time.Millisecond} }
		},
	},
	"deaf-after": {
		About:  "once Redis was lost, the instance keeps what it reads in memory, and hears of no other instance's changes",
		Breaks: []string{"stale.after"},
		Flaky:  []string{"fallback.stale"}, // it may keep what the other instance has yet to invalidate
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache {
				return &deafAfter{memoryFirst: memoryFirst{Cache: c, kept: map[string]keptAnswer{}}}
			}
		},
	},
	"empty-kept": {
		About:  "what Redis could not answer is taken for empty, and answered so when Redis is back, until it expires",
		Breaks: []string{"cache.poison"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &poisoned{Cache: c} }
		},
	},
	"error-kept": {
		About:  "an error of Redis is kept as the answer to its key until it expires",
		Breaks: []string{"cache.poison"},
		Flaky:  []string{"fallback.answers"}, // of which each key meets its own error only later
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &poisoned{Cache: c, fails: true} }
		},
	},
}
