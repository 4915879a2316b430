package main

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/predict"
)

// TestCallsUnderAHeavyLoadArePredicted holds the client itself, whose calls are many enough that some still dial when
// the pool has given up, against what is predicted of one call and of two.
func TestCallsUnderAHeavyLoadArePredicted(t *testing.T) {
	const rate, lasts = 150, 1800 * time.Millisecond
	nobody := "127.0.0.1:" + machinetest.FreePort(t)
	var off []string
	for range 3 {
		off = nil
		c := redis.NewClient(&redis.Options{Addr: nobody, PoolSize: 20})
		var calling sync.WaitGroup
		took := make([][2]time.Duration, int(lasts.Seconds()*rate))
		began := time.Now()
		for i := range took {
			due := began.Add(time.Duration(i) * time.Second / rate)
			<-time.After(time.Until(due))
			calling.Go(func() {
				for n := range 2 {
					c.Get(t.Context(), "key")
					took[i][n] = time.Since(due)
				}
			})
		}
		calling.Wait()
		o := c.Options()
		c.Close()
		for n := range 2 {
			p, ok := predict.LongestStall("refused", map[string]float64{
				"dialer_retries": float64(o.DialerRetries), "dialer_retry_timeout_seconds": o.DialerRetryTimeout.Seconds(), "read_timeout_seconds": o.ReadTimeout.Seconds(),
				"pool_size": float64(o.PoolSize), "pool_timeout_seconds": o.PoolTimeout.Seconds(), "max_retries": float64(o.MaxRetries),
				"min_retry_backoff_seconds": o.MinRetryBackoff.Seconds(), "max_retry_backoff_seconds": o.MaxRetryBackoff.Seconds(),
				"calls_per_request": float64(n + 1), "fault_seconds": lasts.Seconds(), "rate_per_second": rate,
			})
			longest := slices.MaxFunc(took, func(a, b [2]time.Duration) int { return cmp.Compare(a[n], b[n]) })[n]
			t.Logf("calls: %d, predicted %v, the longest of %d took %v", n+1, p.Stall, len(took), longest.Round(time.Millisecond))
			if !ok || (longest-p.Stall).Abs() > p.Stall/10 {
				off = append(off, fmt.Sprintf("calls: %d, predicted %v (%v), took %v", n+1, p.Stall, ok, longest))
			}
		}
		if off == nil {
			return
		}
	}
	t.Error(off) // three times: no stall of the machine
}
