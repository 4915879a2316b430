// Package capacity tells how many requests a second this machine sends on time, before a
// scenario asks for more than that.
package capacity

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

const (
	lasts   = 500 * time.Millisecond
	windows = 10
	// onTime is how late requests may leave at p99: what a claim asks for where it judges no
	// durations (guard.Requirement).
	onTime  = 10 * time.Millisecond
	workers = 64
	// answer is how long an answer is: that of a listing.
	answer = 2048
)

// Measure sends requests to a service in this process for half a second, faster and faster, up to
// most a second. It returns the rate up to which they left on time: most, if all of them did. The
// service, which does nothing, has its part of the processor's time, as any service here would.
func Measure(ctx context.Context, most float64) (rate float64, err error) {
	body := append([]byte(`{"trips":[1],"pad":"`), append(bytes.Repeat([]byte("x"), answer), `"}`...)...)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	defer service.Close()

	clock := history.NewClock()
	first := most / windows
	s := load.Stream{
		Stream: traffic.Stream{
			Name: "capacity", Type: traffic.Calls, Call: traffic.Call{Method: http.MethodGet, Path: "/api/trips"},
			From: first, To: most, Keys: traffic.Keys{Dist: "uniform", N: 1}, Timeout: lasts, Workers: workers,
		},
		Arm: "capacity", Start: clock.Now() + 10*time.Millisecond, For: lasts,
		Targets: []load.Target{{Instance: "1", URL: service.URL}},
	}
	var lags [windows][]time.Duration
	_, err = load.Run(ctx, clock, []load.Stream{s}, func(time.Duration) string { return "" }, func(r history.Request) {
		w := min(windows-1, int((r.Intended-s.Start)*windows/lasts))
		lag := r.Lag()
		if r.Sent == 0 {
			lag = r.Response()
		}
		lags[w] = append(lags[w], lag)
	}, nil)
	if err != nil {
		return 0, fmt.Errorf("measure the generator: %w", err)
	}
	return kept(lags[:], first, most), nil
}

// kept is the rate at which the first of two windows in a row begins that are late: one alone is
// a stall.
func kept(lags [][]time.Duration, first, most float64) float64 {
	for w := range len(lags) {
		if late(lags[w]) && (w+1 == len(lags) || late(lags[w+1])) {
			return first + (most-first)*float64(w)/float64(len(lags))
		}
	}
	return most
}

func late(lags []time.Duration) bool {
	if len(lags) == 0 {
		return false
	}
	slices.Sort(lags)
	return lags[len(lags)*99/100] > onTime
}
