package cache_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/trektribe/bench/target/cache"
)

// policies are the two under test, each on its own client.
var policies = map[string]func(t testing.TB, addr string, hooks cache.Hooks) cache.Policy{
	"documented": func(t testing.TB, addr string, hooks cache.Hooks) cache.Policy {
		if addr == "" {
			return cache.NewDocumented(t.Context(), nil, hooks)
		}
		c, err := cache.DefaultClient("redis://" + addr)
		return closing(t, c, err, func() cache.Policy { return cache.NewDocumented(t.Context(), c, hooks) })
	},
	"hardened": func(t testing.TB, addr string, hooks cache.Hooks) cache.Policy {
		if addr == "" {
			return closing(t, nil, nil, func() cache.Policy { return cache.NewHardened(t.Context(), nil, cache.DefaultLimits(), hooks) })
		}
		return hardened(t, addr, cache.DefaultLimits(), hooks)
	},
}

func hardened(t testing.TB, addr string, limits cache.Limits, hooks cache.Hooks) cache.Policy {
	c, err := cache.BoundedClient("redis://"+addr, limits.Command)
	return closing(t, c, err, func() cache.Policy { return cache.NewHardened(t.Context(), c, limits, hooks) })
}

func closing(t testing.TB, c *cache.Client, err error, open func() cache.Policy) cache.Policy {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	p := open()
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if c != nil {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// quiet are hooks that nobody looks at.
func quiet() cache.Hooks {
	return cache.Hooks{Log: slog.New(slog.DiscardHandler), Count: func(string, string, string) {}}
}

// counts are look-ups by "kind tier result".
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) hooks() cache.Hooks {
	return cache.Hooks{Log: slog.New(slog.DiscardHandler), Count: func(kind, tier, result string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.n == nil {
			c.n = map[string]int{}
		}
		c.n[kind+" "+tier+" "+result]++
	}}
}

// asked is how often a tier was looked up.
func (c *counts) asked(tier string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, v := range c.n {
		if strings.Contains(k, " "+tier+" ") {
			n += v
		}
	}
	return n
}

func (c *counts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.n)
}

// thing is a value in a database of one.
type thing struct {
	Version int64 `json:"version"`
}

// database answers its version and counts queries.
type database struct {
	version atomic.Int64
	queries atomic.Int64
}

func (d *database) load() cache.Load {
	return cache.Load{
		From: func(context.Context) (any, error) {
			d.queries.Add(1)
			return thing{d.version.Load()}, nil
		},
		New: func() any { return new(thing) },
	}
}

var errDatabase = errors.New("database")

func get(t *testing.T, c cache.Cache, k cache.Key, load cache.Load) cache.Answer {
	t.Helper()
	a, err := c.Get(t.Context(), k, load)
	if err != nil {
		t.Fatalf("Get(%s): %v", k.Name, err)
	}
	return a
}

func answer(version int, source cache.Source) cache.Answer {
	return cache.Answer{JSON: fmt.Sprintf(`{"version":%d}`, version), Source: source}
}
