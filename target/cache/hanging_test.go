package cache_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// Where some connections to Redis hang and others do not, one command in some goes unanswered.

// hanging lets one command go unanswered, the first that is chosen after it was armed.
type hanging struct {
	cache.Redis
	chosen func(command string, keys []string) bool
	armed  atomic.Bool
	hung   chan struct{} // closed when it does
}

func (h *hanging) hangs(ctx context.Context, command string, keys ...string) bool {
	if !h.chosen(command, keys) || !h.armed.CompareAndSwap(true, false) {
		return false
	}
	close(h.hung)
	<-ctx.Done()
	return true
}

func (h *hanging) Get(ctx context.Context, keys ...string) ([]string, error) {
	if h.hangs(ctx, "get", keys...) {
		return nil, ctx.Err()
	}
	return h.Redis.Get(ctx, keys...)
}

func (h *hanging) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if h.hangs(ctx, "set", key) {
		return ctx.Err()
	}
	return h.Redis.Set(ctx, key, value, ttl)
}

// hangingHardened is a policy one of whose commands will hang, for longer than anybody waits for it.
func hangingHardened(t *testing.T, addr string, hooks cache.Hooks, chosen func(command string, keys []string) bool) (cache.Policy, *hanging) {
	limits := patientLimits()
	limits.Wait, limits.Command = 400*time.Millisecond, 1500*time.Millisecond
	client, err := cache.BoundedClient("redis://"+addr, limits.Command)
	h := &hanging{Redis: client, chosen: chosen, hung: make(chan struct{})}
	return closing(t, client, err, func() cache.Policy { return cache.NewHardened(t.Context(), h, limits, hooks) }), h
}

func TestWhoIsNotAnsweredByRedisJoinsALoad(t *testing.T) {
	t.Parallel()
	var seen counts
	c, redis := hangingHardened(t, redistest.Start(t).Addr(), seen.hooks(), func(command string, _ []string) bool { return command == "get" })
	var db database
	h := hold(t, c, &db, nil)
	redis.armed.Store(true)
	joined := make(chan cache.Answer)
	go func() {
		got, _ := c.Get(context.Background(), trips, db.load())
		joined <- got
	}()
	redistest.Until(t, "look into memory", func() bool { return seen.asked("memory") == 1 })
	h.letGo()
	if got := <-joined; got != answer(0, cache.FromDatabase) {
		t.Errorf("answer %v, want that of the load", got)
	}
	if n := db.queries.Load(); n != 1 {
		t.Errorf("%d queries, want that of the load alone", n)
	}
}

// Of two loads under way the later one knows of more changes.
func TestWhoIsNotAnsweredByRedisJoinsTheLatestLoad(t *testing.T) {
	t.Parallel()
	addr := redistest.Start(t).Addr()
	var seen counts
	c, redis := hangingHardened(t, addr, seen.hooks(), func(command string, _ []string) bool { return command == "get" })
	var db database
	before := hold(t, c, &db, nil)
	db.version.Store(1)
	hardened(t, addr, patientLimits(), quiet()).Changed(t.Context(), trips)
	after := hold(t, c, &db, nil)
	redis.armed.Store(true)
	joined := make(chan cache.Answer, 1)
	go func() {
		got, _ := c.Get(context.Background(), trips, db.load())
		joined <- got
	}()
	redistest.Until(t, "look into memory", func() bool { return seen.asked("memory") == 1 })
	after.letGo()
	redistest.Until(t, "answer while the load from before the change is still held", func() bool { return len(joined) == 1 })
	if got := <-joined; got != answer(1, cache.FromDatabase) {
		t.Errorf("answer %v, want that of the later load", got)
	}
	before.letGo()
	if n := db.queries.Load(); n != 2 {
		t.Errorf("%d queries, want those of the two loads", n)
	}
}

func TestWhoMeetsAConnectionThatHangsTriesAnother(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		chosen func(command string, keys []string) bool
		loader bool // it hangs for the one who loads, else for the one who waits
	}{
		{"as it looks for the other's load", func(_ string, keys []string) bool { return len(keys) == 3 }, false},
		{"as it writes what it has loaded", func(command string, keys []string) bool {
			return command == "set" && strings.HasPrefix(keys[0], "cache:")
		}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			addr := redistest.Start(t).Addr()
			var seen counts
			a, redis := hangingHardened(t, addr, seen.hooks(), tc.chosen)
			b := hardened(t, addr, patientLimits(), seen.hooks())
			if !tc.loader {
				a, b = b, a
			}
			var db database
			h := hold(t, a, &db, nil)
			redis.armed.Store(true)
			var wg sync.WaitGroup
			defer wg.Wait()
			wg.Go(func() {
				if got, err := b.Get(context.Background(), trips, db.load()); got != answer(0, cache.FromDatabase) || err != nil {
					t.Errorf("who waited got %v, %v, want what the other has loaded", got, err)
				}
				if n := db.queries.Load(); n != 1 {
					t.Errorf("%d queries, want 1", n)
				}
			})
			redistest.Until(t, "miss of the other", func() bool { return seen.asked("redis") == 2 })
			if !tc.loader {
				<-redis.hung
			}
			h.letGo()
			if tc.loader {
				<-redis.hung
			}
		})
	}
}
