package load

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/contract"
)

// changes are the changes that one arm has acknowledged, of all streams and all
// instances. Safe for concurrent use.
type changes struct {
	mu sync.Mutex
	of map[string][]change // by key, about in the order acknowledged
}

type change struct {
	at      time.Duration // acknowledged, on the run's clock
	version int64
}

// maxChanges of a key are kept, the newest, so that memory is bounded by the
// keys. A listing that misses more of them counts as stale since the oldest kept.
const maxChanges = 16

// newChanges are the changes of each arm that a stream changes anything in.
func newChanges(streams []Stream) map[string]*changes {
	arms := make(map[string]*changes)
	for _, s := range streams {
		if slices.ContainsFunc(s.calls(), Stream.changesTrips) {
			arms[s.Arm] = &changes{of: make(map[string][]change)}
		}
	}
	return arms
}

// acknowledge adds a change of key.
func (c *changes) acknowledge(key string, made change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := append(c.of[key], made)
	if len(of) > maxChanges {
		of = slices.Delete(of, 0, 1)
	}
	c.of[key] = of
}

// witness is the trip that says most about the freshness of a listing that was
// requested at sent. Only changes acknowledged by then count. It is the trip with
// too old a version for the longest time, since the first change that the listing
// should show and does not. Without such a trip it is the trip changed last. It is
// empty when no trip of the listing was changed.
func (c *changes) witness(trips []contract.Listed, sent time.Duration) contract.Listed {
	c.mu.Lock()
	defer c.mu.Unlock()
	var stale, fresh contract.Listed
	since, last := time.Duration(math.MaxInt64), time.Duration(-1)
	for _, t := range trips {
		for _, made := range c.of[t.Key] {
			if made.at > sent {
				continue
			}
			if made.version > t.Version && made.at < since {
				stale, since = t, made.at
			}
			if made.at > last {
				fresh, last = t, made.at
			}
		}
	}
	if stale.Key != "" {
		return stale
	}
	return fresh
}
