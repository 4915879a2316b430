package limit_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/limit"
	"github.com/trektribe/bench/target/redistest"
)

// slow runs each script some time after it was asked to, and answers some time after that.
type slow struct{ cache.Scripts }

func (s slow) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	time.Sleep(rand.N(35 * time.Millisecond))
	v, err := s.Scripts.EvalSha(ctx, sha, keys, args...)
	time.Sleep(rand.N(35 * time.Millisecond))
	return v, err
}

// Redis answers about when nobody waits for it any more: a burst gets in once all the same.
func TestABurstAtASlowRedisGetsInOnce(t *testing.T) {
	l := cache.DefaultLimits()
	client, err := cache.BoundedClient("redis://"+redistest.Start(t).Addr(), l.Command)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	rule := limit.Rule{Limit: 10, Window: 500 * time.Millisecond, Instances: 1}
	p := limit.NewHardened(rule, slow{client}, l, limit.Hooks{Log: slog.New(slog.DiscardHandler), Carried: func(int) {}})
	defer p.Close()
	var clients sync.WaitGroup
	for n := range 6 {
		clients.Go(func() {
			name := fmt.Sprint("client ", n)
			for burst := range 12 {
				var in atomic.Int64
				var all sync.WaitGroup
				for range 16 {
					all.Go(func() {
						if p.Take(t.Context(), name).Allowed {
							in.Add(1)
						}
					})
				}
				all.Wait()
				if got := in.Load(); got > int64(rule.Limit) {
					t.Errorf("%s, burst %d: %d got in, want %d at most", name, burst, got, rule.Limit)
				}
				time.Sleep(rule.Window + 10*time.Millisecond) // the next one has a window of its own
			}
		})
	}
	clients.Wait()
}
