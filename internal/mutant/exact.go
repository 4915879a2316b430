package mutant

import (
	"maps"
	"slices"

	"github.com/trektribe/bench/target"
)

// unjudged holds the mutants of counts: limits, sessions, bookings and notifications.
// Their claims have no scenario yet, so that no self-check can ask for them: once they have one, they go to table.
var unjudged = merged(limiters)

// Unjudged lists the mutants that Find knows and Names leaves out, sorted.
func Unjudged() []string { return slices.Sorted(maps.Keys(unjudged)) }

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
		Breaks: []string{"limit.window"},
		Flaky:  []string{"limit.exact"},
		mutate: counts(renewed),
	},
	"limit-no-expiry": {
		About:  "the counter never expires: who was once over the limit stays so",
		Breaks: []string{"limit.window"},
		Flaky:  []string{"limit.exact"},
		mutate: counts(noExpiry),
	},
	"limit-expiry-lost": {
		About:  "the expiry is set by a second command, after the reply to the first increment: where that is lost, never",
		Breaks: []string{"limit.recovery"},
		mutate: expiryLost,
	},
	"limit-off-by-one": {
		About:  "one request more than the limit is let through in each window",
		Breaks: []string{"limit.exact", "limit.concurrent", "limit.distributed"},
		mutate: counts(offByOne),
	},
	"limit-get-set": {
		About:  "the counter is read and then written: requests at the same time count as one",
		Breaks: []string{"limit.concurrent"},
		Flaky:  []string{"limit.distributed"},
		mutate: getThenSet,
	},
	"limit-per-instance": {
		About:  "each instance counts for itself",
		Breaks: []string{"limit.distributed"},
		Flaky:  []string{"limit.concurrent", "limit.recovery"},
		mutate: ownCounters,
	},
	"limit-fails-open": {
		About:  "without Redis every request is let through",
		Breaks: []string{"limit.fallback"},
		Flaky:  []string{"limit.recovery"},
		mutate: failsOpen,
	},
	"limit-fails-closed": {
		About:  "without Redis every request is refused",
		Breaks: []string{"limit.fallback"},
		mutate: failsClosed,
	},
	"limit-restarts": {
		About:  "when Redis goes each instance begins to count at zero, up to the whole limit",
		Breaks: []string{"limit.fallback"},
		Flaky:  []string{"limit.recovery"},
		mutate: restarts,
	},
	"limit-fallback-forever": {
		About:  "after the first error of Redis each instance counts for itself for good",
		Breaks: []string{"limit.recovery"},
		mutate: func(o *target.Options) { o.Limit.Scripts = scriptsForever },
	},
	"limit-shared": {
		About:  "all clients share one limit",
		Breaks: []string{"limit.fair"},
		mutate: sharedLimit,
	},
	"limit-behind-proxy": {
		About:  "X-Forwarded-For is never believed: everybody behind a proxy is one client",
		Breaks: []string{"limit.fair"},
		mutate: peerOnly,
	},
	"limit-chosen-identity": {
		About:  "the first address in X-Forwarded-For is believed, whoever wrote it",
		Breaks: []string{"limit.exact"},
		mutate: chosenIdentity,
	},
	"limit-noscript": {
		About:  "a script that Redis has forgotten is never sent again",
		Breaks: []string{"limit.recovery"},
		mutate: noScript,
	},
	"limit-repeats": {
		About:  "an increment whose reply was lost is repeated, and counts twice",
		Breaks: []string{"limit.recovery"},
		mutate: repeats,
	},
	"limit-header-lies": {
		About:  "X-RateLimit-Remaining says one more than there is",
		Breaks: []string{"limit.exact"},
		mutate: headerLies,
	},
	"limit-counts-refused": {
		About:  "refused requests are counted as well: who goes on asking is never let in again",
		Breaks: []string{"limit.window"},
		Flaky:  []string{"limit.exact"},
		mutate: counts(countsRefused),
	},
}
