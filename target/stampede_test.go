package target_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// TestAnExpiredKeyIsLoadedOnceByEachInstanceAtMost sends what a hot key gets
// while its load lasts, at once, to two instances.
func TestAnExpiredKeyIsLoadedOnceByEachInstanceAtMost(t *testing.T) {
	const requests = 256
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			m := redistest.Start(t)
			// A busy machine may take its time: how long Redis is waited for is not the matter here.
			patient := func(l cache.Limits) cache.Limits { l.Wait, l.Command = redistest.Timeout, redistest.Timeout; return l }
			var instances []*service
			for i := range 2 {
				instances = append(instances, start(t, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + m.Addr(),
					"INSTANCE": strconv.Itoa(i), "DB_DELAY": "100ms"}, target.Options{Limits: patient}))
			}
			var before []float64
			for _, s := range instances {
				s.call("GET", "/api/trips", "")
				before = append(before, s.metric("trips_db_queries_total"))
			}
			m.FastForward(time.Hour)
			if keys := m.Keys(); len(keys) != 0 {
				t.Fatalf("after an hour Redis holds %v", keys)
			}

			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: redistest.Timeout}
			var wg sync.WaitGroup
			for i := range requests {
				wg.Go(func() {
					resp, err := client.Get(instances[i%2].url + "/api/trips")
					if err != nil {
						t.Error(err)
						return
					}
					resp.Body.Close()
					if resp.StatusCode != 200 {
						t.Errorf("status %d", resp.StatusCode)
					}
				})
			}
			wg.Wait()
			for i, s := range instances {
				cost := s.metric("trips_db_queries_total") - before[i]
				t.Logf("instance %d: %v queries for %d requests", i, cost, requests/2)
				switch {
				case policy == "hardened" && cost > 1:
					t.Errorf("instance %d: %v queries, want 1 at most", i, cost)
				case policy == "documented" && cost <= 1:
					t.Errorf("instance %d: %v queries; this policy is known to load for each request", i, cost)
				}
			}
		})
	}
}
