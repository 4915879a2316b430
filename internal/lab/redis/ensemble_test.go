package redis_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/machinetest"
)

// client is one that knows how to ask several servers, as the URL says.
func client(t *testing.T, r redis.Redis) goredis.UniversalClient {
	t.Helper()
	text := r.Env("").Value
	scheme, rest, _ := strings.Cut(text, "://")
	user, rest, _ := strings.Cut(rest, "@")
	hosts, _, _ := strings.Cut(rest, "/")
	password, err := url.QueryUnescape(strings.TrimPrefix(user, ":"))
	if err != nil {
		t.Fatal(err)
	}
	o := &goredis.UniversalOptions{Addrs: strings.Split(hosts, ","), Password: password, SentinelPassword: password, MaxRetries: -1, DialerRetries: 1,
		ReadTimeout: 200 * time.Millisecond, DialTimeout: 200 * time.Millisecond}
	if scheme == "redis+sentinel" {
		o.MasterName = "mymaster"
	}
	c := goredis.NewUniversalClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

// Each fault of several servers gives them another primary, which a client finds that asks for it; afterwards all are whole.
func TestServersHaveAnotherPrimaryUnderEachFault(t *testing.T) {
	for _, kind := range []string{"sentinel"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var told []string
			primaries := func() []string {
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(told)
			}
			r := launch(t, kind, func(name string) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, name)
			})
			ctx, c := t.Context(), client(t, r)
			machinetest.Until(t, "somebody is named the primary", 5*time.Second, func() bool { return len(primaries()) == 1 })
			for _, m := range r.Mechanisms() {
				t.Run(m.Kind, func(t *testing.T) {
					if err := c.Set(ctx, "k", m.Kind, 0).Err(); err != nil {
						t.Fatal(err)
					}
					if n, err := c.Do(ctx, "WAIT", 2, 2000).Int(); kind == "sentinel" && (err != nil || n != 2) {
						t.Fatalf("%d replicas have the write, %v", n, err)
					}
					had := len(primaries())
					began := time.Now()
					if err := m.Hurt(ctx, fault.Fault{Kind: m.Kind, On: "redis"}); err != nil {
						t.Fatal(err)
					}
					k, _ := fault.Find(m.Kind)
					probe := m.Probe
					if probe == nil {
						probe = r.Probe
					}
					if got := probe(ctx, fault.ProcessWait); !slices.Contains(k.New.Canary, got.Met) {
						t.Errorf("during the fault a canary met %v, want %q", got, k.New.Canary)
					}
					if m.Old != nil {
						if got := m.Old(time.Second); got.Met != "reply" {
							t.Errorf("during the fault a connection from before it met %v, want reply", got)
						}
					}
					machinetest.Until(t, "another is named the primary", 8*time.Second, func() bool { return len(primaries()) > had })
					took := time.Since(began)
					machinetest.Until(t, "a client writes to it", 5*time.Second, func() bool { return c.Set(ctx, "later", m.Kind, 0).Err() == nil })
					if got, err := c.Get(ctx, "k").Result(); got != m.Kind {
						t.Errorf("the new primary has %q, %v; want %q", got, err, m.Kind)
					}
					mend := time.Now()
					if err := r.Mend(ctx); err != nil {
						t.Fatal(err)
					}
					t.Logf("another primary after %v, whole again %v after the end", took.Round(time.Millisecond), time.Since(mend).Round(time.Millisecond))
					if got := r.Probe(ctx, time.Second); got.Met != "reply" {
						t.Errorf("after the fault a canary met %v, want reply", got)
					}
				})
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if err := r.Renew(ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := client(t, r).Exists(context.Background(), "k", "later").Result(); err != nil || n != 0 {
				t.Errorf("a new round begins with %d of the old keys, %v", n, err)
			}
		})
	}
}

// What the lab can do to several servers is in the catalogue, and nothing else is.
func TestFaultsOfSeveralServersAreInTheCatalogue(t *testing.T) {
	for _, kind := range []string{"sentinel"} {
		var want []string
		for _, k := range fault.Kinds() {
			if k.Acts != fault.Path && slices.Contains(k.On, "redis") && slices.Contains(k.Redis, kind) {
				want = append(want, k.Name)
			}
		}
		if got := redis.Kinds(kind); !slices.Equal(got, want) {
			t.Errorf("%s: can be hurt by %q, and the catalogue has %q", kind, got, want)
		}
		if !redis.Several(kind) {
			t.Errorf("%s is one server", kind)
		}
	}
}
