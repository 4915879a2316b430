// Package limit decides which of a client's requests are let through: so many in
// each window, and no more.
//
// In goes the name of a client; out comes a Decision. Two policies do it: Documented
// is the document's middleware, flaws included; Hardened is what it takes to keep its
// promises. Read the two files side by side. Neither knows HTTP, nor how a client is told from others.
package limit

import (
	"context"
	"log/slog"
	"time"
)

// A Rule is what is allowed.
type Rule struct {
	Limit  int           // requests of one client in one window, over all instances; 1 or more
	Window time.Duration // at least a millisecond
	// Instances is how many share the limit. While Redis is away each grants
	// Limit / Instances, and 1 at least, as nobody counts for all of them.
	Instances int
}

// share is what one instance grants by itself.
func (r Rule) share() int { return max(1, r.Limit/max(1, r.Instances)) }

// A Decision is the answer to one request.
type Decision struct {
	Allowed   bool
	Limit     int
	Remaining int           // requests that are left in the window after this one, as far as is known
	Reset     time.Time     // when the window ends; zero: not known
	Retry     time.Duration // when to try again; of a refusal
	Tier      string        // where it was counted: "redis" or "memory"
}

// A Limiter is a policy. Safe for concurrent use.
type Limiter interface {
	// Take counts a request of client and decides on it. It does not fail: without
	// Redis it decides by itself.
	Take(ctx context.Context, client string) Decision
}

// A Policy is a limiter that can be closed: it waits for what it started.
type Policy interface {
	Limiter
	Close() error
}

// Hooks are what the hardened policy reports to.
type Hooks struct {
	Log *slog.Logger
	// Carried is called with the number of admissions that Redis was told of after it had missed them.
	Carried func(n int)
}

const (
	inRedis  = "redis"
	inMemory = "memory"
)
