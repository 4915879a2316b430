package mutant

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

func failsOpen(o *target.Options) {
	deciding(func(d *limit.Decision) {
		if d.Tier == "memory" && !d.Allowed {
			d.Allowed, d.Remaining = true, d.Limit-1
		}
	})(o)
}

func failsClosed(o *target.Options) {
	deciding(func(d *limit.Decision) {
		if d.Tier == "memory" {
			d.Allowed, d.Remaining = false, 0
		}
	})(o)
}

func headerLies(o *target.Options) { deciding(func(d *limit.Decision) { d.Remaining++ })(o) }

// restarts counts by a limiter of its own while Redis is away, a new one each time that it goes.
func restarts(o *target.Options) {
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

func sharedLimit(o *target.Options) {
	o.Limit.Limiter = func(l limit.Limiter) limit.Limiter {
		return takes(func(ctx context.Context, _ string) limit.Decision { return l.Take(ctx, "everybody") })
	}
}

func peerOnly(o *target.Options) {
	o.Limit.Identify = func(api.Identify) api.Identify { return api.Addresses(nil) }
}

func chosenIdentity(o *target.Options) {
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

// scriptsForever fails at once and for ever after the first error, as forever does.
func scriptsForever(r cache.Scripts) cache.Scripts {
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

var errUnknownScript = errors.New("unknown script")

// noScript sends a script once, when it is asked for first.
func noScript(o *target.Options) {
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
