// Package cache keeps answers for a while, in Redis or in memory.
//
// In goes a key and a way to load its value; out comes the value as JSON, and
// where it came from. Two policies do it: Documented is the document's code,
// flaws included; Hardened is what it takes to keep the document's promises.
// Read the two files side by side.
package cache

import (
	"context"
	"log/slog"
	"time"
)

// A Key is what is cached, and for how long.
type Key struct {
	Kind string        // "trips", "trip": the kind of data, for metrics
	Name string        // unique over all kinds
	TTL  time.Duration // above 0; what must not be cached must not be asked of a cache
}

// A Load is how a value is had when the cache does not hold it.
type Load struct {
	From   func(ctx context.Context) (any, error) // asks the database or a model; the value marshals to JSON
	New    func() any                             // a pointer to an empty value, for a policy that parses what it kept
	Source Source                                 // where From has it from; empty: FromDatabase
	Slow   bool                                   // From takes a second or more
}

// Origin is where a value that was loaded comes from.
func (l Load) Origin() Source {
	if l.Source == "" {
		return FromDatabase
	}
	return l.Source
}

// A Source is where an answer came from, as X-Source tells it.
type Source string

const (
	FromRedis    Source = "redis"
	FromMemory   Source = "memory"
	FromDatabase Source = "database"
	FromModel    Source = "ai"
)

// Cached reports whether the answer was kept, and not loaded for who asked.
func (s Source) Cached() bool { return s == FromRedis || s == FromMemory }

// An Answer is a value as JSON. The bytes may be shared: nobody may change them.
type Answer struct {
	JSON   string
	Source Source
}

// A State is what a cache knows of its Redis, as /health tells it.
type State string

const (
	Up           State = "up"
	Down         State = "down"
	Unconfigured State = "unconfigured"
)

// A Cache is a policy. Safe for concurrent use.
type Cache interface {
	// Get answers k, loading it where it is not held. Its errors are the
	// load's, or ctx's.
	Get(ctx context.Context, k Key, load Load) (Answer, error)
	// Changed is called after the database changed what keys hold and before
	// the change is acknowledged. Keys keep their TTL between calls.
	Changed(ctx context.Context, keys ...Key)
	// State tells of Redis without asking it.
	State() State
}

// A Policy is a cache that can be closed: it waits for what it started.
type Policy interface {
	Cache
	Close() error
}

// Hooks are what a policy reports to.
type Hooks struct {
	Log *slog.Logger
	// Count is called once for each look-up of a tier, "redis" or "memory",
	// with its result: "hit", "miss" or "error".
	Count func(kind, tier, result string)
}

// The results of a look-up.
const (
	hit    = "hit"
	miss   = "miss"
	failed = "error"
)
