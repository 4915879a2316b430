// Package sessions breaks who is connected under the hardened policy. Each function breaks the options that it is given.
package sessions

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/socket"
)

// The hardened sessions run three scripts. That which announces has five arguments and more: the instance's name, the number
// of the announcement, the lease in ms, whether the hash begins anew, the number that was confirmed, and then fields and lists
// in turn. The others have three and one. Its keys are the sorted set of the instances and the instance's hash.

// announcing changes what is announced, and does something after that.
type announcing struct {
	cache.Scripts
	change func(args []any) []any
	after  func(ctx context.Context, r cache.Scripts, keys []string, args []any)
}

func (a announcing) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return a.run(ctx, keys, args, func(args []any) (any, error) { return a.Scripts.EvalSha(ctx, sha, keys, args...) })
}

func (a announcing) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return a.run(ctx, keys, args, func(args []any) (any, error) { return a.Scripts.Eval(ctx, source, keys, args...) })
}

func (a announcing) run(ctx context.Context, keys []string, args []any, run func([]any) (any, error)) (any, error) {
	if len(args) < 5 {
		return run(args)
	}
	v, err := run(a.change(args))
	if err == nil {
		a.after(ctx, a.Scripts, keys, args)
	}
	return v, err
}

func unchanged(args []any) []any { return args }

func nothingAfter(context.Context, cache.Scripts, []string, []any) {}

// NoLease has what Redis is told stay for a month.
func NoLease(o *target.Options) {
	o.Sockets.Scripts = func(r cache.Scripts) cache.Scripts {
		return announcing{r, func(args []any) []any {
			args[2] = (30 * 24 * time.Hour).Milliseconds()
			return args
		}, nothingAfter}
	}
}

// RenewsAll has each instance renew the leases of all that it finds.
func RenewsAll(o *target.Options) {
	renew := cache.NewScript(`
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  redis.call('PEXPIRE', '{sessions}:of:' .. name, ARGV[1])
  redis.call('ZINCRBY', KEYS[1], ARGV[1], name)
end
return 1`)
	o.Sockets.Scripts = func(r cache.Scripts) cache.Scripts {
		return announcing{r, unchanged, func(ctx context.Context, r cache.Scripts, keys []string, args []any) {
			renew.Run(ctx, r, keys[:1], args[2])
		}}
	}
}

// ToldOnce leaves out what was told before, when Redis has lost it too.
func ToldOnce(o *target.Options) {
	o.Sockets.Scripts = func(r cache.Scripts) cache.Scripts {
		t := &told{lists: map[any]any{}}
		return announcing{r, t.leaveOut, t.note}
	}
}

type told struct {
	mu    sync.Mutex
	lists map[any]any
}

func (t *told) leaveOut(args []any) []any {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := append([]any{}, args[:5]...)
	for i := 5; i+1 < len(args); i += 2 {
		if t.lists[args[i]] != args[i+1] {
			left = append(left, args[i], args[i+1])
		}
	}
	return left
}

func (t *told) note(_ context.Context, _ cache.Scripts, _ []string, args []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := 5; i+1 < len(args); i += 2 {
		t.lists[args[i]] = args[i+1]
	}
}

// ClearsAll deletes what all instances have told before this one tells anything; what they have told they tell once.
func ClearsAll(o *target.Options) {
	script := cache.NewScript(`
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('DEL', '{sessions}:of:' .. name) end
return redis.call('DEL', KEYS[1])`)
	o.Sockets.Scripts = func(r cache.Scripts) cache.Scripts {
		t := &told{lists: map[any]any{}}
		return announcing{&clearing{Scripts: r, script: script}, t.leaveOut, t.note}
	}
}

type clearing struct {
	cache.Scripts
	script cache.Script
	once   sync.Once
}

func (c *clearing) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	if len(args) >= 5 {
		c.once.Do(func() { c.script.Run(ctx, c.Scripts, keys[:1]) })
	}
	return c.Scripts.EvalSha(ctx, sha, keys, args...)
}

// Forgets leaves the lists out of all that is told after a failure, and has the hash begin anew.
func Forgets(o *target.Options) {
	o.Sockets.Scripts = func(r cache.Scripts) cache.Scripts { return &forgetting{Scripts: r} }
}

type forgetting struct {
	cache.Scripts
	failed atomic.Bool
}

func (f *forgetting) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return f.run(args, func(args []any) (any, error) { return f.Scripts.EvalSha(ctx, sha, keys, args...) })
}

func (f *forgetting) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return f.run(args, func(args []any) (any, error) { return f.Scripts.Eval(ctx, source, keys, args...) })
}

func (f *forgetting) run(args []any, run func(args []any) (any, error)) (any, error) {
	if len(args) >= 5 && f.failed.Load() {
		args = slices.Clone(args[:5])
		args[3] = "1"
	}
	v, err := run(args)
	if err != nil && !strings.HasPrefix(err.Error(), "NOSCRIPT") { // which is followed by the whole script
		f.failed.Store(true)
	}
	return v, err
}

// NoPings pings once a day.
func NoPings(o *target.Options) {
	o.Sockets.Pings = func(p socket.Pings) socket.Pings {
		p.Interval = 24 * time.Hour
		return p
	}
}
