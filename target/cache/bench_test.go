package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// BenchmarkHit reads the listing, 40 KB, from a miniredis in the same process.
func BenchmarkHit(b *testing.B) {
	for name, open := range policies {
		b.Run(name, func(b *testing.B) {
			c := open(b, redistest.Start(b).Addr(), quiet())
			k := cache.Key{Kind: "trips", Name: "trips:all", TTL: time.Hour}
			load := cache.Load{
				From: func(context.Context) (any, error) { return fixtures.Trips(1)[:fixtures.ActiveCount], nil },
				New:  func() any { return new([]fixtures.Trip) },
			}
			for b.Loop() {
				if _, err := c.Get(b.Context(), k, load); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
