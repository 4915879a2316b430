package main

import (
	"context"
	"net/http"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

// ours is the generator of bench, answers checked.
func ours(t task) outcome {
	clock := history.NewClock()
	s := load.Stream{
		Stream: traffic.Stream{
			Name: "trips", Type: traffic.Calls, Call: traffic.Call{Method: http.MethodGet, Path: "/api/trips"},
			From: float64(t.Rate), To: float64(t.Rate), Keys: traffic.Keys{Dist: "uniform", N: 1}, Timeout: 10 * time.Second, Workers: 256,
		},
		Arm: "a", Start: clock.Now() + 100*time.Millisecond, For: t.For, Seed: 1, Targets: []load.Target{{Instance: "1", URL: t.URL}},
	}
	var o outcome
	var lags, responses []time.Duration
	_, err := load.Run(context.Background(), clock, []load.Stream{s}, func(time.Duration) string { return "" }, func(r history.Request) {
		if o.Sent++; !r.OK() {
			o.Failed++
		}
		lags, responses = append(lags, r.Lag()), append(responses, r.Response())
	}, nil)
	if err != nil {
		fail(err)
	}
	o.times(lags, responses)
	return o
}
