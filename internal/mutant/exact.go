package mutant

import (
	"maps"

	"github.com/trektribe/bench/internal/mutant/board"
	"github.com/trektribe/bench/internal/mutant/limits"
	"github.com/trektribe/bench/internal/mutant/notifications"
	"github.com/trektribe/bench/internal/mutant/sessions"
	"github.com/trektribe/bench/target"
)

// judged holds every mutant that a scenario has a claim about: those of caches, of counts, of operation, and of what is beyond the document.
var judged = merged(table, limiters, boards, sockets, deliveries, beyond, operations, logged, databases)

func merged(tables ...map[string]Mutant) map[string]Mutant {
	all := map[string]Mutant{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// limiters break the limiter of the hardened policy: the document's is broken in several of these ways by itself.
var limiters = map[string]Mutant{
	"limit-renewed": {
		About:  "every request renews the expiry of its client's counter: the window of a steady client never ends",
		Breaks: []string{"limit.exact", "limit.window", "limit.distributed"},
		Flaky:  []string{"limit.fair", "limit.headers", "limit.concurrent", "limit.fallback", "limit.recovery"},
		mutate: limits.Counts(limits.Renewed),
	},
	"limit-no-expiry": {
		About:  "the counter never expires: who was once over the limit stays so",
		Breaks: []string{"limit.exact", "limit.window", "limit.distributed"},
		Flaky:  []string{"limit.fair", "limit.headers", "limit.concurrent", "limit.fallback", "limit.recovery"},
		mutate: limits.Counts(limits.NoExpiry),
	},
	"limit-expiry-lost": {
		About:  "the expiry is set by a second command, after the reply to the first increment: where that is lost, never",
		Breaks: []string{"limit.recovery"},
		Flaky:  []string{"limit.fallback"},
		mutate: limits.ExpiryLost,
	},
	"limit-off-by-one": {
		About:  "one request more than the limit is let through in each window",
		Breaks: []string{"limit.exact", "limit.concurrent", "limit.window", "limit.distributed", "limit.fair"},
		Flaky:  []string{"limit.headers", "limit.recovery"},
		mutate: limits.Counts(limits.OffByOne),
	},
	"limit-get-set": {
		About:  "the counter is read and then written: requests at the same time count as one",
		Breaks: []string{"limit.concurrent"},
		Flaky:  []string{"limit.distributed", "limit.window", "limit.exact", "limit.headers", "limit.fair", "limit.fallback", "limit.recovery"},
		mutate: limits.GetThenSet,
	},
	"limit-per-instance": {
		About:  "each instance counts for itself",
		Breaks: []string{"limit.distributed", "limit.fallback"},
		Flaky:  []string{"limit.concurrent", "limit.fair", "limit.recovery"},
		mutate: limits.OwnCounters,
	},
	"limit-fails-open": {
		About:  "without Redis every request is let through",
		Breaks: []string{"limit.fallback", "scale.sentinel.limit"},
		Flaky:  []string{"limit.recovery"},
		mutate: limits.FailsOpen,
	},
	"limit-fails-closed": {
		About:  "without Redis every request is refused",
		Breaks: []string{"limit.fallback"},
		Flaky:  []string{"limit.recovery"},
		mutate: limits.FailsClosed,
	},
	"limit-restarts": {
		About:  "when Redis goes each instance begins to count at zero, up to the whole limit",
		Breaks: []string{"limit.fallback"},
		Flaky:  []string{"limit.recovery"},
		mutate: limits.Restarts,
	},
	"limit-fallback-forever": {
		About:  "after the first error of Redis each instance counts for itself for good",
		Breaks: []string{"limit.recovery"},
		Flaky:  []string{"limit.fallback"},
		mutate: limits.FallbackForever,
	},
	"limit-shared": {
		About:  "all clients share one limit",
		Breaks: []string{"limit.fair"},
		Flaky:  []string{"limit.exact", "limit.concurrent", "limit.window", "limit.distributed", "limit.headers", "limit.fallback", "limit.recovery"},
		mutate: limits.Shared,
	},
	"limit-behind-proxy": {
		About:  "X-Forwarded-For is never believed: everybody behind a proxy is one client",
		Breaks: []string{"limit.fair"},
		mutate: limits.PeerOnly,
	},
	"limit-chosen-identity": {
		About:  "the first address in X-Forwarded-For is believed, whoever wrote it",
		Breaks: []string{"limit.fair"},
		mutate: limits.ChosenIdentity,
	},
	"limit-noscript": {
		About:  "a script that Redis has forgotten is never sent again",
		Breaks: []string{"limit.recovery"},
		mutate: limits.NoScript,
	},
	"limit-repeats": {
		About:  "an increment whose reply was lost is repeated, and counts twice",
		Breaks: []string{"limit.recovery"},
		Flaky:  []string{"limit.fallback"},
		mutate: limits.Repeats,
	},
	"limit-header-lies": {
		About:  "X-RateLimit-Remaining says one more than there is",
		Breaks: []string{"limit.headers"},
		mutate: limits.HeaderLies,
	},
	"limit-counts-refused": {
		About:  "refused requests are counted as well: who goes on asking is never let in again",
		Breaks: []string{"limit.exact", "limit.window", "limit.distributed"},
		Flaky:  []string{"limit.fair", "limit.headers", "limit.concurrent", "limit.fallback", "limit.recovery"},
		mutate: limits.Counts(limits.CountsRefused),
	},
}

// boards break the leaderboard of the hardened policy.
var boards = map[string]Mutant{
	"board-lost": {
		About:  "a score is read and then written: bookings at the same time count as one",
		Breaks: []string{"board.exact"},
		Flaky:  []string{"board.order"},
		mutate: board.ReadThenWrite,
	},
	"board-doubled": {
		About:  "bookings are not known by their id: one that is posted again counts again",
		Breaks: []string{"board.exact"},
		mutate: board.CountsAgain,
	},
	"board-stale": {
		About:  "the bookings that were confirmed without Redis are never told to it",
		Breaks: []string{"board.exact"},
		Flaky:  []string{"board.order"},
		mutate: board.NeverReconciled,
	},
	"board-by-id": {
		About:  "the ten are in the order of their ids",
		Breaks: []string{"board.order"},
		mutate: board.ByID,
	},
}

// sockets break who is connected under the hardened policy.
var sockets = map[string]Mutant{
	"session-no-lease": {
		About:  "what Redis is told of sessions does not expire: those of an instance that is killed stay",
		Breaks: []string{"sessions.presence"},
		mutate: sessions.NoLease,
	},
	"session-renews-all": {
		About:  "an instance renews the leases of all: the sessions of one that is killed stay while another lives",
		Breaks: []string{"sessions.presence"},
		mutate: sessions.RenewsAll,
	},
	"session-no-ping": {
		About:  "sockets are not pinged: a client that vanishes without a goodbye stays",
		Breaks: []string{"sessions.presence"},
		mutate: sessions.NoPings,
	},
	"session-told-once": {
		About:  "Redis is told of a session once: when it has lost it, other instances do not see it any more",
		Breaks: []string{"sessions.shared", "sessions.presence"},
		Flaky:  []string{"sessions.redis"},
		mutate: sessions.ToldOnce,
	},
	"session-clears": {
		About:  "an instance that begins to tell its sessions deletes those of all others, and Redis is told of each once",
		Breaks: []string{"sessions.restart"},
		Flaky:  []string{"sessions.shared", "sessions.presence"}, // at first, when all begin
		mutate: sessions.ClearsAll,
	},
	"session-forgets": {
		About:  "an instance that has lost Redis once tells it of no sessions any more",
		Breaks: []string{"sessions.redis"},
		Flaky:  []string{"sessions.shared", "sessions.presence"}, // where a busy machine makes Redis slow
		mutate: sessions.Forgets,
	},
	"session-unbounded": {
		About:  "the wait for Redis has a bound for the cache, and none for sessions",
		Breaks: []string{"sessions.blackhole"},
		mutate: func(o *target.Options) { o.Sockets.Limits = unbounded },
	},
}

// deliveries break that of notifications under the hardened policy.
var deliveries = map[string]Mutant{
	"notify-deaf": {
		About:  "when the subscription ends nobody subscribes again",
		Breaks: []string{"notify.recovery"},
		Flaky:  []string{"notify.delivery"},
		mutate: notifications.NeverAgain,
	},
	"notify-gap": {
		About:  "what was published while an instance was not subscribed is not caught up with",
		Breaks: []string{"notify.recovery"},
		Flaky:  []string{"notify.delivery"},
		mutate: notifications.NoCatchUp,
	},
	"notify-twice": {
		About:  "each new subscription comes beside the one before: after an outage everything comes twice",
		Breaks: []string{"notify.delivery"},
		mutate: notifications.Twice,
	},
	"notify-copies": {
		About:  "each instance publishes again what it gets: a user has one copy for each instance",
		Breaks: []string{"notify.delivery"},
		Flaky:  []string{"notify.recovery", "notify.killed"},
		mutate: notifications.Copies,
	},
	"notify-order": {
		About:  "one notification in four is overtaken by those that follow",
		Breaks: []string{"notify.delivery"},
		Flaky:  []string{"notify.recovery"},
		mutate: notifications.Overtaken,
	},
	"notify-strangers": {
		About:  "each notification reaches the user of the one before too",
		Breaks: []string{"notify.delivery"},
		mutate: notifications.Strangers,
	},
	"notify-early": {
		About:  "notifications are confirmed 150 ms before they are published: an instance that dies takes them along",
		Breaks: []string{"notify.killed"},
		Flaky:  []string{"notify.delivery", "notify.recovery"},
		mutate: notifications.Early,
	},
}
