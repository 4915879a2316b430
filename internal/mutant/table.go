package mutant

import (
	"os"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// table holds the mutants of caches. They break both policies, unless About says otherwise.
var table = map[string]Mutant{
	"hits-3ms": {
		// A miss of 180-250 ms, 217 at the median, is 50 to 80 times a hit of 2.7 to 4.3 ms.
		// A hit by itself takes 1.0 to 1.5 ms and the timer ends 0.5 to 0.9 ms late, so 1.6
		// comes to 3.1 to 4.0; with 2.3 a busy machine made 4.5 of it.
		About:  "a cache hit takes about 3 ms in all. No defect: it makes the speed-up of 50-80 times come true",
		Fixes:  []string{"trips.speedup.50x"},
		mutate: slowHits(1600 * time.Microsecond),
	},
	"hits-30ms": {
		About:  "a cache hit takes 30 ms longer",
		Breaks: []string{"trips.hit.latency", "trips.speedup.10x", "ai.hit.latency", "ai.speedup"},
		Fixes:  []string{"trips.speedup.5x"},
		Flaky:  []string{"cache.invalidation"}, // its answers come later, by a tenth of what that allows
		mutate: slowHits(30 * time.Millisecond),
	},
	"double-query": {
		About:  "every read asks the database twice, one after the other",
		Breaks: []string{"trips.miss.latency", "cache.stampede"},
		mutate: func(o *target.Options) {
			o.DecorateStore = func(s store.Store) store.Store { return doubleQuery{s} }
		},
	},
	"no-set": {
		// Dropping the writes alone would not show in trips.dbload under hardened: at 50
		// requests a second, requests that share a load of 200 ms still save 90 % of them.
		About:  "a cached value is never found again, and no load is shared",
		Breaks: []string{"trips.dbload", "trips.warm", "cache.stampede", "profiles.cache", "cache.shared", "cache.warming", "cache.single", "ai.cost"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return noSet{r} }
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &forgetful{Cache: c} }
		},
	},
	"ttl-unit": {
		About: "the time to live in Redis is in milliseconds instead of seconds: a thousandth",
		// By the time that one instance has loaded for the other it has mostly expired. Under
		// documented, which shares no load, it breaks trips.dbload too.
		Breaks: []string{"trips.warm"},
		Flaky:  []string{"cache.stampede"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return ttlUnit{r} }
		},
	},
	"ttl-never": {
		About:  "a cached value is kept for a day, whatever its time to live is",
		Breaks: []string{"trips.ttl", "profiles.cache", "cache.ttls", "ai.ttl", "scale.sentinel.writes"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return ttlNever{c} }
		},
	},
	"says-database": {
		About:  "one hit in three says that it comes from the database",
		Breaks: []string{"trips.source", "trips.warm"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &saysDatabase{Cache: c} }
		},
	},
	"no-flight": {
		About:  "every request that misses queries the database (hardened only; documented always does)",
		Breaks: []string{"cache.stampede", "ai.cost"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return noFlight{c} }
		},
	},
	"no-lease": {
		About:  "each instance loads by itself (hardened only; documented always does)",
		Breaks: []string{"cache.stampede", "ai.cost"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return noLease{r} }
		},
	},
	"ttl-renewed": {
		About:  "every hit begins the time to live anew",
		Breaks: []string{"trips.ttl", "profiles.cache", "cache.ttls", "ai.ttl"},
		mutate: func(o *target.Options) {
			t := new(ttlRenewed)
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return renewedRedis{r, t} }
			o.DecorateCache = func(c cache.Cache) cache.Cache { return renewedCache{c, t} }
		},
	},
	"stale-write-back": {
		About:  "a change deletes the value, and then a load from before the change writes the old one back (hardened only; documented does not delete)",
		Breaks: []string{"cache.invalidation"},
		mutate: func(o *target.Options) {
			o.DecorateRedis = func(r cache.Redis) cache.Redis { return deletes{r} }
			o.DecorateStore = func(s store.Store) store.Store { return heldReads{s} }
		},
	},
	"invalidate-first": {
		About:  "the cache is invalidated before the database is changed (hardened only; documented does not invalidate)",
		Breaks: []string{"cache.invalidation"},
		mutate: invalidateFirst,
	},
	"invalidates-here": {
		About:  "only the instance that made a change invalidates its cache (hardened only; documented does not invalidate)",
		Breaks: []string{"cache.invalidation"},
		mutate: apart(generations),
	},
	"per-instance": {
		// Whether two instances miss the one listing together depends on when they began.
		About:  "each instance has its own keys in Redis",
		Breaks: []string{"profiles.cache", "cache.shared", "cache.invalidation", "ai.cost"},
		Flaky:  []string{"trips.warm", "cache.stampede"},
		mutate: apart(""),
	},
	"flight-by-kind": {
		About:  "requests that miss the same kind at the same time all get the same value",
		Breaks: []string{"profiles.cache"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &flightByKind{Cache: c} }
		},
	},
	"key-without-id": {
		// Of a user's own load every answer is soon too old: that they are another's cannot be seen.
		About:  "everything of a kind has the same key",
		Breaks: []string{"profiles.cache", "ai.ttl"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return keyWithoutID{c} }
		},
	},
	"errors-cached": {
		About:  "one query for a user in eight fails, and its error is kept as long as a profile",
		Breaks: []string{"profiles.cache"},
		mutate: func(o *target.Options) {
			o.DecorateStore = func(s store.Store) store.Store { return &flaky{Store: s} }
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &errorsCached{Cache: c} }
		},
	},
	"empty-hits": {
		About:  "while a value is being loaded an empty one is answered, as a hit",
		Breaks: []string{"profiles.cache"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &emptyHits{Cache: c} }
		},
	},
	"warms-late": {
		About:  "the service says that it is ready, and warms its cache 2 s later (hardened only: documented never does)",
		Breaks: []string{"cache.warming"},
		mutate: func(o *target.Options) { o.Warm = warmsLate },
	},
	"slow-model": {
		About:  "the model takes 2.5 s more",
		Breaks: []string{"ai.miss.latency"},
		mutate: func(o *target.Options) {
			o.DecorateModel = func(m ai.Model) ai.Model { return slowModel{m} }
		},
	},
	"slow-peers": {
		About:  "every instance but the first takes 40 ms more for a hit",
		Breaks: []string{"scale.instances"},
		mutate: func(o *target.Options) {
			if os.Getenv("INSTANCE") != "1" {
				slowHits(40 * time.Millisecond)(o)
			}
		},
	},
	"no-fallback": {
		About:  "an error of Redis is answered as 500",
		Breaks: []string{"fallback.outage", "fallback.blackhole", "fallback.reset", "fallback.flapping", "fallback.partition", "ops.auth.wrong", "ops.auth.rotated", "scale.sentinel"},
		mutate: noFallback,
	},
	"unbounded-wait": {
		About:  "requests wait for Redis as long as it takes, and never stop asking (hardened only: documented is so by itself)",
		Breaks: []string{"fallback.blackhole", "fallback.slow", "fallback.partition", "fallback.halfopen"},
		mutate: func(o *target.Options) { o.Limits = unbounded },
	},
	"unbounded-reads": {
		About:  "the bound of the wait for Redis is not kept by reads (hardened only: documented is so by itself)",
		Breaks: []string{"fallback.blackhole", "fallback.slow"},
		mutate: unboundedReads,
	},
	"retry-storm": {
		About:  "every command of Redis that fails is tried forty times more, and requests wait for it (hardened only)",
		Breaks: []string{"fallback.outage", "fallback.flapping", "ops.health"}, // who never gives up never says that Redis is down
		mutate: retryStorm,
	},
	"fallback-forever": {
		About:  "after the first error of Redis it is never used again",
		Breaks: []string{"fallback.recovery", "fallback.startup", "ops.order"},
		Flaky:  []string{"ops.health"}, // which is watched for little longer than it allows
		mutate: func(o *target.Options) { o.DecorateRedis = forever() },
	},
	"never-probes": {
		About:  "nobody looks whether Redis is back (hardened only)",
		Breaks: []string{"fallback.recovery", "fallback.startup", "ops.health", "fallback.again", "ops.order"},
		Flaky:  []string{"fallback.halfopen"}, // where no connection is tried three times in a row
		mutate: func(o *target.Options) {
			o.Limits = func(l cache.Limits) cache.Limits {
				l.Probe = time.Hour
				return l
			}
		},
	},
	"start-only": {
		About:  "the fallback is chosen at start, and only then",
		Breaks: []string{"fallback.outage", "fallback.startup", "ops.order"},
		mutate: startOnly,
	},
	"needs-redis": {
		About:  "the service waits 6 s for a Redis that is not there before it starts without (hardened only)",
		Breaks: []string{"fallback.startup"},
		mutate: func(o *target.Options) { o.DecorateRedis = needsRedis },
	},
	"nil-client": {
		About:  "where no Redis is configured its client is nil, and a write to it in the background ends the process",
		Breaks: []string{"fallback.unconfigured", "fallback.transparent"},
		mutate: nilClient,
	},
	"changes-need-redis": {
		About:  "where no Redis is configured a change fails",
		Breaks: []string{"fallback.transparent"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return changesNeedRedis{c} }
		},
	},
	"keeps-nothing": {
		About:  "memory holds one entry: it is cold when Redis goes, and every request asks the database (hardened only)",
		Breaks: []string{"fallback.unconfigured", "fallback.outage"},
		mutate: func(o *target.Options) {
			o.Limits = func(l cache.Limits) cache.Limits {
				l.Entries = 1
				return l
			}
		},
	},
	"cut-off": {
		About:  "a reply of Redis that is cut off is taken for the whole",
		Breaks: []string{"fallback.reset"},
		mutate: cutOff,
	},
	"forgets-changes": {
		About:  "what is changed while Redis is away stays in Redis as it was (hardened only: documented is so by itself)",
		Breaks: []string{"fallback.stale", "stale.after"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return forgetsChanges{c} }
		},
	},
	"memory-first": {
		About:  "what was kept in memory during an outage is answered after it, until it expires (hardened only)",
		Breaks: []string{"fallback.stale", "stale.after"},
		Flaky:  []string{"fallback.recovery", "fallback.again"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache {
				return &memoryFirst{Cache: c, kept: map[string]keptAnswer{}}
			}
		},
	},
	"version-behind": {
		About:  "each instance counts versions by itself while Redis is away, and prefers its copy to what is no later in Redis (hardened only)",
		Breaks: []string{"fallback.stale"},
		mutate: versionBehind,
	},
	"crashes": {
		About:  "the process ends when a command of Redis fails",
		Breaks: []string{"fallback.crash", "database.both", "database.both.back"},
		mutate: func(o *target.Options) { o.DecorateRedis = after(crash) },
	},
	"leaks-descriptors": {
		About:  "every reconnect to Redis opens a client of four connections, and none is ever closed (hardened only: documented connects once)",
		Breaks: []string{"fallback.crash"},
		mutate: leakClients,
	},
	"leaks-goroutines": {
		About:  "every reconnect to Redis starts eight goroutines that never end (hardened only)",
		Breaks: []string{"fallback.crash"},
		mutate: leakGoroutines,
	},
	"health-lies": {
		About:  "/health says that Redis is up, whatever it is",
		Breaks: []string{"ops.health", "ops.auth.wrong", "ops.auth.rotated"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return healthLies{c} }
		},
	},
	"health-cached": {
		About:  "/health says for 5 s what it found out before (hardened only: documented is never right)",
		Breaks: []string{"ops.health"},
		mutate: func(o *target.Options) {
			o.DecorateCache = func(c cache.Cache) cache.Cache { return &healthCached{Cache: c} }
		},
	},
}
