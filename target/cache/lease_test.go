package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// patientLimits let a busy machine take its time: nothing but the lease decides who loads.
func patientLimits() cache.Limits {
	limits := cache.DefaultLimits()
	limits.Wait, limits.Command, limits.Lease, limits.Load = redistest.Timeout, redistest.Timeout, redistest.Timeout, 2*redistest.Timeout
	limits.Inflight = 1024 // beyond it a request does without Redis, and so without the lease
	return limits
}

// A holder loads trips on c until it is let go, and then answers err, if any.
type holder struct {
	loading chan struct{} // closed when it has the lease and loads
	goOn    chan struct{}
	ended   chan struct{}
	letGo   func()
	got     cache.Answer // valid after ended
	err     error
}

func hold(t *testing.T, c cache.Cache, db *database, err error) *holder {
	h := &holder{loading: make(chan struct{}), goOn: make(chan struct{}), ended: make(chan struct{})}
	load := db.load()
	slow := load
	slow.From = func(ctx context.Context) (any, error) {
		v, _ := load.From(ctx) // reads the version of now
		close(h.loading)
		<-h.goOn
		return v, err
	}
	go func() {
		defer close(h.ended)
		h.got, h.err = c.Get(context.Background(), trips, slow)
	}()
	h.letGo = sync.OnceFunc(func() { close(h.goOn); <-h.ended })
	t.Cleanup(h.letGo)
	<-h.loading
	return h
}

func TestInstancesShareALoad(t *testing.T) {
	const instances, requests = 2, 256
	m := redistest.Start(t)
	for _, tc := range []struct {
		name    string
		keys    int
		overlap bool // the load ends after every request has missed
	}{{"a load as slow as the requests", 1, true}, {"a load that is over at once", 20, false}} {
		t.Run(tc.name, func(t *testing.T) {
			var seen counts
			var all []cache.Policy
			for range instances {
				all = append(all, hardened(t, m.Addr(), patientLimits(), seen.hooks()))
			}
			for i := range tc.keys {
				k := cache.Key{Kind: "trip", Name: fmt.Sprint(t.Name(), i), TTL: time.Hour}
				var db database
				load := db.load()
				slow := load
				slow.From = func(ctx context.Context) (any, error) {
					if tc.overlap {
						redistest.Until(t, "misses", func() bool { return seen.asked("redis") == instances*requests })
					}
					return load.From(ctx)
				}
				var loaded atomic.Int64 // answers that say they were loaded
				var wg sync.WaitGroup
				for n := range instances * requests {
					wg.Go(func() {
						got, err := all[n%instances].Get(t.Context(), k, slow)
						if err != nil || got.JSON != `{"version":0}` {
							t.Errorf("answer %v, %v", got, err)
						}
						if got.Source == cache.FromDatabase {
							loaded.Add(1)
						}
					})
				}
				wg.Wait()
				if n := db.queries.Load(); n != 1 {
					t.Errorf("key %d: %d loads, want 1", i, n)
				}
				// Who waited for the load was no hit, whichever instance loaded.
				if n := loaded.Load(); n < 1 || tc.overlap && n != instances*requests {
					t.Errorf("key %d: %d of %d answers say that they were loaded", i, n, instances*requests)
				}
			}
		})
	}
}

// mortal is a Redis that is gone for its instance as soon as that has a lease.
type mortal struct {
	cache.Redis
	dead atomic.Bool
}

var errDead = errors.New("dead")

func (m *mortal) SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error) {
	if m.dead.Load() {
		return false, errDead
	}
	set, err := m.Redis.SetNX(ctx, key, value, ttl)
	m.dead.Store(set)
	return set, err
}

func (m *mortal) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Redis.Set(ctx, key, value, ttl)
}

func (m *mortal) Get(ctx context.Context, keys ...string) ([]string, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Redis.Get(ctx, keys...)
}

func (m *mortal) Delete(ctx context.Context, key string) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Redis.Delete(ctx, key)
}

func TestAHolderThatDiesCostsItsLease(t *testing.T) {
	addr := redistest.Start(t).Addr()
	limits := patientLimits()
	limits.Lease = 300 * time.Millisecond
	client, err := cache.BoundedClient("redis://"+addr, limits.Command)
	stuck := closing(t, client, err, func() cache.Policy {
		return cache.NewHardened(t.Context(), &mortal{Redis: client}, limits, quiet())
	})
	other := hardened(t, addr, limits, quiet())
	var db database
	began := time.Now()
	hold(t, stuck, &db, nil)
	if got := get(t, other, trips, db.load()); got != answer(0, cache.FromDatabase) {
		t.Errorf("answer %v, want a load of its own", got)
	}
	if took := time.Since(began); took < limits.Lease {
		t.Errorf("it loaded after %v, while the lease was another's", took)
	}
}

func TestALongLoadKeepsItsLease(t *testing.T) {
	t.Parallel()
	addr := redistest.Start(t).Addr()
	limits := patientLimits()
	limits.Lease = 400 * time.Millisecond
	var db database
	h := hold(t, hardened(t, addr, limits, quiet()), &db, nil)
	long := time.After(3 * limits.Lease)
	other := make(chan cache.Answer)
	c := hardened(t, addr, limits, quiet())
	go func() {
		got, _ := c.Get(context.Background(), trips, db.load())
		other <- got
	}()
	<-long
	h.letGo()
	if got := <-other; got != answer(0, cache.FromDatabase) || h.got != got {
		t.Errorf("answers %v and %v, want both loaded: the second waited for the first's load", h.got, got)
	}
	if got, err := c.Get(t.Context(), trips, db.load()); got != answer(0, cache.FromRedis) || err != nil {
		t.Errorf("the answer after it is %v, %v, want a hit", got, err)
	}
	if n := db.queries.Load(); n != 1 {
		t.Errorf("%d loads, want 1", n)
	}
}

// TestNobodyWaitsForALoadFromBeforeAChange holds a load that never ends while it asks.
func TestNobodyWaitsForALoadFromBeforeAChange(t *testing.T) {
	addr := redistest.Start(t).Addr()
	var seen counts
	a, b := hardened(t, addr, patientLimits(), quiet()), hardened(t, addr, patientLimits(), seen.hooks())
	var db database
	h := hold(t, a, &db, nil)
	waiting := make(chan cache.Answer)
	go func() {
		got, _ := b.Get(context.Background(), trips, db.load())
		waiting <- got
	}()
	redistest.Until(t, "miss", func() bool { return seen.asked("redis") == 1 })
	db.version.Store(1)
	a.Changed(t.Context(), trips)
	for _, c := range []cache.Cache{a, b} {
		if got := get(t, c, trips, db.load()); got.JSON != `{"version":1}` {
			t.Errorf("after the change: %v", got)
		}
	}
	if got := <-waiting; got.JSON != `{"version":1}` {
		t.Errorf("who waited since before the change: %v, want the new value, as the old load still runs", got)
	}
	h.letGo()
	for _, c := range []cache.Cache{a, b} {
		if got := get(t, c, trips, db.load()); got.JSON != `{"version":1}` {
			t.Errorf("after the old load ended: %v", got)
		}
	}
}

// TestAnInstanceLoadsByItself whenever the other's load, which does not end, is none to wait for.
func TestAnInstanceLoadsByItself(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		when func(r *redistest.Relay, end func(), h *holder)
		err  error // of the holder's load
	}{
		{"redis refuses", func(r *redistest.Relay, _ func(), _ *holder) { r.Refuse() }, nil},
		{"redis hangs", func(r *redistest.Relay, _ func(), _ *holder) { r.Stall() }, nil},
		{"the cache closes", func(_ *redistest.Relay, end func(), _ *holder) { go end() }, nil},
		{"the load fails", func(_ *redistest.Relay, _ func(), h *holder) { h.letGo() }, errDatabase},
	} {
		t.Run(tc.name, func(t *testing.T) {
			addr := redistest.Start(t).Addr()
			r := redistest.Before(t, addr)
			limits := patientLimits()
			var db database
			h := hold(t, hardened(t, addr, limits, quiet()), &db, tc.err)
			limits.Wait, limits.Command = time.Second, time.Second
			client, err := cache.BoundedClient("redis://"+r.Addr, limits.Command)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			waits := &waiter{Redis: client, looked: make(chan struct{}, 1000)}
			c := cache.NewHardened(t.Context(), waits, limits, quiet())
			got := make(chan cache.Answer)
			go func() {
				a, _ := c.Get(context.Background(), trips, db.load())
				got <- a
			}()
			<-waits.looked
			began := time.Now()
			end := sync.OnceFunc(func() { c.Close() })
			defer end()
			tc.when(r, end, h)
			select {
			case a := <-got:
				if a != answer(0, cache.FromDatabase) {
					t.Errorf("answer %v, want a load", a)
				}
				// The look that found Redis gone is all that it may cost: nothing is left for the write.
				if took := time.Since(began); took > 3*limits.Wait/2 {
					t.Errorf("it waited %v for Redis, want at most %v", took, limits.Wait)
				}
			case <-time.After(redistest.Timeout / 2): // the lease lives for longer
				t.Error("it still waits for the other's load")
			}
		})
	}
}

// waiter tells of looks for another's value: reads of three keys.
type waiter struct {
	cache.Redis
	looked chan struct{}
}

func (w *waiter) Get(ctx context.Context, keys ...string) ([]string, error) {
	found, err := w.Redis.Get(ctx, keys...)
	if len(keys) == 3 {
		w.looked <- struct{}{}
	}
	return found, err
}
