package cache_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

var trips = cache.Key{Kind: "trips", Name: "trips:all", TTL: time.Hour}

// faults are the shapes of a Redis that is gone, and their ends.
var faults = []struct {
	name        string
	break_, fix func(*redistest.Relay)
}{
	{"refused", (*redistest.Relay).Refuse, (*redistest.Relay).Listen},
	{"hangs", (*redistest.Relay).Stall, (*redistest.Relay).Resume},
}

func TestHardenedOutlivesAFault(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			r := redistest.Before(t, redistest.Start(t).Addr())
			var seen counts
			c := hardened(t, r.Addr, cache.DefaultLimits(), seen.hooks())
			var db database
			get(t, c, trips, db.load())
			if got := get(t, c, trips, db.load()); got.Source != cache.FromRedis {
				t.Fatalf("before the fault: %v, want redis", got)
			}

			f.break_(r)
			var worst time.Duration
			for c.State() == cache.Up {
				began := time.Now()
				if got := get(t, c, trips, db.load()); got != answer(0, cache.FromMemory) {
					t.Fatalf("during the fault: %v, want what memory was kept warm with", got)
				}
				worst = max(worst, time.Since(began))
			}
			t.Logf("worst wait before the breaker opened: %v", worst)
			before := seen.asked("redis")
			other := cache.Key{Kind: "other", Name: "other", TTL: time.Hour}
			for i, want := range []cache.Source{cache.FromDatabase, cache.FromMemory} {
				if got := get(t, c, other, db.load()); got.Source != want {
					t.Errorf("with the breaker open, answer %d: %v, want %s", i, got, want)
				}
			}
			if got := get(t, c, trips, db.load()); got.Source != cache.FromMemory {
				t.Errorf("with the breaker open: %v, want memory", got)
			}
			if after := seen.asked("redis"); after != before {
				t.Errorf("with the breaker open requests asked Redis %d times", after-before)
			}

			f.fix(r)
			began := time.Now()
			redistest.Until(t, "recovery", func() bool { return get(t, c, trips, db.load()).Source == cache.FromRedis })
			t.Logf("used again after %v", time.Since(began))
			if got := c.State(); got != cache.Up {
				t.Errorf("after the fault: state %s, want up", got)
			}
		})
	}
}

// TestHardenedWaitsForItsBoundOnly lets commands go on for far longer than the
// test would wait: every answer proves that nobody waited for one.
func TestHardenedWaitsForItsBoundOnly(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	limits := cache.DefaultLimits()
	limits.Command = 10 * redistest.Timeout
	limits.Inflight = 4
	limits.Failures = 1000 // the breaker must not help
	limits.Wait = 5 * time.Millisecond
	c := hardened(t, r.Addr, limits, quiet())
	var db database
	r.Stall()
	defer r.Refuse()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 12 { // the first four wait, then every slot is taken
			c.Get(context.Background(), trips, db.load())
			c.Changed(context.Background(), trips)
		}
	}()
	select {
	case <-done:
	case <-time.After(redistest.Timeout):
		t.Fatal("requests wait for commands that hang")
	}
}

func TestHardenedServesNothingBeyondItsTime(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	c := hardened(t, r.Addr, cache.DefaultLimits(), quiet())
	var db database
	k := cache.Key{Kind: "trip", Name: "trip:1", TTL: 300 * time.Millisecond}
	loaded := time.Now()
	get(t, c, k, db.load())
	get(t, c, k, db.load()) // memory has it from Redis now
	r.Refuse()
	for {
		began := time.Now()
		got := get(t, c, k, db.load())
		if got.Source == cache.FromDatabase {
			break
		}
		// The entry was loaded after loaded, and began is before it was answered.
		if age := began.Sub(loaded); age > k.TTL+redistest.Timeout/10 {
			t.Fatalf("%v is served %v after it was loaded", got, age)
		}
	}
}

func TestHardenedSharesALoad(t *testing.T) {
	for _, tier := range []string{"redis", "memory"} {
		t.Run(tier, func(t *testing.T) {
			addr := ""
			if tier == "redis" {
				addr = redistest.Start(t).Addr()
			}
			var seen counts
			c := policies["hardened"](t, addr, seen.hooks())
			var db database
			const requests = 16
			release := make(chan struct{})
			load := db.load()
			slow := load
			slow.From = func(ctx context.Context) (any, error) { <-release; return load.From(ctx) }

			leaving, leave := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := c.Get(leaving, trips, slow); !errors.Is(err, context.Canceled) {
					t.Errorf("a client that left: %v, want its context's error", err)
				}
			})
			missed := func(n int) func() bool {
				return func() bool { return seen.String() == fmt.Sprintf("map[trips %s miss:%d]", tier, n) }
			}
			redistest.Until(t, "first miss", missed(1))
			leave()
			for range requests {
				wg.Go(func() {
					if got := get(t, c, trips, slow); got != answer(0, cache.FromDatabase) {
						t.Errorf("answer %v, want the shared load", got)
					}
				})
			}
			redistest.Until(t, "misses", missed(1+requests))
			close(release)
			wg.Wait()
			if n := db.queries.Load(); n != 1 {
				t.Errorf("%d queries, want 1", n)
			}
		})
	}
}

func TestHardenedSurvivesALoadThatPanics(t *testing.T) {
	c := policies["hardened"](t, "", quiet())
	var db database
	bad := cache.Load{From: func(context.Context) (any, error) { panic("oops") }, New: db.load().New}
	if _, err := c.Get(t.Context(), trips, bad); err == nil {
		t.Error("no error")
	}
	if got := get(t, c, trips, db.load()); got.Source != cache.FromDatabase {
		t.Errorf("afterwards %v, want a load", got)
	}
}

// TestHardenedLoadFromBeforeAChange is the race that deletes lose: a load that
// read the old value writes it back after the change.
func TestHardenedLoadFromBeforeAChange(t *testing.T) {
	m := redistest.Start(t)
	for _, changer := range []string{"the same instance", "another instance"} {
		t.Run(changer, func(t *testing.T) {
			m.FlushAll()
			a := hardened(t, m.Addr(), cache.DefaultLimits(), quiet())
			b := a
			if changer == "another instance" {
				b = hardened(t, m.Addr(), cache.DefaultLimits(), quiet())
			}
			var db database
			loading, release := make(chan struct{}), make(chan struct{})
			load := db.load()
			slow := load
			slow.From = func(ctx context.Context) (any, error) {
				v, err := load.From(ctx) // reads the old version
				close(loading)
				<-release
				return v, err
			}
			var wg sync.WaitGroup
			wg.Go(func() { a.Get(t.Context(), trips, slow) })
			<-loading
			db.version.Store(1)
			b.Changed(t.Context(), trips)
			// The change is acknowledged: whoever asks now must get it, and must not join the load.
			for _, c := range []cache.Cache{a, b} {
				if got := get(t, c, trips, db.load()); got.JSON != `{"version":1}` {
					t.Errorf("after the change: %v", got)
				}
			}
			close(release)
			wg.Wait()
			for _, c := range []cache.Cache{a, b, a} {
				if got := get(t, c, trips, db.load()); got.JSON != `{"version":1}` {
					t.Errorf("after the old load ended: %v", got)
				}
			}
		})
	}
}

func TestHardenedTellsRedisOfChangesItMissed(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			m := redistest.Start(t)
			r := redistest.Before(t, m.Addr())
			cut := hardened(t, r.Addr, cache.DefaultLimits(), quiet())
			whole := hardened(t, m.Addr(), cache.DefaultLimits(), quiet())
			var db database
			get(t, whole, trips, db.load())
			get(t, cut, trips, db.load())

			f.break_(r)
			db.version.Store(1)
			cut.Changed(t.Context(), trips)
			if got := get(t, cut, trips, db.load()); got != answer(1, cache.FromDatabase) {
				t.Errorf("the instance that made the change answers %v", got)
			}
			redistest.Until(t, "fallback", func() bool { get(t, cut, trips, db.load()); return cut.State() == cache.Down })
			f.fix(r)
			redistest.Until(t, "recovery", func() bool {
				got := get(t, cut, trips, db.load())
				if got.JSON != `{"version":1}` {
					t.Fatalf("after the fault: %v", got)
				}
				return cut.State() == cache.Up
			})
			if got := get(t, whole, trips, db.load()); got.JSON != `{"version":1}` {
				t.Errorf("another instance after recovery: %v", got)
			}
		})
	}
}

// TestHardenedNeverGoesBack reads and changes on two instances at once, and on
// one whose Redis comes and goes: no read that began after a change was
// acknowledged may return what was before it.
func TestHardenedNeverGoesBack(t *testing.T) {
	run := func(t *testing.T, instances []cache.Policy, disturb func()) {
		const keys, changes = 3, 150
		var dbs [keys]database
		var acked [keys]database // only version is used
		key := func(i int) cache.Key {
			return cache.Key{Kind: "trip", Name: fmt.Sprint("trip:", i), TTL: time.Hour}
		}
		ctx, stop := context.WithCancel(t.Context())
		var readers, writers sync.WaitGroup
		for i := range keys {
			for _, c := range instances {
				for range 2 {
					readers.Go(func() {
						for ctx.Err() == nil {
							floor := acked[i].version.Load()
							a, err := c.Get(context.Background(), key(i), dbs[i].load())
							var got thing
							if err == nil {
								err = json.Unmarshal([]byte(a.JSON), &got)
							}
							if err != nil || got.Version < floor {
								t.Errorf("read version %d from %s, %v; %d was acknowledged before", got.Version, a.Source, err, floor)
								return
							}
						}
					})
				}
			}
			writers.Go(func() {
				for n := range changes {
					v := dbs[i].version.Add(1)
					instances[n%len(instances)].Changed(ctx, key(i))
					acked[i].version.Store(v)
				}
			})
		}
		disturb()
		writers.Wait()
		stop()
		readers.Wait()
	}
	t.Run("two instances", func(t *testing.T) {
		// Exact while Redis answers in time; on a busy machine it needs time for that.
		limits := cache.DefaultLimits()
		limits.Wait, limits.Command = redistest.Timeout, redistest.Timeout
		m := redistest.Start(t)
		run(t, []cache.Policy{hardened(t, m.Addr(), limits, quiet()), hardened(t, m.Addr(), limits, quiet())}, func() {})
	})
	t.Run("an unsteady Redis", func(t *testing.T) {
		r := redistest.Before(t, redistest.Start(t).Addr())
		limits := cache.DefaultLimits()
		limits.Wait, limits.Probe = 10*time.Millisecond, 10*time.Millisecond
		c := hardened(t, r.Addr, limits, quiet())
		run(t, []cache.Policy{c}, func() {
			for range 3 {
				for _, f := range faults {
					f.break_(r)
					redistest.Until(t, "fallback", func() bool { c.Changed(t.Context(), trips); return c.State() == cache.Down })
					f.fix(r)
					redistest.Until(t, "recovery", func() bool { return c.State() == cache.Up })
				}
			}
		})
	})
}

func TestHardenedMemoryIsBounded(t *testing.T) {
	for _, tc := range []struct {
		name           string
		entries, bytes int
	}{
		{"by entries", 10, 1 << 20},
		{"by bytes", 1000, 2500}, // a little over 200 for each entry
	} {
		t.Run(tc.name, func(t *testing.T) {
			limits := cache.DefaultLimits()
			limits.Entries, limits.Bytes = tc.entries, tc.bytes
			c := cache.NewHardened(t.Context(), nil, limits, quiet())
			defer c.Close()
			var db database
			key := func(i int) cache.Key {
				return cache.Key{Kind: "trip", Name: fmt.Sprintf("trip:%03d", i), TTL: time.Hour}
			}
			for i := range 100 {
				get(t, c, key(i), db.load())
				get(t, c, key(0), db.load()) // in use all the time: it stays
			}
			held := 0
			for i := 99; i >= 0; i-- {
				if get(t, c, key(i), db.load()).Source == cache.FromMemory {
					held++
				} else {
					break // what is loaded now pushes out others
				}
			}
			if got := get(t, c, key(0), db.load()); got.Source == cache.FromDatabase && held == 0 || held > 10 || held < 5 {
				t.Errorf("%d of the newest are held, want 5 to 10", held)
			}
		})
	}
}

func TestHardenedLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			r := redistest.Before(t, redistest.Start(t).Addr())
			c := hardened(t, r.Addr, cache.DefaultLimits(), quiet())
			var db database
			get(t, c, trips, db.load())
			f.break_(r)
			for range 5 {
				get(t, c, trips, db.load())
				c.Changed(t.Context(), trips)
			}
		})
	}
	// The library's own goroutine that looks for a lost server wakes once a second.
	redistest.Until(t, "end of goroutines", func() bool { return runtime.NumGoroutine() <= before })
}
