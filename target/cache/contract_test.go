package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// TestPoliciesKeepTheContract holds what both policies promise.
func TestPoliciesKeepTheContract(t *testing.T) {
	for name, open := range policies {
		for _, configured := range []bool{true, false} {
			tier, state := cache.FromMemory, cache.Unconfigured
			title := name + " without Redis"
			if configured {
				tier, state, title = cache.FromRedis, cache.Up, name+" with Redis"
			}
			t.Run(title, func(t *testing.T) {
				addr := ""
				if configured {
					addr = redistest.Start(t).Addr()
				}
				var seen counts
				c := open(t, addr, seen.hooks())
				if got := c.State(); got != state {
					t.Errorf("state %s, want %s", got, state)
				}
				var db database
				long := cache.Key{Kind: "trip", Name: "trip:1", TTL: time.Hour}
				for i, want := range []cache.Answer{answer(0, cache.FromDatabase), answer(0, tier), answer(0, tier)} {
					if got := get(t, c, long, db.load()); got != want {
						t.Errorf("answer %d: %v, want %v", i, got, want)
					}
				}
				if n := db.queries.Load(); n != 1 {
					t.Errorf("%d queries, want 1", n)
				}
				want := "map[trip " + string(tier) + " hit:2 trip " + string(tier) + " miss:1]"
				if seen.String() != want {
					t.Errorf("counted %s, want %s", seen.String(), want)
				}

				short := cache.Key{Kind: "trip", Name: "trip:2", TTL: 30 * time.Millisecond}
				get(t, c, short, db.load())
				db.version.Store(1)
				redistest.Until(t, "expiry", func() bool { return get(t, c, short, db.load()).Source == cache.FromDatabase })

				boom := cache.Load{From: func(context.Context) (any, error) { return nil, errDatabase }, New: db.load().New}
				other := cache.Key{Kind: "trip", Name: "trip:3", TTL: time.Hour}
				if _, err := c.Get(t.Context(), other, boom); !errors.Is(err, errDatabase) {
					t.Errorf("a load that fails: %v, want its error", err)
				}
				if got := get(t, c, other, db.load()); got != answer(1, cache.FromDatabase) {
					t.Errorf("after an error: %v, want a load", got)
				}
			})
		}
	}
}

func TestPoliciesStartWithoutTheirRedis(t *testing.T) {
	for name, open := range policies {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the documented one takes its time
			r := redistest.Before(t, redistest.Start(t).Addr())
			r.Refuse()
			c := open(t, r.Addr, quiet())
			if got := c.State(); got != cache.Down {
				t.Errorf("state %s, want down", got)
			}
			var db database
			k := cache.Key{Kind: "trip", Name: "trip:1", TTL: time.Hour}
			get(t, c, k, db.load())
			if got := get(t, c, k, db.load()); got != answer(0, cache.FromMemory) {
				t.Errorf("answer %v, want one from memory", got)
			}
			r.Listen()
			if name == "documented" { // it never looks again
				if got := get(t, c, k, db.load()); got.Source != cache.FromMemory || c.State() != cache.Down {
					t.Errorf("with Redis there: %v, state %s; want memory, down", got, c.State())
				}
				return
			}
			redistest.Until(t, "first use of Redis", func() bool { return c.State() == cache.Up })
		})
	}
}

func TestClientsHideThePassword(t *testing.T) {
	for _, url := range []string{"redis://:s3cret@host:port", "redis://:s3/cret@host", "http://:s3cret@host"} {
		_, err1 := cache.DefaultClient(url)
		_, err2 := cache.BoundedClient(url, time.Second)
		for _, err := range []error{err1, err2} {
			if err == nil || containsSecret(err.Error()) {
				t.Errorf("%s: error %v, want one without the password", url, err)
			}
		}
	}
}
