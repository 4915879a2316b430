// Package limits breaks the hardened limiter: what it runs in Redis, what it decides, and whom it takes for whom. Each
// function breaks the options that it is given.
package limits

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/limit"
)

// A takes decides in place of a limiter, which it may ask.
type takes func(ctx context.Context, client string) limit.Decision

func (t takes) Take(ctx context.Context, client string) limit.Decision { return t(ctx, client) }

// deciding changes each decision.
func deciding(change func(*limit.Decision)) func(*target.Options) {
	return func(o *target.Options) {
		o.Limit.Limiter = func(l limit.Limiter) limit.Limiter {
			return takes(func(ctx context.Context, client string) limit.Decision {
				d := l.Take(ctx, client)
				change(&d)
				return d
			})
		}
	}
}

// FailsOpen lets every request in without Redis.
func FailsOpen(o *target.Options) {
	deciding(func(d *limit.Decision) {
		if d.Tier == "memory" && !d.Allowed {
			d.Allowed, d.Remaining = true, d.Limit-1
		}
	})(o)
}

// FailsClosed refuses every request without Redis.
func FailsClosed(o *target.Options) {
	deciding(func(d *limit.Decision) {
		if d.Tier == "memory" {
			d.Allowed, d.Remaining = false, 0
		}
	})(o)
}

// HeaderLies says one more than there is.
func HeaderLies(o *target.Options) { deciding(func(d *limit.Decision) { d.Remaining++ })(o) }

// Restarts counts by a limiter of its own while Redis is away, a new one each time that it goes.
func Restarts(o *target.Options) {
	var rule limit.Rule
	o.Limit.Rule = func(r limit.Rule) limit.Rule {
		rule = r
		rule.Instances = 1
		return r
	}
	o.Limit.Limiter = func(l limit.Limiter) limit.Limiter {
		var mu sync.Mutex
		var own limit.Limiter
		return takes(func(ctx context.Context, client string) limit.Decision {
			d := l.Take(ctx, client)
			mu.Lock()
			defer mu.Unlock()
			if d.Tier != "memory" {
				own = nil
				return d
			}
			if own == nil {
				own = limit.NewHardened(rule, nil, cache.DefaultLimits(), limit.Hooks{Log: slog.New(slog.DiscardHandler)})
			}
			return own.Take(ctx, client)
		})
	}
}

// Shared has all clients share one limit.
func Shared(o *target.Options) {
	o.Limit.Limiter = func(l limit.Limiter) limit.Limiter {
		return takes(func(ctx context.Context, _ string) limit.Decision { return l.Take(ctx, "everybody") })
	}
}

// PeerOnly takes everybody behind a proxy for one client.
func PeerOnly(o *target.Options) {
	o.Limit.Identify = func(api.Identify) api.Identify { return api.Addresses(nil) }
}

// ChosenIdentity believes the first address in X-Forwarded-For, whoever wrote it.
func ChosenIdentity(o *target.Options) {
	o.Limit.Identify = func(whole api.Identify) api.Identify {
		return func(r *http.Request) string {
			first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
			if a, err := netip.ParseAddr(strings.TrimSpace(first)); err == nil {
				return a.String()
			}
			return whole(r)
		}
	}
}

// aroundScripts sends everything that is asked of r through a guard.
type aroundScripts struct {
	cache.Scripts
	guard func(run func() (any, error)) (any, error)
}

func (a aroundScripts) Connect(ctx context.Context) error {
	_, err := a.guard(func() (any, error) { return nil, a.Scripts.Connect(ctx) })
	return err
}

func (a aroundScripts) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return a.guard(func() (any, error) { return a.Scripts.EvalSha(ctx, sha, keys, args...) })
}

func (a aroundScripts) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return a.guard(func() (any, error) { return a.Scripts.Eval(ctx, source, keys, args...) })
}

// FallbackForever fails at once and for ever after the first error.
func FallbackForever(o *target.Options) { o.Limit.Scripts = forever }

func forever(r cache.Scripts) cache.Scripts {
	var fell atomic.Bool
	return aroundScripts{r, func(run func() (any, error)) (any, error) {
		if fell.Load() {
			return nil, errFell
		}
		v, err := run()
		if err != nil && !cache.NoScript(err) {
			fell.Store(true)
		}
		return v, err
	}}
}

var (
	errFell          = errors.New("redis failed once")
	errUnknownScript = errors.New("unknown script")
)

// NoScript sends a script once, when it is asked for first.
func NoScript(o *target.Options) {
	o.Limit.Scripts = func(r cache.Scripts) cache.Scripts {
		var sent atomic.Bool
		return aroundScripts{r, func(run func() (any, error)) (any, error) {
			v, err := run()
			switch {
			case err == nil:
				sent.Store(true)
			case cache.NoScript(err) && sent.Load():
				err = errUnknownScript
			}
			return v, err
		}}
	}
}
