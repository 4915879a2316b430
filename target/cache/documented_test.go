package cache_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

func containsSecret(s string) bool { return strings.Contains(s, "s3") || strings.Contains(s, "cret@") }

// TestDocumentedHasTheDocumentsFlaws pins what the reports refute.
func TestDocumentedHasTheDocumentsFlaws(t *testing.T) {
	k := cache.Key{Kind: "trips", Name: "trips:all", TTL: time.Hour}

	t.Run("a change is not noticed", func(t *testing.T) {
		c := policies["documented"](t, redistest.Start(t).Addr(), quiet())
		var db database
		get(t, c, k, db.load())
		db.version.Store(2)
		c.Changed(t.Context(), k)
		if got := get(t, c, k, db.load()); got != answer(0, cache.FromRedis) {
			t.Errorf("answer %v, want the old one", got)
		}
	})
	t.Run("requests that miss together all load", func(t *testing.T) {
		c := policies["documented"](t, redistest.Start(t).Addr(), quiet())
		var db database
		const requests = 8
		gate := make(chan struct{})
		load := db.load()
		slow := load
		var in sync.WaitGroup
		in.Add(requests)
		slow.From = func(ctx context.Context) (any, error) { in.Done(); <-gate; return load.From(ctx) }
		var wg sync.WaitGroup
		for range requests {
			wg.Go(func() { c.Get(t.Context(), k, slow) })
		}
		in.Wait() // every request is in a load of its own
		close(gate)
		wg.Wait()
		if n := db.queries.Load(); n != requests {
			t.Errorf("%d queries, want %d", n, requests)
		}
	})
	t.Run("an error falls back for one call, and the state says up all along", func(t *testing.T) {
		m := redistest.Start(t)
		c := policies["documented"](t, m.Addr(), quiet())
		var db database
		get(t, c, k, db.load())
		m.SetError("LOADING Redis is loading the dataset in memory")
		if got := get(t, c, k, db.load()); got.Source != cache.FromDatabase {
			t.Errorf("answer %v; want the database: memory was not kept warm", got)
		}
		if got := get(t, c, k, db.load()); got.Source != cache.FromMemory || c.State() != cache.Up {
			t.Errorf("answer %v, state %s; want memory, up", got, c.State())
		}
		m.SetError("")
		if got := get(t, c, k, db.load()); got.Source != cache.FromRedis {
			t.Errorf("answer %v, want redis again", got)
		}
	})
	t.Run("it writes SETEX with plain JSON", func(t *testing.T) {
		m := redistest.Start(t)
		c := policies["documented"](t, m.Addr(), quiet())
		var db database
		get(t, c, k, db.load())
		if got, err := m.Get("trips:all"); err != nil || got != `{"version":0}` || m.TTL("trips:all") <= 59*time.Minute || m.TTL("trips:all") > time.Hour {
			t.Errorf("redis holds %q for %v, %v", got, m.TTL("trips:all"), err)
		}
	})
	t.Run("a value that is no JSON is an error", func(t *testing.T) {
		m := redistest.Start(t)
		c := policies["documented"](t, m.Addr(), quiet())
		m.Set("trips:all", "{")
		var db database
		if got, err := c.Get(t.Context(), k, db.load()); err == nil {
			t.Errorf("answer %v, want an error", got)
		}
	})
}
