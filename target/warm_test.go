package target_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/store"
)

func TestHardenedIsWarmWhenItsListenerOpens(t *testing.T) {
	there, leaving := redistest.Start(t).Addr(), redistest.Start(t)
	gone := leaving.Addr()
	leaving.Close()
	for _, tc := range []struct{ name, policy, redis, source string }{
		{"redis", "hardened", "redis://" + there, "redis"},
		{"no redis", "hardened", "", "memory"},
		{"redis gone", "hardened", "redis://" + gone, "memory"},
		{"documented", "documented", "", "database"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, map[string]string{"CACHE_POLICY": tc.policy, "REDIS_URL": tc.redis}, target.Options{})
			if got := s.call("GET", "/api/trips", ""); got.header.Get("X-Source") != tc.source || len(got.body.Trips) != fixtures.ActiveCount {
				t.Errorf("the first answer: %d trips from %s, want %d from %s", len(got.body.Trips), got.header.Get("X-Source"), fixtures.ActiveCount, tc.source)
			}
			if n := s.metric("trips_db_queries_total"); n != 1 {
				t.Errorf("%v queries, want 1", n)
			}
		})
	}
}

func TestWarmingUsesWhatAnotherInstanceLoaded(t *testing.T) {
	env := map[string]string{"REDIS_URL": "redis://" + redistest.Start(t).Addr(), "SQLITE_PATH": t.TempDir() + "/trips.db"}
	start(t, env, target.Options{})
	second := start(t, env, target.Options{})
	if n := second.metric("trips_db_queries_total"); n != 0 {
		t.Errorf("%v queries, want none", n)
	}
}

func TestATTLOfZeroWarmsNothing(t *testing.T) {
	s := start(t, map[string]string{"TTL_TRIPS": "0"}, target.Options{})
	if n := s.metric("trips_db_queries_total"); n != 0 {
		t.Errorf("%v queries, want none", n)
	}
}

// failingListing is a store that lists nothing.
type failingListing struct{ store.Store }

func (failingListing) ActiveTrips(context.Context) ([]store.Trip, error) {
	return nil, errors.New("no")
}

func TestAWarmingThatFailsDoesNotStopTheStart(t *testing.T) {
	for _, tc := range []struct {
		name, delay string
		opts        target.Options
	}{
		{"an error", "", target.Options{DecorateStore: func(s store.Store) store.Store { return failingListing{s} }}},
		{"a database that takes too long", "1m", target.Options{Limits: func(l cache.Limits) cache.Limits { l.Load = time.Millisecond; return l }}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, map[string]string{"DB_DELAY": tc.delay}, tc.opts) // it would not start within the test's redistest.Timeout
			if !strings.Contains(s.log.String(), "not warmed") {
				t.Errorf("the log does not mention it:\n%s", s.log)
			}
		})
	}
}

func TestWarmingCanBeBroken(t *testing.T) {
	release, warmed := make(chan struct{}), make(chan struct{})
	late := func(warm func(context.Context)) func(context.Context) {
		return func(ctx context.Context) {
			go func() {
				defer close(warmed)
				<-release
				warm(ctx)
			}()
		}
	}
	s := start(t, nil, target.Options{Warm: late})
	if n := s.metric("trips_db_queries_total"); n != 0 {
		t.Errorf("%v queries before it warmed, want none", n)
	}
	close(release)
	<-warmed
	if got := s.call("GET", "/api/trips", ""); got.body.Source != "cache" {
		t.Errorf("after it warmed: %s, want cache", got.body.Source)
	}

	release, warmed = make(chan struct{}), make(chan struct{})
	s = start(t, nil, target.Options{Warm: late})
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	close(release)
	<-warmed // after the end: it must neither ask nor panic
}
