package limit_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/limit"
	"github.com/trektribe/bench/target/redistest"
)

// limits let a busy machine take its time: how long Redis is waited for is not the matter here.
func limits() cache.Limits {
	l := cache.DefaultLimits()
	l.Wait, l.Command, l.Probe = redistest.Timeout, redistest.Timeout, 10*time.Millisecond
	return l
}

// An instance is one hardened limiter, its faults, and what it reported.
type instance struct {
	limit.Limiter
	fault   *fault
	carried *atomic.Int64
}

// hardened opens a limiter on the Redis at addr, or without one.
func hardened(t *testing.T, addr string, rule limit.Rule) instance {
	t.Helper()
	in := instance{carried: new(atomic.Int64)}
	var scripts cache.Scripts
	if addr != "" {
		client, err := cache.BoundedClient("redis://"+addr, limits().Command)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		in.fault = &fault{Scripts: client}
		scripts = in.fault
	}
	p := limit.NewHardened(rule, scripts, limits(), limit.Hooks{Log: slog.New(slog.DiscardHandler), Carried: func(n int) { in.carried.Add(int64(n)) }})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	in.Limiter = p
	return in
}

// documented opens a limiter on the document's service.
func documented(t *testing.T, addr string, rule limit.Rule) limit.Limiter {
	t.Helper()
	hooks := cache.Hooks{Log: slog.New(slog.DiscardHandler), Count: func(string, string, string) { t.Error("a count was counted as a look-up of the cache") }}
	if addr == "" {
		return limit.NewDocumented(rule, cache.NewDocumented(t.Context(), nil, hooks))
	}
	client, err := cache.DefaultClient("redis://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return limit.NewDocumented(rule, cache.NewDocumented(t.Context(), client, hooks))
}

// A fault runs scripts and loses their replies, or does not run them, as it is told.
type fault struct {
	cache.Scripts
	mu   sync.Mutex
	down bool
	lose int // replies to lose
}

var errLost = errors.New("the connection ended before the reply")

func (f *fault) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *fault) loses(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = n
}

func (f *fault) away() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

func (f *fault) Connect(ctx context.Context) error {
	if f.away() {
		return errLost
	}
	return f.Scripts.Connect(ctx)
}

func (f *fault) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	if f.away() {
		return nil, errLost
	}
	return f.reply(f.Scripts.EvalSha(ctx, sha, keys, args...))
}

func (f *fault) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	if f.away() {
		return nil, errLost
	}
	return f.reply(f.Scripts.Eval(ctx, source, keys, args...))
}

func (f *fault) reply(v any, err error) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lose > 0 && err == nil {
		f.lose--
		return nil, errLost
	}
	return v, err
}

// admitted asks n times, one after the other, and counts what was let through.
func admitted(t *testing.T, l limit.Limiter, client string, n int) (count int) {
	for range n {
		if l.Take(t.Context(), client).Allowed {
			count++
		}
	}
	return count
}

// together asks n times of each limiter at once.
func together(t *testing.T, client string, n int, ls ...limit.Limiter) int {
	var count atomic.Int64
	var wg sync.WaitGroup
	for _, l := range ls {
		for range n {
			wg.Go(func() {
				if l.Take(t.Context(), client).Allowed {
					count.Add(1)
				}
			})
		}
	}
	wg.Wait()
	return int(count.Load())
}
