package main

import (
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// throughVegeta is vegeta as a library, bodies read.
func throughVegeta(t task) outcome {
	attacker := vegeta.NewAttacker(vegeta.Workers(10), vegeta.MaxWorkers(256), vegeta.Timeout(10*time.Second), vegeta.KeepAlive(true))
	var o outcome
	var lags, responses []time.Duration
	var began time.Time
	for r := range attacker.Attack(vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: t.URL + "/api/trips"}), vegeta.Rate{Freq: t.Rate, Per: time.Second}, t.For, "") {
		if began.IsZero() {
			began = r.Timestamp.Add(-time.Duration(r.Seq) * time.Second / time.Duration(t.Rate))
		}
		if o.Sent++; r.Code != 200 {
			o.Failed++
		}
		lags = append(lags, r.Timestamp.Sub(began)-time.Duration(r.Seq)*time.Second/time.Duration(t.Rate))
		responses = append(responses, r.Latency)
	}
	o.times(lags, responses)
	return o
}
