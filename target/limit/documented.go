package limit

import (
	"context"
	"strconv"
	"time"

	"github.com/trektribe/bench/target/cache"
)

// Documented is the document's rateLimitMiddleware, line by line, with what follows
// from it: the counter is read and then written, so that requests at the same time
// count as one; every request that is let through renews the expiry, so that the
// window of a steady client never ends; without Redis each instance counts by itself,
// and forgets that when Redis answers again.
type Documented struct {
	rule    Rule
	service Service
}

// Service is the document's redisService, which falls back to memory by itself.
type Service interface {
	Read(ctx context.Context, k cache.Key) (string, cache.Source)
	Write(ctx context.Context, k cache.Key, value string)
}

// NewDocumented counts through s.
func NewDocumented(rule Rule, s Service) *Documented { return &Documented{rule, s} }

// Take is the document's middleware. As in an express handler, a client that has gone
// away ends no call to Redis. The document sets no headers: what is told of the window is what its
// code has just set, and, of a refusal, what its message says.
func (d *Documented) Take(ctx context.Context, client string) Decision {
	ctx = context.WithoutCancel(ctx)
	key := cache.Key{Name: "rate_limit:" + client, TTL: d.rule.Window}

	// Increment counter
	count, source := d.service.Read(ctx, key)
	n := 0
	if count != "" {
		n, _ = strconv.Atoi(count)
	}
	got := Decision{Limit: d.rule.Limit, Tier: string(source)}
	if n >= d.rule.Limit {
		got.Retry = d.rule.Window
		return got
	}
	d.service.Write(ctx, key, strconv.Itoa(n+1))
	got.Allowed, got.Remaining, got.Reset = true, d.rule.Limit-n-1, time.Now().Add(d.rule.Window)
	return got
}

// Close has nothing to wait for.
func (d *Documented) Close() error { return nil }
